class Somebody:
    def adjust_trades(self, state, targets):
        """Of an agent that the manifest does not have."""


AGENTS = {"python.somebody": Somebody}
