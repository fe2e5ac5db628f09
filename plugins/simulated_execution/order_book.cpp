#include "order_book.hpp"

#include <algorithm>
#include <string>

namespace cadre::simulated_execution {

namespace {

constexpr std::size_t usual_orders = 1024;

cadre_trade_result refused(std::uint32_t reason) {
  return WorkingOrder{}.result(CADRE_ORDER_REJECTED, reason);
}

bool has_its_prices(const FillRule& rule, std::int64_t limit, std::int64_t stop) {
  return (!rule.has_limit || limit > 0) && (!rule.has_stop || stop > 0);
}

/// Client ids are unique in the book's life, so this is too: it outlives an environment that is made anew. Of
/// an id without room for the number the end is kept.
cadre_id execution_id(const cadre_id& client_id, std::uint32_t event) {
  const std::string number = "/" + std::to_string(event);
  std::string_view whole = sdk::view_of(client_id);
  whole.remove_prefix(whole.size() - std::min(whole.size(), CADRE_ID_BYTES_MAX - number.size()));
  cadre_id id{};
  whole.copy(id.text, whole.size());
  number.copy(id.text + whole.size(), number.size());
  return id;
}

}  // namespace

OrderBook::OrderBook(const Settings& settings, const Chance& chance) : settings_(settings), chance_(chance) {
  open_.reserve(usual_orders);
  reports_.reserve(2 * usual_orders);
  parts_.reserve(usual_orders);
  by_priority_.reserve(usual_orders);
  claims_.reserve(usual_orders);
  claimants_.reserve(usual_orders);
}

std::vector<WorkingOrder>::iterator OrderBook::find_open(std::string_view client_id) {
  return std::find_if(open_.begin(), open_.end(), [&](const WorkingOrder& working) {
    return has_id(working.order.client_id, client_id);
  });
}

// 0 when the order can be worked.
std::uint32_t OrderBook::refusal_of(const cadre_order& order) const {
  const FillRule* rule = find_fill_rule(order.type);
  const TimeInForce* time = find_time_in_force(order.time_in_force);
  if (rule == nullptr || time == nullptr || (rule->times_in_force & CADRE_BIT_OF(time->code)) == 0)
    return unsupported;
  const bool sided = order.side == CADRE_SIDE_BUY || order.side == CADRE_SIDE_SELL;
  const bool priced = has_its_prices(*rule, order.limit_price_e9, order.stop_price_e9);
  const bool exists = instrument_count_ == 0 || order.instrument < instrument_count_;
  const std::string_view id = sdk::view_of(order.client_id);
  if (!sided || !priced || !exists || order.quantity_e9 <= 0 || id.empty()) return bad_order;
  const auto is_it = [&](const WorkingOrder& working) { return has_id(working.order.client_id, id); };
  if (std::any_of(open_.begin(), open_.end(), is_it) || past_.find(id) != nullptr) return duplicate;
  if (!has_opens_ && (settings_.fill_at == FillAt::open || time->moment == Moment::opening)) return no_opens;
  if (!has_quotes_ && settings_.fill_at == FillAt::touch) return no_quotes;
  return 0;
}

/// Whether nothing is owned that it could sell, as far as the last bar tells. What is left of the question is
/// asked at the fill, where the order of the orders decides nothing.
bool OrderBook::is_short_without_borrow(const cadre_order& order) const {
  if (!settings_.requires_borrow || order.side == CADRE_SIDE_BUY || !market_.is_known()) return false;
  const Place& place = market_.at(order.instrument);
  return !place.can_be_borrowed && place.position_e9 <= 0;
}

cadre_trade_result OrderBook::take(const cadre_order& order) {
  const std::uint32_t refusal = refusal_of(order);
  if (refusal != 0) return refused(refusal);
  if (is_short_without_borrow(order)) return refused(no_borrow);
  if (chance_.happens(settings_.reject_probability_e9, Chance::Purpose::reject, sdk::view_of(order.client_id),
                      0))
    return refused(by_chance);
  WorkingOrder working;
  working.order = order;
  const FillRule& rule = *find_fill_rule(order.type);
  if (!rule.has_limit) working.order.limit_price_e9 = 0;
  if (!rule.has_stop) working.order.stop_price_e9 = 0;
  working.given_ns = std::max(time_ns_, order.decision_time_ns);
  working.bars_to_wait = settings_.latency.bars;
  open_.push_back(working);
  const std::size_t first_report = reports_.size();
  fill_at_once(open_.size() - 1);
  return answer(first_report);
}

/// What the order that was taken last has come to, out of its reports, which nobody else hears then.
cadre_trade_result OrderBook::answer(std::size_t first_report) {
  if (reports_.size() == first_report) return open_.back().result(open_.back().open_status());
  const bool has_ended = reports_.back().status != CADRE_ORDER_PARTIALLY_FILLED;
  const cadre_trade_result result =
      has_ended ? past_.at(past_.size() - 1).result : open_.back().result(CADRE_ORDER_PARTIALLY_FILLED);
  reports_.resize(first_report);
  return result;
}

cadre_status OrderBook::replace(const cadre_replacement& replacement) {
  const auto found = find_open(sdk::view_of(replacement.client_id));
  if (found == open_.end()) return CADRE_REJECTED;
  const auto place = static_cast<std::size_t>(found - open_.begin());
  const FillRule& rule = *find_fill_rule(found->order.type);
  const bool makes_sense =
      replacement.quantity_e9 > 0 && replacement.limit_price_e9 >= 0 && replacement.stop_price_e9 >= 0;
  if (!makes_sense) {
    reports_.push_back(answer_to(*found, replacement.request_id, CADRE_ORDER_REJECTED, bad_order));
    return CADRE_OK;
  }
  // What is filled is filled: FIX amends the order to that quantity, and it has ended.
  const bool has_more = replacement.quantity_e9 > found->filled_e9();
  found->order.quantity_e9 = has_more ? replacement.quantity_e9 : found->filled_e9();
  // A price of 0 is as it was.
  if (rule.has_limit && replacement.limit_price_e9 > 0)
    found->order.limit_price_e9 = replacement.limit_price_e9;
  if (rule.has_stop && replacement.stop_price_e9 > 0) found->order.stop_price_e9 = replacement.stop_price_e9;
  found->given_ns = std::max(found->given_ns, time_ns_);
  if (has_more) {
    reports_.push_back(answer_to(*found, replacement.request_id, CADRE_ORDER_REPLACED, 0));
    fill_at_once(place);
    return CADRE_OK;
  }
  reports_.push_back(answer_to(*found, replacement.request_id, CADRE_ORDER_FILLED, below_filled));
  past_.remember({found->order.client_id, found->result(CADRE_ORDER_FILLED, below_filled)});
  open_.erase(found);
  return CADRE_OK;
}

bool OrderBook::cancel(std::string_view client_id) {
  const auto found = find_open(client_id);
  if (found == open_.end()) return false;
  finish(*found, CADRE_ORDER_CANCELED, on_request);
  open_.erase(found);
  return true;
}

bool OrderBook::query(std::string_view client_id, cadre_trade_result& out) const {
  for (const WorkingOrder& working : open_) {
    if (!has_id(working.order.client_id, client_id)) continue;
    out = working.result(working.open_status());
    return true;
  }
  const PastOrders::Past* past = past_.find(client_id);
  if (past != nullptr) out = past->result;
  return past != nullptr;
}

bool OrderBook::next_report(cadre_execution_report& out) {
  if (next_ == reports_.size()) {
    reports_.clear();
    next_ = 0;
    return false;
  }
  out = reports_[next_++];
  return true;
}

cadre_execution_report OrderBook::report_of(WorkingOrder& working, std::uint32_t status,
                                            std::uint32_t reason) {
  cadre_execution_report report{};
  report.size = sizeof report;
  report.status = status;
  report.instrument = working.order.instrument;
  report.side = working.order.side;
  report.time_ns = time_ns_;
  report.reason = reason;
  report.client_id = working.order.client_id;
  report.execution_id = execution_id(working.order.client_id, ++working.events);
  return report;
}

cadre_execution_report OrderBook::answer_to(WorkingOrder& working, const cadre_id& request_id,
                                            std::uint32_t status, std::uint32_t reason) {
  cadre_execution_report report = report_of(working, status, reason);
  report.request_id = request_id;
  report.order_quantity_e9 = working.order.quantity_e9;
  return report;
}

void OrderBook::finish(WorkingOrder& working, std::uint32_t status, std::uint32_t reason) {
  reports_.push_back(report_of(working, status, reason));
  past_.remember({working.order.client_id, working.result(status, reason)});
}

void OrderBook::change_universe(const cadre_universe_change& change, const sdk::State& state,
                                std::int64_t time_ns) {
  time_ns_ = time_ns;
  instrument_count_ = static_cast<std::uint32_t>(state.size());
  market_.change_universe(change, state, settings_);
  const auto moved = [&](std::uint32_t instrument) {
    return instrument < change.old_count && change.old_to_new[instrument] != CADRE_GONE
               ? static_cast<std::uint32_t>(change.old_to_new[instrument])
               : CADRE_BOOK;
  };
  // Reports that still wait speak of the new universe too.
  for (std::size_t k = next_; k < reports_.size(); ++k)
    reports_[k].instrument = moved(reports_[k].instrument);
  for (WorkingOrder& working : open_) {
    working.order.instrument = moved(working.order.instrument);
    if (working.order.instrument == CADRE_BOOK) finish(working, CADRE_ORDER_EXPIRED, instrument_gone);
  }
  std::erase_if(open_, [](const WorkingOrder& working) { return working.order.instrument == CADRE_BOOK; });
}

}  // namespace cadre::simulated_execution
