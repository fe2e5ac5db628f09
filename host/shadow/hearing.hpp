#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "host/base/problem.hpp"
#include "host/journal/records.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

namespace cadre::shadow {

/// What a book took until the end of one bar.
struct Heard {
  std::vector<model::ExternalSignal> before;  ///< between the last bar and this one
  model::Bar bar;
  std::vector<model::ExternalSignal> signals;  ///< known by its close
  bool was_halted = false;                     ///< when the bar came: the book decided nothing on it
  double book_equity = 0;                      ///< at its close
};

/// Puts together, bar by bar, what a book or its journal says one after the other.
class Hearing {
 public:
  /// `halted`: whether the book is, where hearing begins.
  explicit Hearing(bool halted = false) : is_halted_(halted) {}

  void take(const model::Bar& bar);
  void take(const journal::SignalRecord& signal);
  void take(const journal::CommandRecord& command);
  /// The end of a bar. Nothing: it began before hearing did.
  std::optional<Heard> take(const journal::AccountRecord& account);

  /// Signals that belong to a bar that has not come yet.
  const std::vector<model::ExternalSignal>& waiting() const { return heard_.before; }

 private:
  Heard heard_;
  bool bar_began_ = false;
  bool is_halted_ = false;
};

/// Part of the journal of a book: between two of its events.
struct JournalPart {
  std::filesystem::path journal;
  std::uint64_t from = 0, to = 0;  ///< bytes of the stream
};

/// Hears what a journal says. `take` answers whether to go on. Errors: those of reading the journal,
/// JOURNAL_PRUNED, JOURNAL_BAD_RECORD.
base::Problems hear_journal(const JournalPart& part, Hearing& hearing,
                            const std::function<bool(const Heard&)>& take);

}  // namespace cadre::shadow
