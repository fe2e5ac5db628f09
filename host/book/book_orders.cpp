// How orders leave a book: those of a decision, the parts of orders that go in parts, what is asked of open
// ones, and those that close positions past the chain.

#include <algorithm>
#include <cmath>

#include "host/base/invariant.hpp"
#include "host/book/book.hpp"
#include "host/execution/net_pacing.hpp"
#include "host/execution/reserved_cash.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

using execution::TradingState;
using Waits = execution::ParentOrder::Waits;

namespace {

double units(std::int64_t quantity_e9) {
  return static_cast<double>(quantity_e9) * 1e-9;
}

/// The reason of an order that waits as a whole, from its decision on.
cadre_reason reason_of(Waits waits, std::int64_t quantity_e9) {
  if (waits == Waits::for_nothing) return {};
  const std::uint32_t code = waits == Waits::for_cash  ? CADRE_REASON_CASH
                             : waits == Waits::for_net ? CADRE_REASON_NO_ROOM
                                                       : CADRE_REASON_OTHER_SIDE;
  return {code, 0, units(quantity_e9)};
}

}  // namespace

/// What a decision led to: less of what was decided before, requests, and orders, in this order. All of it is
/// told and made durable first.
void Book::send_decided(const chain::Decision& decision) {
  const journal::DecisionRecord& record = decision.record;
  for (const chain::Shortened& shortened : decision.shortened) {
    const execution::ParentOrder* parent = ledger_.schedule().find(model::id_text(shortened.client_id));
    if (parent == nullptr) continue;
    execution::ParentOrder less = execution::OrderSchedule::shortened(*parent, shortened.quantity_e9);
    // What it waits for stands before what was taken back of it.
    if (less.slices.empty() || !less.is_waiting())
      less.why = {CADRE_REASON_NEW_TARGET, 0, units(shortened.quantity_e9)};
    const std::uint32_t i = less.order.instrument;
    less.target_e9 = record.position_e9[i] + record.working_e9[i] + decision.need_e9[i];
    put_parent(less);
  }
  for (const execution::OrderRequest& request : decision.requests)
    record_request(request);
  const std::size_t first = ledger_.tracker().orders().size();
  for (const chain::DecidedOrder& decided : decision.orders) {
    const bool goes_at_once = decided.slice_count == 0 && decided.waits == Waits::for_nothing;
    if (goes_at_once || !decided.verdict.accepted())
      record_order(decided);
    else
      put_parent(parent_of(decided, decision));
  }
  const bool sends = !decision.requests.empty() || ledger_.tracker().orders().size() != first;
  if (!sends) return;
  const bool ready = ready_to_send();
  for (const execution::OrderRequest& request : decision.requests)
    send_request(request, ready);
  send_recorded(first, ready);
}

/// An order of a decision that is not sent whole at once.
execution::ParentOrder Book::parent_of(const chain::DecidedOrder& decided,
                                       const chain::Decision& decision) const {
  execution::ParentOrder parent;
  parent.order = decided.order;
  parent.waits = decided.waits;
  const std::uint32_t i = decided.order.instrument;
  const journal::DecisionRecord& record = decision.record;
  parent.target_e9 = record.position_e9[i] + record.working_e9[i] + decision.need_e9[i];
  parent.date = ledger_.date();
  parent.why = reason_of(decided.waits, decided.order.quantity_e9);
  if (decided.slice_count == 0) {
    parent.slices.push_back({record.time_ns, decided.order.quantity_e9, 0, 0});
    return parent;
  }
  const auto slices = std::span(decision.slices).subspan(decided.first_slice, decided.slice_count);
  parent.slices.assign(slices.begin(), slices.end());
  const std::int64_t more = parent.left_e9() - decided.order.quantity_e9;  // than the gate accepted
  parent.order.quantity_e9 += more;
  return execution::OrderSchedule::shortened(std::move(parent), more);
}

void Book::put_parent(const execution::ParentOrder& parent) {
  for (BookListener* listener : listeners_)
    listener->on_parent_order(ledger_.sequence(), parent);
  book::put_parent(ledger_, parent);
  holdings_are_stale_ = true;
}

