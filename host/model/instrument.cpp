#include "host/model/instrument.hpp"

#include <algorithm>
#include <iterator>

namespace cadre::model {

namespace {

constexpr InstrumentKind kinds[] = {
    {"equity", CADRE_KIND_EQUITY, true},    {"fund", CADRE_KIND_FUND, true},
    {"future", CADRE_KIND_FUTURE, false},   {"option", CADRE_KIND_OPTION, false},
    {"fx_spot", CADRE_KIND_FX_SPOT, false}, {"crypto_spot", CADRE_KIND_CRYPTO_SPOT, true},
    {"index", CADRE_KIND_INDEX, false},
};

}  // namespace

std::span<const InstrumentKind> instrument_kinds() {
  return kinds;
}

const InstrumentKind* find_kind(std::string_view name) {
  const auto* found = std::find_if(std::begin(kinds), std::end(kinds),
                                   [&](const InstrumentKind& kind) { return kind.name == name; });
  return found == std::end(kinds) ? nullptr : found;
}

const InstrumentKind* find_kind(std::uint32_t number) {
  const auto* found = std::find_if(std::begin(kinds), std::end(kinds),
                                   [&](const InstrumentKind& kind) { return kind.number == number; });
  return found == std::end(kinds) ? nullptr : found;
}

base::Price Instrument::tick_at(base::Price price) const {
  base::Price step = tick;
  for (const TickStep& next : ticks) {
    if (price.raw() >= next.from.raw()) step = next.tick;
  }
  return step;
}

}  // namespace cadre::model
