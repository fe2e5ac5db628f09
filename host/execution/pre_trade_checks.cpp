// The table of checks: what each row refuses.

#include <algorithm>
#include <cstring>

#include "host/execution/check_parts.hpp"
#include "host/execution/pre_trade_gate.hpp"

namespace cadre::execution {

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
  static bool once(const PreTradeGate& g, const cadre_order& o) {
    const cadre_id& last = g.last_id_[o.instrument];
    return model::id_text(o.client_id).empty() || std::memcmp(last.text, o.client_id.text, sizeof last) != 0;
  }
  static bool self_match(const PreTradeGate& g, const cadre_order& o) {
    return (o.side == CADRE_SIDE_BUY ? g.standing_sell_e9_ : g.standing_buy_e9_)[o.instrument] == 0;
  }
  static bool open_orders(const PreTradeGate& g, const cadre_order&) {
    return !g.config_.max_open_orders || !g.is_counted_ || g.open_orders_ < *g.config_.max_open_orders;
  }
  static bool fresh(const PreTradeGate& g, const cadre_order& o) {
    return g.market_.traded[o.instrument] != 0;
  }
  static bool net(const PreTradeGate& g, const cadre_order&) {
    const double most = std::max(g.constraints_.max_net_exposure, std::fabs(g.net_before_));
    return !g.net_is_planned_ || std::fabs(g.net_planned_) <= most + 2 * rounding_slack;
  }
  static bool messages(const PreTradeGate& g, const cadre_order&) {
    return !g.config_.max_messages_per_second || g.closes_positions_ || !g.is_counted_ ||
           g.messages_ < *g.config_.max_messages_per_second;
  }
  static bool orders_per_day(const PreTradeGate& g, const cadre_order&) {
    return !g.is_counted_ || g.orders_today_ < g.config_.max_orders_per_day;
  }
};

bool PriceChecks::is_right(const PreTradeGate& g, const cadre_order& o, bool has, std::int64_t price_e9) {
  if (!has) return price_e9 == 0;
  const model::Instrument& about = g.universe_->instruments[o.instrument];
  return price_e9 > 0 && price_e9 % about.tick_at(base::Price::from_raw(price_e9)).raw() == 0;
}

bool PriceChecks::limit_price(const PreTradeGate& g, const cadre_order& o) {
  const model::OrderType* type = model::find_order_type(o.type);
  return is_right(g, o, type != nullptr && type->has_limit_price, o.limit_price_e9);
}

bool PriceChecks::stop_price(const PreTradeGate& g, const cadre_order& o) {
  const model::OrderType* type = model::find_order_type(o.type);
  return is_right(g, o, type != nullptr && type->has_stop_price, o.stop_price_e9);
}

bool PriceChecks::price(const PreTradeGate& g, const cadre_order& o) {
  return g.market_.price_e9[o.instrument] > 0;
}

bool PriceChecks::min_notional(const PreTradeGate& g, const cadre_order& o) {
  const base::Money least = g.universe_->instruments[o.instrument].minimum_notional;
  const bool closes = g.planned_at_worst(o) + signed_quantity(o) == 0;
  return least.raw() == 0 || closes || !price(g, o) ||
         g.notional_of(o, o.quantity_e9) >= least.to_double() * (1 - rounding_slack);
}

bool PriceChecks::collar(const PreTradeGate& g, const cadre_order& o) {
  const double last = static_cast<double>(g.market_.price_e9[o.instrument]);
  const auto is_near = [&](std::int64_t price_e9) {
    return price_e9 == 0 ||
           std::fabs(static_cast<double>(price_e9) - last) <= g.bounds_[o.instrument].price_collar * last;
  };
  return is_near(o.limit_price_e9) && is_near(o.stop_price_e9);
}

