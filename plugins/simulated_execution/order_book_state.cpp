// The saved state, schema 4. What a thing consists of is written down once, for both directions.

#include <algorithm>
#include <type_traits>

#include "order_book.hpp"

namespace cadre::simulated_execution {

namespace {

class Saver {
 public:
  explicit Saver(sdk::StateWriter& out) : out_(out) {}

  template <class... Numbers>
  void operator()(const Numbers&... numbers) {
    (out_.put(numbers), ...);
  }
  void flag(const bool& value) { out_.put(std::uint32_t{value ? 1U : 0U}); }
  void wide(const Wide& value) {
    out_.put(static_cast<std::uint64_t>(value));
    out_.put(static_cast<std::int64_t>(value >> 64));
  }
  void id(const cadre_id& value) { out_.put_id(value); }
  void optional_id(const cadre_id& value) { out_.put_id(value); }
  static bool has_margin() { return true; }

 private:
  sdk::StateWriter& out_;
};

class Loader {
 public:
  Loader(sdk::StateReader& in, std::uint32_t schema)
      : in_(in),
        id_bytes_(schema == 1 ? 32 : sizeof(cadre_id)),
        is_complete_(schema >= 3),
        has_margin_(schema >= 4) {}

  template <class... Numbers>
  void operator()(Numbers&... numbers) {
    ((numbers = in_.get<Numbers>()), ...);
  }
  void flag(bool& value) {
    const auto number = in_.get<std::uint32_t>();
    if (number > 1) throw sdk::Refusal("a saved flag is not valid");
    value = number == 1;
  }
  void wide(Wide& value) {
    const auto low = in_.get<std::uint64_t>();
    value = (Wide{in_.get<std::int64_t>()} << 64) | Wide{low};
  }
  void id(cadre_id& value) { value = in_.get_id(id_bytes_); }
  void optional_id(cadre_id& value) {
    in_.get_bytes(value.text, sizeof value.text);
    const std::size_t length = sdk::view_of(value).size();
    bool is_sound = length < sizeof value.text;
    for (std::size_t k = length; k < sizeof value.text; ++k)
      is_sound = is_sound && value.text[k] == '\0';
    if (!is_sound) throw sdk::Refusal("a saved identifier is not valid");
  }
  /// A count of things that take `bytes` each, and have to be there.
  std::size_t count(std::size_t bytes) {
    const auto count = in_.get<std::uint32_t>();
    if (count > in_.left() / bytes) throw sdk::Refusal("saved state is truncated");
    return count;
  }
  bool is_complete() const { return is_complete_; }
  bool has_margin() const { return has_margin_; }

