#include "host/base/log.hpp"

#include <algorithm>
#include <array>

namespace cadre::base {

namespace {

constexpr std::array<std::string_view, log_parts> part_names = {"host", "admin", "revision",
                                                                "book", "agent", "experiment"};
constexpr std::array<std::string_view, 5> level_names = {"debug", "info", "warn", "error", "off"};

using enum LogPart;

// Sorted by name. A test compares the table with what the host logs: a new event is one row here.
// clang-format off
constexpr LogEvent events[] = {
    {"admin_connection_failed", admin, "a connection ended by something that was thrown: a fault of the host"},
    {"admin_handler_failed", admin, "a request was answered with 500: a fault of the host"},
    {"admin_socket_back", admin, "the socket was removed or replaced, and is listened at again"},
    {"admin_socket_lost", admin, "the socket is not at its path any more, and cannot be listened at again"},
    {"admin_stream_dropped", admin, "a stream of events was ended, since its reader was too slow"},
    {"agent_failed", agent, "calls of an agent that gave no usable answer: the first, then every power of ten"},
    {"agent_hangs", agent, "a call of an agent has not come back for a second"},
    {"agent_message", agent, "what an agent says by itself"},
    {"agent_not_restarted", agent, "an agent whose process was lost did not get another one"},
    {"agent_output", agent, "a line that an isolated agent wrote"},
    {"agent_output_left_out", agent, "lines that an isolated agent wrote too fast to be shown"},
    {"agent_process_lost", agent, "the process of isolated agents ended"},
    {"agent_quarantined", agent, "an agent is called no more in its book"},
    {"agent_reset", agent, "an agent that failed got a fresh instance"},
    {"agent_restarted", agent, "an agent was made anew"},
    {"agent_suspect", agent, "a call was under way when the host before this one ended"},
    {"apply_refused", revision, "a change was refused"},
    {"bar_gap", book, "days lack between two bars of a book"},
    {"book_left", book, "that a book is no more of the host could not be written down"},
    {"book_stopped", book, "a book stopped, and does nothing until the next start"},
    {"book_stuck", book, "a book waits for an agent or a disk that does not come back"},
    {"book_unstuck", book, "a book goes on that was stuck"},
    {"book_without_agent", book, "a book decides nothing, since an agent of it is in quarantine"},
    {"checkpoint_failed", book, "a checkpoint could not be taken"},
    {"checkpoint_not_written", book, "the file of a checkpoint could not be written"},
    {"deadline_missed", agent, "a call of an agent took longer than its manifest states"},
    {"disk_low", host, "the disk of the state folder has little room left"},
    {"disk_recovered", host, "the disk of the state folder has room again"},
    {"events_continued", admin, "somebody came back to the stream of events, from an id on"},
    {"experiment_failed", experiment, "an experiment ended by a fault"},
    {"experiment_hangs", experiment, "an experiment does not come to its end"},
    {"experiment_lost", experiment, "an experiment cannot go on after a start of the host"},
    {"experiment_not_kept", experiment, "the results of an experiment cannot be written"},
    {"experiment_resumed", experiment, "a start of the host goes on with an experiment"},
    {"host_crashed", host, "the host before this one crashed"},
    {"host_killed", host, "the host before this one was killed, or its machine stopped"},
    {"host_started", host, "books take inputs: versions, revision, folders"},
    {"host_stopped", host, "all books have ended"},
    {"host_stopping", host, "the host was told to end"},
    {"inputs_refused", book, "inputs of a caller that were not taken: the first, then every power of ten"},
    {"journal_segment", book, "an older segment of a journal could not be compressed or removed"},
    {"library_retained", agent, "the library of an agent that is gone could not be unloaded"},
    {"log_dropped", host, "lines of this log were dropped, since they came faster than they could be written"},
    {"not_closed", book, "a halt was to close all positions, and some could not be closed"},
    {"operator_action", admin, "what an operator told the host to do, by whom, why, and what came of it"},
    {"prices_ended", book, "a position has had no price for as many sessions as its book waits for one"},
    {"queue_high", book, "a book's queue is more than four fifths full"},
    {"queue_recovered", book, "a book's queue is less than half full again"},
    {"replay_failed", book, "a replay into the host ended by a fault"},
    {"report_ignored", book, "a report contradicts its order, and changed nothing: ask the execution environment what it did"},
    {"retire_hangs", revision, "an agent that was replaced does not come to its end"},
    {"revision", revision, "a revision was taken over"},
    {"suspect_move", book, "a posted bar moved a price by more than its data say is likely"},
    {"trading_state", book, "a limit of a book was broken: what it may trade is less from now on"},
    {"trial_confirmed", revision, "a book's trial ended well"},
    {"trial_failed", revision, "a book's trial ended badly, and the book goes back"},
    {"venue_account_unknown", book, "a venue that knows its account did not tell it: nothing is compared in this session"},
    {"venue_break", book, "a book and its venue do not agree about positions or cash"},
    {"watch_failed", revision, "the watch on files ended by a fault"},
    {"watch_limit_reached", revision, "the system watches no more folders; they are compared from time to time"},
    {"watch_without_events", revision, "the system sends no events of files; they are compared from time to time"},
};
// clang-format on

template <class Enum, std::size_t count>
std::optional<Enum> named(const std::array<std::string_view, count>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::optional<LogLevel> log_level_named(std::string_view name) {
  return named<LogLevel>(level_names, name);
}
std::string_view log_level_name(LogLevel level) {
  return level_names[static_cast<std::size_t>(level)];
}
std::optional<LogPart> log_part_named(std::string_view name) {
  return named<LogPart>(part_names, name);
}
std::string_view log_part_name(LogPart part) {
  return part_names[static_cast<std::size_t>(part)];
}
std::span<const LogEvent> log_events() {
  return events;
}

}  // namespace cadre::base
