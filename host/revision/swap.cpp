#include "host/revision/swap.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace cadre::revision {

namespace {

enum class Course { open, commit, abort };

/// Where the books of one swap wait for each other. Outlives whoever leaves first.
struct Meeting {
  std::mutex mutex;
  std::condition_variable changed;
  Course course = Course::open;
  std::size_t prepared = 0, committed = 0;
  base::Problems problems;
  std::vector<live::BookRunner::Change> changes;
  std::vector<std::shared_ptr<chain::Chain>> retired;

  Meeting() = default;
  Meeting(const Meeting&) = delete;
  Meeting& operator=(const Meeting&) = delete;
  /// The last one to leave may be the thread of a book: destroying chains that were refused may hang.
  ~Meeting() {
    const bool refused = std::any_of(changes.begin(), changes.end(),
                                     [](const auto& change) { return change.chain != nullptr; });
    if (!refused) return;
    try {
      std::thread([leaving = std::move(changes)] {}).detach();
    } catch (const std::system_error&) {
      return;  // there is no thread to be had: here, then
    }
  }
};

/// BOOK_STUCK of each that is.
base::Problems stuck_of(const std::vector<live::BookRunner*>& books) {
  base::Problems problems;
  for (live::BookRunner* book : books) {
    if (book->pulse().is_stuck()) problems.append(book->why_stopped());
  }
  return problems;
}

/// One book's part, on its thread.
void take_part(live::BookRunner& runner, book::Book& book, std::size_t place, Meeting& meeting) {
  chain::Chain* next = nullptr;
  {
    const std::lock_guard lock(meeting.mutex);
    if (meeting.course != Course::open) return;
    next = meeting.changes[place].chain.get();
  }
  base::Problems problems;
  try {
    problems = next != nullptr ? book.prepare_swap(*next, true) : live::why_it_stays(runner, book);
  } catch (const std::exception& thrown) {
    problems.error("SWAP_FAILED", {}, "the book " + runner.id() + ": " + thrown.what());
  }
  std::unique_lock lock(meeting.mutex);
  meeting.problems.append(problems);
  ++meeting.prepared;
  meeting.changed.notify_all();
  meeting.changed.wait(lock, [&] { return meeting.course != Course::open; });
  if (meeting.course == Course::abort) return;
  live::BookRunner::Change change = std::move(meeting.changes[place]);
  lock.unlock();
  std::shared_ptr<chain::Chain> retired;
  std::exception_ptr thrown;
  try {
    retired = runner.commit_change(std::move(change));
  } catch (...) {
    thrown = std::current_exception();
  }
  lock.lock();
  meeting.retired.push_back(std::move(retired));
  ++meeting.committed;
  meeting.changed.notify_all();
  lock.unlock();
  if (thrown) std::rethrow_exception(thrown);  // this book stops; the others do not wait for it
}

}  // namespace

base::Problems swap_books(const std::vector<live::BookRunner*>& books,
                          std::vector<live::BookRunner::Change> changes, Retirement& retirement,
                          std::chrono::milliseconds budget) {
  const auto meeting = std::make_shared<Meeting>();
  meeting->changes = std::move(changes);
  base::Problems ended;
  for (std::size_t b = 0; b < books.size(); ++b) {
    live::BookRunner* runner = books[b];
    const bool taken =
        runner->post_work([runner, b, meeting](book::Book& book) { take_part(*runner, book, b, *meeting); });
    if (!taken) ended.error("BOOK_ENDED", {}, "the book " + runner->id() + " has ended");
  }
  std::unique_lock lock(meeting->mutex);
  const auto finish = [&](Course course) {
    meeting->course = course;
    meeting->changed.notify_all();
  };
  if (ended.has_errors()) {
    finish(Course::abort);
    return ended;
  }
  const auto deadline = std::chrono::steady_clock::now() + budget;
  const bool all = live::wait_unless(
      lock, meeting->changed, [&] { return meeting->prepared == books.size(); },
      [&] { return stuck_of(books).has_errors() || std::chrono::steady_clock::now() >= deadline; });
  base::Problems problems = meeting->problems;
  if (!all) problems.append(stuck_of(books));
  if (!all && !problems.has_errors())
    problems.error("SWAP_TIMED_OUT", {},
                   "a book did not reach the swap within " + std::to_string(budget.count()) + " ms",
                   "look at `cadre status`: a long decision or a long hand-over of state");
  if (problems.has_errors()) {
    finish(Course::abort);
    return problems;
  }
  finish(Course::commit);
  // A book that does not come back from the exchange is stuck alone: the others have taken over.
  live::wait_unless(
      lock, meeting->changed, [&] { return meeting->committed == books.size(); },
      [&] { return stuck_of(books).has_errors(); });
  std::vector<std::shared_ptr<chain::Chain>> retired = std::move(meeting->retired);
  lock.unlock();
  problems.append(retirement.retire(std::move(retired)));
  return problems;
}

}  // namespace cadre::revision
