// Which open orders a bar meets, and at which price.

#include <algorithm>
#include <stdexcept>

#include "order_book.hpp"

namespace cadre::simulated_execution {

namespace {

using Life = TimeInForce::Life;

const TimeInForce& time_of(const WorkingOrder& working) {
  return *find_time_in_force(working.order.time_in_force);  // an order without one was never taken
}

std::int64_t period_of(const sdk::State& state) {
  const cadre_execution_state& raw = state.raw();
  return CADRE_HAS(&raw, bar_period_ns) ? raw.bar_period_ns : 0;
}

}  // namespace

void OrderBook::process_bar(const sdk::State& state, const cadre_event& event) {
  time_ns_ = event.time_ns;
  sequence_ = event.sequence;
  instrument_count_ = static_cast<std::uint32_t>(state.size());
  clock_.enter_bar(state);
  month_.enter(state.raw().session_date);
  // A night lies before a session: the open of a daily bar comes long after the close before it.
  const std::int64_t period = period_of(state);
  bar_begin_ns_ = clock_.is_intraday() && period > 0 ? time_ns_ - period : time_ns_;
  refuse_without_prices(state);
  market_.enter_bar(state, settings_);
  account_.enter_bar(state, market_);
  end_earlier_session();
  sort_open(state);

  parts_.clear();
  for (WorkingOrder& working : open_)
    parts_.push_back(meet(working, false));
  share_volume(0);
  share_money(0);
  std::size_t kept = 0;
  for (std::size_t k = 0; k < open_.size(); ++k) {
    if (!settle(open_[k], parts_[k], false)) open_[kept++] = open_[k];
  }
  open_.resize(kept);
  close_volume();
  sequence_ = 0;
}

/// Orders meet the quotes of the bar that has closed, and no other order.
void OrderBook::fill_at_once(std::size_t place) {
  if (!settings_.latency.is_none || !market_.is_known()) return;
  parts_.assign(open_.size(), Part{});
  parts_[place] = meet(open_[place], true);
  share_volume(place);
  share_money(place);
  if (settle(open_[place], parts_[place], true))
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(place));
  close_volume();
}

void OrderBook::refuse_without_prices(const sdk::State& state) {
  has_opens_ = has_opens(state);
  has_quotes_ = has_quotes(state);
  const auto refuse_all = [&](std::uint32_t reason) {
    for (WorkingOrder& working : open_)
      finish(working, CADRE_ORDER_REJECTED, reason);
    open_.clear();
  };
  if (!has_opens_ && settings_.fill_at == FillAt::open) {
    refuse_all(no_opens);
    throw std::runtime_error("fill_at is open, but these data have no opens; set fill_at to close");
  }
  if (!has_quotes_ && settings_.fill_at == FillAt::touch) {
    refuse_all(no_quotes);
    throw std::runtime_error(std::string(settings_.latency.is_none ? "latency is none" : "fill_at is touch") +
                             ", but these data have no bid and ask; set fill_at to close" +
                             (settings_.latency.is_none ? " and latency to 1" : ""));
  }
}

/// Orders of a session that ended before its usual number of bars was there.
void OrderBook::end_earlier_session() {
  if (!clock_.is_intraday() || !clock_.opens()) return;
  const auto has_ended = [&](const WorkingOrder& working) {
    return working.session != 0 && working.session != clock_.date() &&
           time_of(working).life != Life::until_cancelled && time_of(working).moment != Moment::opening;
  };
  for (WorkingOrder& working : open_) {
    if (has_ended(working))
      finish(working, time_of(working).end_status,
             moment_of(working) == Moment::closing ? halted : not_reached);
  }
  std::erase_if(open_, has_ended);
}

