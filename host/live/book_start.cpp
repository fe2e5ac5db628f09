// How a book begins, or goes on with what its folder holds.

#include <boost/json.hpp>
#include <span>

#include "host/base/log.hpp"
#include "host/book/run_head.hpp"
#include "host/config/market_data.hpp"
#include "host/journal/journal_upgrade.hpp"
#include "host/live/book_runner.hpp"
#include "host/live/start_point.hpp"

namespace cadre::live {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t remembered_bars = 8192;
constexpr std::size_t remembered_orders = 32768;

}  // namespace

base::Result<std::unique_ptr<BookRunner>> BookRunner::open(const config::HostConfig& host,
                                                           const config::BookConfig& book,
                                                           std::vector<std::string> instruments,
                                                           const fs::path& folder, const Change& boot,
                                                           const Ground& ground) {
  auto taken = BookFolder::take(folder, book.scenario.book.id, ground.incarnations);
  if (!taken) return taken.problems();
  std::unique_ptr<BookRunner> runner(
      new BookRunner(host, book, std::move(instruments), std::move(taken).take(), ground));
  base::Problems problems = runner->folder_.has_journal() ? runner->recover(boot) : runner->begin(boot);
  if (problems.has_errors()) return problems;
  runner->prepare_door();
  runner->publish();
  return {std::move(runner), problems};
}

base::Problems BookRunner::begin(const Change& boot) {
  if (folder_.has_lived()) return folder_.lost("its journal is not there");
  folder_.clear_marks();
  auto writer = journal::JournalWriter::create(folder_.journal());
  if (!writer) return writer.problems();
  book::JournalFacts facts;
  facts.stream = folder_.first_head();
  facts.instruments = instruments_;
  book::Book& book = make_book();
  keep_journal(std::move(writer).take(), boot, facts);
  keeper_->write(journal::RecordType::head, 0,
                 journal::HeadRecord{book::head_text(*config_, folder_of_config_, instruments_,
                                                     chain::plugins_of(*boot.chain), facts.stream)});
  base::Problems problems = enter_life(facts.stream.incarnation);
  if (problems.has_errors()) return problems;
  listen();
  book.enter(boot.chain, boot.record);
  problems = halts_.begin(0, false, "");
  problems.append(book.activate());
  checkpoints_.take();
  if (!problems.has_errors()) problems.append(live_on(facts.stream.incarnation));
  return problems;
}

/// A journal that never got as far as its first commit: nothing has happened.
base::Problems BookRunner::begin_again(const Change& boot) {
  if (folder_.has_lived()) return folder_.lost("its journal holds nothing");
  std::error_code error;
  fs::remove(folder_.journal(), error);
  if (instruments_.empty()) {
    auto instruments = config::instruments_of(*config_);
    if (!instruments) return instruments.problems();
    instruments_ = std::move(instruments).take();
  }
  return begin(boot);
}

base::Problems BookRunner::recover(const Change& boot) {
  if (base::Problems upgraded = journal::upgrade_journal(folder_.journal()); upgraded.has_errors())
    return upgraded;
  journal::RevisionRecord record = boot.record;
  const book::RevisionFits fits = [&](std::uint64_t revision) {
    return revision == boot.record.revision || (boot.fits && boot.fits(revision));
  };
  auto start = find_start(folder_.journal(), checkpoints_.files(), fits, folder_.acknowledged());
  if (!start) return start.problems();
  const book::JournalFacts& facts = start->facts;
  if (facts.revision != 0 && fits(facts.revision)) record.revision = facts.revision;
  if (facts.keep_bytes == 0) return begin_again(boot);
  base::Problems problems = folder_.check(facts);
  if (problems.has_errors()) return problems;
  problems.append(start.problems());  // an end that was cut off
  folder_.tidy(facts.stream);
  // A checkpoint is written before what is in it is durable, but not before more than one group of inputs.
  constexpr std::uint64_t bars_ahead_most = 64;
  const std::uint64_t bars = checkpoints_.files().bars_after(facts.last_bar);
  if (bars > facts.bars + bars_ahead_most)
    return folder_.older("its newest checkpoint has seen " + std::to_string(bars) +
                         " bars, and the journal has " + std::to_string(facts.bars));
  checkpoints_.files().forget_after(facts.keep_bytes);
  instruments_ = facts.instruments;
  problems.append(halts_.begin(facts.halt_number, facts.halted, facts.halt_reason));
  base::Result<std::unique_ptr<book::JournalFold>> fold = fold_from(*start, boot, record);
  if (!fold) return fold.problems();
  book::Book& book = *book_;
  problems.append(book.activate());
  if (problems.has_errors()) return problems;

  auto writer = journal::JournalWriter::reopen(folder_.journal(), facts.keep_bytes, facts.stream.begins_at);
  if (!writer) return writer.problems();
  keep_journal(std::move(writer).take(), boot, facts);
  const std::uint64_t incarnation = folder_.next_incarnation(facts.incarnation);
  problems.append(enter_life(incarnation));
  if (problems.has_errors()) return problems;
  if (!keeper_->is_of_todays_format()) begin_segment();
  static_cast<model::Tally&>(counter_) = facts;
  counter_.failures = facts.failures;
  counter_.deadline_misses = facts.deadline_misses;
  listen();
  if (facts.revision != record.revision) {
    // What had taken over was never confirmed, or another revision was asked for: the journal says so.
    keeper_->on_revision(book.ledger().sequence(), record);
  }
  halts_.journal();  // before anything leaves
  std::vector<std::string> unknown;
  problems.append((*fold)->reconcile(unknown));
  if (problems.has_errors()) {
    keeper_->abandon();
    return problems;
  }
  if (facts.bar_is_open) book.close_bar();
  checkpoints_.take();
  if (!unknown.empty()) {
    halts_.halt("the execution environment does not know the open order " + unknown.front() +
                (unknown.size() > 1 ? " and " + std::to_string(unknown.size() - 1) + " more" : "") +
                ": settle it there, then resume");
  }
  problems.append(live_on(incarnation));
  // Its host may have ended before the kill switch had canceled what was open.
  const bool is_killed = book::trading_states(book).whole() == execution::TradingState::killed;
  if (!problems.has_errors() && is_killed) book.cancel_all();
  return problems;
}