 private:
  sdk::StateReader& in_;
  std::size_t id_bytes_;
  bool is_complete_, has_margin_;
};

// What each takes at least.
constexpr std::size_t order_bytes = 5 * 4 + 6 * 8 + 32;
constexpr std::size_t past_bytes = 2 * 4 + 3 * 8 + 32;
constexpr std::size_t report_bytes = 4 * 4 + 5 * 8 + 32;
constexpr std::size_t place_bytes = 13 * 8 + 2 * 4;

constexpr Wide most_money = Wide{1} << 100;  // far beyond what is counted, and sums of it fit

template <class Direction, class Order>
void visit_order(Direction& at, Order& order) {
  at(order.instrument, order.side, order.type, order.time_in_force, order.flags);
  at(order.quantity_e9, order.limit_price_e9, order.stop_price_e9, order.expire_time_ns,
     order.decision_price_e9, order.decision_time_ns);
  at.id(order.client_id);
}

template <class Direction, class Working>
void visit_progress(Direction& at, Working& working) {
  at(working.charged.quantity_e9, working.charged.notional_e6, working.charged.by_rate_e6,
     working.charged.fees_e6);
  at.wide(working.paid);
  at(working.spread_cost_e6, working.given_ns, working.bars_to_wait, working.events, working.session);
  at.flag(working.is_triggered);
}

template <class Direction, class Result>
void visit_result(Direction& at, Result& result) {
  at(result.status, result.reason, result.filled_quantity_e9, result.average_price_e9, result.fees_e6);
}

template <class Direction, class Report>
void visit_report(Direction& at, Report& report) {
  at(report.status, report.instrument, report.side, report.reason);
  at(report.quantity_e9, report.price_e9, report.fees_e6, report.spread_cost_e6, report.time_ns);
  at.id(report.client_id);
}

template <class Direction, class Report>
void visit_answer(Direction& at, Report& report) {
  at.optional_id(report.execution_id);
  at.optional_id(report.request_id);
  at(report.order_quantity_e9);
}

template <class Direction, class P>
void visit_place(Direction& at, P& place) {
  at(place.bar.open, place.bar.high, place.bar.low, place.bar.close, place.bar.bid, place.bar.ask);
  at(place.mark, place.position_e9, place.lot_e9, place.multiplier_e9);
  at(place.liquidity.all_e9, place.liquidity.opening_e9, place.liquidity.closing_e9);
  at(place.schedule);
  at.flag(place.can_be_borrowed);
  if (at.has_margin()) at(place.margin_rate_e9);
}

bool is_side(std::uint32_t side) {
  return side == CADRE_SIDE_BUY || side == CADRE_SIDE_SELL;
}

bool is_status(std::uint32_t status) {
  switch (status) {
    case CADRE_ORDER_NEW:
    case CADRE_ORDER_PARTIALLY_FILLED:
    case CADRE_ORDER_FILLED:
    case CADRE_ORDER_CANCELED:
    case CADRE_ORDER_REPLACED:
    case CADRE_ORDER_REJECTED:
    case CADRE_ORDER_EXPIRED:
      return true;
    default:
      return false;
  }
}

WorkingOrder load_order(Loader& at, std::uint32_t instrument_count, const Settings& settings) {
  WorkingOrder working;
  working.order.size = sizeof working.order;
  visit_order(at, working.order);
  working.given_ns = working.order.decision_time_ns;
  if (at.is_complete()) visit_progress(at, working);
  const Charged& charged = working.charged;
  const bool is_sound = working.order.instrument < instrument_count && charged.quantity_e9 >= 0 &&
                        working.left_e9() > 0 && charged.notional_e6 >= 0 && charged.by_rate_e6 >= 0 &&
                        charged.fees_e6 >= 0 && working.paid >= 0 && working.spread_cost_e6 >= 0 &&
                        working.bars_to_wait >= 1 && (charged.quantity_e9 > 0) == (working.paid > 0);
  const FillRule* rule = find_fill_rule(working.order.type);
  const bool is_priced = rule != nullptr && (rule->has_limit || working.order.limit_price_e9 == 0) &&
                         (rule->has_stop || working.order.stop_price_e9 == 0);
  if (!is_sound || (at.is_complete() && !is_priced)) throw sdk::Refusal("a saved order is not valid");
  if (!at.is_complete()) working.bars_to_wait = settings.latency.bars;
  return working;
}

PastOrders::Past load_past(Loader& at) {
  PastOrders::Past past;
  at.id(past.client_id);
  past.result.size = sizeof past.result;
  visit_result(at, past.result);
  if (at.is_complete()) at(past.result.spread_cost_e6);
  if (!is_status(past.result.status) || past.result.filled_quantity_e9 < 0)
    throw sdk::Refusal("a saved order's end is not valid");
  return past;
}

cadre_execution_report load_report(Loader& at, std::uint32_t instrument_count) {
  cadre_execution_report report{};
  report.size = sizeof report;
  visit_report(at, report);
  if (at.is_complete()) visit_answer(at, report);
  const bool placed = report.instrument < instrument_count || report.instrument == CADRE_BOOK;
  if (!placed || !is_side(report.side) || !is_status(report.status) || report.quantity_e9 < 0 ||
      report.order_quantity_e9 < 0)
    throw sdk::Refusal("a saved report is not valid");
  return report;
}

std::vector<Place> load_places(Loader& at, std::uint32_t instrument_count) {
  std::vector<Place> places(at.count(place_bytes));
  for (Place& place : places) {
    visit_place(at, place);
    const Liquidity& liquid = place.liquidity;
    const std::int64_t smallest =
        std::min({place.mark, place.multiplier_e9, place.lot_e9 - 1, liquid.all_e9, liquid.opening_e9,
                  liquid.closing_e9, place.bar.open, place.bar.high, place.bar.low, place.bar.close,
                  place.bar.bid, place.bar.ask, place.margin_rate_e9});
    if (smallest < 0 || place.position_e9 < -INT64_MAX) throw sdk::Refusal("a saved price is not valid");
  }
  if (!places.empty() && places.size() != instrument_count)
    throw sdk::Refusal("the saved prices are of another universe");
  return places;
}

}  // namespace

/// Only what is asked between two bars: fills at once, and whether a sale is a short one.
bool OrderBook::remembers_market() const {
  return settings_.latency.is_none || settings_.requires_borrow;
}

template <class Direction, class Book>
void OrderBook::visit_clock(Direction& at, Book& book) {
  std::int32_t date = book.clock_.date(), month = book.month_.month();
  std::uint32_t bar = book.clock_.bar();
  std::int64_t volume = book.month_.volume();
  at.flag(book.has_quotes_);
  at(date, bar, month, volume);
  at.wide(book.account_.power);
  at.wide(book.account_.collateral);
  at.wide(book.account_.short_worth);
  if (at.has_margin()) {
    at.wide(book.account_.margin_room);
    at.flag(book.account_.owes_cash);
    at.flag(book.account_.bounds_margin);
  }
  if constexpr (!std::is_const_v<Book>) {
    const auto is_money = [](const Wide& value) { return value > -most_money && value < most_money; };
    if (volume < 0 || !is_money(book.account_.power) || !is_money(book.account_.collateral) ||
        !is_money(book.account_.short_worth) || !is_money(book.account_.margin_room))
      throw sdk::Refusal("a saved account is not valid");
    book.clock_.restore(date, bar);
    book.month_.restore(month, volume);
  }
}

void OrderBook::save(sdk::StateWriter& out) const {
  Saver at(out);
  at.flag(has_opens_);
  at(instrument_count_, time_ns_);
  at(static_cast<std::uint32_t>(open_.size()));
  for (const WorkingOrder& working : open_) {
    visit_order(at, working.order);
    visit_progress(at, working);
  }
  at(static_cast<std::uint32_t>(past_.size()));
  for (std::size_t k = 0; k < past_.size(); ++k) {
    at.id(past_.at(k).client_id);
    visit_result(at, past_.at(k).result);
    at(past_.at(k).result.spread_cost_e6);
  }
  at(static_cast<std::uint32_t>(reports_.size() - next_));
  for (std::size_t k = next_; k < reports_.size(); ++k) {
    visit_report(at, reports_[k]);
    visit_answer(at, reports_[k]);
  }
  visit_clock(at, *this);
  const std::size_t places = remembers_market() ? market_.size() : 0;
  at(static_cast<std::uint32_t>(places));
  for (std::uint32_t i = 0; i < places; ++i)
    visit_place(at, market_.at(i));
}

void OrderBook::load(sdk::StateReader& in, std::uint32_t schema, std::uint32_t instrument_count) {
  OrderBook loaded(settings_, chance_);
  Loader at(in, schema);
  at.flag(loaded.has_opens_);
  at(loaded.instrument_count_, loaded.time_ns_);
  if (loaded.instrument_count_ != 0 && loaded.instrument_count_ != instrument_count)
    throw sdk::Refusal("the saved orders are of another universe");
  for (std::size_t left = at.count(order_bytes); left > 0; --left) {
    const WorkingOrder working = load_order(at, instrument_count, settings_);
    const std::uint32_t refusal = loaded.refusal_of(working.order);
    if (refusal == bad_order || refusal == unsupported || refusal == duplicate)
      throw sdk::Refusal("a saved order is not valid");
    loaded.open_.push_back(working);
  }
  for (std::size_t left = at.count(past_bytes); left > 0; --left)
    loaded.past_.remember(load_past(at));
  for (std::size_t left = at.count(report_bytes); left > 0; --left)
    loaded.reports_.push_back(load_report(at, instrument_count));
  if (at.is_complete()) {
    visit_clock(at, loaded);
    loaded.market_.restore(load_places(at, instrument_count));
  }
  in.finish();
  *this = std::move(loaded);
}

}  // namespace cadre::simulated_execution
