// From what is needed to orders that the gate has judged.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cadre/cadre.h"
#include "host/chain/orchestrator.hpp"
#include "host/chain/outputs.hpp"
#include "host/execution/held_exposure.hpp"
#include "host/execution/net_pacing.hpp"
#include "host/execution/reserved_cash.hpp"
#include "host/model/order.hpp"

namespace cadre::chain {

using agent::RoleId;
using model::ColumnId;

namespace {

constexpr double exposure_slack = 1e-9;  // what the error of doubles may add to a sum that keeps its bound

/// Whether it leaves as it is, with its decision.
bool leaves_whole(const DecidedOrder& decided) {
  return decided.slice_count == 0 && decided.waits == execution::ParentOrder::Waits::for_nothing;
}

double units_of(const cadre_order& order) {
  return static_cast<double>(order.quantity_e9) * 1e-9;
}

}  // namespace

/// What every trial of this decision starts from.
void TradeExecutionOrchestrator::begin_orders() {
  const model::ArenaHead& head = book_.arena->head();
  const auto traded = book_.arena->valid(ColumnId::close);
  const auto volume = head.has_volume != 0 ? book_.arena->column(ColumnId::volume) : std::span<double>{};
  const auto ask = head.has_quotes != 0 ? book_.arena->column(ColumnId::ask) : std::span<double>{};
  book_.gate->begin_decision(head.session_date, *book_.portfolio,
                             {reference_price_e9_, traded, volume, ask, head.time_ns},
                             execution::committed_cash(*book_.tracker, *book_.schedule, *book_.universe));
  std::fill(flip_refused_.begin(), flip_refused_.end(), std::uint8_t{0});
  anything_works_ = book_.tracker->open_count() != 0 || !book_.schedule->empty();
  list_open_orders();
  rules_failed_ = false;
  const execution::HeldExposure held = execution::held_exposure(*book_.portfolio, *book_.universe);
  holds_too_much_ = held.gross > chain_->constraints.max_gross_exposure + exposure_slack ||
                    std::fabs(held.net) > chain_->constraints.max_net_exposure + exposure_slack;
}

/// Orders for what is needed; what the execution rules leave out, with their reasons.
void TradeExecutionOrchestrator::make_orders() {
  decision_.orders.clear();
  decision_.slices.clear();
  take_back();
  if (rules_failed_) return;
  tell_for_limit();
  std::copy(reasons_.begin(), reasons_.end(), kept_reasons_.begin());
  std::fill(reasons_.begin(), reasons_.end(), cadre_reason{});
  cadre_action_list list{};
  const bool is_kept = ask_rules(list);
  // Of an answer that is not kept the reasons are not, either.
  for (std::uint32_t i = 0; i < left_out_.size(); ++i)
    left_out_[i] = is_kept ? reasons_[i] : cadre_reason{};
  std::fill(fitted_for_.begin(), fitted_for_.end(), FittedFor{});
  std::copy(kept_reasons_.begin(), kept_reasons_.end(), reasons_.begin());
  if (is_kept) write_orders(list.needed);
}

/// Working it out costs an analysis of the book that is held: it is left where nobody reads it.
bool TradeExecutionOrchestrator::tells_for_limit() const {
  const Stage& rules = chain_->one(RoleId::execution_rules);
  return (rules.agent->requirements().ignores & CADRE_IGNORES_FOR_LIMIT) == 0;
}

void TradeExecutionOrchestrator::tell_for_limit() {
  if (!tells_for_limit()) return;
  const bool exceeds_exposure = !keeps_exposure(current_);
  for (std::uint32_t i = 0; i < asked_e9_.size(); ++i) {
    const std::int64_t held = decision_.record.position_e9[i];
    const bool reduces = asked_e9_[i] != 0 && held != 0 && (asked_e9_[i] < 0) == (held > 0);
    for_limit_[i] = reduces && is_for_limit(i, exceeds_exposure) ? 1 : 0;
  }
}

/// Whether something else than the strategies' own will reduces a position: the sizes that came of their
/// views are not what does it, or the book or the instrument is above a limit now.
bool TradeExecutionOrchestrator::is_for_limit(std::uint32_t i, bool exceeds_exposure) {
  const double held = current_[i];
  const bool is_above_weight = std::fabs(held) > chain_->constraints.max_weight;
  const bool is_active = book_.states == nullptr || book_.states->of(i) == execution::TradingState::active;
  const bool is_listed = book_.universe->instruments[i].is_listed(decision_.record.date);
  if (sells_to_limit_ || risk_failed_ || exceeds_exposure || is_above_weight || !is_active || !is_listed)
    return true;
  const double wanted = decision_.record.stages[wanted_effect_].target[i];
  const bool wants_less = std::fabs(wanted) < std::fabs(held) || wanted * held < 0;
  if (!wants_less) return true;
  const CurrentExcess& excess = panel_.excess_of_current(*book_.view, chain_->risk_feedback.risk_tolerance);
  return excess.of_book || excess.of_instrument[i] != 0;
}

bool TradeExecutionOrchestrator::ask_rules(cadre_action_list& list) {
  const Stage& stage = chain_->one(RoleId::execution_rules);
  const cadre_needs needs{
      sizeof(cadre_needs),        book_.arena->size(), asked_e9_.data(),
      reference_price_e9_.data(), target_.data(),      open_orders_.data(),
      sizeof(cadre_open_order),   open_orders_.size(), tells_for_limit() ? for_limit_.data() : nullptr};
  cadre_status status = CADRE_OK;
  bool is_intact = true;
  for (bool asks_again = true; asks_again;) {
    std::fill(outputs_.actions.begin(), outputs_.actions.end(), model::empty_slot<cadre_action>());
    std::fill(outputs_.slices.begin(), outputs_.slices.end(), model::empty_slot<cadre_slice>());
    list = {sizeof list,
            0,
            outputs_.actions.data(),
            sizeof(cadre_action),
            outputs_.actions.size(),
            0,
            outputs_.slices.data(),
            sizeof(cadre_slice),
            outputs_.slices.size(),
            0};
    status = call(stage, [&](const cadre_execution_state* state) {
      return stage.table<cadre_execution_rules>().apply_rules(stage.self(), state, &needs, &list,
                                                              reasons_.data());
    });
    is_intact = outputs_.actions_intact();
    asks_again = is_intact && status == CADRE_OK && outputs_.grow(list);
  }
  std::string fault = fault_of_room(is_intact, "actions");
  if (status == CADRE_OK && fault.empty())
    fault = fault_of_actions(book_.view->raw, outputs_.actions.span(), outputs_.slices.span(), list,
                             {asked_e9_, open_orders_, book_.environment_replaces, added_e9_}, reasons_);
  if (status == CADRE_OK && fault.empty()) return true;
  if (status == CADRE_DISCARD && fault.empty()) return false;
  note_failure(stage, status, std::move(fault));  // fails closed: no orders
  rules_failed_ = true;
  return false;
}

/// Tells the gate how much the orders of this trial close, as far as it accepts them. What was to turn a
/// position around stands behind orders that increase, and what it closes makes room for them: the order of
/// names changes nothing.
void TradeExecutionOrchestrator::plan_closings() {
  const bool has_budget = chain_->pre_trade_checks.turnover_budget.has_value();
  for (const DecidedOrder& decided : decision_.orders) {
    const bool turns = decided.turns_around && flip_refused_[decided.order.instrument] == 0;
    if (!has_budget && !turns) continue;
    cadre_order order = decided.order;
    book_.gate->set_in_parts(decided.slice_count != 0);
    (void)book_.gate->fit_prices(order);
    order.quantity_e9 = book_.gate->largest_accepted(order).quantity_e9;
    plan_closing(*book_.gate, order, turns);
  }
  book_.gate->set_in_parts(false);
}

/// Cuts each order to what the gate accepts of it, and lets the gate judge all of them. False: they are too
/// large for the book together. `judged`: no: then an order that waits for the other side and is too large
/// for the book, which counts what it waits for as not filled, is for no more than closes what is held.
bool TradeExecutionOrchestrator::send_to_gate(Judged judged) {
  book_.gate->begin_trial(decision_.requests.size());
  for (DecidedOrder& decided : decision_.orders)
    decided.turns_around = turns_around(*book_.gate, decided.order);
  judge_orders(judged);
  bool is_refused = false;  // an order whose closing others had room for
  for (const DecidedOrder& decided : decision_.orders) {
    if (decided.verdict.accepted() || execution::bounds_book(decided.verdict)) continue;
    std::uint8_t& known = flip_refused_[decided.order.instrument];
    is_refused = is_refused || (known == 0 && decided.turns_around);
    known = 1;
  }
  if (is_refused) {
    book_.gate->begin_trial(decision_.requests.size());
    judge_orders(judged);
  }
  std::erase_if(decision_.orders, [](const DecidedOrder& decided) { return decided.order.quantity_e9 == 0; });
  return book_verdict_.accepted();
}

void TradeExecutionOrchestrator::judge_orders(Judged judged) {
  book_verdict_ = {};
  std::copy(taken_back_e9_.begin(), taken_back_e9_.end(), decision_.sent_e9.begin());
  std::fill(may_rest_.begin(), may_rest_.end(), std::uint8_t{0});
  plan_closings();
  for (DecidedOrder& decided : decision_.orders) {
    cadre_order& order = decided.order;
    book_.gate->set_in_parts(decided.slice_count != 0);
    book_.gate->set_counted(leaves_whole(decided) && !chain_->constraints.interim_net);
    if (book_.gate->fit_prices(order)) decided.why = {CADRE_REASON_FITTED, 0, units_of(order)};
    const execution::PreTradeGate::Fit fit = book_.gate->largest_accepted(order);
    if (fit.check != nullptr) {
      decided.why = {fit.reason(), 0, units_of(order)};
      left_out_[order.instrument] = decided.why;
      fitted_for_[order.instrument] = {fit.check, units_of(order)};
    }
    const std::int64_t cut_e9 = order.quantity_e9 - fit.quantity_e9;
    order.quantity_e9 = fit.quantity_e9;
    if (order.quantity_e9 == 0) continue;
    decided.verdict = book_.gate->check(order);
    const bool waits = decided.waits == execution::ParentOrder::Waits::for_other_side;
    if (waits && cut_e9 != 0 && fit.reason() == CADRE_REASON_LONG_ONLY) {
      // Beyond what is held it was for what the other side would have bought, and that is being canceled.
      decision_.sent_e9[order.instrument] += cut_e9 * model::sign_of_side(order.side);
      left_out_[order.instrument] = decided.why = {};
      fitted_for_[order.instrument] = {};
    }
    if (judged == Judged::no && waits && execution::bounds_book(decided.verdict)) {
      const std::int64_t held = decision_.record.position_e9[order.instrument];
      const std::int64_t closes = std::max<std::int64_t>(-held * model::sign_of_side(order.side), 0);
      left_out_[order.instrument] = decided.why = {CADRE_REASON_NO_ROOM, 0, units_of(order)};
      fitted_for_[order.instrument] = {execution::book_check(decided.verdict), units_of(order)};
      order.quantity_e9 = std::min(order.quantity_e9, closes);
      if (order.quantity_e9 == 0) continue;
      decided.verdict = book_.gate->check(order);
    }
    if (order.limit_price_e9 != 0 || order.stop_price_e9 != 0) may_rest_[order.instrument] = 1;
    if (decided.verdict.accepted())
      decision_.sent_e9[order.instrument] += order.quantity_e9 * model::sign_of_side(order.side);
    if (execution::bounds_book(decided.verdict)) book_verdict_.failed |= decided.verdict.failed;
  }
  book_.gate->set_in_parts(false);
  book_.gate->set_counted(true);
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
  std::fill(order_count_.begin(), order_count_.end(), 0u);
  for (std::uint64_t k = 0; k < count; ++k) {
    const cadre_action& action = outputs_.actions[k];
    if (action.kind != CADRE_ACTION_NEW) {
      take_request(action);
      continue;
    }
    DecidedOrder decided{.order = cadre_order_of(&action)};
    cadre_order& order = decided.order;
    order.decision_price_e9 = reference_price_e9_[order.instrument];
    order.decision_time_ns = record.time_ns;
    order.client_id =
        client_order_id(book, record.sequence, order.instrument, ++order_count_[order.instrument]);
    decided.first_slice = static_cast<std::uint32_t>(decision_.slices.size());
    decided.slice_count = action.slice_count;
    decided.number = order_count_[order.instrument];
    for (const cadre_slice& slice : outputs_.slices.span().subspan(action.first_slice, action.slice_count))
      decision_.slices.push_back(
          {slice.time_ns, slice.quantity_e9, slice.limit_price_e9, slice.max_share_of_volume});
    if (anything_works_ && waits_[order.instrument] != 0)
      decided.waits = execution::ParentOrder::Waits::for_other_side;
    decision_.orders.push_back(decided);
  }
  count_standing();
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
              if (a.order.instrument != b.order.instrument) return a.order.instrument < b.order.instrument;
              return a.number < b.number;
            });
}

