#pragma once

#include <cstdint>

#include "cadre/order.h"

/// The life of an order: FIX's statuses (tag 39) and which of them may follow which.
namespace cadre::execution {

/// Whether an order with this status may still be filled.
bool is_open(std::uint32_t status);

/// The status of an order with `status` after a report that says `reported`. Reports may come late, twice and
/// in another order than they were made: what has ended does not begin again, and what has begun to be filled
/// is not new any more.
///
///   PENDING_NEW -> NEW -> PARTIALLY_FILLED -> FILLED | CANCELED | EXPIRED | REJECTED
///   SUSPENDED stands for NEW or PARTIALLY_FILLED until a report of one of them.
std::uint32_t status_after(std::uint32_t status, std::uint32_t reported);

}  // namespace cadre::execution
