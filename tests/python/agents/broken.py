# A syntax error, on purpose, in line 3.
class Broken:
    def adjust_trades(self, state, targets)
        pass


AGENTS = {"python.broken": Broken}
