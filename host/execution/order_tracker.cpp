#include "host/execution/order_tracker.hpp"

#include <algorithm>

#include "host/base/invariant.hpp"
#include "host/execution/pre_trade_gate.hpp"

namespace cadre::execution {

cadre_open_order shown_order(const TrackedOrder& tracked) {
  const cadre_order& order = tracked.order;
  cadre_open_order shown{};
  shown.size = sizeof shown;
  shown.instrument = order.instrument;
  shown.side = order.side;
  shown.type = order.type;
  shown.time_in_force = order.time_in_force;
  shown.status = tracked.shown_status();
  shown.quantity_e9 = tracked.filled_e9 + tracked.remaining_e9();
  shown.filled_e9 = tracked.filled_e9;
  shown.limit_price_e9 = order.limit_price_e9;
  shown.stop_price_e9 = order.stop_price_e9;
  shown.decision_price_e9 = order.decision_price_e9;
  shown.decision_time_ns = order.decision_time_ns;
  shown.client_id = order.client_id;
  return shown;
}

void OrderTracker::enter_universe(std::size_t instruments) {
  working_buy_.assign(instruments, 0);
  working_sell_.assign(instruments, 0);
}

void OrderTracker::remap(const std::vector<std::int32_t>& old_to_new, std::size_t instruments) {
  enter_universe(instruments);
  for (std::size_t place = first_open_; place < orders_.size(); ++place) {
    TrackedOrder& tracked = orders_[place];
    if (!tracked.open()) continue;
    const std::int32_t now = old_to_new[tracked.order.instrument];
    CADRE_INVARIANT(now >= 0, "tracker.open_orders_stay", "an open order's instrument is in the universe");
    tracked.order.instrument = static_cast<std::uint32_t>(now);
    change_working(tracked, tracked.remaining_e9());
  }
}

void OrderTracker::reserve(std::size_t orders) {
  orders_.reserve(orders);
  open_.reserve(std::min<std::size_t>(orders, 4096));  // a small table stays in the cache
}

void OrderTracker::change_working(const TrackedOrder& order, std::int64_t by) {
  auto& working = order.order.side == CADRE_SIDE_BUY ? working_buy_ : working_sell_;
  working[order.order.instrument] += by;
  CADRE_INVARIANT(working[order.order.instrument] >= 0, "tracker.working_adds_up",
                  "what works of an instrument is never negative");
}

std::size_t OrderTracker::add(const cadre_order& order, std::uint32_t status, std::uint64_t failed_checks) {
  TrackedOrder tracked;
  tracked.order = order;
  tracked.status = status;
  tracked.failed_checks = failed_checks;
  adopt(tracked);
  return orders_.size() - 1;
}

void OrderTracker::forget_closed(std::size_t keep) {
  if (first_open_ < 2 * keep) return;
  const std::size_t forgotten = first_open_ - keep;
  orders_.erase(orders_.begin(), orders_.begin() + static_cast<std::ptrdiff_t>(forgotten));
  first_open_ -= forgotten;
  for (auto& [id, place] : open_)
    place -= forgotten;
  for (auto seen = executions_.begin(); seen != executions_.end();) {
    if (seen->second < forgotten) {
      seen = executions_.erase(seen);
    } else {
      seen->second -= forgotten;
      ++seen;
    }
  }
}

void OrderTracker::adopt(const TrackedOrder& tracked) {
  const std::size_t place = orders_.size();
  orders_.push_back(tracked);
  if (tracked.open()) {
    open_.emplace(tracked.order.client_id, place);
    change_working(tracked, tracked.remaining_e9());
    ++open_count_;
  } else if (first_open_ == place) {
    ++first_open_;
  }
}

void OrderTracker::save(base::Encoder& to, std::size_t orders) const {
  const auto kept = newest(orders);
  to.put_count(kept.size());
  for (const TrackedOrder& tracked : kept) {
    to.put_struct(tracked.order);
    to.put(tracked.status);
    to.put(tracked.filled_e9);
    to.put(tracked.filled_notional);
    to.put(tracked.fees_e6);
    to.put(tracked.reason);
    to.put_texts(failed_codes({tracked.failed_checks}));
  }
  to.put_count(requests_.size());
  for (const OrderRequest& request : requests_) {
    to.put(request.kind);
    to.put_struct(request.client_id);
    to.put_struct(request.request_id);
    to.put(request.quantity_e9);
    to.put(request.limit_price_e9);
    to.put(request.stop_price_e9);
  }
  save_executions(to, orders_.size() - kept.size());
}

/// Those of the orders that are saved, in an order that depends on nothing but their ids.
void OrderTracker::save_executions(base::Encoder& to, std::size_t first) const {
  std::vector<std::pair<std::size_t, cadre_id>> seen;
  for (const auto& [id, place] : executions_) {
    if (place >= first) seen.emplace_back(place - first, id);
  }
  std::sort(seen.begin(), seen.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : model::id_text(a.second) < model::id_text(b.second);
  });
  to.put_count(seen.size());
  for (const auto& [place, id] : seen) {
    to.put(std::uint64_t{place});
    to.put_struct(id);
  }
}

