class NoMethod:
    def propose_trades(self, state, targets):
        """Of another role."""


AGENTS = {"python.no_method": NoMethod}
