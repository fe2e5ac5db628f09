"""What an agent in Python imports: `import cadre`. One module for all agents of a process."""

from collections import namedtuple


class Refusal(Exception):
    """Raised for input that the agent will not work with: a sentence for the person who has to mend it."""


# direction: -1, 0 or 1; strength >= 0; confidence 0 .. 1; horizon_days > 0.
Signal = namedtuple("Signal", "instrument direction strength confidence horizon_days strategy")

# kind: "bar", "fill", "outcome", "universe", "timer" or "signal"; data: a dictionary, or None for a bar.
Event = namedtuple("Event", "kind sequence time_ns data")
