#pragma once

#include <cstdint>
#include <string>

namespace cadre::model {

/// One opinion of one strategy from outside of this host.
struct ExternalSignal {
  int64_t time_ns = 0;  ///< when it was known, UTC; a date without a time is known at that session's close
  int32_t date = 0;     ///< the UTC date of time_ns
  std::string strategy;
  std::string instrument;
  int direction = 0;        ///< -1 short, 0 flat, 1 long
  double strength = 0;      ///< finite, not negative, in the strategy's own unit
  double confidence = 0;    ///< 0 to 1
  double horizon_days = 0;  ///< sessions, above 0
  std::string id{};         ///< its sender's own name for it, at most 63 bytes; empty: none
};

}  // namespace cadre::model