bool OrderTracker::load(base::Decoder& from, bool has_requests) {
  std::vector<std::string> codes;
  for (std::size_t left = from.get_count(sizeof(cadre_order)); left != 0 && from.ok(); --left) {
    TrackedOrder tracked;
    from.get_struct(tracked.order);
    from.get(tracked.status);
    from.get(tracked.filled_e9);
    from.get(tracked.filled_notional);
    from.get(tracked.fees_e6);
    from.get(tracked.reason);
    from.get_texts(codes);
    tracked.failed_checks = verdict_of(codes).failed;
    const bool fits = from.ok() && tracked.filled_e9 >= 0 && tracked.remaining_e9() >= 0 &&
                      (!tracked.open() || tracked.order.instrument < working_buy_.size());
    if (!fits) return false;
    adopt(tracked);
  }
  if (!has_requests) return from.ok();
  for (std::size_t left = from.get_count(2 * sizeof(cadre_id)); left != 0 && from.ok(); --left) {
    OrderRequest asked;
    from.get(asked.kind);
    from.get_struct(asked.client_id);
    from.get_struct(asked.request_id);
    from.get(asked.quantity_e9);
    from.get(asked.limit_price_e9);
    from.get(asked.stop_price_e9);
    if (!from.ok() || !request(asked)) return false;
  }
  return load_executions(from);
}

bool OrderTracker::load_executions(base::Decoder& from) {
  for (std::size_t left = from.get_count(sizeof(cadre_id)); left != 0 && from.ok(); --left) {
    const auto place = from.get<std::uint64_t>();
    cadre_id id{};
    from.get_struct(id);
    if (!from.ok() || place >= orders_.size()) return false;
    executions_.emplace(id, place);
  }
  return from.ok();
}

std::size_t OrderTracker::place_of(const cadre_id& client_id) const {
  if (const auto found = open_.find(client_id); found != open_.end()) return found->second;
  for (std::size_t place = orders_.size(); place != 0; --place) {
    if (IdEqual()(orders_[place - 1].order.client_id, client_id)) return place - 1;
  }
  return orders_.size();
}

OrderTracker::Ignored OrderTracker::why_ignored(const cadre_execution_report& report) const {
  const bool has_id = report.execution_id.text[0] != '\0';
  if (has_id && executions_.contains(report.execution_id)) return Ignored::seen_before;
  const bool is_open = open_.contains(report.client_id);
  // Only a sender that names its executions can be believed about an order that has ended.
  const std::size_t place = is_open || has_id ? place_of(report.client_id) : orders_.size();
  if (place == orders_.size()) return Ignored::unknown_order;
  const TrackedOrder& tracked = orders_[place];
  const bool says_amounts = report.quantity_e9 != 0 || report.order_quantity_e9 > 0;
  if (!is_open && (tracked.failed_checks != 0 || !says_amounts)) return Ignored::order_has_ended;
  const std::int64_t most =
      std::max({tracked.order.quantity_e9, tracked.pending_total_e9, report.order_quantity_e9}) -
      tracked.filled_e9;
  const bool fits = report.quantity_e9 >= 0 && report.quantity_e9 <= most &&
                    report.instrument == tracked.order.instrument && report.side == tracked.order.side;
  return fits ? Ignored::no : Ignored::contradiction;
}

const TrackedOrder* OrderTracker::apply(const cadre_execution_report& report) {
  if (why_ignored(report) != Ignored::no) return nullptr;
  const std::size_t place = place_of(report.client_id);
  TrackedOrder& tracked = orders_[place];
  const bool has_id = report.execution_id.text[0] != '\0';
  if (has_id) executions_.emplace(report.execution_id, place);
  const bool was_open = tracked.open();
  const std::int64_t worked = was_open ? tracked.remaining_e9() : 0;
  tracked.filled_e9 += report.quantity_e9;
  tracked.filled_notional +=
      static_cast<double>(report.quantity_e9) * 1e-9 * (static_cast<double>(report.price_e9) * 1e-9);
  tracked.fees_e6 += report.fees_e6;
  take_answer(tracked, report);
  const bool ends_request = report.request_id.text[0] != '\0' && report.status == CADRE_ORDER_REJECTED;
  if (!ends_request) {
    tracked.status = status_after(tracked.status, report.status);
    tracked.reason = report.reason;
  }
  const bool is_whole = tracked.filled_e9 >= tracked.order.quantity_e9;
  if (is_whole && tracked.pending != CADRE_ACTION_REPLACE) tracked.status = CADRE_ORDER_FILLED;
  // Fills that were made before this one are still on their way.
  if (was_open && has_id && tracked.status == CADRE_ORDER_FILLED && !is_whole)
    tracked.status = CADRE_ORDER_PARTIALLY_FILLED;
  if (was_open) {
    change_working(tracked, tracked.remaining_e9() - worked);
    if (!tracked.open()) close(tracked);
  }
  return &tracked;
}

