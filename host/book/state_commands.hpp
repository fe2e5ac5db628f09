#pragma once

#include <optional>

#include "host/execution/trading_states.hpp"
#include "host/journal/records.hpp"

namespace cadre::book {

/// The kind of the command by which anything but a whole book that is halted or resumed changes its state:
/// those are "halt" and "resume".
inline constexpr const char* trading_state_command = "trading_state";

/// What a command of one of the three kinds does to the states of a book; nothing: it is of another kind.
std::optional<execution::StateChange> state_change_of(const journal::CommandRecord& command);
/// As a book journals it. `number`: of the order in the halts' file; 0: it is a limit's.
journal::CommandRecord command_of(const execution::StateChange& change, std::int32_t date,
                                  std::uint64_t number = 0);

/// The kind of the command by which a book says what its venue holds that it did not trade, and of the one by
/// which an operator makes all of that the book's. The text of the first is that of VenueBreaks.
inline constexpr const char* venue_account = "venue_account";
inline constexpr const char* adopted = "adopted";

/// The kind of the command by which a book says that a position has had no price for as long as it waits for
/// one. Its reason is the sentence for people, its text {instrument, sessions}.
inline constexpr const char* prices_ended = "prices_ended";

/// The kind of the record by which a checkpoint keeps what the limits of a book have counted.
inline constexpr const char* limits_counted = "limits_counted";

}  // namespace cadre::book
