// From what is needed to orders that the gate has judged.

#include <algorithm>

#include "cadre/cadre.h"
#include "host/chain/orchestrator.hpp"
#include "host/chain/outputs.hpp"
#include "host/model/order.hpp"

namespace cadre::chain {

using agent::RoleId;
using model::ColumnId;

/// What every trial of this decision starts from.
void TradeExecutionOrchestrator::begin_orders() {
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
  book_.gate->begin_decision(head.session_date, *book_.portfolio, {reference_price_e9_, traded, volume},
                             committed);
  list_open_orders();
  rules_failed_ = false;
}

/// Orders for what is needed; what the execution rules leave out, with their reasons.
void TradeExecutionOrchestrator::make_orders() {
  decision_.orders.clear();
  if (rules_failed_) return;
  const Stage& stage = chain_->one(RoleId::execution_rules);
  const std::uint32_t n = book_.arena->size();
  std::copy(reasons_.begin(), reasons_.end(), kept_reasons_.begin());
  std::fill(reasons_.begin(), reasons_.end(), cadre_reason{});
  std::fill(outputs_.actions.begin(), outputs_.actions.end(), model::empty_slot<cadre_action>());
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
    fault = fault_of_actions(book_.view->raw, outputs_.actions.span(), list, decision_.need_e9, reasons_);
  if (status == CADRE_OK && fault.empty()) {
    write_orders(list.needed);
  } else if (status != CADRE_DISCARD || !fault.empty()) {
    note_failure(stage, status, std::move(fault));  // fails closed: no orders
    rules_failed_ = true;
  }
  // Of an answer that is not kept the reasons are not, either.
  const bool is_kept = status == CADRE_OK && !rules_failed_;
  for (std::uint32_t i = 0; i < n; ++i)
    left_out_[i] = is_kept ? reasons_[i] : cadre_reason{};
  std::copy(kept_reasons_.begin(), kept_reasons_.end(), reasons_.begin());
}

/// Cuts each order to what the gate accepts of it, and lets the gate judge all of them. False: they are too
/// large for the book together.
bool TradeExecutionOrchestrator::send_to_gate() {
  book_.gate->begin_trial();
  bool has_room = true;
  std::fill(decision_.sent_e9.begin(), decision_.sent_e9.end(), 0);
  for (DecidedOrder& decided : decision_.orders) {
    cadre_order& order = decided.order;
    const execution::PreTradeGate::Fit fit = book_.gate->largest_accepted(order);
    if (fit.reason != 0)
      left_out_[order.instrument] = {fit.reason, 0, static_cast<double>(order.quantity_e9) * 1e-9};
    order.quantity_e9 = fit.quantity_e9;
    if (order.quantity_e9 == 0) continue;
    decided.verdict = book_.gate->check(order);
    if (decided.verdict.accepted())
      decision_.sent_e9[order.instrument] += order.quantity_e9 * model::sign_of_side(order.side);
    has_room = has_room && !execution::bounds_book(decided.verdict);
  }
  std::erase_if(decision_.orders, [](const DecidedOrder& decided) { return decided.order.quantity_e9 == 0; });
  return has_room;
}

/// The book that the accepted orders lead to.
void TradeExecutionOrchestrator::weigh_orders() {
  const journal::DecisionRecord& record = decision_.record;
  for (std::uint32_t i = 0; i < target_.size(); ++i) {
    const std::int64_t sent = decision_.sent_e9[i];
    rounded_weight_[i] =
        sent == 0
            ? current_[i]
            : weight_of(i, base::Quantity::from_raw(record.position_e9[i] + record.working_e9[i] + sent));
  }
}

/// Open orders as execution rules see them.
void TradeExecutionOrchestrator::list_open_orders() {
  open_orders_.clear();
  for (const execution::TrackedOrder& tracked : book_.tracker->recent()) {
    if (tracked.open()) open_orders_.push_back(execution::shown_order(tracked));
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

/// The gate alone, and nothing behind it: the orders are those of the trial that was accepted.
void TradeExecutionOrchestrator::check_orders() {
  book_.gate->begin_trial();
  for (DecidedOrder& decided : decision_.orders)
    decided.verdict = book_.gate->check(decided.order);
  stamp({});
}

}  // namespace cadre::chain
