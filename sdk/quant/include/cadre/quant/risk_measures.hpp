#pragma once

#include "cadre/quant/normal.hpp"
#include "cadre/quant/types.hpp"

/// Risk of one book. Losses are positive: a VaR of 0.02 is a loss of 2 % of equity, a negative one a gain.
/// tail_probability alpha is the share of outcomes beyond the figure: 0.05 for "95 %", inside (0, 1).
/// NaN, everywhere: no returns, a return that is not finite, alpha out of range, a workspace that is too
/// small.
namespace cadre::quant {

enum class Quantile {
  order_statistic,  ///< the k-th smallest return, k = ceil(alpha T) (Jorion 2006): the default everywhere
  linear            ///< type 7 of Hyndman & Fan 1996: between the neighbours of 1 + alpha (T - 1)
};

/// ceil(alpha T) in 1..T, where an alpha T that misses a whole number by rounding only (0.07 * 100 is
/// 7.000000000000001, 1 - 0.95 is 0.05000000000000004) counts as that number. 0 when T < 1 or alpha is out of
/// range.
std::int64_t tail_count(double tail_probability, std::int64_t observations);

/// VaR = -r_(k). workspace: at least T doubles, overwritten. no-alloc, O(T)
double historical_var(VectorView returns, double tail_probability, Quantile quantile,
                      std::span<double> workspace);

/// Expected shortfall -[ r_(k) + 1/(alpha T) sum_{i<=k} (r_(i) - r_(k)) ] (Rockafellar & Uryasev 2002), never
/// below the order-statistic VaR. workspace as above. no-alloc, O(T)
double historical_es(VectorView returns, double tail_probability, std::span<double> workspace);

/// Both of them in one pass over the returns, to the same bit: VaR as the order statistic, ES as above.
/// no-alloc, O(T)
struct HistoricalTail {
  double value_at_risk;
  double expected_shortfall;
};
HistoricalTail historical_tail(VectorView returns, double tail_probability, std::span<double> workspace);

/// The same with a workspace of their own. Allocates.
double historical_var(VectorView returns, double tail_probability,
                      Quantile quantile = Quantile::order_statistic);
double historical_es(VectorView returns, double tail_probability);

/// VaR = -(mean + z volatility), z the alpha quantile of the normal (RiskMetrics 1996). All for the same
/// horizon. NaN for a negative volatility. no-alloc
double normal_var(double mean, double volatility, double tail_probability);

/// ES = -mean + volatility phi(z) / alpha (McNeil, Frey & Embrechts 2015). no-alloc
double normal_es(double mean, double volatility, double tail_probability);

/// sqrt(w'Sw), with S the covariance (lower triangle only): the volatility per period, as a share of equity.
/// NaN when w'Sw is below zero (S is not positive semi-definite along w). no-alloc, O(n^2)
double portfolio_volatility(const MatrixView& covariance, VectorView weights);

/// out = S w from the lower triangle. no-alloc
void covariance_times(const MatrixView& covariance, VectorView weights, VectorOut out);

/// Marginal risk (S w)_i / sigma: the change of the volatility per unit of weight (Garman 1996). Returns
/// sigma; all zeros when sigma is zero, all NaN when it is NaN. Times z it is marginal normal VaR. no-alloc
double marginal_risk(const MatrixView& covariance, VectorView weights, VectorOut marginal);

/// Component risk w_i (S w)_i / sigma; the components add up to sigma, which is returned (Tasche 1999). Zeros
/// and NaN as above. no-alloc
double component_risk(const MatrixView& covariance, VectorView weights, VectorOut component);

/// out(t) = sum_i w_i r(i, t): what today's weights would have earned in every period of the window, the
/// input of historical VaR. window: n x T; out: T. A NaN return makes the period NaN, even at weight zero.
/// no-alloc
void portfolio_return_series(const WindowView& window, VectorView weights, VectorOut out);
/// The same for the few instruments that are held: weights(k) is the weight of instrument index[k], and
/// nothing else of the window is read. no-alloc
void portfolio_return_series(const WindowView& window, std::span<const std::int64_t> index,
                             VectorView weights, VectorOut out);

}  // namespace cadre::quant
