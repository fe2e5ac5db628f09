#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/market.h"
#include "host/base/decimal.hpp"

namespace cadre::model {

/// One CADRE_KIND_* under the name that configurations and manifests use.
struct InstrumentKind {
  std::string_view name;  ///< "crypto_spot"
  std::uint32_t number;
  bool is_traded;  ///< by this host, which keeps no margins, expiries or second currencies
};
std::span<const InstrumentKind> instrument_kinds();
/// Null for a name that is none.
const InstrumentKind* find_kind(std::string_view name);
const InstrumentKind* find_kind(std::uint32_t number);

/// From this price on, prices move in these steps.
struct TickStep {
  base::Price from;
  base::Price tick;
  bool operator==(const TickStep&) const = default;
};

/// What the book knows of one instrument. See cadre/market.h for the units.
struct Instrument {
  std::string id;
  std::uint32_t kind = CADRE_KIND_EQUITY;
  std::string group;
  std::string currency = "USD";
  std::string time_zone = "America/New_York";
  base::Price tick = base::Price::from_raw(10'000'000);          // 0.01
  base::Quantity lot = base::Quantity::from_raw(1'000'000'000);  // 1
  base::Quantity multiplier = base::Quantity::from_raw(1'000'000'000);
  double average_daily_volume = std::numeric_limits<double>::quiet_NaN();
  std::vector<TickStep> ticks{};        ///< by price, from the lowest on; empty: `tick` at every price
  base::Money minimum_notional{};       ///< what an order has to be worth unless it closes a position
  std::vector<std::string> groups{};    ///< the first is `group`
  std::string calendar{};               ///< a name; empty: not said
  std::optional<double> borrow_rate{};  ///< per year
  std::optional<double> margin_rate{};  ///< share of the value
  std::int32_t listed_from = 0;         ///< yyyymmdd; 0: always was
  std::int32_t listed_to = 0;           ///< the last day, yyyymmdd; 0: still is

  /// The price step at a price.
  base::Price tick_at(base::Price price) const;
  /// Whether it may be bought on a day.
  bool is_listed(std::int32_t date) const {
    return date >= listed_from && (listed_to == 0 || date <= listed_to);
  }

  bool operator==(const Instrument&) const = default;
};

/// A numbered set of instruments. Indices hold within one epoch only.
struct Universe {
  std::uint64_t epoch = 1;
  std::vector<Instrument> instruments;  ///< sorted by id

  std::size_t size() const { return instruments.size(); }
};

}  // namespace cadre::model
