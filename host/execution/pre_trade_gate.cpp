#include "host/execution/pre_trade_gate.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "host/execution/financing.hpp"
#include "host/model/order.hpp"

namespace cadre::execution {

namespace {

constexpr double rounding_slack = 1e-9;  // relative; exposures are sums of doubles

bool has_limit(const cadre_order& order) {
  const model::OrderType* type = model::find_order_type(order.type);
  return type != nullptr && type->has_limit_price;
}

std::int64_t signed_quantity(const cadre_order& order) {
  return order.quantity_e9 * model::sign_of_side(order.side);
}

}  // namespace

/// Those of the trading states. Each is true when the order passes.
struct StateChecks {
  static TradingState ordered(const PreTradeGate& g, const cadre_order& o) {
    return g.states_ != nullptr ? g.states_->ordered(o.instrument) : TradingState::active;
  }
  static bool not_killed(const PreTradeGate& g, const cadre_order& o) {
    return ordered(g, o) != TradingState::killed;
  }
  static bool not_halted(const PreTradeGate& g, const cadre_order& o) {
    if (ordered(g, o) != TradingState::halted) return true;
    return g.closes_positions_ && g.states_->ordered_of_instrument(o.instrument) != TradingState::halted;
  }
  static bool not_reducing(const PreTradeGate& g, const cadre_order& o) {
    return ordered(g, o) != TradingState::reducing;
  }
  static bool daily_loss(const PreTradeGate& g, const cadre_order&) {
    return g.states_ == nullptr || !g.states_->has_lost_the_day();
  }
  static bool not_ruined(const PreTradeGate& g, const cadre_order&) {
    return g.states_ == nullptr || !g.states_->is_ruined();
  }
  static bool not_latched(const PreTradeGate& g, const cadre_order& o) {
    return g.states_ == nullptr || !g.states_->is_latched(o.instrument);
  }
};

/// The checks. Each is true when the order passes.
struct Checks {
  /// Whether a set of the environment's has a code that the host knows.
  static bool is_in(std::uint64_t set, std::uint32_t code) { return (set & CADRE_BIT_OF(code)) != 0; }
  static bool known_instrument(const PreTradeGate& g, const cadre_order& o) {
    return o.instrument < g.universe_->size();
  }
  static bool side(const PreTradeGate&, const cadre_order& o) { return !model::side_name(o.side).empty(); }
  static bool type(const PreTradeGate& g, const cadre_order& o) {
    const model::OrderType* type = model::find_order_type(o.type);
    return type != nullptr && is_in(g.order_types_, o.type);
  }
  static bool time_in_force(const PreTradeGate& g, const cadre_order& o) {
    const auto known = model::times_in_force();
    return std::find(known.begin(), known.end(), o.time_in_force) != known.end() &&
           is_in(g.times_in_force_, o.time_in_force);
  }
  static bool quantity(const PreTradeGate&, const cadre_order& o) { return o.quantity_e9 > 0; }
  static bool lot(const PreTradeGate& g, const cadre_order& o) {
    return o.quantity_e9 % g.universe_->instruments[o.instrument].lot.raw() == 0;
  }
  /// Whether a price that an order of this type has, or has not, is right.
  static bool is_right(const PreTradeGate& g, const cadre_order& o, bool has, std::int64_t price_e9) {
    if (!has) return price_e9 == 0;
    const model::Instrument& about = g.universe_->instruments[o.instrument];
    return price_e9 > 0 && price_e9 % about.tick_at(base::Price::from_raw(price_e9)).raw() == 0;
  }
  static bool limit_price(const PreTradeGate& g, const cadre_order& o) {
    return is_right(g, o, has_limit(o), o.limit_price_e9);
  }
  static bool stop_price(const PreTradeGate& g, const cadre_order& o) {
    const model::OrderType* type = model::find_order_type(o.type);
    return is_right(g, o, type != nullptr && type->has_stop_price, o.stop_price_e9);
  }
  static bool once(const PreTradeGate& g, const cadre_order& o) {
    const cadre_id& last = g.last_id_[o.instrument];
    return model::id_text(o.client_id).empty() || std::memcmp(last.text, o.client_id.text, sizeof last) != 0;
  }
  static bool self_match(const PreTradeGate& g, const cadre_order& o) {
    return (o.side == CADRE_SIDE_BUY ? g.standing_sell_e9_ : g.standing_buy_e9_)[o.instrument] == 0;
  }
  static bool open_orders(const PreTradeGate& g, const cadre_order&) {
    return !g.config_.max_open_orders || g.open_orders_ < *g.config_.max_open_orders;
  }
  static bool price(const PreTradeGate& g, const cadre_order& o) {
    return g.market_.price_e9[o.instrument] > 0;
  }
  static bool min_notional(const PreTradeGate& g, const cadre_order& o) {
    const base::Money least = g.universe_->instruments[o.instrument].minimum_notional;
    const bool closes = g.planned_at_worst(o) + signed_quantity(o) == 0;
    return least.raw() == 0 || closes || !price(g, o) ||
           g.notional_of(o, o.quantity_e9) >= least.to_double() * (1 - rounding_slack);
  }
  static bool fresh(const PreTradeGate& g, const cadre_order& o) {
    return g.market_.traded[o.instrument] != 0;
  }
  static bool collar(const PreTradeGate& g, const cadre_order& o) {
    const double last = static_cast<double>(g.market_.price_e9[o.instrument]);
    const auto is_near = [&](std::int64_t price_e9) {
      return price_e9 == 0 ||
             std::fabs(static_cast<double>(price_e9) - last) <= g.config_.price_collar * last;
    };
    return is_near(o.limit_price_e9) && is_near(o.stop_price_e9);
  }
  static bool orders_per_day(const PreTradeGate& g, const cadre_order&) {
    return g.orders_today_ < g.config_.max_orders_per_day;
  }
};

/// The checks of size: the largest quantity that passes, in 1e-9, not rounded to lots.
struct SizeChecks {
  static std::int64_t max_quantity(const PreTradeGate& g, const cadre_order&) {
    return g.config_.max_order_quantity.raw();
  }
  static std::int64_t max_notional(const PreTradeGate& g, const cadre_order& o) {
    return g.quantity_worth(o, g.config_.max_order_notional.to_double());
  }
  static std::int64_t volume_share(const PreTradeGate& g, const cadre_order& o) {
    if (g.market_.volume.empty()) return any_quantity;
    const double volume = g.market_.volume[o.instrument];
    return std::isfinite(volume) ? quantity_e9(g.config_.max_share_of_volume * volume * 1e9) : 0;
  }
  static std::int64_t restricted(const PreTradeGate& g, const cadre_order& o) {
    const bool is_free =
        g.restricted_[o.instrument] == 0 && g.universe_->instruments[o.instrument].is_listed(g.date_);
    return is_free ? any_quantity : g.closable(o);
  }
  static std::int64_t long_only(const PreTradeGate& g, const cadre_order& o) {
    if (!g.constraints_.long_only || o.side == CADRE_SIDE_BUY) return any_quantity;
    return std::max<std::int64_t>(g.planned_at_worst(o), 0);
  }
  static std::int64_t buying_power(const PreTradeGate& g, const cadre_order& o) {
    if (o.side != CADRE_SIDE_BUY || g.account_ == config::Account::margin) return any_quantity;
    const double power = g.buying_power_ + rounding_slack * g.equity_;
    return sum(g.closable(o), g.quantity_worth(o, power / (1 + g.config_.buying_power_buffer)));
  }
  static std::int64_t gross(const PreTradeGate& g, const cadre_order& o) {
    // A flip to no more on the other side adds nothing.
    const double room = g.constraints_.max_gross_exposure * g.equity_ * (1 + rounding_slack) - g.gross_;
    return sum(sum(g.closable(o), g.closable(o)), g.quantity_worth(o, room));
  }
  static std::int64_t margin(const PreTradeGate& g, const cadre_order& o) {
    if (g.states_ != nullptr && g.states_->lacks_margin()) return g.closable(o);
    const double rate = g.margin_rate_[o.instrument];
    if (rate == 0) return any_quantity;
    const double most = g.equity_ * (1 - g.config_.margin_buffer) * (1 + rounding_slack);
    return sum(sum(g.closable(o), g.closable(o)), g.quantity_worth(o, (most - g.margin_) / rate));
  }
  static std::int64_t position(const PreTradeGate& g, const cadre_order& o) {
    const std::int64_t before = g.planned_at_worst(o) * model::sign_of_side(o.side);
    const double most = g.constraints_.max_weight * g.equity_ * (1 + rounding_slack);
    return sum(std::max(g.quantity_worth(o, most), std::abs(before)), -before);
  }

