#include "fill_rules.hpp"

#include <algorithm>
#include <optional>

#include "fixed_point.hpp"

namespace cadre::simulated_execution {

namespace {

using Kind = Outcome::Kind;

/// A fill at a price of the bar, made worse by the half-spread.
Outcome filled_at(const Meeting& meeting, std::int64_t mid) {
  const auto spread = share_of(mid, meeting.half_spread_e9);
  if (mid <= 0 || !spread) return {Kind::no_price};
  if (meeting.is_buy && *spread > INT64_MAX - mid) return {Kind::no_price};
  const std::int64_t price = meeting.is_buy ? mid + *spread : mid - *spread;
  if (price <= 0) return {Kind::no_price};
  return {Kind::filled, {price, mid}};
}

Outcome filled_at_touch(const Meeting& meeting) {
  const std::int64_t price = meeting.is_buy ? meeting.bar.ask : meeting.bar.bid;
  if (price <= 0) return {Kind::no_price};
  const bool has_both = meeting.bar.bid > 0 && meeting.bar.ask > 0;
  const auto mid =
      has_both ? static_cast<std::int64_t>((Wide{meeting.bar.bid} + meeting.bar.ask) / 2) : price;
  return {Kind::filled, {price, mid}};
}

/// The one price at which an order trades that waits for none.
Outcome filled_at_once(const Meeting& meeting) {
  if (meeting.moment == Moment::opening) return filled_at(meeting, meeting.bar.open);
  if (meeting.moment == Moment::closing) return filled_at(meeting, meeting.bar.close);
  if (meeting.fill_at == FillAt::touch) return filled_at_touch(meeting);
  return filled_at(meeting, meeting.fill_at == FillAt::open ? meeting.bar.open : meeting.bar.close);
}

bool is_through(const Meeting& meeting, std::int64_t price) {
  return meeting.is_buy ? price < meeting.limit : price > meeting.limit;
}

/// The half-spread makes a price worse, never worse than the limit.
Outcome within_limit(const Meeting& meeting, Outcome outcome) {
  std::int64_t& price = outcome.fill.price;
  price = meeting.is_buy ? std::min(price, meeting.limit) : std::max(price, meeting.limit);
  return outcome;
}

Outcome market(const Meeting& meeting) {
  return filled_at_once(meeting);
}

Outcome market_on_close(const Meeting& meeting) {
  return filled_at(meeting, meeting.bar.close);
}

/// A quote at the limit is an offer to trade there; a trade at the limit only touches it.
Outcome limit_at_one_price(const Meeting& meeting, const Outcome& at_once, bool is_quote) {
  if (at_once.kind != Kind::filled) return at_once;
  const std::int64_t price = is_quote ? at_once.fill.price : at_once.fill.mid_price;
  const bool is_there = is_through(meeting, price) || (is_quote && price == meeting.limit);
  return is_there ? within_limit(meeting, at_once) : Outcome{};
}

/// On bars with open, high and low, a buy fills only when the low is strictly below the limit, at min(open,
/// limit); on closes only, when the close is strictly below the limit, at the close. Sells alike.
Outcome limit(const Meeting& meeting) {
  const Bar& bar = meeting.bar;
  const bool at_touch = meeting.fill_at == FillAt::touch;
  if (meeting.moment != Moment::day)
    return limit_at_one_price(meeting, filled_at_once(meeting),
                              at_touch && meeting.moment == Moment::immediate);
  if (bar.has_range() && is_through(meeting, meeting.is_buy ? bar.low : bar.high)) {
    const bool opens_through = is_through(meeting, bar.open);
    return within_limit(meeting, filled_at(meeting, opens_through ? bar.open : meeting.limit));
  }
  if (at_touch) {
    const Outcome outcome = limit_at_one_price(meeting, filled_at_touch(meeting), true);
    return outcome.kind == Kind::no_price ? Outcome{} : outcome;
  }
  if (bar.has_range()) return {};
  return limit_at_one_price(meeting, filled_at(meeting, bar.close), false);
}

/// Where the market first is at the stop price or beyond it: the open, or the stop price inside the day.
/// On closes only, the close. nullopt: it never is.
std::optional<std::int64_t> first_at_stop(const Meeting& meeting) {
  const Bar& bar = meeting.bar;
  const auto is_beyond = [&](std::int64_t price) {
    return meeting.is_buy ? price >= meeting.stop : price <= meeting.stop;
  };
  if (!bar.has_range()) return is_beyond(bar.close) ? std::optional(bar.close) : std::nullopt;
  if (is_beyond(bar.open)) return bar.open;
  return is_beyond(meeting.is_buy ? bar.high : bar.low) ? std::optional(meeting.stop) : std::nullopt;
}

Outcome with_trigger(Outcome outcome) {
  outcome.is_triggered = true;
  return outcome;
}

/// A market order from the moment on at which the market is at the stop price.
Outcome stop(const Meeting& meeting) {
  if (meeting.is_triggered) return with_trigger(market(meeting));
  const auto first = first_at_stop(meeting);
  if (!first) return {};
  const bool at_touch = meeting.fill_at == FillAt::touch && !meeting.bar.has_range();
  return with_trigger(at_touch ? filled_at_touch(meeting) : filled_at(meeting, *first));
}

/// A limit order from that moment on. What the bar shows of the time after it is the whole day when the open
/// is beyond the stop price, and inside the day the stop price itself and the close.
Outcome stop_limit(const Meeting& meeting) {
  if (meeting.is_triggered) return with_trigger(limit(meeting));
  const auto first = first_at_stop(meeting);
  if (!first) return {};
  if (!meeting.bar.has_range() || *first == meeting.bar.open) return with_trigger(limit(meeting));
  if (is_through(meeting, *first)) return with_trigger(within_limit(meeting, filled_at(meeting, *first)));
  if (is_through(meeting, meeting.bar.close))
    return with_trigger(within_limit(meeting, filled_at(meeting, meeting.limit)));
  return with_trigger({});
}

constexpr std::uint64_t lasting = CADRE_BIT_OF(CADRE_TIF_DAY) | CADRE_BIT_OF(CADRE_TIF_GTC);
constexpr std::uint64_t at_the_close = CADRE_BIT_OF(CADRE_TIF_AT_THE_CLOSE);
constexpr std::uint64_t all_times = lasting | at_the_close | CADRE_BIT_OF(CADRE_TIF_IOC) |
                                    CADRE_BIT_OF(CADRE_TIF_FOK) | CADRE_BIT_OF(CADRE_TIF_AT_THE_OPENING);

// clang-format off
constexpr FillRule rules[] = {
    // type                        limit  stop   times in force          rule
    {CADRE_ORDER_MARKET,           false, false, all_times,              market},
    {CADRE_ORDER_LIMIT,            true,  false, all_times,              limit},
    {CADRE_ORDER_STOP,             false, true,  lasting,                stop},
    {CADRE_ORDER_STOP_LIMIT,       true,  true,  lasting,                stop_limit},
    {CADRE_ORDER_MARKET_ON_CLOSE,  false, false, lasting | at_the_close, market_on_close},
};
// clang-format on

}  // namespace

std::uint64_t order_types_filled() {
  std::uint64_t types = 0;
  for (const FillRule& rule : rules)
    types |= CADRE_BIT_OF(rule.order_type);
  return types;
}

const FillRule* find_fill_rule(std::uint32_t order_type) {
  for (const FillRule& rule : rules) {
    if (rule.order_type == order_type) return &rule;
  }
  return nullptr;
}

}  // namespace cadre::simulated_execution
