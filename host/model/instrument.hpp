#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/market.h"
#include "host/base/decimal.hpp"

namespace cadre::model {

/// One CADRE_KIND_* under the name that configurations and manifests use.
struct InstrumentKind {
  std::uint32_t number;
  std::string_view name;  ///< "crypto_spot"
  bool is_traded;         ///< by this host, which keeps no margins, expiries or second currencies
};
std::span<const InstrumentKind> instrument_kinds();
/// Null for a name that is none.
const InstrumentKind* find_kind(std::string_view name);

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

  bool operator==(const Instrument&) const = default;
};

/// A numbered set of instruments. Indices hold within one epoch only.
struct Universe {
  std::uint64_t epoch = 1;
  std::vector<Instrument> instruments;  ///< sorted by id

  std::size_t size() const { return instruments.size(); }
};

}  // namespace cadre::model
