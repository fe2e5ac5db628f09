#pragma once

#include <atomic>
#include <boost/json/object.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "host/base/ticks.hpp"
#include "host/base/told.hpp"
#include "host/book/book_loop.hpp"
#include "host/book/journal_fold.hpp"
#include "host/book/order_hash.hpp"
#include "host/config/host_config.hpp"
#include "host/journal/journal.hpp"
#include "host/live/answer.hpp"
#include "host/live/book_checkpoints.hpp"
#include "host/live/book_counter.hpp"
#include "host/live/book_door.hpp"
#include "host/live/book_errand.hpp"
#include "host/live/book_folder.hpp"
#include "host/live/book_halts.hpp"
#include "host/live/book_snapshot.hpp"
#include "host/live/event_feed.hpp"
#include "host/live/event_queue.hpp"
#include "host/live/journal_keeper.hpp"
#include "host/metrics/metrics.hpp"

namespace cadre::live {

struct StartPoint;

/// A recovered history grows on: room for a while, not for ever.
inline constexpr std::size_t usual_bars = 4096;

/// One book on a thread of its own: takes what its queue holds through the same loop as a backtest,
/// keeps the journal, and does between two events what others ask for.
class BookRunner {
 public:
  /// What a new revision brings to a book.
  struct Change {
    std::shared_ptr<chain::Chain> chain;  ///< null: the book goes
    journal::RevisionRecord record;
    /// At a start: whether the book is under another revision what it is under this one. It then stays under
    /// that one, and its checkpoints fit. Null: under none.
    book::RevisionFits fits{};
  };

  /// What a book has of its host. All of it has to outlive it.
  struct Ground {
    EventFeed& feed;
    metrics::Metrics& metrics;
    HaltFile& halts;
    Incarnations& incarnations;
  };

  /// Begins a new journal in `folder`, or recovers from the one that is there, under this chain. What the
  /// halts' file has and the journal has not is its first input. Errors: those of BookFolder, the journal,
  /// the agents, and RECOVERY_.... Warnings: HALTS_BEHIND, JOURNAL_TAIL_CUT.
  static base::Result<std::unique_ptr<BookRunner>> open(const config::HostConfig& host,
                                                        const config::BookConfig& book,
                                                        std::vector<std::string> instruments,
                                                        const std::filesystem::path& folder,
                                                        const Change& boot, const Ground& ground);
  ~BookRunner();
  BookRunner(const BookRunner&) = delete;
  BookRunner& operator=(const BookRunner&) = delete;

  void start();
  /// Takes nothing any more, and ends after the event at hand: what waits is lost. Waits for nothing.
  void close() { queue_.close(); }
  /// close(), and waits until a checkpoint is taken and the journal closed. Problems of the journal;
  /// BOOK_STUCK when the book has been stuck for `grace`: then its thread is still there, and this may not be
  /// destroyed.
  base::Problems stop(std::chrono::milliseconds grace = std::chrono::seconds(1));

  const std::string& id() const { return id_; }
  const std::vector<std::string>& instruments() const { return instruments_; }
  /// Whether its thread comes back; set by the watchdog.
  BookPulse& pulse() { return pulse_; }
  BookSnapshot snapshot() const;
  /// BOOK_STOPPED or BOOK_STUCK with the reason; nothing while it goes on. [any-thread]
  base::Problems why_stopped() const;

  /// As HostControl::post_bars and post_signals: checks them, puts them into the queue, and waits until they
  /// are durable. [any-thread]
  Answer offer_bars(std::span<const std::string> texts);
  Answer offer_signals(std::span<const std::string> texts);
  /// One bar of a history, with its signals; waits for room, not for the journal. False: the book has ended.
  /// A bar that is not newer than what the book has is passed over. While the book is stuck `goes_on` is
  /// asked whether to wait on.
  bool feed(BarInput bar, const std::function<bool()>& goes_on);

  /// Does something with the book on its thread, between two events, and waits for it, unless the book is
  /// stuck: then it may still be at work when this returns, so it owns what it needs. What it throws is
  /// thrown here.
  Asked with_book(std::function<void(book::Book&)> work) const;
  /// The same without waiting.
  bool post_work(std::function<void(book::Book&)> work);
  /// Waits until all that is in the queue now has been taken and is durable. False: the book is stuck, or
  /// ended.
  bool drain();

  BookHalts& halts() { return halts_; }
  BookCheckpoints& checkpoints() { return checkpoints_; }

  /// The newest decisions, newest last. On the book's thread.
  const std::deque<DecisionSummary>& decisions() const { return counter_.newest; }

  /// The chains of the book: stable between two swaps, which one control thread makes one after the other.
  const chain::Chain& chain() const { return book_->chain(); }
  const chain::Chain* replaced_chain() const { return book_->replaced_chain(); }

  /// On the book's thread: takes over a prepared chain. Returns the one that is needed no longer.
  std::shared_ptr<chain::Chain> commit_change(Change change);
  /// On the book's thread: one journaled command, durable when the ticket is done; without a ticket, when
  /// this returns.
  void take_command(const journal::CommandRecord& command, std::shared_ptr<Ticket> ticket = nullptr);

