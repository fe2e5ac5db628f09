#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/config/host_config.hpp"
#include "host/live/book_snapshot.hpp"

namespace cadre::revision {

/// In the state folder.
inline constexpr const char* trials_file = "trials";

/// One book on trial under a revision that changed it.
struct BookTrial {
  std::string book;
  std::uint64_t revision = 0;   ///< that is on trial
  std::uint64_t confirmed = 0;  ///< the last one that the book was confirmed under
  std::int64_t since_ns = 0;    ///< UTC
  std::uint64_t deaths = 0;     ///< of hosts since it began
  std::uint64_t decisions_before = 0, rejected_before = 0;
  std::uint64_t failures_before = 0, misses_before = 0;  ///< counted by this process
  std::uint64_t bars_heard = 0;                          ///< as far as this process has seen, and when
  std::int64_t heard_ns = 0;                             ///< UTC; 0: it has not looked yet
  double equity_most = 0;                                ///< as far as this process has seen
};

/// What a look at a trial comes to.
struct TrialVerdict {
  enum class End { none, confirmed, failed };
  End end = End::none;
  std::string why{};
};

/// A trial that begins now.
BookTrial begin_trial(const std::string& book, std::uint64_t revision, std::uint64_t confirmed,
                      const live::BookSnapshot& now, std::int64_t now_ns);

/// Failed as soon as a guardrail is passed; confirmed when decisions and minutes have gone by, or the longest
/// time has. Keeps the height of the equity, and when the newest bar
/// came.
TrialVerdict judge(const config::ConfirmConfig& config, BookTrial& trial, const live::BookSnapshot& now,
                   std::int64_t now_ns);

/// Decisions that a trial has seen.
std::uint64_t decisions_of(const BookTrial& trial, const live::BookSnapshot& now);

/// Whether they are what the host wrote last. Errors: STATE_FILE_LOST, STATE_FILE_CHANGED.
base::Problems check_trials(const std::filesystem::path& file);
/// The trials as the state folder has them, also those that are over: a trial is one while its book is under
/// it. Empty when there is no file, or it cannot be read: then nothing is on trial.
std::vector<BookTrial> read_trials(const std::filesystem::path& file);
/// Errors: FILE_NOT_WRITABLE.
base::Problems write_trials(const std::filesystem::path& file, const std::vector<BookTrial>& trials);

}  // namespace cadre::revision