  static constexpr std::int64_t any_quantity = std::numeric_limits<std::int64_t>::max();
  static std::int64_t quantity_e9(double value) {
    return value < 9e18 ? static_cast<std::int64_t>(std::max(std::floor(value), 0.0)) : any_quantity;
  }
  static std::int64_t sum(std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    return __builtin_add_overflow(a, b, &result) ? any_quantity : result;
  }
};

namespace {

// Order matters: a check may rely on those above it having been passed (the instrument is known, the quantity
// is positive).
constexpr PreTradeCheck table[] = {
    {"IDENTITY_UNKNOWN_INSTRUMENT", "the instrument is not in the universe", false,
     &Checks::known_instrument},
    {"SYNTAX_SIDE", "the side is neither buy nor sell", false, &Checks::side},
    {"SYNTAX_ORDER_TYPE", "the host or its environment does not take this order type", false, &Checks::type},
    {"SYNTAX_TIME_IN_FORCE", "the host or its environment does not take this time in force", false,
     &Checks::time_in_force},
    {"SYNTAX_QUANTITY", "the quantity is not above zero", false, &Checks::quantity},
    {"SYNTAX_LOT", "the quantity is no multiple of the lot", false, &Checks::lot},
    {"SYNTAX_LIMIT_PRICE",
     "a limit order's price is missing or no multiple of the tick, or another order has one", false,
     &Checks::limit_price},
    {"SYNTAX_STOP_PRICE",
     "a stop order's stop price is missing or no multiple of the tick, or another order has one", false,
     &Checks::stop_price},
    {"IDENTITY_DUPLICATE_ORDER", "another order has this client id", false, &Checks::once},
    {"STATE_KILLED", "the kill switch was used, and nobody armed it again", false, &StateChecks::not_killed},
    {"STATE_HALTED", "the book, an agent of it or the instrument is HALTED", false, &StateChecks::not_halted},
    {"STATE_REDUCING", "the book, an agent of it or the instrument is REDUCING", true,
     &StateChecks::not_reducing},
    {"MARKET_NO_PRICE", "there is no price to value the order at", false, &Checks::price},
    {"SYNTAX_MIN_NOTIONAL",
     "the order is worth less than the least for its instrument, and closes no position", false,
     &Checks::min_notional},
    {"MARKET_STALE_PRICE", "the instrument did not trade on the bar that just closed", false, &Checks::fresh},
    {"FAT_FINGER_PRICE_COLLAR", "the limit price is too far from the last price", false, &Checks::collar},
    {"FAT_FINGER_MAX_QUANTITY", "the quantity is above the largest allowed", true, nullptr,
     &SizeChecks::max_quantity},
    {"FAT_FINGER_MAX_NOTIONAL", "the value is above the largest allowed", true, nullptr,
     &SizeChecks::max_notional},
    {"FAT_FINGER_SHARE_OF_VOLUME", "the quantity is too large a share of the bar's volume", true, nullptr,
     &SizeChecks::volume_share},
    {"FLOW_ORDERS_PER_DAY", "too many orders today", true, &Checks::orders_per_day},
    {"FLOW_OPEN_ORDERS", "too many orders are open", true, &Checks::open_orders},
    {"FLOW_SELF_MATCH", "an order of the book on the other side would meet it", false, &Checks::self_match},
    {"FLOW_REPEATED_EXECUTION", "the instrument was executed on one side again and again", false,
     &StateChecks::not_latched},
    {"RISK_DAILY_LOSS", "the book has lost what it may lose in a session", true, &StateChecks::daily_loss},
    {"CREDIT_RUINED", "the equity of the book is at or below zero", true, &StateChecks::not_ruined},
    {"RESTRICTION_RESTRICTED_LIST",
     "the instrument is restricted, or not listed on this day: it may only be reduced", true, nullptr,
     &SizeChecks::restricted, PreTradeCheck::Bounds::position, CADRE_REASON_RESTRICTED},
    {"CREDIT_SHORT_NOT_ALLOWED", "the order would make the position short", false, nullptr,
     &SizeChecks::long_only, PreTradeCheck::Bounds::position, CADRE_REASON_LONG_ONLY},
    {"CREDIT_BUYING_POWER", "there is not enough cash, counting the sells of this decision", true, nullptr,
     &SizeChecks::buying_power, PreTradeCheck::Bounds::book},
    {"CREDIT_GROSS_EXPOSURE", "the gross exposure would exceed its limit", true, nullptr, &SizeChecks::gross,
     PreTradeCheck::Bounds::book},
    {"CREDIT_MARGIN", "the margin requirement would exceed the equity, or exceeds it already", true, nullptr,
     &SizeChecks::margin, PreTradeCheck::Bounds::book},
    {"CREDIT_POSITION_LIMIT", "the position would exceed the largest weight", true, nullptr,
     &SizeChecks::position, PreTradeCheck::Bounds::position, CADRE_REASON_EXPOSURE},
};
static_assert(std::size(table) < 64, "a verdict has 64 bits, and the last one is unknown_check");
constexpr std::size_t syntax_rows = 8;  // rows before this one have to pass for the others to make sense

}  // namespace

std::span<const PreTradeCheck> pre_trade_checks() {
  return table;
}

bool is_reason_of_check(std::uint32_t code) {
  return std::any_of(std::begin(table), std::end(table), [&](const PreTradeCheck& check) {
    return check.largest != nullptr && check.bounds != PreTradeCheck::Bounds::book && check.reason == code;
  });
}

Verdict verdict_of(std::span<const std::string> failed_codes) {
  Verdict verdict;
  for (const std::string& code : failed_codes) {
    const auto* row = std::find_if(std::begin(table), std::end(table),
                                   [&](const PreTradeCheck& check) { return check.code == code; });
    verdict.failed |= row == std::end(table) ? unknown_check : std::uint64_t{1} << (row - std::begin(table));
  }
  return verdict;
}

std::vector<std::string> failed_codes(Verdict verdict) {
  std::vector<std::string> codes;
  for (std::size_t row = 0; row < std::size(table); ++row) {
    if ((verdict.failed >> row & 1) != 0) codes.emplace_back(table[row].code);
  }
  return codes;
}

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
  for (std::size_t i = 0; i < universe.size(); ++i) {
    const auto& list = config_.restricted;
    restricted_[i] = std::find(list.begin(), list.end(), universe.instruments[i].id) != list.end();
    margin_rate_[i] = margin_rate(universe.instruments[i], account_);
  }
}

