#pragma once

#include <cadre/order.h>

#include <cstdint>

#include "fill_rules.hpp"

/// When an order may trade, and when what is left of it ends.
namespace cadre::simulated_execution {

struct TimeInForce {
  enum class Life { one_meeting, session, until_cancelled };

  std::uint32_t code;  ///< CADRE_TIF_...
  Moment moment;
  Life life;
  bool is_all_or_nothing;    ///< fills its whole quantity at once, or nothing
  std::uint32_t end_status;  ///< of what is left; FIX: CANCELED for IOC and FOK, EXPIRED for the others
};

/// nullptr for one that is not simulated. Static storage.
const TimeInForce* find_time_in_force(std::uint32_t code);
/// Those there are, as a set of CADRE_BIT_OF.
std::uint64_t times_in_force();

}  // namespace cadre::simulated_execution
