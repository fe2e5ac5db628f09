#pragma once

#include <cstdint>
#include <string>

#include "host/agent/flight_recorder.hpp"
#include "host/journal/records.hpp"

namespace cadre::book {

/// The kind of the command by which a book is told that an agent answered too late. What time decided is an
/// input: a replay measures none.
inline constexpr const char* deadline_missed = "deadline_missed";
/// `what`: "decide took 2,300 us or more, its deadline is 500 us".
journal::CommandRecord missed_deadline(const agent::FlightCard& card, std::int32_t date,
                                       const std::string& what);

}  // namespace cadre::book
