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

// A missing return is NaN, and no return is infinite.
bool is_there(double value) {
  return value == value;
}

struct Mean {
  double value = 0.0;
  double count = 0.0;
};

// Of what is there: four sums, as above.
Mean mean_of(const double* values, std::size_t size) {
  double sum[4] = {0.0, 0.0, 0.0, 0.0};
  double count[4] = {0.0, 0.0, 0.0, 0.0};
  const auto take = [&](std::size_t i, std::size_t lane) {
    sum[lane] += is_there(values[i]) ? values[i] : 0.0;
    count[lane] += is_there(values[i]) ? 1.0 : 0.0;
  };
  const std::size_t whole = size / 4 * 4;
  for (std::size_t i = 0; i < whole; i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane)
      take(i + lane, lane);
  }
  for (std::size_t i = whole; i < size; ++i)
    take(i, 0);
  const double all = count[0] + count[1] + count[2] + count[3];
  return {(sum[0] + sum[1] + sum[2] + sum[3]) / all, all};
}

struct Moments {
  double mean = 0.0;
  double deviation = 0.0;
};

Moments mean_and_deviation(std::span<const double> values) {
  Moments out;
  for (const double r : values)
    out.mean += r;
  out.mean /= static_cast<double>(values.size());
  double squares = 0.0;
  for (const double r : values)
    squares += (r - out.mean) * (r - out.mean);
  out.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
  return out;
}

// Aimed at by every cut: rounding must not leave a figure one last bit above its limit.
constexpr double just_below = 1.0 - 1e-12;
// Cuts of single positions change each other's risk; each pass shrinks what is above, so a few do.
constexpr int max_passes = 64;

}  // namespace

void Means::clear() {
  std::fill(sum_.begin(), sum_.end(), 0.0);
  std::fill(count_.begin(), count_.end(), 0);
  sum_of_all_ = 0.0;
  all_ = 0;
}

double Means::of(std::int32_t group) const {
  const auto g = static_cast<std::size_t>(group);
  if (group >= 0 && count_[g] > 0) return sum_[g] / static_cast<double>(count_[g]);
  return sum_of_all_ / static_cast<double>(all_);
}

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
  inverse_sigma_.assign(n, 0.0);
  for (Means* means : {&variance_, &correlation_})
    means->resize(n);
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
  market_ = market;
  if (!copy_covariance() && !fill_covariance()) return Gap::covariance;
  compute_series();
  return held_ > 0 && periods_ == 0 ? Gap::returns : Gap::none;
}

// False: something in it is not known.
bool BookRisk::copy_covariance() {
  bool whole = true;
  for (std::int64_t b = 0; b < held_; ++b) {
    const double* column = market_.covariance + instrument(b) * market_.covariance_stride;
    for (std::int64_t a = b; a < held_; ++a) {
      const double value = column[instrument(a)];
      whole = whole && std::isfinite(value);
      covariance_[static_cast<std::size_t>(b * held_ + a)] = value;
    }
  }
  return whole;
}

// Means of what the universe has in the place of what is not known. False: it has nothing.
bool BookRisk::fill_covariance() {
  const auto groups = market_.groups->of_instrument();
  const auto n = static_cast<std::int64_t>(groups.size());
  const auto group = [&](std::int64_t i) { return groups[static_cast<std::size_t>(i)]; };
  const auto known = [&](std::int64_t i, std::int64_t j) {
    return market_.covariance[std::min(i, j) * market_.covariance_stride + std::max(i, j)];
  };
  variance_.clear();
  correlation_.clear();
  for (std::int64_t i = 0; i < n; ++i) {
    const double variance = known(i, i);
    const bool has = std::isfinite(variance) && variance > 0.0;
    inverse_sigma_[static_cast<std::size_t>(i)] = has ? 1.0 / std::sqrt(variance) : 0.0;
    if (has) variance_.add(group(i), variance);
  }
  if (!variance_.any()) return false;
  for (std::int64_t j = 0; j < n; ++j) {
    const double scale = inverse_sigma_[static_cast<std::size_t>(j)];
    for (std::int64_t i = j + 1; i < n && scale > 0.0; ++i) {
      const double value = known(i, j) * (scale * inverse_sigma_[static_cast<std::size_t>(i)]);
      if (inverse_sigma_[static_cast<std::size_t>(i)] > 0.0 && std::isfinite(value))
        correlation_.add(group(i) == group(j) ? group(i) : Groups::market, value);
    }
  }
  const auto sigma = [&](std::int64_t i) {
    const double variance = known(i, i);
    return std::sqrt(std::isfinite(variance) ? std::max(0.0, variance) : variance_.of(group(i)));
  };
  for (std::int64_t b = 0; b < held_; ++b) {
    for (std::int64_t a = b; a < held_; ++a) {
      double& value = covariance_[static_cast<std::size_t>(b * held_ + a)];
      if (std::isfinite(value)) continue;
      const std::int64_t i = instrument(a);
      const std::int64_t j = instrument(b);
      const std::int32_t both = group(i) == group(j) ? group(i) : Groups::market;
      // Where no two have a correlation, nothing says that these do not move together.
      const double rho = a == b || !correlation_.any() ? 1.0 : correlation_.of(both);
      value = rho * (sigma(i) * sigma(j));
    }
  }
  return true;
}

