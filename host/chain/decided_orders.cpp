// From what is needed to orders that the gate has judged.

#include <algorithm>

#include "cadre/cadre.h"
#include "host/chain/orchestrator.hpp"
#include "host/chain/outputs.hpp"
#include "host/model/order.hpp"

namespace cadre::chain {

using agent::RoleId;
using model::ColumnId;

void TradeExecutionOrchestrator::apply_execution_rules() {
  const Stage& stage = chain_->one(RoleId::execution_rules);
  const std::uint32_t n = book_.arena->size();
  std::fill(reasons_.begin(), reasons_.end(), cadre_reason{});
  std::fill(outputs_.actions.begin(), outputs_.actions.end(), model::empty_slot<cadre_action>());
  list_open_orders();
  const cadre_needs needs{sizeof(cadre_needs),      n,
                          decision_.need_e9.data(), reference_price_e9_.data(),
                          target_.data(),           open_orders_.data(),
                          sizeof(cadre_open_order), open_orders_.size()};
  cadre_action_list list{};
  list.size = sizeof list;
  list.items = outputs_.actions.data();
  list.stride = sizeof(cadre_action);
  list.capacity = outputs_.actions.size();
  const cadre_status status = call(stage, [&](const cadre_execution_state* state) {
    return stage.table<cadre_execution_rules>().apply_rules(stage.self(), state, &needs, &list,
                                                            reasons_.data());
  });
  std::string fault = fault_of_room(outputs_.actions_intact(), "actions");
  if (status == CADRE_OK && fault.empty())
    fault = fault_of_actions(book_.view->raw, outputs_.actions.span(), list, decision_.need_e9);
  if (status == CADRE_OK && fault.empty()) {
    write_orders(list.needed);
  } else if (status != CADRE_DISCARD || !fault.empty()) {
    note_failure(stage, status, std::move(fault));  // fails closed: no orders
  }
}

/// Open orders as execution rules see them.
void TradeExecutionOrchestrator::list_open_orders() {
  open_orders_.clear();
  for (const execution::TrackedOrder& tracked : book_.tracker->recent()) {
    if (tracked.open())
      open_orders_.push_back(execution::shown_order(tracked.order, tracked.status, tracked.filled_e9));
  }
}

void TradeExecutionOrchestrator::write_orders(std::uint64_t count) {
  const journal::DecisionRecord& record = decision_.record;
  const std::string_view book{book_.view->raw.book.data, book_.view->raw.book.length};
  for (std::uint64_t k = 0; k < count; ++k) {
    cadre_order order = cadre_order_of(&outputs_.actions[k]);
    order.decision_price_e9 = reference_price_e9_[order.instrument];
    order.decision_time_ns = record.time_ns;
    order.client_id = client_order_id(book, record.sequence, order.instrument);
    decision_.orders.push_back({order, {}});
  }
  // What reduces a position comes first: it makes the room the others need. Then sells before buys.
  const auto reduces = [&](const cadre_order& order) {
    return model::reduces_position(
        base::Quantity::from_raw(record.position_e9[order.instrument]),
        base::Quantity::from_raw(order.quantity_e9 * model::sign_of_side(order.side)));
  };
  std::sort(decision_.orders.begin(), decision_.orders.end(),
            [&](const DecidedOrder& a, const DecidedOrder& b) {
              if (reduces(a.order) != reduces(b.order)) return reduces(a.order);
              if (a.order.side != b.order.side) return a.order.side == CADRE_SIDE_SELL;
              return a.order.instrument < b.order.instrument;
            });
}

void TradeExecutionOrchestrator::check_orders() {
  const model::ArenaHead& head = book_.arena->head();
  const auto traded = book_.arena->valid(ColumnId::close);
  const auto volume = head.has_volume != 0 ? book_.arena->column(ColumnId::volume) : std::span<double>{};
  base::Money committed;
  for (const execution::TrackedOrder& open : book_.tracker->recent()) {
    if (!open.open() || open.order.side != CADRE_SIDE_BUY) continue;
    const auto cost = base::notional(
        base::Price::from_raw(std::max(open.order.limit_price_e9, open.order.decision_price_e9)),
        base::Quantity::from_raw(open.remaining_e9()),
        book_.universe->instruments[open.order.instrument].multiplier);
    committed = checked_add(committed, cost.value_or(base::Money{})).value_or(committed);
  }
  book_.gate->begin_decision(head.sequence, head.session_date, *book_.portfolio,
                             {reference_price_e9_, traded, volume}, committed);
  for (DecidedOrder& decided : decision_.orders)
    decided.verdict = book_.gate->check(decided.order);
  stamp({});
}

}  // namespace cadre::chain
