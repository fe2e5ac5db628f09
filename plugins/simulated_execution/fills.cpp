// How much of the orders that a bar fills it fills: what of its volume they may have, then the money.

#include <algorithm>

#include "order_book.hpp"

namespace cadre::simulated_execution {

/// What the claims of purchases cost, beyond what the same order pays for covering a short position.
class OrderBook::CostOfPurchases final : public CostOfLots {
 public:
  explicit CostOfPurchases(const OrderBook& book) : book_(book) {}

  std::int64_t cost_e6(std::size_t claim, std::int64_t lots) const override {
    if (lots == 0) return 0;
    const std::uint32_t k = book_.claimants_[claim];
    const WorkingOrder& working = book_.open_[k];
    const Part& part = book_.parts_[k];
    const auto all = cost_of(working, part, part.reduces_e9 + book_.opened_by(k, lots));
    const auto covering = part.reduces_e9 == 0 ? 0 : cost_of(working, part, part.reduces_e9);
    return all && covering ? *all - *covering : INT64_MAX;
  }

 private:
  std::optional<std::int64_t> cost_of(const WorkingOrder& working, const Part& part,
                                      std::int64_t quantity) const {
    const auto cost = book_.cost_of(working, part, quantity);
    return cost ? sum_of(cost->value_e6, cost->fees_e6) : std::nullopt;
  }

  const OrderBook& book_;
};

/// What the claims of openings take from the room above the margin requirement: what they need themselves,
/// and the equity that is lost by their fees and prices.
class OrderBook::MarginOfOpenings final : public CostOfLots {
 public:
  explicit MarginOfOpenings(const OrderBook& book) : book_(book) {}

  std::int64_t cost_e6(std::size_t claim, std::int64_t lots) const override {
    if (lots == 0) return 0;
    const std::uint32_t k = book_.claimants_[claim];
    const WorkingOrder& working = book_.open_[k];
    const Part& part = book_.parts_[k];
    const auto all = book_.cost_of(working, part, part.reduces_e9 + book_.opened_by(k, lots));
    const auto reducing = book_.cost_of(working, part, part.reduces_e9);
    if (!all || !reducing) return INT64_MAX;
    const MoneyMoved moved = book_.money_of(working, part, *all);
    const Wide lost = moved.loss_e6() - book_.money_of(working, part, *reducing).loss_e6();
    const Wide taken = Wide{all->fees_e6} - reducing->fees_e6 + std::max(lost, Wide{0}) +
                       share_of(moved.opening_worth_e6, moved.margin_rate_e9).value_or(INT64_MAX);
    return static_cast<std::int64_t>(std::min(taken, Wide{INT64_MAX}));
  }

