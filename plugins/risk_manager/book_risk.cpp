#include "book_risk.hpp"

#include <algorithm>
#include <cmath>

namespace cadre::risk_manager {

namespace {

using MatrixMap = Eigen::Map<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;
using VectorMap = Eigen::Map<const Eigen::VectorXd>;

// Zero times a number is zero, times anything else it is not: four sums that do not wait for each other.
bool has_gap(const std::vector<double>& values) {
  double sum[4] = {0.0, 0.0, 0.0, 0.0};
  const std::size_t whole = values.size() / 4 * 4;
  for (std::size_t i = 0; i < whole; i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane)
      sum[lane] += values[i + lane] * 0.0;
  }
  for (std::size_t i = whole; i < values.size(); ++i)
    sum[0] += values[i] * 0.0;
  return sum[0] + sum[1] + sum[2] + sum[3] != 0.0;
}

// Aimed at by every cut: rounding must not leave a figure one last bit above its limit.
constexpr double just_below = 1.0 - 1e-12;
// Cuts of single positions change each other's risk; each pass shrinks what is above, so a few do.
constexpr int max_passes = 64;

}  // namespace

void BookRisk::resize(std::int64_t instruments, std::int64_t var_lookback) {
  const auto n = static_cast<std::size_t>(instruments);
  const auto periods = static_cast<std::size_t>(var_lookback);
  if (index_.size() == n && series_.size() == periods) return;
  index_.assign(n, 0);
  weight_.assign(n, 0.0);
  original_.assign(n, 0.0);
  component_.assign(n, 0.0);
  covariance_.assign(n * n, 0.0);
  series_.assign(periods, 0.0);
  sorted_.assign(periods, 0.0);
  position_ceiling_.assign(n, 0.0);
}

BookRisk::Gap BookRisk::gather(const Market& market, std::span<const double> weight,
                               const Settings& settings) {
  held_ = 0;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (weight[i] == 0.0) continue;
    const auto k = static_cast<std::size_t>(held_++);
    index_[k] = static_cast<std::int64_t>(i);
    weight_[k] = original_[k] = weight[i];
  }
  periods_per_year_ = market.periods_per_year;
  lookback_ = settings.var_lookback;
  for (std::int64_t b = 0; b < held_; ++b) {
    const double* column = market.covariance + instrument(b) * market.covariance_stride;
    for (std::int64_t a = b; a < held_; ++a) {
      const double value = column[instrument(a)];
      if (!std::isfinite(value)) {
        const bool own = std::isfinite(column[instrument(b)]);
        gap_instrument_ = own ? instrument(a) : instrument(b);
        return Gap::covariance;
      }
      covariance_[static_cast<std::size_t>(b * held_ + a)] = value;
    }
  }
  market_ = market;
  compute_series();
  return has_gap(series_) ? find_gap_in_returns() : Gap::none;
}

void BookRisk::compute_series() {
  const double* rows = market_.returns + (market_.returns_rows - lookback_) * market_.returns_stride;
  const MatrixMap window(rows, market_.returns_stride, lookback_,
                         Eigen::OuterStride<>(market_.returns_stride));
  Eigen::Map<Eigen::VectorXd> series(series_.data(), lookback_);
  quant::portfolio_return_series(window, {index_.data(), static_cast<std::size_t>(held_)},
                                 VectorMap(weight_.data(), held_), series);
  series_is_current_ = true;
}

BookRisk::Gap BookRisk::find_gap_in_returns() {
  const double* row = market_.returns + (market_.returns_rows - lookback_) * market_.returns_stride;
  for (std::int64_t t = 0; t < lookback_; ++t, row += market_.returns_stride) {
    for (std::int64_t k = 0; k < held_; ++k) {
      if (std::isfinite(row[instrument(k)])) continue;
      gap_instrument_ = instrument(k);
      return Gap::returns;
    }
  }
  gap_instrument_ = held_ > 0 ? instrument(0) : -1;  // every return is a number, their sum is not
  return Gap::returns;
}