/// What works and nobody asks to be cancelled: the gate keeps orders on the other side from meeting it.
void TradeExecutionOrchestrator::count_standing() {
  if (!anything_works_ && !stands_) return;
  stands_ = anything_works_;
  for (std::uint32_t i = 0; i < asked_e9_.size(); ++i)
    book_.gate->count_standing(i, 0, 0);
  for (std::size_t k = 0; k < open_orders_.size(); ++k) {
    const std::uint32_t i = open_orders_[k].instrument;
    std::int64_t buy = 0, sell = 0;
    for (const cadre_open_order& open : open_orders_) {
      if (open.instrument != i || open.status == CADRE_ORDER_PENDING_CANCEL) continue;
      (open.side == CADRE_SIDE_BUY ? buy : sell) += open.quantity_e9 - open.filled_e9;
    }
    book_.gate->count_standing(i, buy, sell);
  }
}

/// The gate alone, and nothing behind it: the orders are those of the trial that was accepted.
void TradeExecutionOrchestrator::check_orders() {
  book_.gate->begin_trial(decision_.requests.size());
  book_.gate->plan_net(std::accumulate(current_.begin(), current_.end(), 0.0),
                       std::accumulate(rounded_weight_.begin(), rounded_weight_.end(), 0.0));
  pace_net_exposure();
  plan_closings();
  for (DecidedOrder& decided : decision_.orders) {
    book_.gate->set_in_parts(decided.slice_count != 0);
    book_.gate->set_counted(leaves_whole(decided));
    decided.verdict = book_.gate->check(decided.order);
  }
  book_.gate->set_in_parts(false);
  book_.gate->set_counted(true);
  enlarge_replaced();
  if (!book_.environment_checks_money && book_.account == config::Account::cash) wait_for_cash();
  stamp({});
}

