#pragma once

#include <cstdint>

#include "cadre/cpp/agent.hpp"
#include "fixed_point.hpp"
#include "market.hpp"

namespace cadre::simulated_execution {

/// What of a fill moves the money. Money in 1e-6, all >= 0.
struct MoneyMoved {
  bool is_buy = true;
  std::int64_t value_e6 = 0;           ///< quantity x price x multiplier
  std::int64_t reducing_value_e6 = 0;  ///< of it, what reduces the position
  std::int64_t reduced_worth_e6 = 0;   ///< what that part of the position was worth at the mark
  std::int64_t opening_worth_e6 = 0;   ///< what the rest is worth at the mark
  std::int64_t margin_rate_e9 = 0;     ///< of the instrument
  std::int64_t fees_e6 = 0;

  /// What a position loses at once by a price that is worse than the mark.
  Wide loss_e6() const;
};

/// Buying power between two bars: cash without what short positions hold back, of each the larger of what it
/// was sold for and what it is worth. A sale of what is owned raises it, a short sale does not, and covering
/// sets free what was held back. Beside it, where instruments have margin rates, what the equity is above the
/// margin requirement. All no-alloc.
class Account {
 public:
  /// What the book has at a bar. Of hosts that do not say what is held back, shorts hold their worth.
  void enter_bar(const sdk::State& state, const Market& market);
  void apply(const MoneyMoved& moved);

  /// May be below zero: a position is covered at any price.
  std::int64_t power_e6() const;
  std::int64_t margin_room_e6() const;

  bool owes_cash = false;      ///< a margin account: its margin bounds it alone
  bool bounds_margin = false;  ///< some instrument has a margin rate
  Wide margin_room = 0;        ///< equity less margin requirement
  Wide power = 0;              ///< these and the two above are the whole account, for who saves it
  Wide collateral = 0;
  Wide short_worth = 0;  ///< of all short positions at their marks
};

}  // namespace cadre::simulated_execution
