#include "host/book/journal_facts.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/agent/live_agent.hpp"
#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/book/deadline_missed.hpp"
#include "host/book/state_commands.hpp"

namespace cadre::book {

namespace {

/// The number that a journaled halt or resume carries; 0: it is of a host that numbered none.
std::uint64_t halt_number_of(const journal::CommandRecord& command) {
  boost::system::error_code error;
  const boost::json::value said = boost::json::parse(command.text, error);
  const boost::json::value* number = error ? nullptr : base::find(said, "/number");
  if (number == nullptr || !number->is_number()) return 0;
  const auto value = number->to_number<std::uint64_t>(error);
  return error ? 0 : value;
}

}  // namespace

void count_failure(FailuresByStage& all, const std::string& stage, std::int32_t date, const char* call,
                   cadre_status status, const std::string& reason, std::uint64_t revision) {
  StageFailures& failures = all[stage];
  ++failures.count;
  failures.revision = revision;
  failures.last = base::format_date(date) + " " + call + ": " + agent::status_name(status) +
                  (reason.empty() ? std::string() : ": " + reason);
}

void JournalFacts::take(std::uint64_t sequence, const model::Bar&) {
  bar_is_open = true;
  last_bar = sequence;
  ++bars;
}

void JournalFacts::take(std::uint64_t, const journal::RevisionRecord& record) {
  revision = record.revision;
}

void JournalFacts::take(std::uint64_t, const journal::CommandRecord& command) {
  if (command.kind == deadline_missed) ++deadline_misses[command.reason.substr(0, command.reason.find(':'))];
  if (const auto change = state_change_of(command); change && command.kind == trading_state_command) {
    halt_number = std::max(halt_number, halt_number_of(command));
    if (!change->scope.is_book() || !change->code.empty()) return;
    halted = false;  // the states of the book say the rest
    halt_reason.clear();
  }
  if (command.kind != "halt" && command.kind != "resume") return;
  halted = command.kind == "halt";
  halt_reason = halted ? command.actor + ": " + command.reason : "";
  halt_number = std::max(halt_number, halt_number_of(command));
}

void JournalFacts::take(std::uint64_t, const journal::DecisionRecord& record) {
  count_decision();
  last_decision_bar = last_bar;
  decision_date = record.date;
  for (const journal::StageFailure& failure : record.failures)
    count_failure(failures, failure.instance, record.date, "decide", failure.status, failure.reason,
                  record.revision);
}

void JournalFacts::take(std::uint64_t, const journal::OrderRecord& record) {
  count_order(record.failed_checks.empty());
}

void JournalFacts::take(std::uint64_t, const journal::ReportRecord& record) {
  count_report(record.report.quantity_e9);
}

void JournalFacts::take(std::uint64_t, const journal::AccountRecord&) {
  bar_is_open = false;
}

void JournalFacts::take(std::uint64_t, const journal::CommitRecord& record) {
  incarnation = record.incarnation;
}

void JournalFacts::save(base::Encoder& to) const {
  for (const std::uint64_t number : {decisions, orders, rejected_orders, fills, incarnation, revision,
                                     halt_number, bars, last_bar, last_decision_bar})
    to.put(number);
  to.put_texts(instruments);
  to.put(bar_is_open);
  to.put(halted);
  to.put_text(halt_reason);
  to.put(decision_date);
  to.put_count(failures.size());
  for (const auto& [stage, failed] : failures) {
    to.put_text(stage);
    to.put(failed.count);
    to.put(failed.revision);
    to.put_text(failed.last);
  }
  to.put_count(deadline_misses.size());
  for (const auto& [stage, misses] : deadline_misses) {
    to.put_text(stage);
    to.put(misses);
  }
}

bool JournalFacts::load(base::Decoder& from) {
  for (std::uint64_t* number : {&decisions, &orders, &rejected_orders, &fills, &incarnation, &revision,
                                &halt_number, &bars, &last_bar, &last_decision_bar})
    from.get(*number);
  from.get_texts(instruments);
  from.get(bar_is_open);
  from.get(halted);
  from.get_text(halt_reason);
  from.get(decision_date);
  std::string stage;
  for (std::size_t left = from.get_count(24); left != 0 && from.ok(); --left) {
    from.get_text(stage);
    StageFailures& failed = failures[stage];
    from.get(failed.count);
    from.get(failed.revision);
    from.get_text(failed.last);
  }
  for (std::size_t left = from.get_count(12); left != 0 && from.ok(); --left) {
    from.get_text(stage);
    from.get(deadline_misses[stage]);
  }
  return from.ok();
}

}  // namespace cadre::book
