"""Does when it decides what its settings say, from a date on."""

import sys

import cadre
import numpy as np

FIRST = 19920212


class Misbehaving:
    def __init__(self):
        self.kept = []

    def configure(self, config):
        self.action = getattr(self, config["does"])

    def require(self):
        return {"session_returns": 252}

    def adjust_trades(self, state, targets):
        return self.action(state, targets) if state.session_date >= FIRST else None

    def nothing(self, state, targets):
        """Leaves the targets."""

    def print(self, state, targets):
        print((state.session_returns[-1] < 0).sum(), "names fall")

    def fail(self, state, targets):
        return {}["absent"]

    def refuse(self, state, targets):
        raise cadre.Refusal("too few returns")

    def return_too_many(self, state, targets):
        return np.zeros(state.instrument_count + 1)

    def set_too_many(self, state, targets):
        targets.weight = np.zeros((2, state.instrument_count))

    def return_text(self, state, targets):
        return "everything"

    def return_true(self, state, targets):
        return True

    def count_blocks(self, state, targets):
        """Calls leave nothing behind: from the fifth one on there are as many objects as there were."""
        for name in dir(state):
            getattr(state, name)
        targets.weight = targets.weight * 1.0
        self.kept.append(None)
        if len(self.kept) == 5:
            self.blocks = sys.getallocatedblocks()
        assert len(self.kept) < 6 or sys.getallocatedblocks() < self.blocks + 20

    def return_zeros(self, state, targets):
        return np.zeros(state.instrument_count)

    def write_state(self, state, targets):
        state.price[0] = 1.0

    def make_state_writable(self, state, targets):
        state.price.flags.writeable = True

    def look(self, state, targets):
        """Every array lies in memory of the host's, and only targets can be written."""
        arrays = [getattr(state, name) for name in dir(state)]
        arrays = [array for array in arrays if isinstance(array, np.ndarray)]
        assert len(arrays) > 5, len(arrays)
        for array in arrays:
            assert not array.flags.owndata and not array.flags.writeable
        assert not targets.weight.flags.owndata and targets.weight.flags.writeable
        assert state.session_returns.shape[1] == state.instrument_count == len(state.ids)
        targets.weight *= 1.0

    def look_at_services(self, state, targets):
        """The lower triangle is defined; the chain's window is 252 sessions."""
        covariance = state.services["cadre.covariance/1"]
        assert not covariance.flags.owndata and not covariance.flags.writeable
        assert covariance.shape == (state.instrument_count, state.instrument_count)
        expected = np.cov(state.session_returns[-252:], rowvar=False)
        lower = np.tril_indices(state.instrument_count)
        assert np.allclose(covariance[lower] / covariance[0, 0], expected[lower] / expected[0, 0], rtol=1e-6, atol=1e-9)

    def keep_service(self, state, targets):
        self.kept.append(state.services["cadre.covariance/1"])

    def use_hashes(self, state, targets):
        """Orders that follow from the order of a set of texts."""
        targets.weight[state.ids.index(list(set(state.ids))[0])] *= 0.5

    def keep(self, state, targets):
        self.kept.append(state.price[1:])

    def keep_state(self, state, targets):
        self.kept.append(state)
        if len(self.kept) > 1:
            return self.kept[0].weight
        return None

    def not_a_number(self, state, targets):
        targets.weight[1] = np.nan

    def leave(self, state, targets):
        raise SystemExit(3)

    def open_file(self, state, targets):
        open("/usr/lib/os-release", "rb")

    def import_late(self, state, targets):
        import wave

    def start_program(self, state, targets):
        import posix
        posix.execv("/bin/true", ["true"])


AGENTS = {"python.misbehaving": Misbehaving}