 private:
  friend void follow_host(BookRunner& book, const config::HostConfig& host);
  class Source;
  BookRunner(const config::HostConfig& host, const config::BookConfig& book,
             std::vector<std::string> instruments, BookFolder folder, const Ground& ground);
  book::Book& make_book();
  base::Problems begin(const Change& boot);
  base::Problems begin_again(const Change& boot);
  base::Problems recover(const Change& boot);
  base::Problems live_on(std::uint64_t incarnation);
  base::Result<std::unique_ptr<book::JournalFold>> fold_from(const StartPoint& start, const Change& boot,
                                                             const journal::RevisionRecord& record);
  base::Problems enter_life(std::uint64_t incarnation);
  void keep_journal(std::unique_ptr<journal::JournalWriter> writer, const Change& boot,
                    book::JournalFacts facts);
  void listen();
  void loop();
  void after_bar();
  void begin_segment_when_full();
  void begin_segment();
  void prune();
  void tell(const base::Problems& problems);
  std::string head_text(const journal::StreamHead& head) const;
  void show_decision();
  void rest();
  void tell_quarantined(const std::string& stage);
  void tell_lost();
  void tell_broken_limits();
  void tell_ended_prices();
  void tell_venue_breaks();
  void tell_ignored_reports();
  void tell_failure(const std::string& stage, const char* call, const std::string& reason);
  void stop_book(const std::string& reason);
  void stop_at_journal();
  void answer_until_closed();
  void guarded(const std::function<void()>& step);
  std::shared_ptr<BookErrand> begin_halt();
  void take_halts();
  void leave(const journal::RevisionRecord& record);
  void publish();
  void prepare_door();
  void follow_chain();
  bool takes(Input& input);
  void note_sequence(const model::ExternalSignal& signal);
  void tell_moves(const BarInput& input);
  void say_move(const std::string& moves, const char* action);
  void watch_gap(const model::Bar& bar);
  void notice(const SuspectNotice& notice);
  void notice_refused(const base::Problems& problems);
  Answer wait_for_signals(std::span<const model::ExternalSignal> signals,
                          const std::vector<std::size_t>& places, std::size_t taken,
                          const std::shared_ptr<Ticket>& ticket, const std::shared_ptr<Ticket>& before);

  /// What became of inputs that were put together.
  struct Offer {
    std::size_t offered = 0, taken = 0, duplicates = 0, outside = 0, rows = 0;
    bool is_open = false;  ///< a bar waits for its other instruments
    std::shared_ptr<Ticket> ticket;
    std::shared_ptr<Ticket> before;  ///< of what is said again; nullptr: it is durable
  };
  Answer wait_for(const Offer& offer);
  std::optional<std::size_t> push_bars(market::PostedBars& posted, const std::shared_ptr<Ticket>& ticket);
  std::optional<std::int64_t> grace_due_ns();
  void end_grace();
  /// What is said to those whose input will not be taken.
  Answer lost() const;
  Answer full(std::size_t taken, std::size_t offered, boost::json::object body);

  std::string id_;
  BookFolder folder_;  ///< locked as long as anything of the book is there
  std::unique_ptr<config::ScenarioConfig> config_;
  std::filesystem::path folder_of_config_;
  std::vector<std::string> instruments_;
  EventFeed& feed_;
  metrics::Metrics& all_metrics_;
  metrics::BookMetrics metrics_;
  base::Told told_failures_;
  /// Days that lack before one of the newest bars; on the book's thread.
  struct BarGap {
    std::string text;
    int bars_since = 0;
  };
  BarGap gap_;
  std::int32_t told_breaks_on_ = 0;  ///< the session in which they were told last
  std::int64_t last_bar_ns_ = 0, last_decision_ns_ = 0, undurable_since_ns_ = 0;
  double greatest_equity_ = 0;
  std::atomic<std::uint64_t> long_wait_sessions_{0};  ///< an order that waits for more is told as trouble
  const double ticks_per_second_ = base::ticks_per_second();
  std::uint64_t bar_begun_ = 0;  ///< ticks when the bar at hand was taken
  mutable EventQueue queue_;
  std::unique_ptr<JournalKeeper> keeper_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<book::Book> book_;
  std::unique_ptr<book::BookLoop> loop_;
  BookCounter counter_;
  const std::uint64_t segment_bytes_, segments_kept_;
  BookCheckpoints checkpoints_;
  BookHalts halts_;
  BookPulse pulse_;
  book::OrderHash order_hash_;
  std::thread thread_;
  std::mutex thread_mutex_;
  std::condition_variable thread_changed_;
  bool thread_is_over_ = false;
  BookDoor door_;
  std::string stopped_;
  bool ended_ = false;
  base::Problems end_problems_;
  mutable std::mutex snapshot_mutex_;
  BookSnapshot snapshot_;
  SuspectNotice notice_;  ///< guarded by snapshot_mutex_
};

/// From now on the book takes inputs as its host's configuration says: how many may wait, and what becomes of
/// bars with suspect moves. [any-thread]
void follow_host(BookRunner& book, const config::HostConfig& host);

/// On the book's thread: what is in the way of its leaving the host. Errors: BOOK_NOT_HALTED, BOOK_NOT_FLAT,
/// those of why_stopped.
base::Problems why_it_stays(const BookRunner& runner, const book::Book& book);

}  // namespace cadre::live
