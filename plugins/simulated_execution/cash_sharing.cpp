#include "cash_sharing.hpp"

#include <algorithm>

namespace cadre::simulated_execution {

void CashSharing::share(std::int64_t cash_e6, std::span<Claim> claims, const CostOfLots& cost) {
  total_ = 0;
  for (std::size_t k = 0; k < claims.size(); ++k) {
    Claim& claim = claims[k];
    claim.cost_e6 = cost.cost_e6(k, claim.wanted_lots);
    claim.granted_lots = claim.wanted_lots;
    total_ += claim.cost_e6;
  }
  if (total_ <= Wide{cash_e6}) return;
  if (cash_e6 <= 0) {
    for (Claim& claim : claims)
      claim.granted_lots = 0;
    return;
  }
  scale(claims, cash_e6);
  Wide spent = granted_cost(claims, cost);
  if (spent > Wide{cash_e6}) {
    // Fixed commissions do not shrink with the orders: the largest budget whose whole lots can be paid.
    std::int64_t enough = 0;
    std::int64_t too_much = cash_e6;
    while (too_much - enough > 1) {
      const std::int64_t budget = enough + (too_much - enough) / 2;
      scale(claims, budget);
      (granted_cost(claims, cost) <= Wide{cash_e6} ? enough : too_much) = budget;
    }
    scale(claims, enough);
    spent = granted_cost(claims, cost);
  }
  give_extra_lots(claims, Wide{cash_e6} - spent, cost);
}

Wide CashSharing::granted_cost(std::span<const Claim> claims, const CostOfLots& cost) const {
  Wide sum = 0;
  for (std::size_t k = 0; k < claims.size(); ++k)
    sum += cost.cost_e6(k, claims[k].granted_lots);
  return sum;
}

void CashSharing::scale(std::span<Claim> claims, std::int64_t budget_e6) const {
  for (Claim& claim : claims) {
    const Wide exact = Wide{claim.wanted_lots} * budget_e6;
    claim.granted_lots = static_cast<std::int64_t>(exact / total_);
    claim.remainder = exact % total_;
  }
}

void CashSharing::give_extra_lots(std::span<Claim> claims, Wide left_e6, const CostOfLots& cost) {
  by_remainder_.clear();
  for (std::size_t k = 0; k < claims.size(); ++k) {
    if (claims[k].remainder > 0) by_remainder_.push_back(k);
  }
  std::sort(by_remainder_.begin(), by_remainder_.end(),
            [&](std::size_t a, std::size_t b) { return claims[a].remainder > claims[b].remainder; });
  const auto extra_lot = [&](std::size_t k) {
    return Wide{cost.cost_e6(k, claims[k].granted_lots + 1)} - cost.cost_e6(k, claims[k].granted_lots);
  };
  for (std::size_t first = 0, last = 0; first < by_remainder_.size(); first = last) {
    Wide together = 0;
    for (; last < by_remainder_.size() &&
           claims[by_remainder_[last]].remainder == claims[by_remainder_[first]].remainder;
         ++last) {
      const Wide price = extra_lot(by_remainder_[last]);
      claims[by_remainder_[last]].is_candidate = price <= left_e6;
      if (price <= left_e6) together += price;
    }
    if (together > left_e6) continue;
    for (std::size_t k = first; k < last; ++k)
      claims[by_remainder_[k]].granted_lots += claims[by_remainder_[k]].is_candidate ? 1 : 0;
    left_e6 -= together;
  }
}

}  // namespace cadre::simulated_execution
