#include "host/execution/order_schedule.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "host/base/invariant.hpp"
#include "host/model/order.hpp"

namespace cadre::execution {

namespace {

constexpr char separator = '/';

}  // namespace

std::int64_t ParentOrder::left_e9() const {
  return std::accumulate(slices.begin(), slices.end(), std::int64_t{0},
                         [](std::int64_t sum, const Slice& slice) { return sum + slice.quantity_e9; });
}

std::int64_t ParentOrder::to_target_e9(std::int64_t position_e9, std::int64_t quantity_e9) const {
  const std::int64_t bought = target_e9 - position_e9;
  return std::clamp<std::int64_t>(order.side == CADRE_SIDE_BUY ? bought : -bought, 0, quantity_e9);
}

bool is_reason_to_wait(std::uint32_t code) {
  switch (code) {
    case CADRE_REASON_OTHER_SIDE:
    case CADRE_REASON_CASH:
    case CADRE_REASON_VOLUME_SHARE:
    case CADRE_REASON_NO_ROOM:
    case CADRE_REASON_NO_PRICE:
    case CADRE_REASON_TRADING_STATE:
    case CADRE_REASON_RESTRICTED:
      return true;
    default:
      return false;
  }
}

bool ParentOrder::is_waiting() const {
  return !slices.empty() && (waits != Waits::for_nothing || is_reason_to_wait(why.code));
}

cadre_id child_id(const cadre_id& parent, std::uint32_t child) {
  cadre_id id = parent;
  const std::string_view text = model::id_text(parent);
  char* const end = id.text + sizeof id.text - 1;
  char* at = id.text + text.size();
  CADRE_INVARIANT(end - at >= 12, "schedule.child_ids_fit", "the id of a child order fits in place");
  *at++ = separator;
  std::to_chars(at, end, child);
  return id;
}

std::string_view parent_part(const cadre_id& client_id) {
  const std::string_view text = model::id_text(client_id);
  const std::size_t at = text.rfind(separator);
  return at == std::string_view::npos ? std::string_view() : text.substr(0, at);
}

void OrderSchedule::put(const ParentOrder& parent) {
  const auto same = std::find_if(parents_.begin(), parents_.end(), [&](const ParentOrder& other) {
    return model::id_text(other.order.client_id) == model::id_text(parent.order.client_id);
  });
  if (parent.slices.empty()) {
    if (same != parents_.end()) parents_.erase(same);
  } else if (same != parents_.end()) {
    *same = parent;
  } else {
    parents_.push_back(parent);
  }
}

const ParentOrder* OrderSchedule::find(std::string_view client_id) const {
  const auto found = std::find_if(parents_.begin(), parents_.end(), [&](const ParentOrder& parent) {
    return model::id_text(parent.order.client_id) == client_id;
  });
  return found == parents_.end() ? nullptr : &*found;
}

std::int64_t OrderSchedule::left_e9(std::uint32_t instrument, std::uint32_t side) const {
  std::int64_t left = 0;
  for (const ParentOrder& parent : parents_) {
    if (parent.order.instrument == instrument && parent.order.side == side) left += parent.left_e9();
  }
  return left;
}

std::int64_t OrderSchedule::paced_e9(std::uint32_t instrument, std::uint32_t side) const {
  std::int64_t left = 0;
  for (const ParentOrder& parent : parents_) {
    const bool is_paced = parent.waits == ParentOrder::Waits::for_net;
    if (is_paced && parent.order.instrument == instrument && parent.order.side == side)
      left += parent.left_e9();
  }
  return left;
}

ParentOrder OrderSchedule::shortened(ParentOrder parent, std::int64_t quantity_e9) {
  std::int64_t cut = 0;
  while (cut < quantity_e9 && !parent.slices.empty()) {
    Slice& last = parent.slices.back();
    const std::int64_t part = std::min(last.quantity_e9, quantity_e9 - cut);
    last.quantity_e9 -= part;
    cut += part;
    if (last.quantity_e9 == 0) parent.slices.pop_back();
  }
  parent.order.quantity_e9 -= cut;
  return parent;
}

void OrderSchedule::take_part(std::string_view client_id, std::int64_t quantity_e9, std::int64_t now_ns) {
  const auto found = std::find_if(parents_.begin(), parents_.end(), [&](const ParentOrder& parent) {
    return model::id_text(parent.order.client_id) == client_id;
  });
  if (found == parents_.end()) return;
  ParentOrder& parent = *found;
  parent.why = {};
  parent.waited_sessions = 0;
  const Slice sent = parent.slices.front();
  const std::int64_t left = std::max<std::int64_t>(sent.quantity_e9 - quantity_e9, 0);
  std::int64_t ahead = std::max<std::int64_t>(quantity_e9 - sent.quantity_e9, 0);  // of the parts behind it
  while (ahead != 0 && parent.slices.size() > 1) {
    Slice& behind = parent.slices[1];
    const std::int64_t taken = std::min(ahead, behind.quantity_e9);
    behind.quantity_e9 -= taken;
    ahead -= taken;
    if (behind.quantity_e9 == 0) parent.slices.erase(parent.slices.begin() + 1);
  }
  ++parent.children;
  const bool stays =
      parent.waits == ParentOrder::Waits::for_cash || parent.waits == ParentOrder::Waits::for_net;
  if (stays && left != 0) {
    parent.slices.front().quantity_e9 = left;
    return;
  }
  parent.slices.erase(parent.slices.begin());
  if (parent.slices.empty()) {
    parents_.erase(found);
    return;
  }
  Slice& next = parent.slices.front();
  next.quantity_e9 += left;
  if (next.time_ns > now_ns) return;
  const std::int64_t late = now_ns - sent.time_ns;
  for (Slice& slice : parent.slices)
    slice.time_ns += late;
}

void OrderSchedule::begin_session() {
  for (ParentOrder& parent : parents_)
    parent.waited_sessions += parent.is_waiting() ? 1 : 0;
}

std::optional<std::int64_t> OrderSchedule::earliest_ns() const {
  std::optional<std::int64_t> earliest;
  for (const ParentOrder& parent : parents_) {
    if (parent.waits != ParentOrder::Waits::for_nothing) continue;
    const std::int64_t due = parent.slices.front().time_ns;
    if (!earliest || due < *earliest) earliest = due;
  }
  return earliest;
}

void OrderSchedule::remap(const std::vector<std::int32_t>& old_to_new) {
  std::erase_if(parents_, [&](const ParentOrder& parent) { return old_to_new[parent.order.instrument] < 0; });
  for (ParentOrder& parent : parents_)
    parent.order.instrument = static_cast<std::uint32_t>(old_to_new[parent.order.instrument]);
}

void OrderSchedule::save(base::Encoder& to) const {
  to.put_count(parents_.size());
  for (const ParentOrder& parent : parents_) {
    to.put_struct(parent.order);
    to.put(static_cast<std::uint32_t>(parent.waits));
    to.put(parent.target_e9);
    to.put(parent.date);
    to.put(parent.children);
    to.put_struct(parent.why);
    to.put(parent.waited_sessions);
    to.put_count(parent.slices.size());
    for (const Slice& slice : parent.slices) {
      to.put(slice.time_ns);
      to.put(slice.quantity_e9);
      to.put(slice.limit_price_e9);
      to.put(slice.max_share);
    }
  }
}

bool OrderSchedule::load(base::Decoder& from, std::size_t instruments, bool has_reasons) {
  parents_.clear();
  for (std::size_t left = from.get_count(sizeof(cadre_order)); left != 0 && from.ok(); --left) {
    ParentOrder parent;
    from.get_struct(parent.order);
    const auto waits = from.get<std::uint32_t>();
    parent.waits = static_cast<ParentOrder::Waits>(waits);
    from.get(parent.target_e9);
    from.get(parent.date);
    from.get(parent.children);
    if (has_reasons) {
      from.get_struct(parent.why);
      from.get(parent.waited_sessions);
    }
    parent.slices.resize(from.get_count(sizeof(Slice)));
    for (Slice& slice : parent.slices) {
      from.get(slice.time_ns);
      from.get(slice.quantity_e9);
      from.get(slice.limit_price_e9);
      from.get(slice.max_share);
      if (slice.quantity_e9 <= 0) return false;
    }
    const bool fits = from.ok() && parent.order.instrument < instruments && !parent.slices.empty() &&
                      waits <= static_cast<std::uint32_t>(ParentOrder::Waits::for_net);
    if (!fits) return false;
    parents_.push_back(std::move(parent));
  }
  return from.ok();
}

}  // namespace cadre::execution