/// The checks of size: the largest quantity that passes, in 1e-9, not rounded to lots.
struct SizeChecks {
  static std::int64_t max_quantity(const PreTradeGate& g, const cadre_order& o) {
    return g.bounds_[o.instrument].max_quantity_e9;
  }
  static std::int64_t max_notional(const PreTradeGate& g, const cadre_order& o) {
    return g.quantity_worth(o, g.bounds_[o.instrument].max_notional);
  }
  static std::int64_t volume_share(const PreTradeGate& g, const cadre_order& o) {
    if (g.market_.volume.empty()) return any_quantity;
    const double volume = g.market_.volume[o.instrument];
    return std::isfinite(volume) ? to_quantity_e9(g.bounds_[o.instrument].max_share_of_volume * volume * 1e9)
                                 : 0;
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
    return sum_e9(g.closable(o), g.quantity_worth(o, power / (1 + g.config_.buying_power_buffer)));
  }
  /// What an order closes, and what of its instrument fits into a room that is larger by that: a flip is a
  /// reduction to zero and an increase from there.
  static std::int64_t closing_and(const PreTradeGate& g, const cadre_order& o, double room) {
    const std::int64_t closes = g.closable(o);
    const double more = g.notional_of(o, closes) - g.planned_closing_[o.instrument];
    return sum_e9(closes, g.quantity_worth(o, room + more));
  }
  static std::int64_t gross(const PreTradeGate& g, const cadre_order& o) {
    return closing_and(g, o, g.constraints_.max_gross_exposure * g.equity_ * (1 + rounding_slack) - g.gross_);
  }
  static std::int64_t margin(const PreTradeGate& g, const cadre_order& o) {
    if (g.states_ != nullptr && g.states_->lacks_margin()) return g.closable(o);
    const double rate = g.margin_rate_[o.instrument];
    if (rate == 0) return any_quantity;
    const double most = g.equity_ * (1 - g.config_.margin_buffer) * (1 + rounding_slack);
    return closing_and(g, o, (most - g.margin_) / rate);
  }
  static std::int64_t position(const PreTradeGate& g, const cadre_order& o) {
    const std::int64_t before = g.planned_at_worst(o) * model::sign_of_side(o.side);
    const double most = g.bounds_[o.instrument].max_weight * g.equity_ * (1 + rounding_slack);
    // On its own side a position may stay as large as it is, on the other it is an increase from zero.
    return sum_e9(std::max(g.quantity_worth(o, most), before), -before);
  }
  /// What may still be closed is what both the book and the venue have, less what works to close it.
  static std::int64_t at_venue(const PreTradeGate& g, const cadre_order& o) {
    const std::int64_t external = g.external(o.instrument);
    const std::int64_t held = g.portfolio_->quantity(o.instrument).raw();
    const bool sells = o.side == CADRE_SIDE_SELL;
    if (external == 0 || held == 0 || (held > 0) != sells) return any_quantity;
    const std::int64_t ours = std::abs(held), venues = sells ? held + external : -held - external;
    const std::int64_t working = (sells ? g.open_sell_e9_ : g.open_buy_e9_)[o.instrument];
    const std::int64_t decided = std::abs(held - g.planned_e9_[o.instrument]);
    return std::max<std::int64_t>(std::min(ours, venues) - working - decided, 0);
  }
  static std::int64_t window(const PreTradeGate& g, const cadre_order& o) {
    return g.windows_.has(o.instrument) ? g.closable(o) : any_quantity;
  }
  static std::int64_t turnover(const PreTradeGate& g, const cadre_order& o) {
    if (!g.config_.turnover_budget) return any_quantity;
    const double budget = g.config_.turnover_budget->max * g.equity_ * (1 + rounding_slack);
    const double others_close = std::max(g.closing_ - g.notional_of(o, g.parts_of(o).closing_e9), 0.0);
    return std::max(g.closable(o), g.quantity_worth(o, budget - g.turnover_ - others_close));
  }
  static std::int64_t group(const PreTradeGate& g, const cadre_order& o) {
    std::int64_t largest = any_quantity;
    for (const std::uint32_t group : g.groups_.of(o.instrument)) {
      const double room = g.groups_.most(group) * g.equity_ * (1 + rounding_slack) - g.group_gross_[group];
      largest = std::min(largest, closing_and(g, o, room));
    }
    return largest;
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
     &PriceChecks::limit_price},
    {"SYNTAX_STOP_PRICE",
     "a stop order's stop price is missing or no multiple of the tick, or another order has one", false,
     &PriceChecks::stop_price},
    {"IDENTITY_DUPLICATE_ORDER", "another order has this client id", false, &Checks::once},
    {"STATE_KILLED", "the kill switch was used, and nobody armed it again", false, &StateChecks::not_killed},
    {"STATE_HALTED", "the book, an agent of it or the instrument is HALTED", false, &StateChecks::not_halted},
    {"STATE_REDUCING", "the book, an agent of it or the instrument is REDUCING", true,
     &StateChecks::not_reducing},
    {"MARKET_NO_PRICE", "there is no price to value the order at", false, &PriceChecks::price},
    {"SYNTAX_MIN_NOTIONAL",
     "the order is worth less than the least for its instrument, and closes no position", false,
     &PriceChecks::min_notional},
    {"MARKET_STALE_PRICE", "the instrument did not trade on the bar that just closed", false, &Checks::fresh},
    {"FAT_FINGER_PRICE_COLLAR", "the limit price is too far from the last price", false,
     &PriceChecks::collar},
    {"FAT_FINGER_MAX_QUANTITY", "the quantity is above the largest allowed", true, nullptr,
     &SizeChecks::max_quantity},
    {"FAT_FINGER_MAX_NOTIONAL", "the value is above the largest allowed", true, nullptr,
     &SizeChecks::max_notional},
    {"FAT_FINGER_SHARE_OF_VOLUME", "the quantity is too large a share of the bar's volume", true, nullptr,
     &SizeChecks::volume_share},
    {"FLOW_ORDERS_PER_DAY", "too many orders today", true, &Checks::orders_per_day},
    {"FLOW_MESSAGES_PER_SECOND", "too many orders and requests have left in this second", false,
     &Checks::messages},
    {"FLOW_OPEN_ORDERS", "too many orders are open", true, &Checks::open_orders},
    {"FLOW_SELF_MATCH", "an order of the book on the other side would meet it", false, &Checks::self_match},
    {"FLOW_REPEATED_EXECUTION", "the instrument was executed on one side again and again", false,
     &StateChecks::not_latched},
    {"RISK_DAILY_LOSS", "the book has lost what it may lose in a session", true, &StateChecks::daily_loss},
    {"CREDIT_RUINED", "the equity of the book is at or below zero", true, &StateChecks::not_ruined},
    {"RESTRICTION_RESTRICTED_LIST",
     "the instrument is restricted, or not listed on this day: it may only be reduced", true, nullptr,
     &SizeChecks::restricted, PreTradeCheck::Bounds::position, CADRE_REASON_RESTRICTED},
    {"CREDIT_NOT_AT_VENUE", "the venue has less of the position than the order would close", false, nullptr,
     &SizeChecks::at_venue, PreTradeCheck::Bounds::position, CADRE_REASON_FITTED},
    {"RESTRICTION_NO_TRADE_WINDOW", "in this window of time the instrument may only be reduced", true,
     nullptr, &SizeChecks::window, PreTradeCheck::Bounds::order, CADRE_REASON_RESTRICTED},
    {"CREDIT_SHORT_NOT_ALLOWED", "the order would make the position short", false, nullptr,
     &SizeChecks::long_only, PreTradeCheck::Bounds::position, CADRE_REASON_LONG_ONLY},
    {"CREDIT_BUYING_POWER", "there is not enough cash, counting the sells of this decision", true, nullptr,
     &SizeChecks::buying_power, PreTradeCheck::Bounds::book},
    {"CREDIT_GROSS_EXPOSURE", "the gross exposure would exceed its limit", true, nullptr, &SizeChecks::gross,
     PreTradeCheck::Bounds::book},
    {"CREDIT_MARGIN", "the margin requirement would exceed the equity, or exceeds it already", true, nullptr,
     &SizeChecks::margin, PreTradeCheck::Bounds::book},
    {"CREDIT_NET_EXPOSURE", "the net exposure of the book with all of the decision would exceed its limit",
     true, &Checks::net, nullptr, PreTradeCheck::Bounds::book},
    {"RESTRICTION_TURNOVER_BUDGET", "more would be traded than the turnover budget allows", true, nullptr,
     &SizeChecks::turnover, PreTradeCheck::Bounds::book},
    {"CREDIT_POSITION_LIMIT", "the position would exceed the largest weight", true, nullptr,
     &SizeChecks::position, PreTradeCheck::Bounds::position, CADRE_REASON_EXPOSURE},
    {"CREDIT_GROUP_LIMIT", "a group of instruments would exceed its largest weight", true, nullptr,
     &SizeChecks::group, PreTradeCheck::Bounds::position, CADRE_REASON_EXPOSURE},
};
static_assert(std::size(table) < 64, "a verdict has 64 bits, and the last one is unknown_check");
static_assert(syntax_rows < std::size(table));

}  // namespace

