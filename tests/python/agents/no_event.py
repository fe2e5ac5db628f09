class NoEvent:
    observes = ("bars",)  # the kind is called "bar"

    def observe(self, event, state):
        """Would never be told anything."""

    def adjust_trades(self, state, targets):
        """Leaves the targets."""


AGENTS = {"python.no_event": NoEvent}
