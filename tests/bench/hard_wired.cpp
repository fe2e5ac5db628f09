#include "tests/bench/hard_wired.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "cadre/quant/correlation_adjust.hpp"
#include "cadre/quant/momentum.hpp"
#include "cadre/quant/risk_measures.hpp"
#include "cadre/quant/weights.hpp"
#include "host/chain/final_cut.hpp"
#include "host/model/bar.hpp"
#include "host/model/quantity.hpp"

namespace cadre::bench {

namespace {

// The demo's settings.
constexpr std::size_t window = 252;
constexpr std::size_t skip = 21;
constexpr std::size_t ring = window + 1;
constexpr double max_position = 0.1, min_position = 0.001;
constexpr double max_volatility = 0.15, max_position_risk = 0.05, max_var = 0.02;
constexpr double tail = 1.0 - 0.95;
constexpr double annual_periods = 252;
constexpr double just_below = 1.0 - 1e-12;
constexpr double slack = 1e-9;
constexpr quant::CorrelationLimits pairs{0.7, 0.5, 0.01};

using Matrix = Eigen::Map<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;

}  // namespace

HardWired::HardWired(const config::ScenarioConfig& config, const model::Universe& universe)
    : config_(config),
      universe_(universe),
      n_(universe.size()),
      portfolio_(n_, config.book.initial_cash),
      gate_(config.pre_trade_checks, config.chain.constraints),
      covariance_(static_cast<std::int64_t>(n_), window) {
  gate_.enter_universe(universe);
  closes_.assign(2 * ring * n_, 0);
  returns_.assign(2 * ring * n_, 0);
  for (auto* column : {&current_, &target_, &desired_, &wanted_, &rounded_, &row_, &workspace_})
    column->assign(n_, 0);
  need_e9_.assign(n_, 0);
  price_e9_.assign(n_, 0);
  traded_.assign(n_, 0);
  above_.assign(n_, 0);
  drifts_.reserve(n_);
  const auto n = static_cast<Eigen::Index>(n_);
  for (auto* column : {&score_, &factors_, &gathered_weight_, &component_})
    column->setZero(n);
  series_.setZero(window);
  held_.assign(n_, 0);
  held_covariance_.assign(n_ * n_, 0);
  sorted_.assign(window, 0);
  orders_.reserve(n_);
}

void HardWired::decide() {
  orders_.clear();
  if (rows_ <= ring) return;  // the first bar has no return
  size();
  keep_limits(target_);
  uncorrelate();
  skip_small_resizes();
  desired_ = target_;
  if (!changes_whole()) {
    target_ = desired_;
    keep_limits(target_);
    desired_ = target_;
    const auto keeps = [&](double f) { return stands_after(f, true) != Standing::above; };
    if (chain::largest_feasible_factor(chain::cut_steps, keeps) < 0) stands_after(0, false);
  }
  make_orders();
}

void HardWired::fill() {
  for (const cadre_order& order : orders_) {
    const std::int64_t signed_e9 = order.side == CADRE_SIDE_BUY ? order.quantity_e9 : -order.quantity_e9;
    const model::Fill fill{order.instrument,
                           base::Quantity::from_raw(signed_e9),
                           base::Price::from_raw(price_e9_[order.instrument]),
                           {},
                           {}};
    if (!portfolio_.apply_fill(fill, universe_.instruments[order.instrument])) std::abort();
  }
  if (!portfolio_.identities_hold()) std::abort();
}

void HardWired::take_market(const model::Bar& bar) {
  date_ = bar.date;
  for (std::uint32_t i = 0; i < n_; ++i) {
    const base::Price price = base::Price::from_raw(bar.close_e9[i]);
    if (!portfolio_.mark(i, price, universe_.instruments[i])) std::abort();
    price_e9_[i] = bar.close_e9[i];
    traded_[i] = bar.valid[i];
  }
  // Windows and covariance.
  const std::size_t at = rows_ % ring, before = (rows_ + ring - 1) % ring;
  for (std::size_t i = 0; i < n_; ++i) {
    const double close = static_cast<double>(bar.close_e9[i]) * 1e-9;
    row_[i] = close / closes_[before * n_ + i] - 1;
    closes_[at * n_ + i] = closes_[(at + ring) * n_ + i] = close;
  }
  if (++rows_ == 1) return;
  const std::size_t place = (rows_ - 2) % ring;  // returns begin one bar later
  for (const std::size_t copy : {place, place + ring})
    std::copy(row_.begin(), row_.end(), returns_.begin() + static_cast<std::ptrdiff_t>(copy * n_));
  const double* newest = returns_.data() + (place + ring) * n_;
  if (!covariance_.full()) {
    if (!covariance_.add(newest)) std::abort();
  } else if (!covariance_.replace(newest, newest - window * n_)) {
    std::abort();
  }
  if (covariance_.full() && covariance_.updates_since_refresh() >= std::int64_t{window})
    (void)covariance_.refresh(newest - (window - 1) * n_, window, static_cast<std::int64_t>(n_));
}

void HardWired::size() {
  const base::Money equity = portfolio_.equity();
  const std::size_t newest = (rows_ - 1) % ring + ring;
  const Matrix closes(closes_.data() + (newest - window) * n_, static_cast<Eigen::Index>(n_), ring,
                      Eigen::OuterStride<>(static_cast<Eigen::Index>(n_)));
  quant::momentum(closes, window, skip, score_);
  quant::z_score(score_, score_);
  std::size_t selected = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    current_[i] = model::weight_of(portfolio_.value(static_cast<std::uint32_t>(i)), equity);
    selected += score_[static_cast<Eigen::Index>(i)] > 0;
  }
  const double raw = 1.0 / static_cast<double>(selected);
  const double weight = quant::bounded_weight(raw, {max_position, min_position, true});
  double gross = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    target_[i] = score_[static_cast<Eigen::Index>(i)] > 0 ? weight : 0;
    if (target_[i] != 0 && raw >= max_position && current_[i] > max_position)
      target_[i] = std::min(current_[i], 1.0);
    gross += target_[i];
  }
  const double most = config_.chain.constraints.max_gross_exposure;
  if (gross > most) {
    const double factor = most / gross;
    for (double& t : target_)
      t *= factor;
  }
  if (!keeps_constraints(target_)) target_ = current_;
}

