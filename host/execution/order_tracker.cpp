#include "host/execution/order_tracker.hpp"

#include <algorithm>

#include "host/base/invariant.hpp"
#include "host/execution/pre_trade_gate.hpp"

namespace cadre::execution {

cadre_open_order shown_order(const cadre_order& order, std::uint32_t status, std::int64_t filled_e9) {
  cadre_open_order shown{};
  shown.size = sizeof shown;
  shown.instrument = order.instrument;
  shown.side = order.side;
  shown.type = order.type;
  shown.time_in_force = order.time_in_force;
  shown.status = status;
  shown.quantity_e9 = order.quantity_e9;
  shown.filled_e9 = filled_e9;
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
  const std::size_t place = orders_.size();
  TrackedOrder tracked;
  tracked.order = order;
  tracked.status = status;
  tracked.failed_checks = failed_checks;
  orders_.push_back(tracked);
  if (tracked.open()) {
    open_.emplace(order.client_id, place);
    change_working(tracked, order.quantity_e9);
    ++open_count_;
  } else if (first_open_ == place) {
    ++first_open_;
  }
  return place;
}

void OrderTracker::forget_closed(std::size_t keep) {
  if (first_open_ < 2 * keep) return;
  const std::size_t forgotten = first_open_ - keep;
  orders_.erase(orders_.begin(), orders_.begin() + static_cast<std::ptrdiff_t>(forgotten));
  first_open_ -= forgotten;
  for (auto& [id, place] : open_)
    place -= forgotten;
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
}

bool OrderTracker::load(base::Decoder& from) {
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
  return from.ok();
}

const TrackedOrder* OrderTracker::apply(const cadre_execution_report& report) {
  const auto found = open_.find(report.client_id);
  if (found == open_.end()) return nullptr;
  TrackedOrder& tracked = orders_[found->second];
  if (report.quantity_e9 < 0 || report.quantity_e9 > tracked.remaining_e9() ||
      report.instrument != tracked.order.instrument || report.side != tracked.order.side)
    return nullptr;
  tracked.filled_e9 += report.quantity_e9;
  tracked.filled_notional +=
      static_cast<double>(report.quantity_e9) * 1e-9 * (static_cast<double>(report.price_e9) * 1e-9);
  tracked.fees_e6 += report.fees_e6;
  tracked.status = report.status;
  tracked.reason = report.reason;
  change_working(tracked, -report.quantity_e9);
  if (!tracked.open()) close(tracked);
  return &tracked;
}

void OrderTracker::reject(std::size_t place, std::uint32_t reason) {
  TrackedOrder& tracked = orders_[place];
  if (!tracked.open()) return;
  tracked.status = CADRE_ORDER_REJECTED;
  tracked.reason = reason;
  close(tracked);
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
