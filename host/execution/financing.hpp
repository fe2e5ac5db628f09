#pragma once

#include <cstdint>
#include <optional>

#include "host/base/decimal.hpp"
#include "host/config/scenario_config.hpp"
#include "host/model/instrument.hpp"
#include "host/model/portfolio.hpp"

namespace cadre::execution {

/// The equity that a position in an instrument needs, as a share of its value. Where nothing is said: all of
/// it in an account that may owe cash, nothing in one that pays for what it buys.
double margin_rate(const model::Instrument& about, config::Account account);

/// The equity that the positions of a book need at their marks; the largest amount there is where it does not
/// fit. An instrument's part is rounded half to even, in the unit of money.
base::Money margin_requirement(const model::Portfolio& portfolio, const model::Universe& universe,
                               config::Account account);

/// What it costs to borrow what is short, from the close of one day to that of another: borrow rate x value
/// at the last mark x calendar days / 360, of each instrument rounded half to even. Nothing: more than money
/// holds.
std::optional<base::Money> borrow_fees(const model::Portfolio& portfolio, const model::Universe& universe,
                                       std::int32_t from_date, std::int32_t to_date);

/// What the cash of a book earns from the close of one day to that of another; below zero what it costs to
/// owe it: rate x cash without the proceeds of short sales x calendar days / 360, rounded half to even.
/// Nothing: more than money holds.
std::optional<base::Money> interest_on_cash(const model::Portfolio& portfolio,
                                            const config::BookSection& book, std::int32_t from_date,
                                            std::int32_t to_date);

}  // namespace cadre::execution