HardWired::Figures HardWired::analyze(std::span<const double> weight) {
  std::size_t held = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    if (weight[i] == 0) continue;
    gathered_weight_[static_cast<Eigen::Index>(held)] = weight[i];
    held_[held++] = static_cast<std::int64_t>(i);
  }
  if (held == 0) return {};
  const double* matrix = covariance_.matrix().data();
  const auto stride = static_cast<std::size_t>(covariance_.leading_dimension());
  bool finite = true;
  for (std::size_t b = 0; b < held; ++b) {
    const double* column = matrix + static_cast<std::size_t>(held_[b]) * stride;
    for (std::size_t a = b; a < held; ++a) {
      held_covariance_[b * held + a] = column[held_[a]];
      finite = finite && std::isfinite(column[held_[a]]);
    }
  }
  if (!finite) std::abort();
  const auto m = static_cast<Eigen::Index>(held);
  const Eigen::Map<const Eigen::VectorXd> w(gathered_weight_.data(), m);
  Eigen::Map<Eigen::VectorXd> component(component_.data(), m);
  const double annual = std::sqrt(annual_periods);
  Figures figures{};
  figures.volatility =
      quant::component_risk(Matrix(held_covariance_.data(), m, m, Eigen::OuterStride<>(m)), w, component) *
      annual;
  component *= annual;
  figures.highest_position = std::max(0.0, component.maxCoeff());
  const double* rows = returns_.data() + ((rows_ - 2) % ring + ring - (window - 1)) * n_;
  const auto n = static_cast<Eigen::Index>(n_);
  quant::portfolio_return_series(Matrix(rows, n, window, Eigen::OuterStride<>(n)), {held_.data(), held}, w,
                                 series_);
  const quant::HistoricalTail losses = quant::historical_tail(series_, tail, sorted_);
  figures.value_at_risk = losses.value_at_risk;
  const double shortfall = losses.expected_shortfall;
  if (!std::isfinite(figures.volatility) || !std::isfinite(figures.value_at_risk) ||
      !std::isfinite(shortfall))
    std::abort();
  return figures;
}

bool HardWired::is_inside(const Figures& f) const {
  return f.volatility <= max_volatility * (1 + slack) && f.value_at_risk <= max_var * (1 + slack) &&
         f.highest_position <= max_position_risk * (1 + slack);
}

