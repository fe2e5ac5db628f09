#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/book/journal_listener.hpp"
#include "host/journal/journal.hpp"
#include "host/live/event_queue.hpp"
#include "host/live/watermark.hpp"

namespace cadre::live {

/// Keeps the journal of a running book: makes groups of events durable, and then tells those who wait. On the
/// book's thread.
class JournalKeeper final : public book::JournalListener {
 public:
  /// `facts`: what the journal says until there.
  explicit JournalKeeper(std::unique_ptr<journal::JournalWriter> writer, book::JournalFacts facts = {})
      : JournalListener(*writer), writer_(std::move(writer)), facts_(std::move(facts)) {
    count_for(&facts_);
  }
  ~JournalKeeper() override;

  /// The book's incarnation, which every commit names from here on, and where it is noted how far they are
  /// durable.
  void enter(std::uint64_t incarnation, Watermark watermark) {
    incarnation_ = incarnation;
    watermark_ = std::move(watermark);
  }
  /// An input got its place; its ticket is done with the next commit.
  void took(std::shared_ptr<Ticket> ticket, std::uint64_t sequence);
  /// Everything so far is durable afterwards, and marked as such, and those who wait are told. False: it is
  /// not, and `problems` says why; whoever waits does so until it is abandoned.
  bool commit();
  /// Its halves: durable and marked; told.
  bool make_durable();
  void tell_taken() { tell(true); }
  /// What came since the last commit is given up: recovery will not see it, and those who wait are told that
  /// it is lost. Nothing is committed any more.
  void abandon();
  /// abandon(), with a note in the journal that says why the book stopped, where that can be written.
  void give_up(const std::string& reason);
  /// Orders to a simulated environment leave to nobody: they need no commit of their own.
  bool on_sending(std::uint64_t) override { return !sends_outside_ || make_durable(); }
  void set_sends_outside(bool outside) { sends_outside_ = outside; }

  /// Ends the segment at hand, which goes to the older ones, and begins the next, whose head has this text
  /// for its place in the stream. Nothing is pending afterwards. The path of the one that ended; empty: it
  /// goes on, and `problems` says why.
  std::filesystem::path begin_segment(
      const std::filesystem::path& journal,
      const std::function<std::string(const journal::StreamHead&)>& head_text);
  /// Whether records can be written into the segment at hand. Into one that an earlier version wrote none
  /// are: the next begins before anything else.
  bool is_of_todays_format() const { return writer_->format() == journal::format_version; }
  /// Bytes of the segment at hand.
  std::uint64_t segment_bytes() const { return writer_->size_bytes() - writer_->begins_at(); }
  /// What the journal says until now, with what is not committed yet.
  const book::JournalFacts& facts() const { return facts_; }

  /// Whether something was taken since the last commit.
  bool pending() const { return !pending_.empty() || !is_durable(); }
  /// Whether all that was written is durable; those who wait for it may not know yet.
  bool is_durable() const { return writer_->size_bytes() == committed_bytes_; }
  /// Byte of the stream up to which it is.
  std::uint64_t durable_bytes() const { return committed_bytes_; }
  const base::Problems& problems() const { return problems_; }
  std::uint64_t size_bytes() const { return writer_->size_bytes(); }
  base::Problems close();

 private:
  void tell(bool durable);
  void write_commit();
  /// As far as it was written, or read again, by this process.
  std::uint64_t newest_event() const { return std::max(writer_->sequence(), facts_.last_bar); }

  std::unique_ptr<journal::JournalWriter> writer_;
  std::vector<std::pair<std::shared_ptr<Ticket>, std::uint64_t>> pending_;
  std::uint64_t committed_bytes_ = 0;
  std::uint64_t incarnation_ = 0;
  Watermark watermark_;
  bool sends_outside_ = true;
  book::JournalFacts facts_;
  bool abandoned_ = false;
  base::Problems problems_;
};

}  // namespace cadre::live