std::span<const PreTradeCheck> pre_trade_checks() {
  return table;
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
  each_failed(verdict, [&](const PreTradeCheck& check) { codes.emplace_back(check.code); });
  return codes;
}

bool bounds_sizes(std::string_view name) {
  const std::string_view code = name.substr(0, name.find(' '));
  return std::any_of(std::begin(table), std::end(table), [&](const PreTradeCheck& check) {
    return (check.largest != nullptr || check.bounds == PreTradeCheck::Bounds::book) && check.code == code;
  });
}

const PreTradeCheck* book_check(Verdict verdict) {
  const PreTradeCheck* first = nullptr;
  each_failed(verdict, [&](const PreTradeCheck& check) {
    if (first == nullptr && check.bounds == PreTradeCheck::Bounds::book) first = &check;
  });
  return first;
}

bool bounds_book(Verdict verdict) {
  return book_check(verdict) != nullptr;
}

std::uint32_t reason_to_wait(Verdict verdict) {
  if (bounds_book(verdict)) return CADRE_REASON_NO_ROOM;
  std::uint32_t reason = 0;
  bool stays_wrong = false;
  each_failed(verdict, [&](const PreTradeCheck& check) {
    const bool passes_with_time = check.code.starts_with("FLOW_") || check.code.starts_with("MARKET_");
    stays_wrong = stays_wrong || (check.largest == nullptr && !passes_with_time);
    if (check.largest == &SizeChecks::volume_share)
      reason = CADRE_REASON_VOLUME_SHARE;
    else if (reason == 0)
      reason = check.reason == CADRE_REASON_RESTRICTED ? CADRE_REASON_RESTRICTED : CADRE_REASON_NO_ROOM;
  });
  return stays_wrong ? 0 : reason;
}

}  // namespace cadre::execution