bool HardWired::is_inside_or_no_worse(std::span<const double> weight) {
  const Figures f = analyze(weight);
  if (is_inside(f)) return true;
  const Figures now = analyze(current_);
  return f.volatility <= std::max(max_volatility, now.volatility) * (1 + slack) &&
         f.value_at_risk <= std::max(max_var, now.value_at_risk) * (1 + slack) &&
         f.highest_position <= std::max(max_position_risk, now.highest_position) * (1 + slack);
}

void HardWired::shrink(std::vector<double>& weight) {
  Figures f = analyze(weight);
  for (int pass = 0; pass < 64 && f.highest_position > max_position_risk; ++pass) {
    std::size_t k = 0;
    for (double& w : weight) {
      if (w == 0) continue;
      const double risk = component_[static_cast<Eigen::Index>(k++)];
      if (risk > max_position_risk) w *= max_position_risk / risk * just_below;
    }
    f = analyze(weight);
  }
  double factor = 1;
  if (f.volatility > max_volatility) factor = std::min(factor, max_volatility / f.volatility * just_below);
  if (f.value_at_risk > max_var) factor = std::min(factor, max_var / f.value_at_risk * just_below);
  if (factor == 1) return;
  for (double& w : weight)
    w *= factor;
}

void HardWired::keep_limits(std::vector<double>& weight) {
  desired_ = weight;  // what it was before
  for (int pass = 1; !is_inside(analyze(weight)) && pass < config_.chain.risk_feedback.max_iterations; ++pass)
    shrink(weight);
  rounded_ = weight;  // and after
}

void HardWired::uncorrelate() {
  const Eigen::Map<const Eigen::VectorXd> weight(target_.data(), static_cast<Eigen::Index>(n_));
  const auto found = quant::correlation_factors(covariance_.matrix(), weight, pairs, workspace_, factors_);
  if (found.pairs == 0) return;
  for (std::size_t i = 0; i < n_; ++i) {
    const double factor = factors_[static_cast<Eigen::Index>(i)];
    if (factor < 1) target_[i] *= factor;
  }
  if (!keeps_constraints(target_)) target_ = current_;
}

void HardWired::skip_small_resizes() {
  const double threshold = config_.chain.risk_feedback.resize_threshold;
  bool is_known = false;
  bool book_above = false;
  wanted_ = target_;
  drifts_.clear();
  for (std::size_t i = 0; i < n_; ++i) {
    const double change = target_[i] - current_[i];
    if (target_[i] == 0 || current_[i] == 0 || change == 0 || std::fabs(change) >= threshold) continue;
    if (rounded_[i] < desired_[i] && change < 0) {  // reduced by keep_limits
      if (!is_known) book_above = is_above_limit();
      is_known = true;
      if (book_above || above_[i] != 0) continue;
    }
    target_[i] = current_[i];
    if (change < 0) drifts_.push_back(i);
  }
  std::sort(drifts_.begin(), drifts_.end(), [&](std::size_t a, std::size_t b) {
    const double left = current_[a] - wanted_[a];
    const double right = current_[b] - wanted_[b];
    return left != right ? left > right : a < b;
  });
  trim_for_exposure();
  trim_for_risk();
}

bool HardWired::is_above_limit() {
  const Figures now = analyze(current_);
  std::size_t k = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    above_[i] = 0;
    if (current_[i] == 0) continue;
    above_[i] = component_[static_cast<Eigen::Index>(k++)] > max_position_risk * (1 + slack);
  }
  return now.volatility > max_volatility * (1 + slack) || now.value_at_risk > max_var * (1 + slack);
}

void HardWired::trim_for_exposure() {
  double excess = -config_.chain.constraints.max_gross_exposure;
  for (const double weight : target_)
    excess += weight;
  for (const std::size_t i : drifts_) {
    if (excess <= slack) return;
    const double left = target_[i] - wanted_[i];
    target_[i] = left <= excess ? wanted_[i] : target_[i] - excess;
    excess -= left;
  }
}

