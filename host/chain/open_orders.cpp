// What becomes of the orders that still work when a decision needs something else. A book never works both
// sides of an instrument: what works against the need is taken back, and an order on the other side waits
// until that has ended.

#include <algorithm>
#include <cstdlib>

#include "host/chain/orchestrator.hpp"
#include "host/chain/outputs.hpp"
#include "host/model/order.hpp"

namespace cadre::chain {

namespace {

std::uint32_t other_side(std::int64_t need_e9) {
  return need_e9 > 0 ? CADRE_SIDE_SELL : CADRE_SIDE_BUY;
}

}  // namespace

/// Takes back what works against the needs, and leaves in asked_e9_ what execution rules are asked for. What
/// is not sent yet is simply not sent; what is at the environment is asked to be cancelled, the newest first,
/// or replaced where only a part of it is too much. A need that goes beyond all of that is met by an order
/// that waits for the answers: how much it is for in the end depends on what was filled meanwhile.
void TradeExecutionOrchestrator::take_back() {
  std::copy(decision_.need_e9.begin(), decision_.need_e9.end(), asked_e9_.begin());
  decision_.requests.clear();
  decision_.shortened.clear();
  std::fill(taken_back_e9_.begin(), taken_back_e9_.end(), 0);
  if (!anything_works_) return;
  std::fill(waits_.begin(), waits_.end(), std::uint8_t{0});
  list_open_orders();
  for (std::uint32_t i = 0; i < asked_e9_.size(); ++i) {
    const std::int64_t need = decision_.need_e9[i];
    if (need == 0) continue;
    const std::int64_t works = other_side(need) == CADRE_SIDE_BUY ? book_.tracker->working_buy_e9(i)
                                                                  : book_.tracker->working_sell_e9(i);
    if (works != 0) take_back(i, std::min(std::abs(need), works), std::abs(need) > works);
  }
}

/// Of one instrument. `goes_beyond`: the need is for more than what works against it.
void TradeExecutionOrchestrator::take_back(std::uint32_t i, std::int64_t left_e9, bool goes_beyond) {
  const std::int64_t need = decision_.need_e9[i];
  const int sign = need > 0 ? 1 : -1;
  const std::uint32_t side = other_side(need);
  const auto parents = book_.schedule->parents();
  for (auto parent = parents.rbegin(); parent != parents.rend() && left_e9 != 0; ++parent) {
    if (parent->order.instrument != i || parent->order.side != side) continue;
    const std::int64_t cut = std::min(left_e9, parent->left_e9());
    decision_.shortened.push_back({parent->order.client_id, cut});
    left_e9 -= cut;
    asked_e9_[i] -= sign * cut;
    taken_back_e9_[i] += sign * cut;
  }
  for (auto open = open_orders_.rbegin(); open != open_orders_.rend() && left_e9 != 0; ++open) {
    if (open->instrument != i || open->side != side) continue;
    const std::int64_t remaining = open->quantity_e9 - open->filled_e9;
    const std::int64_t less = std::min(left_e9, remaining);
    left_e9 -= less;
    if (open->status == CADRE_ORDER_PENDING_CANCEL || open->status == CADRE_ORDER_PENDING_REPLACE) continue;
    if (less < remaining && book_.environment_replaces) {
      ask_for(CADRE_ACTION_REPLACE, *open, CADRE_REASON_NEW_TARGET, open->quantity_e9 - less);
      open->status = CADRE_ORDER_PENDING_REPLACE;
    } else {
      ask_for(CADRE_ACTION_CANCEL, *open, CADRE_REASON_NEW_TARGET, 0);
      open->status = CADRE_ORDER_PENDING_CANCEL;
    }
  }
  const std::int64_t at_environment = std::abs(asked_e9_[i]);
  if (goes_beyond) {
    waits_[i] = has_open_order(i, side) ? 1 : 0;
  } else {
    // Nothing new is needed; what was sent too much is on its way back.
    taken_back_e9_[i] += sign * at_environment;
    asked_e9_[i] = 0;
  }
}

bool TradeExecutionOrchestrator::has_open_order(std::uint32_t instrument, std::uint32_t side) const {
  return std::any_of(open_orders_.begin(), open_orders_.end(), [&](const cadre_open_order& open) {
    return open.instrument == instrument && open.side == side;
  });
}

void TradeExecutionOrchestrator::ask_for(std::uint32_t kind, const cadre_open_order& open,
                                         std::uint32_t reason, std::int64_t total_e9,
                                         std::int64_t limit_price_e9, std::int64_t stop_price_e9) {
  const std::string_view book{book_.view->raw.book.data, book_.view->raw.book.length};
  const auto number = static_cast<std::uint32_t>(decision_.requests.size()) + 1;
  decision_.requests.push_back({kind, open.client_id, request_id(book, decision_.record.sequence, number),
                                total_e9, limit_price_e9, stop_price_e9, reason});
}

/// What the rules ask of an open order: what it adds is judged like an order of its own.
void TradeExecutionOrchestrator::take_request(const cadre_action& action) {
  const auto open = std::find_if(open_orders_.begin(), open_orders_.end(), [&](const auto& order) {
    return model::id_text(order.client_id) == model::id_text(action.client_id);
  });
  const std::uint32_t reason = left_out_[open->instrument].code;  // as the rules gave it
  if (action.kind == CADRE_ACTION_CANCEL) return ask_for(action.kind, *open, reason, 0);
  cadre_order as_it_would_be = cadre_order_of(&action);
  as_it_would_be.instrument = open->instrument;
  as_it_would_be.side = open->side;
  as_it_would_be.type = open->type;
  as_it_would_be.time_in_force = open->time_in_force;
  if (action.limit_price_e9 == 0) as_it_would_be.limit_price_e9 = open->limit_price_e9;
  if (action.stop_price_e9 == 0) as_it_would_be.stop_price_e9 = open->stop_price_e9;
  as_it_would_be.decision_price_e9 = reference_price_e9_[open->instrument];
  as_it_would_be.decision_time_ns = decision_.record.time_ns;
  as_it_would_be.client_id = open->client_id;
  if (!book_.gate->takes_prices(as_it_would_be)) {
    left_out_[open->instrument] = {CADRE_REASON_FITTED, 0, 0};
    return;
  }
  const std::int64_t added = action.quantity_e9 - open->quantity_e9;
  if (added > 0) {
    as_it_would_be.quantity_e9 = added;
    decision_.orders.push_back({.order = as_it_would_be, .replaces = true});
  }
  ask_for(action.kind, *open, reason, std::min(action.quantity_e9, open->quantity_e9), action.limit_price_e9,
          action.stop_price_e9);
}

/// Adds to requests what the gate accepts of the orders that only make an open one larger, and takes these
/// out of the orders that are sent.
void TradeExecutionOrchestrator::enlarge_replaced() {
  for (const DecidedOrder& decided : decision_.orders) {
    if (!decided.replaces || !decided.verdict.accepted()) continue;
    for (execution::OrderRequest& request : decision_.requests) {
      if (model::id_text(request.client_id) == model::id_text(decided.order.client_id))
        request.quantity_e9 += decided.order.quantity_e9;
    }
  }
  std::erase_if(decision_.orders, [](const DecidedOrder& decided) { return decided.replaces; });
}

}  // namespace cadre::chain
