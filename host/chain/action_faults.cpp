// What the host demands of the actions of execution rules.

#include <algorithm>
#include <cmath>

#include "host/base/decimal.hpp"
#include "host/base/text.hpp"
#include "host/chain/outputs.hpp"
#include "host/model/order.hpp"

namespace cadre::chain {

namespace {

std::string units(std::int64_t quantity_e9) {
  return base::Quantity::from_raw(quantity_e9).to_string();
}

std::string no_room(const char* what, std::uint64_t given, std::size_t room) {
  return "it gave " + std::to_string(given) + " " + what + ", there is room for " + std::to_string(room);
}

std::string of_order(std::size_t place, const std::string& of, const std::string& fault) {
  return "order " + std::to_string(place + 1) + of + ": " + fault;
}

std::string no_use(const char* what) {
  return std::string("it has a ") + what + ", which its type has no use for";
}

/// The fields that say how an order is to trade.
std::string fault_of_terms(const cadre_action& order) {
  const model::OrderType* type = model::find_order_type(order.type);
  if (type == nullptr) return "type " + std::to_string(order.type) + " is none";
  if (model::time_in_force_name(order.time_in_force).empty())
    return "time in force " + std::to_string(order.time_in_force) + " is none";
  if (order.time_in_force == CADRE_TIF_GTD)
    return "its time in force is GTD, which this host does not work yet";
  if (order.limit_price_e9 != 0 && !type->has_limit_price) return no_use("limit price");
  if (order.stop_price_e9 != 0 && !type->has_stop_price) return no_use("stop price");
  if (order.expire_time_ns != 0) return "it has a time of expiry, which its time in force has no use for";
  return {};
}

std::string fault_of_slices(const cadre_action& order, std::span<const cadre_slice> slices) {
  if (order.slice_count == 0)
    return order.first_slice == 0 ? std::string() : "it has no slices, and names a first one";
  if (order.first_slice > slices.size() || order.slice_count > slices.size() - order.first_slice)
    return "its slices end behind the " + std::to_string(slices.size()) + " that it gave";
  std::int64_t sum = 0, before_ns = 0;
  for (const cadre_slice& slice : slices.subspan(order.first_slice, order.slice_count)) {
    if (slice.size < CADRE_SLICE_SIZE_MIN) return "the size of a slice is " + std::to_string(slice.size);
    if (slice.reserved != 0) return "reserved of a slice is not 0";
    if (slice.quantity_e9 <= 0 || slice.quantity_e9 > order.quantity_e9)
      return "a slice is for " + units(slice.quantity_e9) + ", the order for " + units(order.quantity_e9);
    if (slice.time_ns < before_ns) return "the times of its slices do not ascend";
    if (!(slice.max_share_of_volume >= 0 && slice.max_share_of_volume <= 1))
      return "the share of volume of a slice is " + base::format_double(slice.max_share_of_volume) +
             ", not from 0 to 1";
    if (slice.limit_price_e9 < 0 || (slice.limit_price_e9 != 0 && order.limit_price_e9 == 0))
      return "a slice has a limit price, which its type has no use for";
    sum += slice.quantity_e9;
    before_ns = slice.time_ns;
    if (sum > order.quantity_e9) break;
  }
  return sum == order.quantity_e9 ? std::string()
                                  : "its slices do not add up to its quantity, " + units(order.quantity_e9);
}

std::string fault_of_new(const cadre_action& order, std::span<const cadre_slice> slices,
                         const ActionGround& ground) {
  if (order.link != CADRE_LINK_NONE || order.linked != 0)
    return "it hangs on another order, which this host does not do yet";
  if (!model::id_text(order.client_id).empty())
    return "it has a client id, which a new order gets from the host";
  const std::int64_t need = ground.need_e9[order.instrument];
  const std::uint32_t side = need > 0 ? CADRE_SIDE_BUY : CADRE_SIDE_SELL;
  const std::int64_t most = need > 0 ? need : -need;
  if (order.quantity_e9 <= 0 || order.side != side || order.quantity_e9 > most)
    return "it is to " + std::string(model::side_name(order.side)) + " " + units(order.quantity_e9) +
           ", what is needed is to " + std::string(model::side_name(side)) + " " + units(most);
  std::string fault = fault_of_terms(order);
  return fault.empty() ? fault_of_slices(order, slices) : fault;
}

/// Of a request about an open order.
std::string fault_of_request(const cadre_action& action, const ActionGround& ground) {
  const std::string_view id = model::id_text(action.client_id);
  const auto open = std::find_if(ground.orders.begin(), ground.orders.end(),
                                 [&](const auto& order) { return model::id_text(order.client_id) == id; });
  if (open == ground.orders.end()) return "no order with the client id '" + std::string(id) + "' is open";
  if (open->status == CADRE_ORDER_PENDING_CANCEL || open->status == CADRE_ORDER_PENDING_REPLACE)
    return "of order " + std::string(id) + " something is asked already, and not answered";
  if (action.instrument != open->instrument && action.instrument != 0)
    return "order " + std::string(id) + " is of another instrument";
  const bool has_terms = action.side != 0 || action.type != 0 || action.time_in_force != 0 ||
                         action.link != 0 || action.linked != 0 || action.slice_count != 0 ||
                         action.first_slice != 0 || action.expire_time_ns != 0;
  if (has_terms) return "it has fields that a request has no use for";
  if (action.kind == CADRE_ACTION_CANCEL) {
    const bool has_amounts =
        action.quantity_e9 != 0 || action.limit_price_e9 != 0 || action.stop_price_e9 != 0;
    return has_amounts ? "it has a quantity or a price, which a cancel has no use for" : std::string();
  }
  if (!ground.replaces) return "it replaces an order, which its execution environment does not do";
  if (action.quantity_e9 <= open->filled_e9)
    return "the new total is " + units(action.quantity_e9) + ", and " + units(open->filled_e9) +
           " are filled: cancel it";
  const model::OrderType* type = model::find_order_type(open->type);
  if (type == nullptr) return {};
  if (action.limit_price_e9 < 0 || (action.limit_price_e9 != 0 && !type->has_limit_price))
    return no_use("limit price");
  if (action.stop_price_e9 < 0 || (action.stop_price_e9 != 0 && !type->has_stop_price))
    return no_use("stop price");
  return {};
}

std::string fault_of_action(const cadre_action& action, std::span<const cadre_slice> slices,
                            const ActionGround& ground) {
  if (action.size < CADRE_ACTION_SIZE_MIN)
    return "its size is " + std::to_string(action.size) + ", the ABI says " +
           std::to_string(CADRE_ACTION_SIZE_MIN);
  if (action.flags != 0) return "flags are not 0, and none are defined";
  if (action.kind == CADRE_ACTION_REPLACE || action.kind == CADRE_ACTION_CANCEL)
    return fault_of_request(action, ground);
  if (action.kind != CADRE_ACTION_NEW) return "kind " + std::to_string(action.kind) + " is none";
  if (action.instrument >= ground.need_e9.size())
    return "there is no instrument " + std::to_string(action.instrument) + ", the universe has " +
           std::to_string(ground.need_e9.size());
  return fault_of_new(action, slices, ground);
}

/// The open order that a request is about.
const cadre_open_order& order_of(const cadre_action& request, const ActionGround& ground) {
  return *std::find_if(ground.orders.begin(), ground.orders.end(), [&](const cadre_open_order& open) {
    return model::id_text(open.client_id) == model::id_text(request.client_id);
  });
}

/// Whether an action goes beyond what is needed together with those before it, or contradicts one of them.
std::string fault_with_others(std::span<const cadre_action> actions, const ActionGround& ground,
                              std::size_t k) {
  const cadre_action& action = actions[k];
  std::uint32_t instrument = action.instrument;
  std::int64_t added = action.quantity_e9;
  if (action.kind != CADRE_ACTION_NEW) {
    const auto same = [&](const cadre_action& other) {
      return other.kind != CADRE_ACTION_NEW &&
             model::id_text(other.client_id) == model::id_text(action.client_id);
    };
    if (std::any_of(actions.begin(), actions.begin() + static_cast<std::ptrdiff_t>(k), same))
      return "something else is asked of the same order";
    const cadre_open_order& open = order_of(action, ground);
    instrument = open.instrument;
    added = action.kind == CADRE_ACTION_REPLACE ? action.quantity_e9 - open.quantity_e9 : 0;
    const bool is_needed = (ground.need_e9[instrument] > 0) == (open.side == CADRE_SIDE_BUY);
    if (added > 0 && !is_needed)
      return "it is for more than before, what is needed is to " +
             std::string(
                 model::side_name(ground.need_e9[instrument] > 0 ? CADRE_SIDE_BUY : CADRE_SIDE_SELL)) +
             " " + units(std::abs(ground.need_e9[instrument]));
  }
  if (added <= 0) return {};
  const std::int64_t need = std::abs(ground.need_e9[instrument]);
  // Each alone is for no more than is needed, so that the sum fits.
  ground.added_e9[instrument] += added;
  return ground.added_e9[instrument] <= need
             ? std::string()
             : "with those before it, it is for " + units(ground.added_e9[instrument]) +
                   ", what is needed is " + units(need);
}

}  // namespace

std::string fault_of_actions(const cadre_execution_state& state, std::span<const cadre_action> offered,
                             std::span<const cadre_slice> slices, const cadre_action_list& given,
                             const ActionGround& ground, std::span<const cadre_reason> reasons) {
  const auto name_of = [&](std::uint32_t i) {
    const cadre_string id = cadre_instrument_at(&state, i)->id;
    return std::string(id.data, id.length);
  };
  if (given.needed > offered.size()) return no_room("orders", given.needed, offered.size());
  if (given.slices_needed > slices.size()) return no_room("slices", given.slices_needed, slices.size());
  std::fill(ground.added_e9.begin(), ground.added_e9.end(), 0);
  const auto actions = offered.first(given.needed);
  const auto parts = slices.first(given.slices_needed);
  for (std::size_t k = 0; k < actions.size(); ++k) {
    std::string fault = fault_of_action(actions[k], parts, ground);
    if (fault.empty()) fault = fault_with_others(actions, ground, k);
    if (fault.empty()) continue;
    const std::uint32_t i = actions[k].instrument;
    return of_order(k, i < state.instrument_count ? " of " + name_of(i) : std::string(), fault);
  }
  for (std::uint32_t i = 0; i < reasons.size(); ++i) {
    std::string fault = fault_of_reason(reasons[i]);
    if (!fault.empty()) return name_of(i) + ": " + fault;
  }
  return {};
}

}  // namespace cadre::chain
