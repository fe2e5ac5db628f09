#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "host/book/book_image.hpp"
#include "host/book/journal_fold.hpp"

namespace cadre::book {

/// Puts a fresh instance in the place of a stage's agent that has failed for good, or whose process is gone,
/// as if it had been there all along: it is given what was learned at the newest checkpoint, and shown what
/// happened since in a copy of the book, where nobody else is called. The book goes on meanwhile, and waits
/// for the last few events only.
class AgentRestart {
 public:
  /// What it has to know of the book: `stage` is one of its running chain. On the book's thread.
  AgentRestart(const Book& book, std::shared_ptr<const BookImage> image, std::string stage);

  /// Gives `fresh`, made again of that stage's agent, its state, and shows it the journal up to byte `to`.
  /// Errors: STATE_REFUSED; AGENT_FAILED_AGAIN: it could not take in an event; those of the journal.
  base::Problems catch_up(std::shared_ptr<agent::LiveAgent> fresh, const std::filesystem::path& journal,
                          std::uint64_t to);
  /// The rest up to byte `to`, and then into the running chain. The book has to take the command that this
  /// gives, of kind agent_restarted, before the next event, and then a checkpoint: a recovery learns from it
  /// what the instance knew. On the book's thread, between two events. Errors: as catch_up,
  /// AGENT_WARM_UP, AGENT_ACTIVATE; then nothing has happened. The one that has to go goes with this.
  base::Result<journal::CommandRecord> commit(Book& book, const std::filesystem::path& journal,
                                              std::uint64_t to, journal::CommandRecord command);

 private:
  base::Problems follow(const std::filesystem::path& journal, std::uint64_t to);

  std::shared_ptr<const BookImage> image_;
  std::string stage_;
  std::unique_ptr<chain::Chain> alone_;      ///< of the stages, with nobody in them
  std::shared_ptr<agent::LiveAgent> fresh_;  ///< once it is let in: the one before
  bool knows_ = false;                       ///< it was given a state
  std::uint64_t shown_bytes_ = 0;
  std::unique_ptr<Book> copy_;
  std::unique_ptr<BookLoop> loop_;
  OrderHash hash_;
  market::TakenBars bars_;
  std::unique_ptr<JournalFold> fold_;
};

inline constexpr const char* agent_restarted = "agent_restarted";

}  // namespace cadre::book