/// The book as the journal has it, from where the start begins.
base::Result<std::unique_ptr<book::JournalFold>> BookRunner::fold_from(
    const StartPoint& start, const Change& boot, const journal::RevisionRecord& record) {
  make_book();
  base::Problems problems;
  if (start.image) {
    base::Decoder from(std::as_bytes(std::span(start.image->book)));
    base::Decoder orders(std::as_bytes(std::span(start.image->orders)));
    if (!order_hash_.load(start.image->order_hash) ||
        !book::load_book(from, orders, *book_, start.rows, start.image->record_format) ||
        !door_.load(start.image->door)) {
      problems.error("CHECKPOINT_DAMAGED", base::Place::of(checkpoints_.files().folder()),
                     "the checkpoint of event " + std::to_string(start.image->sequence) +
                         " is whole, and is not of this book as it is configured now",
                     "move the folder away: the journal is read from its beginning then");
      return problems;
    }
    loop_ =
        std::make_unique<book::BookLoop>(*book_, *config_);  // past the changes of the universe until there
  }
  book_->enter(boot.chain, record);
  prepare_door();
  auto fold = std::make_unique<book::JournalFold>(*loop_, *book_, order_hash_, door_.bars);
  fold->remember_signals(&door_.signal_ids);
  problems = start.image ? fold->run_from(*start.image, start.knows, folder_.journal(), start.facts)
                         : fold->run(folder_.journal(), start.facts);
  if (problems.has_errors()) return problems;
  return fold;
}

/// From here on commits name this life of the book.
base::Problems BookRunner::enter_life(std::uint64_t incarnation) {
  auto watermark = folder_.watermark();
  if (!watermark) return watermark.problems();
  keeper_->enter(incarnation, std::move(watermark).take());
  return {};
}

/// The first commit of a life names it, before the host knows of it: a journal that is behind what the host
/// knows is an older one.
base::Problems BookRunner::live_on(std::uint64_t incarnation) {
  take_halts();
  base::Problems problems = keeper_->problems();
  if (!problems.has_errors()) problems.append(folder_.opened(incarnation));
  return problems;
}

void BookRunner::keep_journal(std::unique_ptr<journal::JournalWriter> writer, const Change& boot,
                              book::JournalFacts facts) {
  // A journal that an earlier version began says in its next segment whose it is.
  if (!facts.stream.is_named()) facts.stream = folder_.first_head();
  keeper_ = std::make_unique<JournalKeeper>(std::move(writer), std::move(facts));
  keeper_->set_sends_outside(!boot.chain->environment().agent->declaration().simulated);
  checkpoints_.enter(*book_, *keeper_,
                     {&counter_, &order_hash_, [this] { return door_.save(book_->ledger()); }});
}

std::string BookRunner::head_text(const journal::StreamHead& head) const {
  return book::head_text(*config_, folder_of_config_, instruments_, chain::plugins_of(book_->chain()), head);
}

/// After a checkpoint, so that a start needs little of what is older.
void BookRunner::begin_segment_when_full() {
  if (keeper_->segment_bytes() < segment_bytes_) return;
  if (folder_.is_in_place()) return begin_segment();
  // The next bar tries again; the journal goes on in the file that it has.
  base::Problems problems;
  problems.error("BOOK_FOLDER_MOVED", base::Place::of(folder_.path()),
                 "another folder is in the place of the one that the host works in",
                 "put the folder back that was there");
  tell(problems);
}

void BookRunner::begin_segment() {
  const fs::path ended = keeper_->begin_segment(
      folder_.journal(), [this](const journal::StreamHead& head) { return head_text(head); });
  if (ended.empty()) return;  // said at the next commit
  checkpoints_.files().after_writing([this] {
    tell(journal::compress_segments(folder_.journal()));
    prune();
  });
}

/// On the thread that writes checkpoints.
void BookRunner::prune() {
  // Nothing goes that a start may need because a checkpoint cannot be read.
  if (const base::Problems damaged = checkpoints_.files().verify_newest(); damaged.has_errors())
    return tell(damaged);
  tell(journal::prune_segments(folder_.journal(), segments_kept_, checkpoints_.files().needed_from()));
}

void BookRunner::tell(const base::Problems& problems) {
  for (const base::Problem& problem : problems)
    base::log_event(base::LogLevel::error, "journal_segment",
                    {{"book", id_}, {"why", base::to_line(problem)}});
}

void BookRunner::listen() {
  for (book::BookListener* listener :
       std::initializer_list<book::BookListener*>{keeper_.get(), &counter_, &order_hash_})
    book_->listen(listener);
}

book::Book& BookRunner::make_book() {
  loop_.reset();
  book_ = std::make_unique<book::Book>(*config_, instruments_, usual_bars,
                                       book::Memory{remembered_bars, remembered_orders}, &halts_);
  halts_.enter(*book_);
  if (config_->data.timing.is_intraday()) door_.bars.keep_times();
  loop_ = std::make_unique<book::BookLoop>(*book_, *config_);
  return *book_;
}

}  // namespace cadre::live
