#include "host/live/book_runner.hpp"

#include <boost/json.hpp>
#include <utility>

#include "host/base/date.hpp"
#include "host/base/invariant.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/base/ticks.hpp"

#include "host/book/ended_prices.hpp"
#include "host/book/run_head.hpp"
#include "host/config/market_data.hpp"
#include "host/execution/financing.hpp"
#include "host/execution/held_exposure.hpp"
#include "host/journal/journal_upgrade.hpp"
#include "host/live/order_notices.hpp"
#include "host/market/posted_bars.hpp"
#include "host/model/bar.hpp"
#include "host/model/order.hpp"
#include "host/model/signal.hpp"

namespace cadre::live {

/// The queue as the loop sees it: bars come out of next(); everything else is done on the way to the next
/// bar.
class BookRunner::Source final : public book::MarketSource {
 public:
  explicit Source(BookRunner& runner) : runner_(runner) {}
  const std::vector<std::string>& instruments() const override { return runner_.instruments_; }
  std::size_t expected_bars() const override { return usual_bars; }

  bool next(model::Bar& bar, std::vector<model::ExternalSignal>& signals) override {
    for (;;) {
      commit_group();
      if (!runner_.stopped_.empty()) return false;
      runner_.rest();
      if (takes_timers()) continue;
      auto item = runner_.queue_.pop();
      runner_.pulse_.beat();
      if (!item) return false;
      if (auto* work = std::get_if<EventQueue::Work>(&*item)) {
        (*work)();
        continue;
      }
      Input& input = std::get<Input>(*item);
      book::Book& book = *runner_.book_;
      if (auto* signal = std::get_if<model::ExternalSignal>(&input.what)) {
        book.take_signal(*signal);
        runner_.note_sequence(*signal);
        runner_.keeper_->took(std::move(input.ticket), book.ledger().sequence());
        runner_.metrics_.input(metrics::Input::signal).add();
        ++taken_;
        continue;
      }
      if (!runner_.takes(input)) continue;
      BarInput& taken = std::get<BarInput>(input.what);
      bar = std::move(taken.bar);
      signals = std::move(taken.signals);
      runner_.keeper_->took(std::move(input.ticket), book.ledger().sequence() + 1);
      runner_.metrics_.input(metrics::Input::bar).add();
      runner_.bar_begun_ = base::ticks();
      ++taken_;
      return true;
    }
  }

 private:
  /// Waits for the next input or for the timer that is due before it. True: there were timers.
  bool takes_timers() {
    const std::int64_t now_ns = base::now_ns();
    runner_.end_grace();
    auto due_ns = runner_.loop_->clock_due_ns(now_ns);
    if (const auto grace_ns = runner_.grace_due_ns())
      due_ns = due_ns ? std::min(*due_ns, *grace_ns) : *grace_ns;
    if (!due_ns) return false;
    constexpr std::int64_t longest_ns =
        3'600'000'000'000;  // and then looks again: a clock may be put forward
    const std::int64_t wait_ns = *due_ns <= now_ns ? 0 : std::min(longest_ns, *due_ns - now_ns);
    if (runner_.queue_.wait_for_item(std::chrono::nanoseconds(wait_ns))) return false;
    const std::uint64_t before = runner_.book_->ledger().sequence();
    runner_.loop_->take_timers(base::now_ns());
    if (runner_.book_->ledger().sequence() == before) return true;  // it was only time to look
    ++taken_;
    return true;
  }

  /// Inputs become durable in groups: when nothing else is waiting, or enough has come together.
  void commit_group() {
    constexpr std::size_t group = 64;
    if (runner_.keeper_->problems().has_errors()) return runner_.stop_at_journal();
    if (taken_ < group && !runner_.queue_.idle()) return;
    if (taken_ == 0 && !runner_.keeper_->pending()) return;
    taken_ = 0;
    // Whoever was told that an input is durable finds it in the status too.
    const bool durable = runner_.keeper_->make_durable();
    if (!durable) runner_.stop_at_journal();
    runner_.publish();
    if (durable) runner_.keeper_->tell_taken();
  }

