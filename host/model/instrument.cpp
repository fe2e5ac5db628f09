#include "host/model/instrument.hpp"

#include <algorithm>
#include <iterator>

namespace cadre::model {

namespace {

constexpr InstrumentKind kinds[] = {
    {CADRE_KIND_EQUITY, "equity", true},    {CADRE_KIND_FUND, "fund", true},
    {CADRE_KIND_FUTURE, "future", false},   {CADRE_KIND_OPTION, "option", false},
    {CADRE_KIND_FX_SPOT, "fx_spot", false}, {CADRE_KIND_CRYPTO_SPOT, "crypto_spot", true},
    {CADRE_KIND_INDEX, "index", false},
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
