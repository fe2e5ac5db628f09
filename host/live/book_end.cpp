// How a book comes to its end: with its host, by itself, or by a revision that has it no more.

#include <boost/json.hpp>

#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/live/book_runner.hpp"

namespace cadre::live {

void BookRunner::stop_at_journal() {
  const base::Problems& problems = keeper_->problems();
  stop_book(problems.has_errors() ? base::to_line(problems[0]) : "the journal is closed");
}

void BookRunner::stop_book(const std::string& reason) {
  if (!stopped_.empty()) return;
  stopped_ = reason;
  halts_.stop();
  base::log_event(base::LogLevel::error, "book_stopped", {{"book", id_}, {"why", reason}});
  feed_.say("book_stopped", {{"book", id_}, {"why", reason}});
  publish();
  queue_.refuse_inputs();
  // Whoever sent what the book could not follow may send something better: it must not meet it again at the
  // next start.
  keeper_->give_up(reason);
}

base::Problems BookRunner::stop(std::chrono::milliseconds grace) {
  if (ended_) return end_problems_;
  queue_.close();
  if (thread_.joinable()) {
    std::unique_lock lock(thread_mutex_);
    if (!pulse_.wait(
            lock, thread_changed_, [&] { return thread_is_over_; }, grace))
      return why_stopped();
    lock.unlock();
    thread_.join();
  } else if (keeper_ != nullptr) {
    end_problems_ = keeper_->close();
  }
  ended_ = true;
  return end_problems_;
}

base::Problems BookRunner::why_stopped() const {
  base::Problems problems;
  const BookSnapshot now = snapshot();
  if (now.state == BookState::stopped)
    problems.error("BOOK_STOPPED", {}, "the book " + id_ + " has stopped: " + now.reason,
                   "mend that and start the host again");
  if (now.state == BookState::stuck)
    problems.error(
        "BOOK_STUCK", {}, "the book " + id_ + " is stuck: " + now.reason,
        "a halt of it holds; when it does not come back, end the host with SIGTERM and start it again: "
        "it leaves that agent out");
  return problems;
}

/// Nothing that it holds may be nobody's.
base::Problems why_it_stays(const BookRunner& runner, const book::Book& book) {
  base::Problems problems = runner.why_stopped();
  const std::string& id = runner.id();
  if (!problems.has_errors() && !book.halted())
    problems.error("BOOK_NOT_HALTED", {}, "the book " + id + " cannot go: it is not halted",
                   "`cadre halt --book " + id + " --flatten --reason ...`, then try again");
  std::vector<std::string> holds;
  const model::Portfolio& portfolio = book.ledger().portfolio();
  const model::Universe& universe = book.ledger().universe();
  for (std::uint32_t i = 0; i < universe.size(); ++i) {
    if (portfolio.quantity(i).raw() != 0)
      holds.push_back(portfolio.quantity(i).to_string() + " " + universe.instruments[i].id);
  }
  if (const std::size_t open = book.ledger().tracker().open_count(); open != 0)
    holds.push_back(std::to_string(open) + (open == 1 ? " open order" : " open orders"));
  if (!holds.empty())
    problems.error("BOOK_NOT_FLAT", {}, "the book " + id + " cannot go: it has " + base::join(holds, ", "),
                   "`cadre halt --book " + id +
                       " --flatten --reason ...`, let the bars come that fill it, then try again");
  return problems;
}

/// It takes nothing from here on, and its journal ends with who took it out.
void BookRunner::leave(const journal::RevisionRecord& record) {
  checkpoints_.take();
  take_command({"book_removed", book_->ledger().date(), record.actor, record.reason,
                boost::json::serialize(boost::json::object{{"revision", record.revision}})});
  if (!keeper_->commit()) return stop_at_journal();
  if (const base::Problems problems = folder_.left(); problems.has_errors())
    base::log_event(base::LogLevel::error, "book_left", {{"book", id_}, {"why", base::to_line(problems[0])}});
  queue_.refuse_inputs();
  publish();
}

}  // namespace cadre::live
