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
  if (from_date == 0 || to_date <= from_date) return sum;
  const std::int64_t days = base::days_since_epoch(to_date) - base::days_since_epoch(from_date);
  for (std::uint32_t i = 0; i < universe.size() && sum; ++i) {
    const double rate = universe.instruments[i].borrow_rate.value_or(0);
    if (portfolio.quantity(i).raw() >= 0 || rate == 0) continue;
    const auto fee = base::scale(size_of(portfolio.value(i)), rate_e9(rate) * days, days_of_a_year * one_e9);
    sum = fee ? checked_add(*sum, *fee) : std::nullopt;
  }
  return sum;
}

}  // namespace cadre::execution
