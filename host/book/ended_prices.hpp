#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/book/ledger.hpp"

namespace cadre::book {

/// The instruments that are held and have had no price for as many sessions as the book waits for one.
std::vector<std::uint32_t> with_ended_prices(const Ledger& ledger);

/// "XYZ 6 sessions, ABC 9 sessions"; empty without any.
std::string ended_prices_text(const Ledger& ledger, const std::vector<std::uint32_t>& instruments);

}  // namespace cadre::book