Figures BookRisk::figures(const Settings& settings) {
  const VectorMap weight(weight_.data(), held_);
  const MatrixMap covariance(covariance_.data(), held_, held_, Eigen::OuterStride<>(held_));
  Eigen::Map<Eigen::VectorXd> component(component_.data(), held_);
  const double annual = std::sqrt(periods_per_year_);
  Figures out;
  volatility_ = quant::component_risk(covariance, weight, component) * annual;
  component *= annual;
  out.volatility = volatility_;
  if (held_ == 0) return out;

  if (!series_is_current_) compute_series();
  const VectorMap series(series_.data(), lookback_);
  const double tail = 1.0 - settings.var_confidence;
  const double root = std::sqrt(settings.var_horizon);
  if (settings.var_method == VarMethod::historical) {
    const quant::HistoricalTail losses = quant::historical_tail(series, tail, sorted_);
    out.value_at_risk = root * losses.value_at_risk;
    out.expected_shortfall = root * losses.expected_shortfall;
    return out;
  }
  double mean = 0.0;
  for (const double r : series_)
    mean += r;
  mean /= static_cast<double>(lookback_);
  double squares = 0.0;
  for (const double r : series_)
    squares += (r - mean) * (r - mean);
  const double sigma = std::sqrt(squares / static_cast<double>(lookback_ - 1));
  out.value_at_risk = quant::normal_var(mean * settings.var_horizon, sigma * root, tail);
  out.expected_shortfall = quant::normal_es(mean * settings.var_horizon, sigma * root, tail);
  return out;
}

double BookRisk::position_risk(std::int64_t k, const Settings& settings) const {
  const auto i = static_cast<std::size_t>(k);
  switch (settings.position_risk) {
    case PositionRisk::component:
      return std::max(0.0, component_[i]);
    case PositionRisk::standalone:
      return std::fabs(weight_[i]) *
             std::sqrt(covariance_[static_cast<std::size_t>(k * held_ + k)] * periods_per_year_);
    case PositionRisk::share_of_variance:
      return volatility_ > 0.0 ? std::max(0.0, component_[i] / volatility_) : 0.0;
  }
  return 0.0;
}

void BookRisk::scale_all(double factor) {
  for (std::int64_t k = 0; k < held_; ++k)
    weight_[static_cast<std::size_t>(k)] *= factor;
  series_is_current_ = false;
}

void BookRisk::aim_at_limits(const Settings& settings) {
  volatility_ceiling_ = settings.max_portfolio_risk;
  var_ceiling_ = settings.var_limit;
  std::fill(position_ceiling_.begin(), position_ceiling_.end(), settings.max_position_risk);
}

void BookRisk::aim_at_ceilings(const Settings& settings, const Figures& held) {
  const auto ceiling = [&](double limit, double now) {
    return std::max(limit, now - settings.adjustment_speed * (now - limit));
  };
  volatility_ceiling_ = ceiling(settings.max_portfolio_risk, held.volatility);
  var_ceiling_ = ceiling(settings.var_limit, held.value_at_risk);
  for (std::int64_t k = 0; k < held_; ++k) {
    position_ceiling_[static_cast<std::size_t>(instrument(k))] =
        ceiling(settings.max_position_risk, position_risk(k, settings));
  }
}

// One pass over the positions that are above what is aimed at. True when there is nothing (more) to cut.
bool BookRisk::cut_positions(const Settings& settings) {
  const bool shares = settings.position_risk == PositionRisk::share_of_variance;
  // Shares add up to 1. Where so few positions cannot all be below the limit, cutting would empty the book.
  if (shares && static_cast<double>(held_) * settings.max_position_risk < 1.0) return true;
  bool inside = true;
  for (std::int64_t k = 0; k < held_; ++k) {
    const double risk = position_risk(k, settings);
    if (!(risk > position_ceiling(k))) continue;
    inside = false;
    series_is_current_ = false;
    weight_[static_cast<std::size_t>(k)] *= position_ceiling(k) / risk * just_below;
  }
  return inside;
}

void BookRisk::shrink(const Settings& settings) {
  Figures now = figures(settings);
  bool inside = false;
  for (int pass = 0; pass < max_passes && !(inside = cut_positions(settings)); ++pass)
    now = figures(settings);
  if (!inside && settings.position_risk != PositionRisk::share_of_variance) {
    // Volatility components are homogeneous of degree one in the weights: shrinking the whole book always
    // ends it.
    double fullest = 0.0;
    for (std::int64_t k = 0; k < held_; ++k)
      fullest = std::max(fullest, position_risk(k, settings) / position_ceiling(k));
    if (fullest > 1.0) {
      scale_all(just_below / fullest);
      now = figures(settings);
    }
  }
  double factor = 1.0;
  if (now.volatility > volatility_ceiling_)
    factor = std::min(factor, volatility_ceiling_ / now.volatility * just_below);
  if (now.value_at_risk > var_ceiling_)
    factor = std::min(factor, var_ceiling_ / now.value_at_risk * just_below);
  if (factor < 1.0) scale_all(factor);
}

}  // namespace cadre::risk_manager