/// Where money is not looked at again at the fill, a buy for which there is none yet waits for the sells that
/// pay for it.
void TradeExecutionOrchestrator::wait_for_cash() {
  base::Money left =
      checked_subtract(checked_subtract(book_.portfolio->cash(), book_.portfolio->short_collateral())
                           .value_or(base::Money{}),
                       execution::committed_cash(*book_.tracker, *book_.schedule, *book_.universe))
          .value_or(base::Money{});
  for (DecidedOrder& decided : decision_.orders) {
    const cadre_order& order = decided.order;
    const std::int64_t held = decision_.record.position_e9[order.instrument];
    if (order.side != CADRE_SIDE_BUY || !decided.verdict.accepted() || held < 0) continue;
    const auto cost = execution::worst_cost(order, order.quantity_e9, *book_.universe);
    const auto after = cost ? checked_subtract(left, *cost) : std::nullopt;
    if (after && after->raw() >= 0) {
      left = *after;
    } else if (decided.waits == execution::ParentOrder::Waits::for_nothing && decided.slice_count == 0) {
      decided.waits = execution::ParentOrder::Waits::for_cash;
    }
  }
}

/// Where fills of these orders could take the net exposure further than it may go meanwhile, they go in
/// parts.
void TradeExecutionOrchestrator::pace_net_exposure() {
  const bool is_bound = chain_->constraints.interim_net.has_value();
  if (!is_bound || (book_.states != nullptr && !book_.states->all_active())) return;
  execution::NetPosition net = execution::net_position(*book_.portfolio, *book_.universe, *book_.tracker, {});
  for (const DecidedOrder& decided : decision_.orders) {
    if (!decided.verdict.accepted()) continue;
    const cadre_order& order = decided.order;
    (order.side == CADRE_SIDE_BUY ? net.working_buys : net.working_sells) +=
        execution::value_at_mark(*book_.portfolio, *book_.universe, order.instrument, order.quantity_e9);
  }
  const double most = *chain_->constraints.interim_net * book_.portfolio->equity().to_double();
  if (net.held + net.working_buys <= most && net.held - net.working_sells >= -most) return;
  for (DecidedOrder& decided : decision_.orders) {
    if (decided.verdict.accepted() && decided.waits == execution::ParentOrder::Waits::for_nothing)
      decided.waits = execution::ParentOrder::Waits::for_net;
  }
}

}  // namespace cadre::chain
