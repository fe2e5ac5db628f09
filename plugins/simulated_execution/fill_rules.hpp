#pragma once

#include <cadre/order.h>

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

struct Fill {
  std::int64_t price = 0;      ///< what is paid or got, half-spread included
  std::int64_t mid_price = 0;  ///< without it
};

/// One order that meets one bar.
struct Meeting {
  bool is_buy = true;
  std::int64_t limit = 0;  ///< of types that have one
  Bar bar;
  FillAt fill_at = FillAt::open;    ///< where market orders are filled, as set
  std::int64_t half_spread_e9 = 0;  ///< as a share of the price
};

/// How orders of one type are filled. Which types there are is a table: a new one is a row and its function.
struct FillRule {
  std::uint32_t order_type;  ///< CADRE_ORDER_...
  bool has_limit;            ///< an order without a positive limit price is refused
  bool follows_fill_at;      ///< filled at the open when that is set, and then not without one
  /// nullopt: not filled by this bar. The half-spread makes the price worse, never worse than a limit.
  std::optional<Fill> (*fill)(const Meeting& meeting);
};

/// nullptr for a type that is not filled here. Static storage.
/// The types that have a rule, as a set of CADRE_BIT_OF.
std::uint64_t order_types_filled();
const FillRule* find_fill_rule(std::uint32_t order_type);

}  // namespace cadre::simulated_execution