/// Ends what is still to be sent of orders that go in parts, where there is a reason to.
template <class Why>
void Book::end_parents(Why&& why) {
  std::vector<execution::ParentOrder> ended;
  for (const execution::ParentOrder& parent : ledger_.schedule().parents()) {
    const std::uint32_t code = why(parent);
    if (code == 0) continue;
    ended.push_back(parent);
    ended.back().why = {code, 0, units(parent.left_e9())};
  }
  for (execution::ParentOrder& parent : ended) {
    parent.order.quantity_e9 -= parent.left_e9();
    parent.slices.clear();
    put_parent(parent);
  }
}

void Book::record_request(const execution::OrderRequest& request) {
  for (BookListener* listener : listeners_)
    listener->on_order_request(ledger_.sequence(), request);
  take_request(ledger_, request);
  holdings_are_stale_ = true;
}

/// A request that nobody would remember, or that the environment refuses at once, leaves the order as it was.
void Book::send_request(const execution::OrderRequest& request, bool ready) {
  if (ledger_.tracker().find_open(request.client_id) == nullptr) return;
  if (!ready || environment_.failed()) return end_request(ledger_, request.client_id);
  if (request.kind == CADRE_ACTION_CANCEL)
    environment_.cancel(request.client_id);
  else if (!environment_.replace(request))
    end_request(ledger_, request.client_id);
}

/// Before a decision, which then sees what they leave undone: parents of the day whose session is over, and
/// those that a trading state does not let go on.
void Book::end_due_parents() {
  if (ledger_.schedule().empty()) return;
  end_parents([&](const execution::ParentOrder& parent) -> std::uint32_t {
    if (parent.order.time_in_force == CADRE_TIF_DAY && parent.date != ledger_.date())
      return CADRE_REASON_SESSION_END;
    const TradingState state = states_.of(parent.order.instrument);
    const bool may_not = state == TradingState::reducing && !reduces(parent.order, parent.left_e9());
    return may_not || state == TradingState::killed ? CADRE_REASON_TRADING_STATE : 0;
  });
}

void Book::end_all_parents() {
  end_parents([](const execution::ParentOrder&) { return CADRE_REASON_TRADING_STATE; });
}

void Book::end_parents_outside(const std::vector<std::string>& instruments) {
  end_parents([&](const execution::ParentOrder& parent) -> std::uint32_t {
    const std::string& id = ledger_.universe().instruments[parent.order.instrument].id;
    const bool stays = std::find(instruments.begin(), instruments.end(), id) != instruments.end();
    return stays ? 0 : CADRE_REASON_GONE;
  });
}

void release_parts(Book& book) {
  const std::int64_t now_ns = book.ledger_.time_ns();
  if (book.ledger_.schedule().empty() || book.halted()) return;
  std::vector<Book::DuePart> due;
  for (const bool selling : {true, false}) {  // sales make the room that purchases need
    for (const execution::ParentOrder& parent : book.ledger_.schedule().parents()) {
      if (parent.slices.front().time_ns <= now_ns && (parent.order.side == CADRE_SIDE_SELL) == selling)
        due.push_back({parent.order.client_id});
    }
  }
  if (due.empty()) return;
  const std::size_t first = book.ledger_.tracker().orders().size();
  book.begin_gate();
  // What a limit or an operator wants to be smaller is not held back for a balance on the way.
  if (book.chain().constraints.interim_net && book.states_.all_active()) book.pace(due);
  for (const Book::DuePart& part : due)
    book.release_part(model::id_text(part.parent), part.most_e9);
  if (book.ledger_.tracker().orders().size() != first) book.send_recorded(first, book.ready_to_send());
}

