#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "host/execution/pre_trade_gate.hpp"
#include "host/model/order.hpp"

// What the rows of the table of checks and the gate share. For the two of them alone.
namespace cadre::execution {

inline constexpr double rounding_slack = 1e-9;  // relative; exposures are sums of doubles
/// Rows before this one have to pass for the others to make sense.
inline constexpr std::size_t syntax_rows = 8;

inline std::int64_t signed_quantity(const cadre_order& order) {
  return order.quantity_e9 * model::sign_of_side(order.side);
}

/// Checks of an order's own that others than the table ask for. Each is true when the order passes.
struct PriceChecks {
  static bool price(const PreTradeGate& gate, const cadre_order& order);
  static bool limit_price(const PreTradeGate& gate, const cadre_order& order);
  static bool stop_price(const PreTradeGate& gate, const cadre_order& order);
  static bool min_notional(const PreTradeGate& gate, const cadre_order& order);
  static bool collar(const PreTradeGate& gate, const cadre_order& order);
  /// Whether a price that an order of this type has, or has not, is right.
  static bool is_right(const PreTradeGate& gate, const cadre_order& order, bool has, std::int64_t price_e9);
};

inline constexpr std::int64_t any_quantity = std::numeric_limits<std::int64_t>::max();
inline std::int64_t to_quantity_e9(double value) {
  return value < 9e18 ? static_cast<std::int64_t>(std::max(std::floor(value), 0.0)) : any_quantity;
}
inline std::int64_t sum_e9(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  return __builtin_add_overflow(a, b, &result) ? any_quantity : result;
}

}  // namespace cadre::execution
