"""Shares out what the chain wants to invest by the inverse of each instrument's volatility."""

import cadre
import numpy as np

SCALED = 1000  # a reason, explained in the manifest


class InverseVolatility:
    def configure(self, config):
        self.lookback = config["lookback"]
        self.floor = config["volatility_floor"]
        if self.lookback < 2:
            raise cadre.Refusal(f"lookback {self.lookback}: a volatility needs two returns")

    def require(self):
        return {"session_returns": self.lookback}

    def adjust_trades(self, state, targets):
        returns = state.session_returns[-self.lookback:]
        held = np.flatnonzero((targets.weight != 0) & ~np.isnan(returns).any(axis=0))
        if held.size < 2:
            return
        volatility = np.maximum(returns[:, held].std(axis=0), self.floor / np.sqrt(state.sessions_per_year))
        before = targets.weight[held]
        share = 1 / volatility
        gross = np.abs(before).sum()
        targets.weight[held] = np.sign(before) * gross * share / share.sum()
        targets.reason_code[held] = SCALED
        targets.reason_value[held] = volatility * np.sqrt(state.sessions_per_year)


AGENTS = {"example.inverse_volatility": InverseVolatility}