/// What is due is sent as far as the net exposure has room while it is filled.
void Book::pace(std::vector<DuePart>& due) const {
  const model::Portfolio& portfolio = ledger_.portfolio();
  std::vector<execution::NetLeg> legs;
  std::vector<DuePart*> parts;
  for (DuePart& part : due) {
    const execution::ParentOrder* parent = ledger_.schedule().find(model::id_text(part.parent));
    const std::int64_t wanted = part_size(*parent).quantity_e9;
    if (wanted == 0) continue;
    const std::uint32_t i = parent->order.instrument;
    legs.push_back({.buys = parent->order.side == CADRE_SIDE_BUY,
                    .wanted_e9 = wanted,
                    .lot_e9 = smallest_part(i),
                    .unit_value = execution::value_at_mark(portfolio, ledger_.universe(), i, 1)});
    parts.push_back(&part);
  }
  execution::pace_net(
      legs, execution::net_position(portfolio, ledger_.universe(), ledger_.tracker(), ledger_.schedule()),
      *chain().constraints.interim_net * portfolio.equity().to_double());
  for (std::size_t k = 0; k < legs.size(); ++k)
    parts[k]->most_e9 = legs[k].sends_e9;
}

void Book::release_part(std::string_view client_id, std::int64_t most_e9) {
  const execution::ParentOrder* parent = ledger_.schedule().find(client_id);
  if (parent == nullptr) return;
  PartSize size = part_size(*parent);
  if (size.quantity_e9 > most_e9) size = {most_e9, CADRE_REASON_NO_ROOM};
  const bool is_too_little = size.quantity_e9 == 0 && size.reason == CADRE_REASON_MIN_NOTIONAL;
  if (size.reason == CADRE_REASON_TARGET_REACHED || is_too_little) {  // nothing is left to do
    const cadre_id id = parent->order.client_id;
    return end_parents([&](const execution::ParentOrder& other) {
      return model::id_text(other.order.client_id) == model::id_text(id) ? size.reason : 0;
    });
  }
  if (size.quantity_e9 == 0) return delay(*parent, size.reason);
  const double wanted = units(parent->slices.front().quantity_e9);
  chain::DecidedOrder part{.order = parent->order};
  part.order.quantity_e9 = size.quantity_e9;
  if (size.reason != 0) part.why = {size.reason, 0, wanted};
  if (parent->slices.front().limit_price_e9 != 0)
    part.order.limit_price_e9 = parent->slices.front().limit_price_e9;
  part.order.client_id = execution::child_id(parent->order.client_id, parent->children + 1);
  if (gate_->fit_prices(part.order)) part.why = {CADRE_REASON_FITTED, 0, wanted};
  const auto fit = gate_->largest_accepted(part.order);
  if (fit.quantity_e9 > 0 && fit.quantity_e9 != part.order.quantity_e9) {
    part.why = {fit.reason(), 0, wanted};
    part.order.quantity_e9 = fit.quantity_e9;
  }
  part.verdict = gate_->check(part.order);
  // Where book, position, the bar's volume or the flow have no room for it, it waits for what makes room.
  if (const std::uint32_t reason = execution::reason_to_wait(part.verdict)) return delay(*parent, reason);
  record_order(part);
}

/// A part whose time has come is not sent: told once for each reason.
void Book::delay(const execution::ParentOrder& parent, std::uint32_t reason) {
  if (parent.why.code == reason) return;
  execution::ParentOrder waiting = parent;
  waiting.why = {reason, 0, units(parent.slices.front().quantity_e9)};
  put_parent(waiting);
}

/// How much of a parent's first part is sent now.
Book::PartSize Book::part_size(const execution::ParentOrder& parent) const {
  const std::uint32_t i = parent.order.instrument;
  // What is not traded now, and what is halted, waits.
  if (state_.state().close.valid[i] == 0) return {0, CADRE_REASON_NO_PRICE};
  if (states_.of(i) == TradingState::halted) return {0, CADRE_REASON_TRADING_STATE};
  if (gate_->is_in_window(i) && !reduces(parent.order, parent.slices.front().quantity_e9))
    return {0, CADRE_REASON_RESTRICTED};
  const execution::Slice& slice = parent.slices.front();
  const std::int64_t lot = ledger_.universe().instruments[i].lot.raw();
  if (parent.waits == Waits::for_other_side) {
    const execution::OrderTracker& tracker = ledger_.tracker();
    const bool buys = parent.order.side == CADRE_SIDE_BUY;
    if ((buys ? tracker.working_sell_e9(i) : tracker.working_buy_e9(i)) != 0)
      return {0, CADRE_REASON_OTHER_SIDE};
    std::int64_t quantity = parent.to_target_e9(ledger_.portfolio().quantity(i).raw(), slice.quantity_e9);
    quantity -= quantity % lot;
    if (quantity == 0) return {0, CADRE_REASON_TARGET_REACHED};
    return {quantity, quantity == slice.quantity_e9 ? 0 : std::uint32_t{CADRE_REASON_NEW_TARGET}};
  }
  if (parent.waits == Waits::for_cash) {
    const std::int64_t affordable = affordable_e9(parent.order, slice.quantity_e9);
    if (affordable < lot) return {0, CADRE_REASON_CASH};
    return {affordable - affordable % lot,
            affordable < slice.quantity_e9 ? std::uint32_t{CADRE_REASON_CASH} : 0};
  }
  return paced_size(parent);
}

