#pragma once

#include <cstdint>

namespace cadre::pair_correlation {

enum class Frequency { daily, weekly, monthly };

/// Monday of the ISO week that a date (yyyymmdd) lies in, as days since 1970-01-01.
std::int64_t monday_of(std::int32_t date);

/// Whether `date` is the first of its period, `previous` being the session before it (0: there was none).
bool begins_period(std::int32_t previous, std::int32_t date, Frequency frequency);

}  // namespace cadre::pair_correlation
