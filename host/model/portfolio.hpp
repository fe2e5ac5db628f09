#pragma once

#include <optional>
#include <vector>

#include "host/base/codec.hpp"
#include "host/base/decimal.hpp"
#include "host/model/instrument.hpp"

namespace cadre::model {

/// One execution of part of an order.
struct Fill {
  std::uint32_t instrument = 0;
  base::Quantity quantity;  ///< signed: positive bought
  base::Price price;        ///< with half the spread in it
  base::Money fees;         ///< >= 0
  base::Money spread_cost;  ///< >= 0: what of the price is half-spread
};

/// Cash, positions and marks of one book, in fixed point. After every event, to the last unit:
///
///   cash + sum of position values = equity        equity = initial cash + profit - costs + interest
///
/// where profit is made at prices without spread, costs are fees, half-spreads and borrow fees, and interest
/// is what cash earned less what owed cash cost. Whatever does not fit into 64 bits is refused and changes
/// nothing.
class Portfolio {
 public:
  Portfolio(std::size_t instruments, base::Money initial_cash);

  /// A new mark. Returns false when the position's value does not fit.
  [[nodiscard]] bool mark(std::uint32_t instrument, base::Price price, const Instrument& about);
  [[nodiscard]] bool apply_fill(const Fill& fill, const Instrument& about);
  /// Fees that belong to no fill: a settlement.
  [[nodiscard]] bool charge(base::Money fees);
  /// What it costs to have borrowed what is short; part of the costs.
  [[nodiscard]] bool charge_borrow(base::Money fees);
  /// What the cash earned; below zero what it cost to owe it.
  [[nodiscard]] bool pay_interest(base::Money interest);

  base::Money cash() const { return cash_; }
  base::Money equity() const { return equity_; }
  base::Money profit() const { return profit_; }
  base::Money costs() const { return costs_; }
  /// Of the costs, what borrowing cost.
  base::Money borrow() const { return borrow_; }
  base::Money interest() const { return interest_; }
  base::Money initial_cash() const { return initial_cash_; }
  base::Quantity quantity(std::uint32_t instrument) const { return positions_[instrument].quantity; }
  base::Price price(std::uint32_t instrument) const { return positions_[instrument].price; }
  base::Money value(std::uint32_t instrument) const { return positions_[instrument].value; }
  /// What of the cash short positions hold back: of each the larger of what it was sold for and what it is
  /// worth. It buys nothing until the position is closed.
  base::Money short_collateral() const;
  /// What the units that are short now were sold for.
  base::Money short_proceeds() const;
  std::size_t size() const { return positions_.size(); }

  /// Both identities, computed anew from every position. The same of running sums is checked at each fill.
  bool identities_hold() const;

  void save(base::Encoder& to) const;
  /// What a saved portfolio knows that those of earlier versions did not: what short positions were sold for
  /// (they are taken to be worth it), what borrowing cost and what cash earned (taken to be nothing).
  struct Saved {
    bool proceeds = true, borrow = true, interest = true;
  };
  /// False: that is not what save() gave, or its sums do not add up.
  [[nodiscard]] bool load(base::Decoder& from, Saved saved);

  /// Into a new universe: position i of the old one moves to old_to_new[i]; one without a place there must be
  /// zero.
  void remap(const std::vector<std::int32_t>& old_to_new, std::size_t new_size);

 private:
  struct Position {
    base::Quantity quantity;
    base::Price price;           ///< the mark; 0 before the first one
    base::Money value;           ///< quantity x price x multiplier
    base::Money short_proceeds;  ///< what the units that are short now were sold for; else 0
  };

  /// Both identities, from running sums.
  bool adds_up() const;
  /// What the position has been sold short for once it has changed to `after`.
  static std::optional<base::Money> proceeds_after(const Position& before, base::Quantity after,
                                                   base::Price price, base::Quantity multiplier);

  std::vector<Position> positions_;
  base::Money invested_;  ///< the sum of all position values
  base::Money initial_cash_;
  base::Money cash_;
  base::Money equity_;
  base::Money profit_;
  base::Money costs_;
  base::Money borrow_;  ///< part of the costs
  base::Money interest_;
  std::size_t shorts_ = 0;  ///< how many positions are short
};

}  // namespace cadre::model