/// Of a part that waits for nothing but its time: no more than its share of the volume.
Book::PartSize Book::paced_size(const execution::ParentOrder& parent) const {
  const std::uint32_t i = parent.order.instrument;
  const execution::Slice& slice = parent.slices.front();
  std::int64_t quantity = slice.quantity_e9;
  const bool has_volume = state_.state().volume.values != nullptr;
  if (slice.max_share > 0 && has_volume) {
    const double volume = state_.state().volume.values[i];
    const double most = std::isfinite(volume) ? std::floor(slice.max_share * volume * 1e9) : 0;
    if (most < static_cast<double>(quantity)) quantity = static_cast<std::int64_t>(most);
    quantity -= quantity % ledger_.universe().instruments[i].lot.raw();
    if (quantity < slice.quantity_e9) return {quantity, CADRE_REASON_VOLUME_SHARE};
  }
  return enough_of(parent, quantity);
}

/// What is worth less than the least for its instrument goes with the parts behind it; a rest that is, and
/// closes no position, is not sent.
Book::PartSize Book::enough_of(const execution::ParentOrder& parent, std::int64_t quantity_e9) const {
  const std::int64_t least = smallest_part(parent.order.instrument), left = parent.left_e9();
  const std::int64_t held = ledger_.portfolio().quantity(parent.order.instrument).raw();
  const bool closes = left == std::abs(held) && reduces(parent.order, left);
  if (left < least && !closes) return {0, CADRE_REASON_MIN_NOTIONAL};
  std::int64_t quantity = std::min(std::max(quantity_e9, least), left);
  if (left - quantity < least) quantity = left;
  const bool is_more = quantity != quantity_e9;
  return {is_more && least > ledger_.universe().instruments[parent.order.instrument].lot.raw() ? quantity
                                                                                               : quantity_e9,
          0};
}

/// The fewest lots that are worth the least for the instrument.
std::int64_t Book::smallest_part(std::uint32_t i) const {
  const model::Instrument& about = ledger_.universe().instruments[i];
  const double lot_value =
      execution::value_at_mark(ledger_.portfolio(), ledger_.universe(), i, about.lot.raw());
  const double minimum = about.minimum_notional.to_double();
  if (minimum <= 0 || lot_value <= 0) return about.lot.raw();
  const double lots = std::max(std::ceil(minimum / lot_value), 1.0);
  return lots < 1e9 ? static_cast<std::int64_t>(lots) * about.lot.raw() : std::int64_t{1} << 62;
}

/// How much of a buy the cash pays for that nothing else has been promised.
std::int64_t Book::affordable_e9(const cadre_order& order, std::int64_t quantity_e9) const {
  if (config_.book.account == config::Account::margin) return quantity_e9;  // the gate bounds it
  const model::Portfolio& portfolio = ledger_.portfolio();
  const double money =
      portfolio.cash().to_double() - portfolio.short_collateral().to_double() -
      execution::committed_cash(ledger_.tracker(), ledger_.schedule(), ledger_.universe()).to_double();
  const auto cost = execution::worst_cost(order, quantity_e9, ledger_.universe());
  if (!cost || money <= 0) return 0;
  if (cost->to_double() <= money) return quantity_e9;
  return static_cast<std::int64_t>(
      std::floor(static_cast<double>(quantity_e9) * (money / cost->to_double())));
}

