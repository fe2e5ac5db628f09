#include "host/model/portfolio.hpp"

#include <algorithm>

#include "host/base/invariant.hpp"

namespace cadre::model {

using base::Money;

namespace {

/// Adds up and remembers whether everything fitted.
class Sum {
 public:
  explicit Sum(Money start) : value_(start) {}
  Sum& add(std::optional<Money> amount) {
    if (value_) value_ = amount ? checked_add(*value_, *amount) : std::nullopt;
    return *this;
  }
  Sum& subtract(std::optional<Money> amount) { return add(amount ? std::optional(-*amount) : std::nullopt); }
  std::optional<Money> value() const { return value_; }

 private:
  std::optional<Money> value_;
};

}  // namespace

Portfolio::Portfolio(std::size_t instruments, Money initial_cash)
    : positions_(instruments), initial_cash_(initial_cash), cash_(initial_cash), equity_(initial_cash) {}

bool Portfolio::mark(std::uint32_t instrument, base::Price price, const Instrument& about) {
  Position& position = positions_[instrument];
  const auto value = notional(price, position.quantity, about.multiplier);
  const auto profit = Sum(profit_).add(value).subtract(position.value).value();
  const auto equity = Sum(equity_).add(value).subtract(position.value).value();
  const auto invested = Sum(invested_).add(value).subtract(position.value).value();
  if (!profit || !equity || !invested) return false;
  invested_ = *invested;
  position.price = price;
  position.value = *value;
  profit_ = *profit;
  equity_ = *equity;
  return true;
}

bool Portfolio::apply_fill(const Fill& fill, const Instrument& about) {
  Position& position = positions_[fill.instrument];
  // Before its first mark a position is worth what it was bought for.
  const base::Price mark = position.price.raw() > 0 ? position.price : fill.price;
  const auto quantity = checked_add(position.quantity, fill.quantity);
  const auto paid = notional(fill.price, fill.quantity, about.multiplier);
  const auto value = quantity ? notional(mark, *quantity, about.multiplier) : std::nullopt;
  const auto cash = Sum(cash_).subtract(paid).subtract(fill.fees).value();
  const auto profit =
      Sum(profit_).add(value).subtract(position.value).subtract(paid).add(fill.spread_cost).value();
  const auto costs = Sum(costs_).add(fill.fees).add(fill.spread_cost).value();
  const auto equity =
      Sum(equity_).add(value).subtract(position.value).subtract(paid).subtract(fill.fees).value();
  const auto invested = Sum(invested_).add(value).subtract(position.value).value();
  const auto proceeds =
      quantity ? proceeds_after(position, *quantity, fill.price, about.multiplier) : std::nullopt;
  if (!quantity || !cash || !profit || !costs || !equity || !invested || !proceeds) return false;
  shorts_ += quantity->raw() < 0 ? 1 : 0;
  shorts_ -= position.quantity.raw() < 0 ? 1 : 0;
  position = {*quantity, mark, *value, *proceeds};
  invested_ = *invested;
  cash_ = *cash;
  profit_ = *profit;
  costs_ = *costs;
  equity_ = *equity;
  CADRE_INVARIANT(adds_up(), "portfolio.identities",
                  "cash + positions = equity = initial cash + profit - costs + interest");
  return true;
}

std::optional<Money> Portfolio::proceeds_after(const Position& before, base::Quantity after,
                                               base::Price price, base::Quantity multiplier) {
  if (after.raw() >= 0) return Money{};
  const std::int64_t was = std::min<std::int64_t>(before.quantity.raw(), 0);
  if (after.raw() <= was) {
    const auto sold = notional(price, base::Quantity::from_raw(was - after.raw()), multiplier);
    return Sum(before.short_proceeds).add(sold).value();
  }
  // What was bought back takes its share of the proceeds with it.
  __extension__ typedef __int128 Wide;
  return Money::from_raw(
      static_cast<std::int64_t>(Wide{before.short_proceeds.raw()} * after.raw() / before.quantity.raw()));
}

Money Portfolio::short_collateral() const {
  if (shorts_ == 0) return {};
  Sum held_back{Money{}};
  for (const Position& position : positions_) {
    if (position.quantity.raw() < 0)
      held_back.add(Money::from_raw(std::max(position.short_proceeds.raw(), -position.value.raw())));
  }
  return held_back.value().value_or(cash_);  // what does not fit leaves nothing to buy with
}

Money Portfolio::short_proceeds() const {
  if (shorts_ == 0) return {};
  Sum proceeds{Money{}};
  for (const Position& position : positions_)
    proceeds.add(position.short_proceeds);
  return proceeds.value().value_or(cash_);
}

bool Portfolio::charge(Money fees) {
  const auto cash = checked_subtract(cash_, fees);
  const auto costs = checked_add(costs_, fees);
  const auto equity = checked_subtract(equity_, fees);
  if (!cash || !costs || !equity) return false;
  cash_ = *cash;
  costs_ = *costs;
  equity_ = *equity;
  return true;
}

bool Portfolio::charge_borrow(Money fees) {
  const auto borrow = checked_add(borrow_, fees);
  if (!borrow || !charge(fees)) return false;
  borrow_ = *borrow;
  return true;
}

bool Portfolio::pay_interest(Money interest) {
  const auto cash = checked_add(cash_, interest);
  const auto equity = checked_add(equity_, interest);
  const auto sum = checked_add(interest_, interest);
  if (!cash || !equity || !sum) return false;
  cash_ = *cash;
  equity_ = *equity;
  interest_ = *sum;
  return true;
}

bool Portfolio::adds_up() const {
  return Sum(cash_).add(invested_).value() == equity_ &&
         Sum(initial_cash_).add(profit_).subtract(costs_).add(interest_).value() == equity_;
}

bool Portfolio::identities_hold() const {
  Sum worth{base::Money{}};
  for (const Position& position : positions_)
    worth.add(position.value);
  return worth.value() == invested_ && adds_up();
}

void Portfolio::save(base::Encoder& to) const {
  to.put_count(positions_.size());
  for (const Position& position : positions_) {
    to.put(position.quantity.raw());
    to.put(position.price.raw());
    to.put(position.value.raw());
    to.put(position.short_proceeds.raw());
  }
  for (const base::Money money :
       {invested_, initial_cash_, cash_, equity_, profit_, costs_, borrow_, interest_})
    to.put(money.raw());
}

bool Portfolio::load(base::Decoder& from, Saved saved) {
  positions_.assign(from.get_count((saved.proceeds ? 4 : 3) * sizeof(std::int64_t)), {});
  shorts_ = 0;
  for (Position& position : positions_) {
    position.quantity = base::Quantity::from_raw(from.get<std::int64_t>());
    position.price = base::Price::from_raw(from.get<std::int64_t>());
    position.value = base::Money::from_raw(from.get<std::int64_t>());
    const bool is_short = position.quantity.raw() < 0;
    shorts_ += is_short ? 1 : 0;
    position.short_proceeds = saved.proceeds ? base::Money::from_raw(from.get<std::int64_t>())
                              : is_short     ? -position.value
                                             : base::Money{};
    if (position.short_proceeds.raw() < 0) return false;
  }
  for (base::Money* money : {&invested_, &initial_cash_, &cash_, &equity_, &profit_, &costs_})
    *money = base::Money::from_raw(from.get<std::int64_t>());
  borrow_ = saved.borrow ? base::Money::from_raw(from.get<std::int64_t>()) : base::Money{};
  interest_ = saved.interest ? base::Money::from_raw(from.get<std::int64_t>()) : base::Money{};
  return from.ok() && identities_hold();
}

void Portfolio::remap(const std::vector<std::int32_t>& old_to_new, std::size_t new_size) {
  std::vector<Position> moved(new_size);
  for (std::size_t i = 0; i < old_to_new.size(); ++i) {
    if (old_to_new[i] >= 0) {
      moved[static_cast<std::size_t>(old_to_new[i])] = positions_[i];
    } else {
      CADRE_INVARIANT(positions_[i].quantity.raw() == 0, "portfolio.leaves_flat",
                      "an instrument leaves the universe with no position");
    }
  }
  positions_ = std::move(moved);
}

}  // namespace cadre::model