 private:
  const OrderBook& book_;
};

/// The orders of one instrument one after the other: what reduces the position, then by price and time, as
/// in a market. The orders from the place `first` on.
void OrderBook::share_volume(std::size_t first) {
  by_priority_.clear();
  for (std::size_t k = first; k < open_.size(); ++k) {
    if (!parts_[k].is_filled()) continue;
    by_priority_.push_back(static_cast<std::uint32_t>(k));
    Place& place = market_.at(open_[k].order.instrument);
    place.reducible_e9 = place.position_e9 < 0 ? -place.position_e9 : place.position_e9;
  }
  std::sort(by_priority_.begin(), by_priority_.end(), [&](std::uint32_t a, std::uint32_t b) {
    const cadre_order &x = open_[a].order, &y = open_[b].order;
    if (x.instrument != y.instrument) return x.instrument < y.instrument;
    const bool x_reduces = reduces(open_[a]), y_reduces = reduces(open_[b]);
    if (x_reduces != y_reduces) return x_reduces;
    if (x.limit_price_e9 != y.limit_price_e9) {
      if (x.limit_price_e9 == 0 || y.limit_price_e9 == 0) return x.limit_price_e9 == 0;
      return open_[a].is_buy() ? x.limit_price_e9 > y.limit_price_e9 : x.limit_price_e9 < y.limit_price_e9;
    }
    if (open_[a].given_ns != open_[b].given_ns) return open_[a].given_ns < open_[b].given_ns;
    return open_[a].id() < open_[b].id();
  });
  for (const std::uint32_t k : by_priority_)
    plan(open_[k], parts_[k]);
}

/// Whether it is on the side that makes the position smaller.
bool OrderBook::reduces(const WorkingOrder& working) const {
  const std::int64_t position = market_.at(working.order.instrument).position_e9;
  return working.is_buy() ? position < 0 : position > 0;
}

void OrderBook::plan(const WorkingOrder& working, Part& part) {
  Place& place = market_.at(working.order.instrument);
  std::int64_t quantity = working.left_e9();
  const std::int64_t liquid = std::max<std::int64_t>(0, place.liquidity.left(part.moment));
  if (liquid < quantity) {
    quantity = in_whole_lots(liquid, place.lot_e9);
    part.reason = no_volume;
  }
  if (chance_.happens(settings_.partial_fill_probability_e9, Chance::Purpose::whether_partial, working.id(),
                      sequence_)) {
    const std::int64_t share = chance_.share_e9(Chance::Purpose::how_much, working.id(), sequence_);
    quantity = in_whole_lots(share_of_rounded_down(quantity, share), place.lot_e9);
    part.reason = by_chance;
  }
  std::int64_t reducing = reduces(working) ? std::min(quantity, place.reducible_e9) : 0;
  if (settings_.requires_borrow && !working.is_buy() && !place.can_be_borrowed && quantity > reducing) {
    quantity = reducing;
    part.reason = no_borrow;
  }
  const bool is_killed =
      find_time_in_force(working.order.time_in_force)->is_all_or_nothing && quantity < working.left_e9();
  if (is_killed) quantity = reducing = 0;
  place.reducible_e9 -= reducing;
  place.liquidity.take(part.moment, quantity);
  part.planned_e9 = part.quantity_e9 = quantity;
  part.reduces_e9 = reducing;
}

/// Gives up what was planned for it.
void OrderBook::give_up(const WorkingOrder& working, Part& part, std::uint32_t reason) {
  market_.at(working.order.instrument).liquidity.take(part.moment, -part.planned_e9);
  part.planned_e9 = part.quantity_e9 = part.reduces_e9 = 0;
  part.reason = reason;
}

/// What a bar's volume lets orders fill, bounded by the margin first and by the cash then.
void OrderBook::share_money(std::size_t first) {
  if (account_.bounds_margin) share_margin(first);
  share_cash(first);
}

/// What reduces a position is filled whole; what opens one shares what the equity is above the margin
/// requirement.
void OrderBook::share_margin(std::size_t first) {
  do {
    const Account account =
        claim_beyond(first, [](const WorkingOrder&, const Part& part) { return part.reduces_e9; });
    sharing_.share(account.margin_room_e6(), claims_, MarginOfOpenings(*this));
  } while (grant_claims(no_margin));
  for (std::size_t k = first; k < open_.size(); ++k) {
    Part& part = parts_[k];
    if (!part.is_filled() || part.quantity_e9 >= part.planned_e9) continue;
    market_.at(open_[k].order.instrument).liquidity.take(part.moment, part.quantity_e9 - part.planned_e9);
    part.planned_e9 = part.quantity_e9;
    part.reason = no_margin;
  }
}

/// What reduces a position is filled whole, and what is sold; the purchases share what cash there is then.
/// Where cash may be owed nobody has to share it.
void OrderBook::share_cash(std::size_t first) {
  do {
    const Account account = claim_beyond(first, [&](const WorkingOrder& working, const Part& part) {
      return working.is_buy() && !account_.owes_cash ? part.reduces_e9 : part.planned_e9;
    });
    sharing_.share(account.power_e6(), claims_, CostOfPurchases(*this));
  } while (grant_claims(no_cash));
}

/// Claims for what orders are planned to fill beyond what is sure of them, and the account after what is.
template <class Sure>
Account OrderBook::claim_beyond(std::size_t first, Sure&& sure) {
  Account account = account_;
  claims_.clear();
  claimants_.clear();
  for (std::size_t k = first; k < open_.size(); ++k) {
    Part& part = parts_[k];
    if (!part.is_filled() || part.planned_e9 == 0) continue;
    part.quantity_e9 = sure(open_[k], part);
    const auto cost = cost_of(open_[k], part, part.quantity_e9);
    if (!cost) {
      give_up(open_[k], part, too_large);
      continue;
    }
    account.apply(money_of(open_[k], part, *cost));
    const std::int64_t opened = part.planned_e9 - part.quantity_e9;
    if (opened == 0) continue;
    const std::int64_t lot = market_.at(open_[k].order.instrument).lot_e9;
    claims_.push_back({opened / lot + (opened % lot == 0 ? 0 : 1)});
    claimants_.push_back(static_cast<std::uint32_t>(k));
  }
  return account;
}

/// How much the claim of an order opens with so many lots; the last one may be a part of a lot.
std::int64_t OrderBook::opened_by(std::uint32_t k, std::int64_t lots) const {
  const Part& part = parts_[k];
  const Wide quantity = Wide{lots} * market_.at(open_[k].order.instrument).lot_e9;
  return static_cast<std::int64_t>(std::min(quantity, Wide{part.planned_e9} - part.reduces_e9));
}

/// True when an order that is filled whole or not at all cannot be paid: it leaves, and the others share
/// anew.
bool OrderBook::grant_claims(std::uint32_t why_not) {
  bool has_killed = false;
  for (std::size_t c = 0; c < claims_.size(); ++c) {
    const std::uint32_t k = claimants_[c];
    Part& part = parts_[k];
    part.quantity_e9 = part.reduces_e9 + opened_by(k, claims_[c].granted_lots);
    if (part.quantity_e9 == part.planned_e9) continue;
    if (find_time_in_force(open_[k].order.time_in_force)->is_all_or_nothing) {
      give_up(open_[k], part, why_not);
      has_killed = true;
    }
  }
  return has_killed;
}

std::optional<OrderBook::Cost> OrderBook::cost_of(const WorkingOrder& working, const Part& part,
                                                  std::int64_t quantity_e9) const {
  const Place& place = market_.at(working.order.instrument);
  Cost cost;
  cost.quantity_e9 = quantity_e9;
  cost.charged = working.charged;
  const auto value = notional_e6(quantity_e9, part.outcome.fill.price, place.multiplier_e9);
  const auto fees = value ? settings_.commission.charge(settings_.commission.at(place.schedule),
                                                        month_.volume(), quantity_e9, *value, cost.charged)
                          : std::nullopt;
  if (!fees) return std::nullopt;
  cost.value_e6 = *value;
  cost.fees_e6 = *fees;
  return cost;
}

MoneyMoved OrderBook::money_of(const WorkingOrder& working, const Part& part, const Cost& cost) const {
  const Place& place = market_.at(working.order.instrument);
  MoneyMoved moved;
  moved.is_buy = working.is_buy();
  moved.value_e6 = cost.value_e6;
  moved.fees_e6 = cost.fees_e6;
  moved.margin_rate_e9 = place.margin_rate_e9;
  moved.opening_worth_e6 = notional_e6(std::max<std::int64_t>(0, cost.quantity_e9 - part.reduces_e9),
                                       place.mark, place.multiplier_e9)
                               .value_or(INT64_MAX);
  if (part.reduces_e9 == 0) return moved;
  moved.reducing_value_e6 =
      notional_e6(part.reduces_e9, part.outcome.fill.price, place.multiplier_e9).value_or(0);
  moved.reduced_worth_e6 = notional_e6(part.reduces_e9, place.mark, place.multiplier_e9).value_or(0);
  return moved;
}

/// Books the fill and ends what lives no longer. True when the order has ended.
bool OrderBook::settle(WorkingOrder& working, Part& part, bool at_once) {
  if (!part.is_met) return false;
  if (part.quantity_e9 < part.planned_e9) {
    market_.at(working.order.instrument).liquidity.take(part.moment, part.quantity_e9 - part.planned_e9);
    part.reason = no_cash;
  }
  if (part.quantity_e9 > 0) book_fill(working, part);
  if (working.left_e9() == 0) return true;
  const TimeInForce& time = *find_time_in_force(working.order.time_in_force);
  const bool is_over = time.life == TimeInForce::Life::one_meeting ||
                       (time.life == TimeInForce::Life::session && !at_once && clock_.closes());
  const bool never_will = part.reason == too_large || part.reason == no_borrow;
  if (!is_over && !never_will) return false;
  finish(working, time.end_status, part.reason);
  return true;
}

void OrderBook::book_fill(WorkingOrder& working, const Part& part) {
  const auto cost = cost_of(working, part, part.quantity_e9);
  Place& place = market_.at(working.order.instrument);
  const Fill& fill = part.outcome.fill;
  const std::int64_t worse = working.is_buy() ? fill.price - fill.mid_price : fill.mid_price - fill.price;
  const std::int64_t spread =
      notional_e6(part.quantity_e9, std::max<std::int64_t>(0, worse), place.multiplier_e9).value_or(0);
  working.charged = cost->charged;
  working.paid += Wide{part.quantity_e9} * fill.price;
  working.spread_cost_e6 = sum_of(working.spread_cost_e6, spread).value_or(INT64_MAX);
  account_.apply(money_of(working, part, *cost));
  place.position_e9 += working.is_buy() ? part.quantity_e9 : -part.quantity_e9;
  volume_of_bar_ += settings_.commission.volume_of(part.quantity_e9, cost->value_e6);

  const bool is_whole = working.left_e9() == 0;
  cadre_execution_report report =
      report_of(working, is_whole ? CADRE_ORDER_FILLED : CADRE_ORDER_PARTIALLY_FILLED);
  report.quantity_e9 = part.quantity_e9;
  report.price_e9 = fill.price;
  report.fees_e6 = cost->fees_e6;
  report.spread_cost_e6 = spread;
  reports_.push_back(report);
  if (is_whole) past_.remember({working.order.client_id, working.result(CADRE_ORDER_FILLED)});
}

/// Tiers of commission follow the volume from bar to bar: within one, all orders pay by the same tier.
void OrderBook::close_volume() {
  month_.add(static_cast<std::int64_t>(std::min(volume_of_bar_, Wide{INT64_MAX})));
  volume_of_bar_ = 0;
}

}  // namespace cadre::simulated_execution