/// The gate as it stands now, beside a decision: with what is at the environment. What is left to be sent of
/// orders that go in parts was judged when it was decided.
void Book::begin_gate() {
  const model::Portfolio& portfolio = ledger_.portfolio();
  const execution::OrderTracker& tracker = ledger_.tracker();
  const auto size = static_cast<std::uint32_t>(ledger_.universe().size());
  gate_prices_.resize(size);
  for (std::uint32_t i = 0; i < size; ++i) {
    gate_prices_[i] = portfolio.price(i).raw();
    const std::int64_t buy = tracker.working_buy_e9(i) - ledger_.schedule().left_e9(i, CADRE_SIDE_BUY);
    const std::int64_t sell = tracker.working_sell_e9(i) - ledger_.schedule().left_e9(i, CADRE_SIDE_SELL);
    gate_->count_open(i, buy, sell);
    gate_->count_standing(i, 0, 0);
  }
  for (const execution::TrackedOrder& open : tracker.recent()) {
    if (!open.open() || open.pending == CADRE_ACTION_CANCEL) continue;
    const std::uint32_t i = open.order.instrument;
    gate_->count_standing(i, tracker.working_buy_e9(i) - ledger_.schedule().left_e9(i, CADRE_SIDE_BUY),
                          tracker.working_sell_e9(i) - ledger_.schedule().left_e9(i, CADRE_SIDE_SELL));
  }
  gate_->count_open_orders(tracker.open_count());
  const model::ArenaHead& head = state_.arena().head();
  const auto column = [&](bool is_there, model::ColumnId id) {
    return is_there ? state_.arena().column(id) : std::span<double>{};
  };
  gate_->begin_decision(ledger_.date(), portfolio,
                        {gate_prices_, state_.arena().valid(model::ColumnId::close),
                         column(head.has_volume != 0, model::ColumnId::volume),
                         column(head.has_quotes != 0, model::ColumnId::ask), ledger_.time_ns()},
                        execution::committed_cash(tracker, {}, ledger_.universe()));
}

/// The orders from the place `first` on leave, once all that has to remember them does.
void Book::send_recorded(std::size_t first, bool ready) {
  const std::size_t last = ledger_.tracker().orders().size();
  const bool have_left = ready && leave_together(first);
  for (std::size_t place = first; place < last; ++place) {
    if (!ready) {
      reject_order(ledger_, place);
      holdings_are_stale_ = true;
    } else if (!environment_.failed()) {  // else the book stops, and recovery sends what did not leave
      send(place, have_left);
    }
  }
  refresh_state();
}

/// Orders to a simulation in another process cross together, when nothing holds them back. Whether they did.
bool Book::leave_together(std::size_t first) {
  if (!environment_.takes_together() || environment_.failed()) return false;
  std::vector<cadre_order> orders;
  const auto& all = ledger_.tracker().orders();
  for (std::size_t place = first; place < all.size(); ++place) {
    const execution::TrackedOrder& tracked = all[place];
    if (!tracked.open() || tracked.failed_checks != 0) continue;
    if (!flattens_ && !may_leave(tracked.order)) return false;  // one by one
    orders.push_back(tracked.order);
  }
  environment_.announce(orders);
  return true;
}

/// Whether all that has to remember the orders does: what nobody would remember may not leave.
bool Book::ready_to_send() const {
  bool ready = true;
  for (BookListener* listener : listeners_)
    ready = listener->on_sending(ledger_.sequence()) && ready;
  return ready;
}

std::size_t Book::record_order(const chain::DecidedOrder& decided) {
  for (BookListener* listener : listeners_)
    listener->on_order(ledger_.sequence(), decided);
  holdings_are_stale_ = true;
  return ledger_.add_order(decided.order, decided.verdict.failed);
}

void Book::send(std::size_t place, bool has_left) {
  const execution::TrackedOrder& tracked = ledger_.tracker().orders()[place];
  if (!tracked.open()) return;
  CADRE_INVARIANT(tracked.failed_checks == 0, "gate.nothing_gets_past",
                  "an order that failed a pre-trade check is never sent");
  const cadre_order order = tracked.order;
  if (!has_left && !flattens_ && !may_leave(order)) return take_cancellation(order);
  if (const auto report = environment_.send(order, ledger_.time_ns())) take_report(*report);
}

}  // namespace cadre::book
