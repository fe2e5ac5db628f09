// Calls of execution rules and of execution environments, on the agent's side.

#include <algorithm>
#include <vector>

#include "host/agent/control_word.hpp"
#include "host/agent/served_agent.hpp"
#include "host/model/output_buffer.hpp"

namespace cadre::agent {

void ServedAgent::apply_rules(base::Decoder& from) {
  if (!state_.has_arena()) return status(CADRE_ERROR);
  std::vector<std::int64_t> need, price;
  std::vector<double> weight(state_.instruments(), 0);
  from.get_array(need);
  from.get_array(price);
  if (!get_weights(from, weight) || need.size() != state_.instruments() ||
      price.size() != state_.instruments())
    return status(CADRE_ERROR);
  std::vector<cadre_open_order> open;
  from.get_structs(open);
  std::vector<std::uint8_t> for_limit;
  from.get_array(for_limit);
  if (!for_limit.empty() && for_limit.size() != state_.instruments()) return status(CADRE_ERROR);
  const auto capacity = from.get<std::uint64_t>();
  const auto slice_capacity = from.get<std::uint64_t>();
  if (!state_.take(from) || capacity > (1u << 24) || slice_capacity > (1u << 24)) return status(CADRE_ERROR);
  const auto actions = room(action_room_, capacity);
  const auto slices = room(slice_room_, slice_capacity);
  const auto reasons = room(reason_room_, state_.instruments());
  std::fill(actions.begin(), actions.end(), model::empty_slot<cadre_action>());
  std::fill(slices.begin(), slices.end(), model::empty_slot<cadre_slice>());
  const cadre_needs needs{sizeof(cadre_needs),
                          state_.instruments(),
                          need.data(),
                          price.data(),
                          weight.data(),
                          open.data(),
                          sizeof(cadre_open_order),
                          open.size(),
                          for_limit.empty() ? nullptr : for_limit.data()};
  cadre_action_list list{};
  list.size = sizeof list;
  list.items = actions.data();
  list.stride = sizeof(cadre_action);
  list.capacity = capacity;
  list.slices = slices.data();
  list.slice_stride = sizeof(cadre_slice);
  list.slice_capacity = slice_capacity;
  status(live_->table<cadre_execution_rules>().apply_rules(live_->self(), &state_.raw(), &needs, &list,
                                                           reasons.data()));
  to_.put(list.needed);
  to_.put(list.slices_needed);
  to_.put_structs(std::span<const cadre_action>(actions.first(std::min(list.needed, capacity))));
  to_.put_structs(std::span<const cadre_slice>(slices.first(std::min(list.slices_needed, slice_capacity))));
  put_reasons(to_, reasons);
}

void ServedAgent::capabilities() {
  cadre_environment_capabilities known{};
  known.size = sizeof known;
  status(live_->table<cadre_execution_environment>().capabilities(live_->self(), &known));
  to_.put_struct(known);
}

void ServedAgent::execute_trade(base::Decoder& from) {
  cadre_order order{};
  from.get_struct(order);
  cadre_trade_result result{};
  result.size = sizeof result;
  live_->reason().forget();
  const ControlWord computing;
  cadre_status answered =
      live_->table<cadre_execution_environment>().execute_trade(live_->self(), &order, &result);
  if (!computing.keep()) {
    live_->reason().say(ControlWord::changed);
    answered = CADRE_REJECTED;
  }
  status(answered);
  to_.put_struct(result);
}

void ServedAgent::execute_together(base::Decoder& from) {
  for (std::size_t left = from.get_count(sizeof(std::uint32_t)); left != 0; --left)
    execute_trade(from);
}

void ServedAgent::replace_order(base::Decoder& from) {
  cadre_replacement replacement{};
  from.get_struct(replacement);
  status(live_->table<cadre_execution_environment>().replace_order(live_->self(), &replacement));
}

void ServedAgent::cancel_order(base::Decoder& from) {
  cadre_id id{};
  from.get_struct(id);
  status(live_->table<cadre_execution_environment>().cancel_order(live_->self(), id));
}

void ServedAgent::query_order(base::Decoder& from) {
  cadre_id id{};
  from.get_struct(id);
  cadre_trade_result result{};
  result.size = sizeof result;
  status(live_->table<cadre_execution_environment>().query_order(live_->self(), id, &result));
  to_.put_struct(result);
}

void ServedAgent::account(base::Decoder& from) {
  constexpr std::uint64_t most = 1u << 16;
  const auto capacity = from.get<std::uint64_t>();
  const auto order_capacity = from.get<std::uint64_t>();
  if (!from.ok() || capacity > most || order_capacity > most) return status(CADRE_ERROR);
  std::vector<cadre_venue_position> positions(capacity);
  for (cadre_venue_position& position : positions)
    position.size = sizeof position;
  std::vector<cadre_id> orders(order_capacity);
  cadre_venue_account known{};
  known.size = sizeof known;
  known.positions = positions.data();
  known.position_stride = sizeof(cadre_venue_position);
  known.position_capacity = capacity;
  known.orders = orders.data();
  known.order_capacity = order_capacity;
  status(live_->table<cadre_execution_environment>().account(live_->self(), &known));
  to_.put(known.has_cash);
  to_.put(known.cash_e6);
  to_.put(known.positions_needed);
  to_.put(known.orders_needed);
  positions.resize(std::min(known.positions_needed, capacity));
  orders.resize(std::min(known.orders_needed, order_capacity));
  to_.put_structs(positions);
  to_.put_structs(orders);
}

void ServedAgent::next_report(base::Decoder& from) {
  const auto most = std::min(from.get<std::uint32_t>(), reports_at_once);
  std::vector<cadre_execution_report> reports;
  cadre_status answered = CADRE_OK;
  while (reports.size() < most) {
    cadre_execution_report report{};
    report.size = sizeof report;
    answered = live_->table<cadre_execution_environment>().next_report(live_->self(), &report);
    if (answered != CADRE_OK) break;
    reports.push_back(report);
  }
  status(answered);
  to_.put_structs(reports);
}

}  // namespace cadre::agent