  BookRunner& runner_;
  std::size_t taken_ = 0;
};

BookRunner::BookRunner(const config::HostConfig& host, const config::BookConfig& book,
                       std::vector<std::string> instruments, BookFolder folder, const Ground& ground)
    : id_(book.scenario.book.id),
      folder_(std::move(folder)),
      config_(std::make_unique<config::ScenarioConfig>(book.scenario)),
      folder_of_config_(book.folder),
      instruments_(std::move(instruments)),
      feed_(ground.feed),
      all_metrics_(ground.metrics),
      metrics_(ground.metrics.book(id_)),
      queue_(host.queue.capacity),
      source_(std::make_unique<Source>(*this)),
      counter_(metrics_),
      segment_bytes_(host.journal.segment_mb << 20),
      segments_kept_(host.journal.keep_segments),
      checkpoints_(folder_.journal(), host.checkpoint.bars),
      halts_(id_, ground.halts, ground.feed) {
  long_wait_sessions_ = config_->book.long_wait_sessions.value_or(long_wait_sessions);
  halts_.set_taker([this] { return begin_halt(); });
}

BookRunner::~BookRunner() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void BookRunner::start() {
  thread_ = std::thread([this] { loop(); });
}

void BookRunner::loop() {
  if (const auto slot = agent::FlightRecorder::slot_of_this_thread())
    pulse_.set_slot(static_cast<std::int64_t>(*slot));
  guarded([this] {
    tell_lost();
    const base::Problems failed = loop_->run(*source_, [this](std::int32_t) {
      after_bar();
      return base::Problems{};
    });
    if (failed.has_errors()) stop_book(failed[0].message);
  });
  if (stopped_.empty())
    guarded([this] {
      checkpoints_.take();
      checkpoints_.files().after_writing([this] { prune(); });
    });
  if (!stopped_.empty()) answer_until_closed();
  end_problems_ = keeper_->close();
  if (!end_problems_.has_errors()) folder_.acknowledge(keeper_->durable_bytes());
  checkpoints_.files().finish();
  publish();
  if (!end_problems_.has_errors()) end_problems_.append(why_stopped());
  const std::lock_guard lock(thread_mutex_);
  rest();
  thread_is_over_ = true;
  thread_changed_.notify_all();
}

/// What is thrown (no memory left, for the most part) stops this book, and not the process with all books.
void BookRunner::guarded(const std::function<void()>& step) {
  try {
    step();
  } catch (const base::InvariantBroken& broken) {
    stop_book(broken.what());
  } catch (const std::exception& thrown) {
    stop_book(std::string("it failed: ") + thrown.what());
  } catch (...) {
    stop_book("it failed: something was thrown");
  }
}

/// Nothing is taken any more; what others want to know of the book is still answered.
void BookRunner::answer_until_closed() {
  for (;;) {
    rest();
    const auto item = queue_.pop();
    pulse_.beat();
    if (!item) return;
    if (auto* work = std::get_if<EventQueue::Work>(&*item)) guarded(*work);
  }
}

/// What was taken up is done.
void BookRunner::rest() {
  if (pulse_.beats() % 2 == 1) pulse_.beat();
}

void BookRunner::after_bar() {
  if (checkpoints_.after_bar()) {
    checkpoints_.files().after_writing(
        [this, bytes = keeper_->durable_bytes()] { folder_.acknowledge(bytes); });
    begin_segment_when_full();
  }
  last_bar_ns_ = base::now_ns();
  for (const chain::ObserveFailure& missed : std::exchange(counter_.missed, {}))
    tell_failure(missed.stage, missed.replaced ? "observe, after it was replaced" : "observe", missed.reason);
  for (const std::string& stage : std::exchange(counter_.quarantined, {}))
    tell_quarantined(stage);
  tell_broken_limits();
  tell_ended_prices();
  tell_venue_breaks();
  tell_ignored_reports();
  if (!counter_.is_new) return;
  counter_.is_new = false;
  last_decision_ns_ = last_bar_ns_;
  show_decision();
  metrics_.decision_seconds.observe(static_cast<double>(base::ticks() - bar_begun_) / ticks_per_second_);
  const DecisionSummary& decision = counter_.newest.back();
  feed_.say("decision", {{"book", id_},
                         {"date", base::format_date(decision.date)},
                         {"sequence", decision.sequence},
                         {"revision", decision.revision},
                         {"orders", decision.orders}});
  for (std::size_t k = 0; k < decision.failed.size(); ++k)
    tell_failure(decision.failed[k], "decide", decision.reasons[k]);
}

/// Limits that led into a trading state.
void BookRunner::tell_broken_limits() {
  for (const execution::StateChange& change : std::exchange(counter_.broken_limits, {})) {
    const std::string state(execution::state_name(change.state));
    base::log_event(base::LogLevel::warn, "trading_state",
                    {{"book", id_}, {"code", change.code}, {"state", state}, {"why", change.reason}});
    boost::json::object said{{"book", id_}, {"code", change.code}, {"state", state}, {"why", change.reason}};
    if (!change.scope.instrument.empty()) said["instrument"] = change.scope.instrument;
    feed_.say("trading_state", std::move(said));
  }
}

/// Positions whose prices have ended: once, when they count as ended.
void BookRunner::tell_ended_prices() {
  for (const std::string& what : std::exchange(counter_.ended_prices, {})) {
    base::log_event(base::LogLevel::warn, "prices_ended", {{"book", id_}, {"what", what}});
    feed_.say("prices_ended", {{"book", id_}, {"what", what}});
  }
}

/// What the venue holds that the book did not trade: every session, until it ends.
void BookRunner::tell_venue_breaks() {
  const std::int32_t date = book_->ledger().date();
  if (!book::venue_breaks(*book_).any() || date == told_breaks_on_) return;
  told_breaks_on_ = date;
  const std::string what = book::venue_breaks(*book_).to_string();
  base::log_event(base::LogLevel::warn, "venue_break", {{"book", id_}, {"what", what}});
  feed_.say("venue_break", {{"book", id_}, {"what", what}});
}

/// What a decision came to, by stage, limit and check.
void BookRunner::show_decision() {
  for (const auto& [stage, ticks] : counter_.stage_ticks)
    all_metrics_.gauge("cadre_agent_call_seconds_total", {id_, stage})
        .set(static_cast<double>(ticks) / ticks_per_second_);
  for (const auto& [limit, use] : counter_.limit_use)
    all_metrics_.gauge("cadre_limit_use_ratio", {id_, limit}).set(use);
  // A limit that a decision says nothing of is used by nothing.
  for (auto& [limit, use] : counter_.limit_use)
    use = 0;
  for (const auto& [code, count] : counter_.rejected)
    all_metrics_.gauge("cadre_orders_rejected_total", {id_, code}).set(static_cast<double>(count));
  for (const auto& [reason, count] : counter_.fitted)
    all_metrics_.gauge("cadre_orders_fitted_total", {id_, reason}).set(static_cast<double>(count));
}

void BookRunner::tell_failure(const std::string& stage, const char* call, const std::string& reason) {
  all_metrics_.agent_failures(id_, stage).add();
  if (const std::uint64_t times = told_failures_.count(stage); times > 0)
    base::log_event(base::LogLevel::warn, "agent_failed",
                    {{"book", id_},
                     {"stage", stage},
                     {"call", call},
                     {"reason", reason},
                     {"times", std::to_string(times)}});
  feed_.say("agent_failed", {{"book", id_},
                             {"stage", stage},
                             {"call", call},
                             {"sequence", book_->ledger().sequence()},
                             {"reason", reason}});
}

/// Those that the host before this one lost and had not brought back: whoever told a group of processes to
/// end may have met them first.
void BookRunner::tell_lost() {
  std::vector<std::string> lost;
  book_->chain().each_stage([&](const chain::Stage& stage) {
    if (stage.agent->quarantine().lost_its_process()) lost.push_back(stage.name);
  });
  for (const std::string& stage : lost)
    tell_quarantined(stage);
}

/// Whether it gets another chance is for whoever hears it.
void BookRunner::tell_quarantined(const std::string& name) {
  const chain::Stage* stage = book_->chain().stage_named(name);
  if (stage == nullptr) return;
  const bool is_gone = stage->agent->quarantine().lost_its_process();
  feed_.say(book::agent_quarantined, {{"book", id_},
                                      {"stage", name},
                                      {"why", stage->agent->quarantine().why()},
                                      {"bar", book_->ledger().bars()},
                                      {"process_is_gone", is_gone},
                                      {"restarts", is_gone && stage->on_error == config::OnError::reset}});
}

bool BookRunner::post_work(std::function<void(book::Book&)> work) {
  return queue_.push_work([this, work = std::move(work)] { work(*book_); });
}

Asked BookRunner::with_book(std::function<void(book::Book&)> work) const {
  const auto errand = std::make_shared<BookErrand>();
  if (!queue_.push_work([this, errand, work = std::move(work)] { errand->run([&] { work(*book_); }); }))
    return Asked::ended;
  return errand->wait(pulse_);
}

bool BookRunner::drain() {
  if (!queue_.wait_until_empty(pulse_)) return false;
  return with_book([this](book::Book&) {
           keeper_->commit();
           publish();
         }) == Asked::done;
}

std::shared_ptr<chain::Chain> BookRunner::commit_change(Change change) {
  if (change.chain == nullptr) {
    leave(change.record);
    return nullptr;
  }
  book::Book& book = *book_;
  // What the replaced agents knew: where a boot of the revision before begins.
  (void)checkpoints_.take_learned();
  change.record.date = book.ledger().date();
  auto retired = book.commit_swap(std::move(change.chain), change.record);
  follow_chain();
  checkpoints_.take();
  publish();
  return retired;  // durable with the next commit, before anything of it leaves
}

std::shared_ptr<BookErrand> BookRunner::begin_halt() {
  auto errand = std::make_shared<BookErrand>();
  const bool taken = queue_.push_work([this, errand] {
    errand->run([this] { take_halts(); });
    errand->rethrow_invariant();
  });
  if (!taken) errand->set_ended();
  return errand;
}

void BookRunner::take_halts() {
  halts_.journal();
  if (!keeper_->commit()) stop_at_journal();
  halts_.carry_out();
  publish();
}

BookSnapshot BookRunner::snapshot() const {
  std::unique_lock lock(snapshot_mutex_);
  BookSnapshot now = snapshot_;
  now.suspect_move = notice_.text;
  now.suspect_was_refused = notice_.was_refused;
  lock.unlock();
  now.queue_depth = queue_.depth();
  now.queue_capacity = queue_.capacity();
  now.queue_oldest_seconds = queue_.oldest_seconds();
  if (!pulse_.is_stuck()) return now;
  now.state = BookState::stuck;
  now.reason = pulse_.sentence();
  return now;
}

namespace {

/// What a book has, and what of it has no price any more.
void show_account(const book::Ledger& ledger, config::Account account, BookSnapshot& now) {
  const model::Portfolio& portfolio = ledger.portfolio();
  now.equity = portfolio.equity();
  now.cash = portfolio.cash();
  now.profit = portfolio.profit();
  now.costs = portfolio.costs();
  now.borrow = portfolio.borrow();
  now.interest = portfolio.interest();
  now.margin_requirement = execution::margin_requirement(portfolio, ledger.universe(), account);
  const std::vector<std::uint32_t> ended = book::with_ended_prices(ledger);
  now.unpriced = book::ended_prices_text(ledger, ended);
  now.unpriced_count = ended.size();
}

}  // namespace

void BookRunner::publish() {
  const book::Book& book = *book_;
  BookSnapshot now;
  const bool decides = counter_.decisions > 0;
  now.state = !stopped_.empty() ? BookState::stopped
              : book.halted()   ? BookState::halted
              : decides         ? BookState::deciding
                                : BookState::warming_up;
  now.reason = !stopped_.empty() ? stopped_ : halts_.reason();
  const execution::TradingStates& states = book::trading_states(book);
  now.trading_state = execution::state_name(
      book.halted() ? std::max(states.whole(), execution::TradingState::halted) : states.whole());
  for (const execution::StateChange& change : states.standing()) {
    if (states.concerns(change)) now.states.push_back(change);
  }
  now.date = book.ledger().date();
  now.time_ns = book.ledger().bars() != 0 ? book.ledger().last_bar().time_ns : 0;
  now.sequence = book.ledger().sequence();
  static_cast<model::Tally&>(now) = counter_;
  now.bars = counter_.bars;
  now.fitted_orders = 0;
  for (const auto& [reason, count] : counter_.fitted)
    now.fitted_orders += count;
  now.all_bars = book.ledger().bars();
  now.warm_up_bars = book::warm_up_bars(book);
  now.bar_gap = gap_.text;
  now.refusals = counter_.refusals();
  now.venue_breaks = book::venue_breaks(book).to_string();
  now.venue_break_count = book::venue_breaks(book).size();
  now.failures = counter_.failures;
  now.deadline_misses = counter_.deadline_misses;
  now.checkpoint_failed = checkpoints_.failed();
  book.chain().each_stage([&](const chain::Stage& stage) {
    const agent::InstanceQuarantine& quarantine = stage.agent->quarantine();
    if (quarantine.holds()) now.quarantined[stage.name] = quarantine.why();
  });
  now.open_orders = book.ledger().tracker().open_count();
  count_scheduled(book.ledger(), long_wait_sessions_, now);
  now.ignored_reports = counter_.ignored_reports;
  show_account(book.ledger(), config_->book.account, now);
  now.exposure =
      execution::exposure_above(execution::held_exposure(book.ledger().portfolio(), book.ledger().universe()),
                                book.chain().constraints);
  now.currency = config_->book.currency;
  now.revision = book.chain().revision;
  now.journal_bytes = keeper_->size_bytes();
  now.last_bar_ns = last_bar_ns_;
  now.last_decision_ns = last_decision_ns_;
  if (keeper_->is_durable())
    undurable_since_ns_ = 0;
  else if (undurable_since_ns_ == 0)
    undurable_since_ns_ = base::now_ns();
  now.undurable_since_ns = undurable_since_ns_;
  greatest_equity_ = std::max(greatest_equity_, now.equity.to_double());
  now.drawdown = greatest_equity_ > 0 ? 1 - now.equity.to_double() / greatest_equity_ : 0;
  metrics_.equity.set(now.equity.to_double());
  metrics_.queue_depth.set(static_cast<double>(queue_.depth()));
  metrics_.journal_bytes.set(static_cast<double>(now.journal_bytes));
  now.order_hash = order_hash_.hex_so_far();
  now.halt_number = halts_.taken();
  now.not_closed = halts_.not_closed();
  const chain::Stage* left_out = book.chain().stage_left_out();
  now.left_out = left_out != nullptr ? left_out->agent->left_out() : std::string();
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_ = std::move(now);
}

}  // namespace cadre::live