void BookRisk::compute_series() {
  const double* rows = market_.returns + (market_.returns_rows - lookback_) * market_.returns_stride;
  const MatrixMap window(rows, market_.returns_stride, lookback_,
                         Eigen::OuterStride<>(market_.returns_stride));
  Eigen::Map<Eigen::VectorXd> series(series_.data(), lookback_);
  quant::portfolio_return_series(window, {index_.data(), static_cast<std::size_t>(held_)},
                                 VectorMap(weight_.data(), held_), series);
  series_is_current_ = true;
  periods_ = lookback_;
  fills_ = 0;
  if (has_gap(series_)) fill_series();
}

// Computes the rows that have a gap again, and closes up over those in which nobody has a return.
void BookRisk::fill_series() {
  const double* row = market_.returns + (market_.returns_rows - lookback_) * market_.returns_stride;
  std::int64_t left = 0;
  for (std::int64_t t = 0; t < lookback_; ++t, row += market_.returns_stride) {
    double result = series_[static_cast<std::size_t>(t)];
    if (!std::isfinite(result)) {
      const Mean all = mean_of(row, market_.groups->of_instrument().size());
      if (all.count == 0.0) continue;
      result = 0.0;
      for (std::int64_t k = 0; k < held_; ++k)
        result += weight_[static_cast<std::size_t>(k)] * return_or_mean(row, instrument(k), all.value);
    }
    series_[static_cast<std::size_t>(left++)] = result;
  }
  periods_ = left;
}

double BookRisk::return_or_mean(const double* row, std::int64_t i, double of_all) {
  if (is_there(row[i])) return row[i];
  ++fills_;
  const std::int32_t group = market_.groups->of_instrument()[static_cast<std::size_t>(i)];
  if (group == Groups::market) return of_all;
  double sum = 0.0;
  double count = 0.0;
  for (const std::int64_t member : market_.groups->members(group)) {
    sum += is_there(row[member]) ? row[member] : 0.0;
    count += is_there(row[member]) ? 1.0 : 0.0;
  }
  return count > 0.0 ? sum / count : of_all;
}

Figures BookRisk::figures(const Settings& settings) {
  const VectorMap weight(weight_.data(), held_);
  const MatrixMap covariance(covariance_.data(), held_, held_, Eigen::OuterStride<>(held_));
  Eigen::Map<Eigen::VectorXd> component(component_.data(), held_);
  const double annual = std::sqrt(periods_per_year_);
  Figures out;
  volatility_ = quant::component_risk(covariance, weight, component) * annual;
  component *= annual;
  if (held_ == 0) return out;

  if (!series_is_current_) compute_series();
  if (std::isnan(volatility_)) take_volatility_of_series();
  out.volatility = volatility_;
  const VectorMap series(series_.data(), periods_);
  const double tail = 1.0 - settings.var_confidence;
  const double root = std::sqrt(settings.var_horizon);
  if (settings.var_method == VarMethod::historical) {
    const quant::HistoricalTail losses = quant::historical_tail(series, tail, sorted_);
    out.value_at_risk = root * losses.value_at_risk;
    out.expected_shortfall = root * losses.expected_shortfall;
    return out;
  }
  const auto [mean, sigma] = mean_and_deviation({series_.data(), static_cast<std::size_t>(periods_)});
  out.value_at_risk = quant::normal_var(mean * settings.var_horizon, sigma * root, tail);
  out.expected_shortfall = quant::normal_es(mean * settings.var_horizon, sigma * root, tail);
  return out;
}

void BookRisk::take_volatility_of_series() {
  const double sigma = mean_and_deviation({series_.data(), static_cast<std::size_t>(periods_)}).deviation;
  volatility_ = sigma * std::sqrt(periods_per_year_);
  double squares = 0.0;
  for (std::int64_t k = 0; k < held_; ++k) {
    const auto i = static_cast<std::size_t>(k);
    component_[i] = weight_[i] * weight_[i] * covariance_[static_cast<std::size_t>(k * held_ + k)];
    squares += component_[i];
  }
  for (std::int64_t k = 0; k < held_; ++k) {
    const auto i = static_cast<std::size_t>(k);
    component_[i] = squares > 0.0 ? component_[i] / squares * volatility_ : 0.0;
  }
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
