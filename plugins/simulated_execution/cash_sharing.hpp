#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fixed_point.hpp"

/// How purchases share the cash there is.
namespace cadre::simulated_execution {

/// One purchase that asks for cash.
struct Claim {
  std::int64_t wanted_lots = 0;
  std::int64_t granted_lots = 0;  ///< what comes out

  // Of the sharing alone.
  std::int64_t cost_e6 = 0;  ///< of all it wants
  Wide remainder = 0;        ///< what rounding down took from it, as a share of a lot of `total_`
  bool is_candidate = false;
};

/// What a number of lots of one claim costs, commission included. Never falls when the number rises.
class CostOfLots {
 public:
  virtual std::int64_t cost_e6(std::size_t claim, std::int64_t lots) const = 0;

 protected:
  ~CostOfLots() = default;
};

/// Grants all when the cash allows all. Else every claim gets the same share of what it wants, rounded down
/// to lots: cash over the cost of all, or less where commissions that do not shrink ask for it. What rounding
/// left goes out in single lots, by largest remainder: an extra lot that the cash left does not allow is no
/// candidate, and of equal remainders that cannot all have one none has. So neither names nor the order of
/// the claims decide anything.
class CashSharing {
 public:
  /// Sets `granted_lots` of each; never spends more than the cash, nothing when that is not above zero.
  /// no-alloc once it has seen as many claims.
  void share(std::int64_t cash_e6, std::span<Claim> claims, const CostOfLots& cost);

 private:
  Wide granted_cost(std::span<const Claim> claims, const CostOfLots& cost) const;
  void scale(std::span<Claim> claims, std::int64_t budget_e6) const;
  void give_extra_lots(std::span<Claim> claims, Wide left_e6, const CostOfLots& cost);

  Wide total_ = 0;
  std::vector<std::size_t> by_remainder_;
};

}  // namespace cadre::simulated_execution
