#include "host/execution/financing.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>

#include "host/base/date.hpp"

namespace cadre::execution {

namespace {

constexpr std::int64_t one_e9 = 1'000'000'000;
constexpr std::int64_t days_of_a_year = 360;  // ACT/360

std::int64_t rate_e9(double rate) {
  return std::llround(rate * 1e9);
}

base::Money size_of(base::Money value) {
  return base::Money::from_raw(std::llabs(value.raw()));
}

/// Calendar days; 0 where it is not later, or before the first day.
std::int64_t days_between(std::int32_t from_date, std::int32_t to_date) {
  if (from_date == 0 || to_date <= from_date) return 0;
  return base::days_since_epoch(to_date) - base::days_since_epoch(from_date);
}

}  // namespace

double margin_rate(const model::Instrument& about, config::Account account) {
  return about.margin_rate.value_or(account == config::Account::margin ? 1.0 : 0.0);
}

base::Money margin_requirement(const model::Portfolio& portfolio, const model::Universe& universe,
                               config::Account account) {
  std::optional<base::Money> sum = base::Money{};
  for (std::uint32_t i = 0; i < universe.size() && sum; ++i) {
    if (portfolio.quantity(i).raw() == 0) continue;
    const double rate = margin_rate(universe.instruments[i], account);
    if (rate == 0) continue;
    const auto part = base::scale(size_of(portfolio.value(i)), rate_e9(rate), one_e9);
    sum = part ? checked_add(*sum, *part) : std::nullopt;
  }
  return sum.value_or(base::Money::from_raw(std::numeric_limits<std::int64_t>::max()));
}

std::optional<base::Money> borrow_fees(const model::Portfolio& portfolio, const model::Universe& universe,
                                       std::int32_t from_date, std::int32_t to_date) {
  std::optional<base::Money> sum = base::Money{};
  const std::int64_t days = days_between(from_date, to_date);
  if (days == 0) return sum;
  for (std::uint32_t i = 0; i < universe.size() && sum; ++i) {
    const double rate = universe.instruments[i].borrow_rate.value_or(0);
    if (portfolio.quantity(i).raw() >= 0 || rate == 0) continue;
    const auto fee = base::scale(size_of(portfolio.value(i)), rate_e9(rate) * days, days_of_a_year * one_e9);
    sum = fee ? checked_add(*sum, *fee) : std::nullopt;
  }
  return sum;
}

std::optional<base::Money> interest_on_cash(const model::Portfolio& portfolio,
                                            const config::BookSection& book, std::int32_t from_date,
                                            std::int32_t to_date) {
  const auto cash = checked_subtract(portfolio.cash(), portfolio.short_proceeds());
  if (!cash) return std::nullopt;
  const double rate = cash->raw() < 0 ? book.debit_rate : book.credit_rate;
  const std::int64_t days = days_between(from_date, to_date);
  if (rate == 0 || days == 0) return base::Money{};
  return base::scale(*cash, rate_e9(rate) * days, days_of_a_year * one_e9);
}

}  // namespace cadre::execution
