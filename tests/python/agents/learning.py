"""One agent of every role that can be played in Python; the last one learns."""

import struct

import cadre
import numpy as np


class Reversal:
    """What fell comes back."""

    def configure(self, config):
        self.lookback = config["lookback"]

    def require(self):
        return {"session_returns": self.lookback}

    def generate_signals(self, state):
        moves = state.session_returns[-self.lookback:].sum(axis=0)
        for i in np.flatnonzero(~np.isnan(moves)):
            yield cadre.Signal(int(i), -1 if moves[i] > 0 else 1, abs(float(moves[i])) * 10, 0.5, 5.0, "reversal")


class Equal:
    """The same weight for everything that is expected to rise."""

    def configure(self, config):
        self.gross = config["gross"]

    def propose_trades(self, state, targets):
        chosen = np.nan_to_num(state.score) > 0
        return np.where(chosen, self.gross / max(chosen.sum(), 1), 0.0)


class Brake:
    """Halves everything while the book lies below the mean of its equity."""

    observes = ("bar", "fill")

    def __init__(self):
        self.mean, self.fills = 0.0, 0

    def configure(self, config):
        self.decay = 0.5 ** (1 / config["half_life"])

    def observe(self, event, state):
        if event.kind == "fill":
            self.fills += event.data["quantity_e9"] > 0
        else:
            self.mean = state.equity if self.mean == 0 else self.decay * self.mean + (1 - self.decay) * state.equity

    def adjust_trades(self, state, targets):
        if state.equity < self.mean and self.fills > 0:
            targets.weight *= 0.5

    def save(self):
        return struct.pack("<dq", self.mean, self.fills)

    def load(self, data):
        if len(data) != struct.calcsize("<dq"):
            raise cadre.Refusal(f"a state has 16 bytes, not {len(data)}")
        self.mean, self.fills = struct.unpack("<dq", data)


AGENTS = {"python.reversal": Reversal, "python.equal": Equal, "python.brake": Brake}
