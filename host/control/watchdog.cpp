#include "host/control/watchdog.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/date.hpp"
#include "host/base/log.hpp"

namespace cadre::control {

namespace {

constexpr std::chrono::milliseconds look_interval{100};
/// A call that takes longer than this is named.
constexpr std::chrono::milliseconds call_most{1000};
/// And at least so many looks: a machine that gives the watchdog no time gives the agent none either.
constexpr int looks_least = 8;
/// A piece of a book's work in which no agent is called: a disk that does not answer.
constexpr std::chrono::seconds work_most{15};

boost::json::object members_of(const Hanging& hanging) {
  const agent::FlightRecord& record = hanging.record;
  return {{"book", record.card.book},
          {"stage", record.card.stage},
          {"agent", record.card.agent},
          {"version", record.card.version},
          {"call", agent::flight_name(record.flight)},
          {"sequence", record.event},
          {"since", hanging.since}};
}

}  // namespace

std::string Hanging::text() const {
  return agent::flight_text(record) + " has not come back since " + since;
}

Watchdog::Watchdog(const agent::FlightRecorder& recorder, live::EventFeed& feed)
    : recorder_(recorder), feed_(feed), thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void Watchdog::watch(const live::BookList& books) {
  const std::lock_guard lock(mutex_);
  books_ = &books;
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, look_interval, [&] { return ends_; })) {
    look();
    looks_done_.fetch_add(1, std::memory_order_relaxed);
  }
}

void Watchdog::look() {
  const Clock::time_point now = Clock::now();
  look_at_calls(now);
  if (books_ == nullptr) return;
  const live::BookList::Books books = books_->now();
  std::erase_if(looks_, [&](const auto& looks) {
    return std::none_of(books.begin(), books.end(),
                        [&](const auto& book) { return book->id() == looks.first; });
  });
  for (const auto& book : books)
    look_at_book(*book, now);
}

void Watchdog::look_at_calls(Clock::time_point now) {
  std::map<std::size_t, Lasting> calls;
  for (agent::FlightRecorder::Seen& seen : recorder_.seen()) {
    const auto known = calls_.find(seen.slot);
    const bool is_same = known != calls_.end() && known->second.serial == seen.serial;
    Lasting lasting = is_same ? known->second : Lasting{seen.serial, now, 0, base::now_text(), false, {}};
    ++lasting.looks;
    lasting.record = std::move(seen.record);
    calls.emplace(seen.slot, std::move(lasting));
  }
  for (auto& [slot, before] : calls_) {
    const auto still = calls.find(slot);
    const bool is_over = still == calls.end() || still->second.serial != before.serial;
    if (!before.is_told || !is_over || is_of_a_book(slot)) continue;
    const Hanging hanging{before.record, before.since, false};
    feed_.say("agent_back", members_of(hanging));
  }
  for (auto& [slot, lasting] : calls) {
    if (lasting.is_told || lasting.looks < looks_least || now - lasting.first_seen < call_most) continue;
    lasting.is_told = true;
    const Hanging hanging{lasting.record, lasting.since, is_of_a_book(slot)};
    base::log_event(base::LogLevel::error, "agent_hangs", {{"what", hanging.text()}});
    if (!hanging.is_of_a_book) feed_.say("agent_hangs", members_of(hanging));
  }
  calls_ = std::move(calls);
}

void Watchdog::look_at_book(live::BookRunner& book, Clock::time_point now) {
  live::BookPulse& pulse = book.pulse();
  BookLooks& looks = looks_[book.id()];
  const std::uint64_t beats = pulse.beats();
  const std::uint64_t calls = recorder_.serial_of(pulse.slot());
  if (beats != looks.beats || calls != looks.calls || looks.since_text.empty()) {
    looks.beats = beats;
    looks.calls = calls;
    looks.since = now;
    looks.since_text = base::now_text();
  }
  const auto call = hanging_in(pulse.slot());
  const bool works_too_long = beats % 2 == 1 && now - looks.since >= work_most;
  if (!call && !works_too_long) {
    if (!looks.is_stuck) return;
    looks.is_stuck = false;
    pulse.set_free();
    base::log_event(base::LogLevel::warn, "book_unstuck", {{"book", book.id()}});
    feed_.say("unstuck", {{"book", book.id()}});
    return;
  }
  if (looks.is_stuck) return;
  looks.is_stuck = true;
  looks.stuck_since = looks.since;
  const std::string sentence = call ? call->text()
                                    : "its thread has been at work since " + looks.since_text +
                                          " without calling an agent: perhaps a disk does not answer";
  pulse.set_stuck(sentence);
  base::log_event(base::LogLevel::error, "book_stuck", {{"book", book.id()}, {"why", sentence}});
  boost::json::object said = call ? members_of(*call) : boost::json::object{};
  said["book"] = book.id();
  said["why"] = sentence;
  feed_.say("stuck", std::move(said));
}

std::optional<Hanging> Watchdog::hanging_in(std::int64_t slot) const {
  const auto found = slot < 0 ? calls_.end() : calls_.find(static_cast<std::size_t>(slot));
  if (found == calls_.end() || !found->second.is_told) return std::nullopt;
  return Hanging{found->second.record, found->second.since, true};
}

bool Watchdog::is_of_a_book(std::size_t slot) const {
  if (books_ == nullptr) return false;
  const live::BookList::Books books = books_->now();
  return std::any_of(books.begin(), books.end(), [&](const auto& book) {
    return book->pulse().slot() == static_cast<std::int64_t>(slot);
  });
}

std::vector<Hanging> Watchdog::hanging() const {
  const std::lock_guard lock(mutex_);
  std::vector<Hanging> all;
  for (const auto& [slot, lasting] : calls_) {
    if (lasting.is_told) all.push_back({lasting.record, lasting.since, is_of_a_book(slot)});
  }
  return all;
}

std::string Watchdog::hanging_elsewhere() const {
  for (const Hanging& each : hanging()) {
    if (!each.is_of_a_book) return each.text();
  }
  return {};
}

double Watchdog::stuck_seconds(const std::string& book) const {
  const std::lock_guard lock(mutex_);
  const auto found = looks_.find(book);
  if (found == looks_.end() || !found->second.is_stuck) return 0;
  return std::chrono::duration<double>(Clock::now() - found->second.stuck_since).count();
}

}  // namespace cadre::control