void OrderBook::sort_open(const sdk::State& state) {
  std::sort(open_.begin(), open_.end(), [&](const WorkingOrder& a, const WorkingOrder& b) {
    if (a.order.side != b.order.side) return a.order.side == CADRE_SIDE_SELL;
    if (a.order.instrument != b.order.instrument)
      return state.id(a.order.instrument) < state.id(b.order.instrument);
    return a.id() < b.id();
  });
}

Moment OrderBook::moment_of(const WorkingOrder& working) const {
  return working.order.type == CADRE_ORDER_MARKET_ON_CLOSE ? Moment::closing : time_of(working).moment;
}

/// Whether the order is in the market by the end of this bar. One that came within the bar sees its close
/// only: nobody knows what of the range came after it.
bool OrderBook::has_arrived(WorkingOrder& working, bool& sees_whole_bar) const {
  sees_whole_bar = true;
  if (settings_.latency.time_ns > 0) {
    const Wide arrives = Wide{working.given_ns} + settings_.latency.time_ns;
    if (time_ns_ < arrives) return false;
    sees_whole_bar = !clock_.is_intraday() || bar_begin_ns_ >= arrives;
  } else if (working.bars_to_wait > 1) {
    --working.bars_to_wait;
    return false;
  }
  if (working.session == 0) working.session = clock_.date();
  return true;
}

bool OrderBook::trades_in_this_bar(Moment moment, bool sees_whole_bar, bool at_once) const {
  switch (moment) {
    case Moment::opening:
      return !at_once && clock_.opens() && sees_whole_bar;
    case Moment::closing:
      return !at_once && clock_.closes();
    case Moment::immediate:
      return sees_whole_bar || settings_.fill_at != FillAt::open;
    case Moment::day:
      break;
  }
  return true;
}

OrderBook::Part OrderBook::meet(WorkingOrder& working, bool at_once) {
  Part part;
  part.moment = moment_of(working);
  bool sees_whole_bar = false;
  if (!at_once && !has_arrived(working, sees_whole_bar)) return part;
  if (!trades_in_this_bar(part.moment, sees_whole_bar, at_once)) return part;
  part.is_met = true;
  const Place& place = market_.at(working.order.instrument);
  Bar bar = place.bar;
  if (!sees_whole_bar) bar.open = bar.high = bar.low = 0;
  if (bar.close <= 0) {
    part.outcome.kind = Outcome::Kind::no_price;
  } else if (place.liquidity.all_e9 == 0) {
    part.reason = no_volume;
    return part;
  } else {
    const FillRule& rule = *find_fill_rule(working.order.type);
    part.outcome =
        rule.fill({working.is_buy(), part.moment, working.order.limit_price_e9, working.order.stop_price_e9,
                   working.is_triggered, bar, settings_.fill_at, settings_.half_spread_e9});
    working.is_triggered = working.is_triggered || part.outcome.is_triggered;
  }
  if (part.outcome.kind == Outcome::Kind::no_price)
    part.reason = part.moment == Moment::opening && !has_opens_ ? no_opens : halted;
  else if (part.is_filled())
    slip(working, part.outcome.fill);
  else
    part.reason = not_reached;
  return part;
}

/// Makes the price worse by chance, never worse than a limit.
void OrderBook::slip(const WorkingOrder& working, Fill& fill) const {
  if (settings_.slippage_e9 == 0) return;
  const std::int64_t chance = chance_.share_e9(Chance::Purpose::slippage, working.id(), sequence_);
  const std::int64_t share = share_of_rounded_down(settings_.slippage_e9, chance);
  const auto worse = [&](std::int64_t price) {
    const std::int64_t by = share_of_rounded_down(price, share);
    const std::int64_t limit = working.order.limit_price_e9;
    if (!working.is_buy()) return std::max(price - by, limit);
    const std::int64_t slipped = price > INT64_MAX - by ? price : price + by;
    return limit > 0 ? std::min(slipped, limit) : slipped;
  };
  fill = {worse(fill.price), worse(fill.mid_price)};
}

}  // namespace cadre::simulated_execution
