#include "host/execution/pre_trade_gate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "host/execution/check_parts.hpp"
#include "host/execution/financing.hpp"
#include "host/model/order.hpp"

namespace cadre::execution {

PreTradeGate::PreTradeGate(const config::PreTradeConfig& config, const config::ConstraintsConfig& constraints)
    : config_(config), constraints_(constraints) {}

void PreTradeGate::enter_universe(const model::Universe& universe) {
  universe_ = &universe;
  last_id_.assign(universe.size(), cadre_id{});
  standing_buy_e9_.assign(universe.size(), 0);
  standing_sell_e9_.assign(universe.size(), 0);
  planned_e9_.assign(universe.size(), 0);
  open_buy_e9_.assign(universe.size(), 0);
  open_sell_e9_.assign(universe.size(), 0);
  restricted_.assign(universe.size(), 0);
  margin_rate_.assign(universe.size(), 0);
  planned_closing_.assign(universe.size(), 0);
  enter_agents({});
  windows_.enter(universe, config_.no_trade_windows);
  groups_.enter(universe, constraints_.max_group_weight);
  for (std::size_t i = 0; i < universe.size(); ++i) {
    const auto& list = config_.restricted;
    restricted_[i] = std::find(list.begin(), list.end(), universe.instruments[i].id) != list.end();
    margin_rate_[i] = margin_rate(universe.instruments[i], account_);
  }
}

void PreTradeGate::enter_agents(std::span<const std::string> agents) {
  bounds_ = order_bounds(*universe_, agents, config_, constraints_);
}

void PreTradeGate::begin_decision(std::int32_t date, const model::Portfolio& portfolio,
                                  const MarketSnapshot& market, base::Money cash_committed) {
  if (date != date_) orders_today_ = 0;
  date_ = date;
  orders_before_ = orders_today_;
  constexpr std::int64_t second_ns = 1'000'000'000;
  if (market.time_ns / second_ns != second_) messages_ = 0;
  second_ = market.time_ns / second_ns;
  messages_before_ = messages_;
  portfolio_ = &portfolio;
  market_ = market;
  committed_ = cash_committed.to_double();
  net_is_planned_ = false;
  windows_.begin(market.time_ns, date);
  begin_trial();
}

void PreTradeGate::begin_trial(std::uint64_t requests) {
  const model::Portfolio& portfolio = *portfolio_;
  std::fill(last_id_.begin(), last_id_.end(), cadre_id{});
  orders_today_ = orders_before_;
  messages_ = messages_before_ + requests;
  open_orders_ = open_before_;
  equity_ = portfolio.equity().to_double();
  // What short sales brought buys nothing.
  const double foreign = venue_ != nullptr ? std::min(venue_->cash_difference().to_double(), 0.0) : 0.0;
  buying_power_ =
      portfolio.cash().to_double() + foreign - portfolio.short_collateral().to_double() - committed_;
  gross_ = margin_ = closing_ = 0;
  std::fill(planned_closing_.begin(), planned_closing_.end(), 0.0);
  turnover_ = states_ != nullptr ? states_->traded().to_double() : 0;
  group_gross_.assign(groups_.size(), 0);
  for (std::uint32_t i = 0; i < universe_->size(); ++i) {
    planned_e9_[i] = portfolio.quantity(i).raw();
    const double worst = worst_value(i);
    gross_ += worst;
    margin_ += margin_rate_[i] * worst;
    turnover_ += worth(i, open_buy_e9_[i] + open_sell_e9_[i]);
    for (const std::uint32_t group : groups_.of(i))
      group_gross_[group] += worst;
  }
}

double PreTradeGate::worst_value(std::uint32_t i) const {
  const std::int64_t held = planned_e9_[i], other = external(i);
  auto worst = std::max(std::abs(held + open_buy_e9_[i]), std::abs(held - open_sell_e9_[i]));
  if (other != 0)
    worst = std::max(
        {worst, std::abs(held + open_buy_e9_[i] + other), std::abs(held - open_sell_e9_[i] + other)});
  return worst == std::abs(held) ? std::fabs(portfolio_->value(i).to_double()) : worth(i, worst);
}

double PreTradeGate::worth(std::uint32_t i, std::int64_t quantity_e9) const {
  return static_cast<double>(quantity_e9) * 1e-9 * portfolio_->price(i).to_double() *
         universe_->instruments[i].multiplier.to_double();
}

std::int64_t PreTradeGate::planned_at_worst(const cadre_order& order) const {
  const std::uint32_t i = order.instrument;
  return order.side == CADRE_SIDE_BUY ? planned_e9_[i] + open_buy_e9_[i] : planned_e9_[i] - open_sell_e9_[i];
}

bool PreTradeGate::reduces(const cadre_order& order) const {
  return model::reduces_position(base::Quantity::from_raw(planned_at_worst(order)),
                                 base::Quantity::from_raw(signed_quantity(order)));
}

PreTradeGate::Parts PreTradeGate::parts_of(const cadre_order& order) const {
  const std::int64_t closing = std::min(order.quantity_e9, closable(order));
  return {closing, order.quantity_e9 - closing};
}

void plan_closing(PreTradeGate& gate, const cadre_order& order, bool turns_around) {
  const double closing = gate.notional_of(order, gate.parts_of(order).closing_e9);
  gate.closing_ += closing;
  if (!turns_around) return;
  gate.planned_closing_[order.instrument] += closing;
  gate.count(order.instrument, -closing);
}

bool turns_around(const PreTradeGate& gate, const cadre_order& order) {
  const PreTradeGate::Parts parts = gate.parts_of(order);
  return parts.closing_e9 > 0 && parts.opening_e9 > 0;
}

/// So much more of an instrument is held, or less.
void PreTradeGate::count(std::uint32_t instrument, double value) {
  gross_ += value;
  margin_ += margin_rate_[instrument] * value;
  for (const std::uint32_t group : groups_.of(instrument))
    group_gross_[group] += value;
}

void look_at_windows(PreTradeGate& gate, std::int64_t time_ns, std::int32_t date) {
  gate.windows_.begin(time_ns, date);
}

std::int64_t PreTradeGate::closable(const cadre_order& order) const {
  const std::int64_t held = planned_at_worst(order);
  return held != 0 && (held > 0) == (order.side == CADRE_SIDE_SELL) ? std::abs(held) : 0;
}

std::int64_t PreTradeGate::external(std::uint32_t instrument) const {
  return venue_ != nullptr ? venue_->external_e9(instrument) : 0;
}

std::int64_t PreTradeGate::quantity_worth(const cadre_order& order, double money) const {
  constexpr std::int64_t one_unit = 1'000'000'000;
  const double unit = notional_of(order, one_unit);
  return unit > 0 ? to_quantity_e9(money / unit * 1e9) : any_quantity;  // no price: another check
}

PreTradeGate::Fit PreTradeGate::largest_accepted(const cadre_order& order) const {
  Fit fit{order.quantity_e9, nullptr};
  for (const PreTradeCheck& check : pre_trade_checks()) {
    if (check.largest == nullptr || check.bounds == PreTradeCheck::Bounds::book) continue;
    if (in_parts_ && check.bounds == PreTradeCheck::Bounds::order) continue;
    const std::int64_t passes = check.largest(*this, order);
    // What only closes is exempt, whatever it is cut from.
    const std::int64_t largest = check.skipped_when_reducing ? std::max(passes, closable(order)) : passes;
    if (largest < fit.quantity_e9) fit = {std::max<std::int64_t>(largest, 0), &check};
  }
  if (fit.check == nullptr) return fit;
  fit.quantity_e9 -= fit.quantity_e9 % universe_->instruments[order.instrument].lot.raw();
  cadre_order cut = order;
  cut.quantity_e9 = fit.quantity_e9;
  if (!PriceChecks::min_notional(*this, cut)) fit.quantity_e9 = 0;  // what is left is not worth an order
  return fit;
}

bool PreTradeGate::fit_prices(cadre_order& order) const {
  if (order.instrument >= universe_->size() || !PriceChecks::price(*this, order) || !reduces(order))
    return false;
  const model::Instrument& about = universe_->instruments[order.instrument];
  const std::int64_t last = market_.price_e9[order.instrument];
  const double reach = bounds_[order.instrument].price_collar * static_cast<double>(last);
  const auto fit = [&](std::int64_t& price_e9) {
    if (price_e9 <= 0) return false;
    const double near = std::clamp(static_cast<double>(price_e9), static_cast<double>(last) - reach,
                                   static_cast<double>(last) + reach);
    const bool is_near = near == static_cast<double>(price_e9);
    std::int64_t fitted = is_near ? price_e9 : static_cast<std::int64_t>(near);
    const std::int64_t tick = about.tick_at(base::Price::from_raw(fitted)).raw();
    // Towards the last price, so that the collar keeps it.
    if (fitted % tick != 0) fitted += fitted > last ? -(fitted % tick) : tick - fitted % tick;
    if (fitted <= 0 || fitted == price_e9) return false;
    price_e9 = fitted;
    return true;
  };
  const bool changed = fit(order.limit_price_e9);
  return fit(order.stop_price_e9) || changed;
}

bool PreTradeGate::takes_prices(const cadre_order& order) const {
  return PriceChecks::limit_price(*this, order) && PriceChecks::stop_price(*this, order) &&
         PriceChecks::price(*this, order) && PriceChecks::collar(*this, order);
}

double PreTradeGate::notional_of(const cadre_order& order, std::int64_t quantity_e9) const {
  const model::Instrument& about = universe_->instruments[order.instrument];
  std::int64_t price =
      std::max({market_.price_e9[order.instrument], order.limit_price_e9, order.stop_price_e9});
  if (order.side == CADRE_SIDE_BUY && !market_.ask.empty()) {
    const auto ask = base::Price::from_double(market_.ask[order.instrument]);
    if (ask) price = std::max(price, ask->raw());
  }
  return static_cast<double>(price) * 1e-9 * (static_cast<double>(quantity_e9) * 1e-9) *
         about.multiplier.to_double();
}

Verdict PreTradeGate::check(const cadre_order& order) {
  Verdict verdict;
  const auto run = [&](std::size_t from, std::size_t to, bool reducing) {
    for (std::size_t row = from; row < to; ++row) {
      const PreTradeCheck& check = pre_trade_checks()[row];
      if (reducing && check.skipped_when_reducing) continue;
      if (in_parts_ && check.largest != nullptr && check.bounds == PreTradeCheck::Bounds::order) continue;
      const bool passes = check.largest == nullptr ? check.passes(*this, order)
                                                   : order.quantity_e9 <= check.largest(*this, order);
      if (!passes) verdict.failed |= std::uint64_t{1} << row;
      if (row == 0 && verdict.failed != 0) return;
    }
  };
  run(0, syntax_rows, false);
  if (!verdict.accepted()) return verdict;
  const bool reducing = reduces(order);
  run(syntax_rows, pre_trade_checks().size(), reducing);
  if (!verdict.accepted()) return verdict;

  const Parts parts = parts_of(order);
  const double closing = notional_of(order, parts.closing_e9);
  const double opening = notional_of(order, parts.opening_e9);
  last_id_[order.instrument] = order.client_id;
  planned_e9_[order.instrument] += signed_quantity(order);
  if (is_counted_) {
    ++orders_today_;
    ++messages_;
    ++open_orders_;
  }
  count(order.instrument, opening - closing + std::exchange(planned_closing_[order.instrument], 0.0));
  turnover_ += opening + closing;
  closing_ = std::max(closing_ - closing, 0.0);
  // A sale out of a holding pays for buys, a short sale does not; to cover a short costs what buying power
  // was already without.
  buying_power_ += order.side == CADRE_SIDE_SELL ? closing : -opening * (1 + config_.buying_power_buffer);
  return verdict;
}

}  // namespace cadre::execution
