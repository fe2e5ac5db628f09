#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cadre/order.h"
#include "host/base/decimal.hpp"

namespace cadre::model {

/// The words FIX uses, lower case with underscores: "buy", "limit", "day", "filled" ... Empty for an unknown
/// code.
std::string_view side_name(std::uint32_t side);
std::string_view order_type_name(std::uint32_t type);
std::string_view time_in_force_name(std::uint32_t time_in_force);
/// The times in force that this host works with: all but GTD.
std::span<const std::uint32_t> times_in_force();
std::string_view order_status_name(std::uint32_t status);

/// One order type. What holds for all orders of a type is asked here, and nowhere by its number.
struct OrderType {
  std::string_view name;
  std::uint32_t type;
  bool has_limit_price;  ///< else an order of this type has none
  bool has_stop_price;   ///< likewise
};
std::span<const OrderType> order_types();
/// Null for an unknown code, and for an unknown name.
const OrderType* find_order_type(std::uint32_t type);
const OrderType* find_order_type(std::string_view name);

/// +1 for a buy, -1 for a sell.
inline int sign_of_side(std::uint32_t side) {
  return side == CADRE_SIDE_BUY ? 1 : -1;
}

/// Whether trading `signed_quantity` strictly reduces the position without flipping it.
bool reduces_position(base::Quantity position, base::Quantity signed_quantity);

/// Text in place; at most CADRE_ID_BYTES_MAX bytes, which is checked where it comes in.
cadre_id make_id(std::string_view text);
std::string_view id_text(const cadre_id& id);

}  // namespace cadre::model
