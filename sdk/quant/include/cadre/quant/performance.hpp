#pragma once

#include "cadre/quant/types.hpp"

/// What a series of T simple returns per period was worth. periods_per_year: 252 for trading days.
/// NaN, everywhere: too few returns, a return that is not finite, periods_per_year not above zero. All
/// no-alloc.
namespace cadre::quant {

/// Compound annual growth: (prod (1 + r))^(periods_per_year / T) - 1. -1 when the equity was lost (a return
/// <= -1). NaN for T < 1.
double annualised_return(VectorView returns, double periods_per_year);

/// sqrt(periods_per_year) times the standard deviation, divisor T - 1. NaN for T < 2.
double annualised_volatility(VectorView returns, double periods_per_year);

/// sqrt(periods_per_year) mean(r - rf) / sd(r), divisor T - 1 (Sharpe 1994). risk_free: per period. NaN for T
/// < 2 and for returns that are all equal.
double sharpe(VectorView returns, double risk_free, double periods_per_year);

/// sqrt(periods_per_year) mean(r - mar) / sqrt(mean(min(r - mar, 0)^2)), both means over all T (Sortino & van
/// der Meer 1991). minimum_acceptable_return: per period. NaN for T < 1 and when no return is below it.
double sortino(VectorView returns, double minimum_acceptable_return, double periods_per_year);

/// The largest 1 - equity / running maximum of the equity that starts at 1, the start included: a positive
/// fraction, 1 when the equity was lost, 0 when it never fell (Magdon-Ismail 2004). NaN for T < 1.
double max_drawdown(VectorView returns);

/// The same from equity itself, the first number being the starting value. NaN when empty, not finite or when
/// the running maximum is not above zero.
double max_drawdown_of_equity(VectorView equity);

/// Compound annual growth over the maximum drawdown (Young 1991). NaN when there was no drawdown.
double calmar(VectorView returns, double periods_per_year);

/// One-way turnover of one rebalancing: half the sum of the absolute changes of the weights, as a share of
/// equity, where `before` are the weights as they drifted to, not the last targets. Cash is left out: funding
/// 10 % of equity from cash is 0.05. NaN for different sizes or weights that are not finite.
double turnover(VectorView before, VectorView after);

/// The weights that weights held through one period of returns drift to: w_i (1 + r_i) / (1 + sum w r), the
/// rest of equity being cash at no interest. out may be `weights`. NaN when the equity was lost.
void drifted_weights(VectorView weights, VectorView returns, VectorOut out);

}  // namespace cadre::quant