void PreTradeGate::begin_decision(std::int32_t date, const model::Portfolio& portfolio,
                                  const MarketSnapshot& market, base::Money cash_committed) {
  if (date != date_) orders_today_ = 0;
  date_ = date;
  orders_before_ = orders_today_;
  portfolio_ = &portfolio;
  market_ = market;
  committed_ = cash_committed.to_double();
  begin_trial();
}

void PreTradeGate::begin_trial() {
  const model::Portfolio& portfolio = *portfolio_;
  std::fill(last_id_.begin(), last_id_.end(), cadre_id{});
  orders_today_ = orders_before_;
  open_orders_ = open_before_;
  equity_ = portfolio.equity().to_double();
  // What short sales brought buys nothing.
  buying_power_ = portfolio.cash().to_double() - portfolio.short_collateral().to_double() - committed_;
  gross_ = margin_ = 0;
  for (std::uint32_t i = 0; i < universe_->size(); ++i) {
    planned_e9_[i] = portfolio.quantity(i).raw();
    const double worst = worst_value(i);
    gross_ += worst;
    margin_ += margin_rate_[i] * worst;
  }
}

double PreTradeGate::worst_value(std::uint32_t i) const {
  const std::int64_t held = std::abs(planned_e9_[i]);
  const auto worst =
      std::max(std::abs(planned_e9_[i] + open_buy_e9_[i]), std::abs(planned_e9_[i] - open_sell_e9_[i]));
  if (worst == held) return std::fabs(portfolio_->value(i).to_double());
  return static_cast<double>(worst) * 1e-9 * portfolio_->price(i).to_double() *
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

std::int64_t PreTradeGate::closable(const cadre_order& order) const {
  const std::int64_t held = planned_at_worst(order);
  return held != 0 && (held > 0) == (order.side == CADRE_SIDE_SELL) ? std::abs(held) : 0;
}

std::int64_t PreTradeGate::quantity_worth(const cadre_order& order, double money) const {
  constexpr std::int64_t one_unit = 1'000'000'000;
  const double unit = notional_of(order, one_unit);
  return unit > 0 ? SizeChecks::quantity_e9(money / unit * 1e9)
                  : SizeChecks::any_quantity;  // no price: another check
}

PreTradeGate::Fit PreTradeGate::largest_accepted(const cadre_order& order) const {
  Fit fit{order.quantity_e9, 0};
  for (const PreTradeCheck& check : table) {
    if (check.largest == nullptr || check.bounds == PreTradeCheck::Bounds::book) continue;
    if (in_parts_ && check.bounds == PreTradeCheck::Bounds::order) continue;
    const std::int64_t passes = check.largest(*this, order);
    // What only closes is exempt, whatever it is cut from.
    const std::int64_t largest = check.skipped_when_reducing ? std::max(passes, closable(order)) : passes;
    if (largest < fit.quantity_e9) fit = {std::max<std::int64_t>(largest, 0), check.reason};
  }
  if (fit.reason == 0) return fit;
  fit.quantity_e9 -= fit.quantity_e9 % universe_->instruments[order.instrument].lot.raw();
  cadre_order cut = order;
  cut.quantity_e9 = fit.quantity_e9;
  if (!Checks::min_notional(*this, cut)) fit.quantity_e9 = 0;  // what is left is not worth an order
  return fit;
}

bool PreTradeGate::takes_prices(const cadre_order& order) const {
  return Checks::limit_price(*this, order) && Checks::stop_price(*this, order) &&
         Checks::price(*this, order) && Checks::collar(*this, order);
}

bool bounds_book(Verdict verdict) {
  for (std::size_t row = 0; row < std::size(table); ++row) {
    if ((verdict.failed >> row & 1) != 0 && table[row].bounds == PreTradeCheck::Bounds::book) return true;
  }
  return false;
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
      const PreTradeCheck& check = table[row];
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
  run(syntax_rows, std::size(table), reducing);
  if (!verdict.accepted()) return verdict;

  const Parts parts = parts_of(order);
  const double closing = notional_of(order, parts.closing_e9);
  const double opening = notional_of(order, parts.opening_e9);
  last_id_[order.instrument] = order.client_id;
  planned_e9_[order.instrument] += signed_quantity(order);
  ++orders_today_;
  ++open_orders_;
  gross_ += opening - closing;
  margin_ += margin_rate_[order.instrument] * (opening - closing);
  // A sale out of a holding pays for buys, a short sale does not; to cover a short costs what buying power
  // was already without.
  buying_power_ += order.side == CADRE_SIDE_SELL ? closing : -opening * (1 + config_.buying_power_buffer);
  return verdict;
}

}  // namespace cadre::execution
