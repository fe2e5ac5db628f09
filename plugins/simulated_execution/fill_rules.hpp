#pragma once

#include <cstdint>
#include <optional>

/// At which price, if any, a bar fills an order. Prices in 1e-9. All no-alloc.
namespace cadre::simulated_execution {

enum class FillAt { open, close };

/// One instrument's bar. A price of 0 is one the data do not have.
struct Bar {
  std::int64_t open = 0;
  std::int64_t high = 0;
  std::int64_t low = 0;
  std::int64_t close = 0;
};

enum class Kind { market, limit, market_on_close };

struct Fill {
  std::int64_t price = 0;      ///< what is paid or got, half-spread included
  std::int64_t mid_price = 0;  ///< without it
};

/// market: at the open or the close, as set. market_on_close: at the close. limit: on bars with open, high
/// and low, a buy fills only when the low is strictly below the limit, at min(open, limit); on closes only,
/// when the close is strictly below the limit, at the close. Sells alike. The half-spread makes the price
/// worse, but never worse than the limit. nullopt: not filled by this bar.
std::optional<Fill> fill_price(Kind kind, bool is_buy, std::int64_t limit, const Bar& bar, FillAt fill_at,
                               std::int64_t half_spread_e9);

}  // namespace cadre::simulated_execution