/// What a report says of a request, and of the order's size.
void OrderTracker::take_answer(TrackedOrder& tracked, const cadre_execution_report& report) {
  if (report.status == CADRE_ORDER_REPLACED) {
    for (const OrderRequest& asked : requests_) {
      if (asked.kind != CADRE_ACTION_REPLACE || !IdEqual()(asked.client_id, tracked.order.client_id))
        continue;
      tracked.order.quantity_e9 = asked.quantity_e9;
      if (asked.limit_price_e9 != 0) tracked.order.limit_price_e9 = asked.limit_price_e9;
      if (asked.stop_price_e9 != 0) tracked.order.stop_price_e9 = asked.stop_price_e9;
    }
  }
  if (report.order_quantity_e9 > 0) tracked.order.quantity_e9 = report.order_quantity_e9;
  // Of a venue that made an order smaller than it had filled of it by then nothing is left.
  tracked.order.quantity_e9 = std::max(tracked.order.quantity_e9, tracked.filled_e9);
  const bool has_request_id = report.request_id.text[0] != '\0';
  const bool answers = report.status == CADRE_ORDER_REPLACED || report.status == CADRE_ORDER_CANCELED ||
                       (report.status == CADRE_ORDER_REJECTED && has_request_id) ||
                       !is_open(status_after(tracked.status, report.status));
  if (answers) forget_request(tracked);
}

void OrderTracker::forget_request(TrackedOrder& tracked) {
  if (tracked.pending == 0) return;
  tracked.pending = 0;
  tracked.pending_total_e9 = 0;
  std::erase_if(requests_, [&](const OrderRequest& asked) {
    return IdEqual()(asked.client_id, tracked.order.client_id);
  });
}

bool OrderTracker::request(const OrderRequest& request) {
  const auto found = open_.find(request.client_id);
  if (found == open_.end()) return false;
  TrackedOrder& tracked = orders_[found->second];
  const bool replaces = request.kind == CADRE_ACTION_REPLACE;
  if (tracked.pending != 0 || (!replaces && request.kind != CADRE_ACTION_CANCEL) ||
      (replaces && request.quantity_e9 <= 0))
    return false;
  const std::int64_t worked = tracked.remaining_e9();
  tracked.pending = request.kind;
  tracked.pending_total_e9 = replaces ? request.quantity_e9 : 0;
  requests_.push_back(request);
  change_working(tracked, tracked.remaining_e9() - worked);
  return true;
}

void OrderTracker::end_request(const cadre_id& client_id) {
  const auto found = open_.find(client_id);
  if (found == open_.end()) return;
  TrackedOrder& tracked = orders_[found->second];
  const std::int64_t worked = tracked.remaining_e9();
  forget_request(tracked);
  change_working(tracked, tracked.remaining_e9() - worked);
}

void OrderTracker::reject(std::size_t place, std::uint32_t reason) {
  TrackedOrder& tracked = orders_[place];
  if (!tracked.open()) return;
  end_request(tracked.order.client_id);
  tracked.status = CADRE_ORDER_REJECTED;
  tracked.reason = reason;
  close(tracked);
}

void OrderTracker::take_requests(const OrderTracker& other) {
  requests_ = other.requests_;  // the orders were adopted with what is pending of them
}

void OrderTracker::count_scheduled(std::uint32_t instrument, std::uint32_t side, std::int64_t by_e9) {
  auto& working = side == CADRE_SIDE_BUY ? working_buy_ : working_sell_;
  working[instrument] += by_e9;
  CADRE_INVARIANT(working[instrument] >= 0, "tracker.working_adds_up",
                  "what works of an instrument is never negative");
}

std::vector<cadre_id> OrderTracker::open_ids() const {
  std::vector<cadre_id> ids;
  for (const TrackedOrder& tracked : recent()) {
    if (tracked.open()) ids.push_back(tracked.order.client_id);
  }
  return ids;
}

const TrackedOrder* OrderTracker::find_open(const cadre_id& client_id) const {
  const auto found = open_.find(client_id);
  return found == open_.end() ? nullptr : &orders_[found->second];
}

/// What is left of it works no longer.
void OrderTracker::close(const TrackedOrder& order) {
  change_working(order, -order.remaining_e9());
  open_.erase(order.order.client_id);
  --open_count_;
  while (first_open_ < orders_.size() && !orders_[first_open_].open())
    ++first_open_;
}

}  // namespace cadre::execution