void HardWired::trim_for_risk() {
  if (drifts_.empty() || is_inside_or_no_worse(target_)) return;
  const std::vector<double> kept = target_;
  const auto keeps_with = [&](std::size_t trimmed) {
    for (std::size_t k = 0; k < drifts_.size(); ++k)
      target_[drifts_[k]] = k < trimmed ? wanted_[drifts_[k]] : kept[drifts_[k]];
    return is_inside_or_no_worse(target_);
  };
  std::size_t too_few = 0;
  std::size_t enough = drifts_.size();
  if (!keeps_with(enough)) {
    target_ = kept;
    return;
  }
  while (enough - too_few > 1) {
    const std::size_t middle = too_few + (enough - too_few) / 2;
    (keeps_with(middle) ? enough : too_few) = middle;
  }
  (void)keeps_with(enough);
}

bool HardWired::changes_whole() {
  const Standing down = stands_after(1, false);
  if (down == Standing::inside) return true;
  const Standing up = stands_after(1, true);
  if (up == Standing::inside || down == Standing::above) return up != Standing::above;
  stands_after(1, false);
  return true;
}

HardWired::Standing HardWired::stands_after(double factor, bool sales_up) {
  for (std::size_t i = 0; i < n_; ++i)
    target_[i] = chain::cut_target(current_[i], desired_[i], factor);
  round_to_lots(sales_up);
  if (!has_room()) return Standing::above;
  if (is_inside(analyze(rounded_))) return Standing::inside;
  return is_inside_or_no_worse(rounded_) ? Standing::no_worse : Standing::above;
}

void HardWired::round_to_lots(bool sales_up) {
  const base::Money equity = portfolio_.equity();
  const double equity_value = equity.to_double();
  for (std::uint32_t i = 0; i < n_; ++i) {
    const model::Instrument& about = universe_.instruments[i];
    const base::Quantity held = portfolio_.quantity(i);
    const double unit = portfolio_.price(i).to_double() * about.multiplier.to_double();
    const bool unchanged = target_[i] == current_[i];
    auto quantity =
        unchanged
            ? held
            : model::target_quantity(target_[i], equity, portfolio_.price(i), about, held).value_or(held);
    const double weight = quantity.to_double() * unit / equity_value;
    if (sales_up && target_[i] < current_[i] && weight > target_[i] * (1 + slack)) {
      quantity = model::one_lot_less(quantity, about.lot);
      target_[i] = quantity.to_double() * unit / equity_value;
    }
    need_e9_[i] = quantity.raw() - held.raw();
    rounded_[i] = need_e9_[i] == 0 ? current_[i] : quantity.to_double() * unit / equity_value;
  }
}

bool HardWired::keeps_constraints(std::span<const double> weight) const {
  const config::ConstraintsConfig& bounds = config_.chain.constraints;
  double gross = 0, gross_now = 0;
  bool inside = true;
  for (std::size_t i = 0; i < n_; ++i) {
    inside = inside && std::isfinite(weight[i]) && weight[i] >= -slack &&
             weight[i] <= std::max(bounds.max_weight, current_[i]) + slack;
    gross += std::fabs(weight[i]);
    gross_now += std::fabs(current_[i]);
  }
  return inside && gross <= std::max(bounds.max_gross_exposure, gross_now) + slack;
}

bool HardWired::has_room() const {
  double gross = 0;
  bool increases = false;
  for (std::size_t i = 0; i < n_; ++i) {
    gross += std::fabs(rounded_[i]);
    increases = increases || std::fabs(rounded_[i]) > std::fabs(current_[i]) + slack;
  }
  return !increases || gross <= config_.chain.constraints.max_gross_exposure + slack;
}

void HardWired::make_orders() {
  gate_.begin_decision(date_, portfolio_, {price_e9_, traded_, {}}, {});
  for (const bool selling : {true, false}) {
    for (std::uint32_t i = 0; i < n_; ++i) {
      if (need_e9_[i] == 0 || (need_e9_[i] < 0) != selling) continue;
      cadre_order order{};
      order.size = sizeof order;
      order.instrument = i;
      order.side = selling ? CADRE_SIDE_SELL : CADRE_SIDE_BUY;
      order.type = CADRE_ORDER_MARKET;
      order.time_in_force = CADRE_TIF_DAY;
      order.quantity_e9 = std::llabs(need_e9_[i]);
      if (gate_.check(order).accepted()) orders_.push_back(order);
    }
  }
}

}  // namespace cadre::bench
