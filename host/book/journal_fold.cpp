#include "host/book/journal_fold.hpp"
#include "host/model/bar.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstring>

#include "cadre/cadre.h"
#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/journal/journal.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

namespace {

using journal::RecordType;

base::Problems unreadable(const std::filesystem::path& file, const journal::Record& record) {
  base::Problems problems;
  problems.error("JOURNAL_BAD_RECORD", {file.string(), 0, 0, ""},
                 "the " + std::string(journal::record_type_name(record.type)) + " with sequence " +
                     std::to_string(record.sequence) + " cannot be read",
                 "was it written by another version?");
  return problems;
}

base::Problems no_answer(const cadre_order& order, cadre_status status) {
  base::Problems problems;
  problems.error("RECOVERY_NO_ANSWER", {"", 0, 0, ""},
                 "the execution environment was asked for the open order " +
                     std::string(model::id_text(order.client_id)) + " and answered " +
                     agent::status_name(status),
                 "start the host again once it can be asked");
  return problems;
}

/// What the environment knows of an order and has no report for: it said so at once, to a host that died
/// before it was in the journal.
std::optional<cadre_execution_report> missed_answer(const execution::TrackedOrder& tracked,
                                                    const cadre_trade_result& result, std::int64_t time_ns) {
  const bool ended = result.status != CADRE_ORDER_NEW && result.status != CADRE_ORDER_PARTIALLY_FILLED;
  const std::int64_t filled = std::max<std::int64_t>(result.filled_quantity_e9 - tracked.filled_e9, 0);
  if (!ended && filled == 0) return std::nullopt;
  cadre_execution_report report{};
  report.size = sizeof report;
  report.status = result.status;
  report.instrument = tracked.order.instrument;
  report.side = tracked.order.side;
  report.time_ns = time_ns;
  report.reason = result.reason;
  report.client_id = tracked.order.client_id;
  if (filled == 0) return report;
  report.quantity_e9 = filled;
  report.price_e9 = result.average_price_e9;
  if (tracked.filled_e9 != 0) {
    // What is missing was paid for with what is missing.
    const double all = static_cast<double>(result.filled_quantity_e9) * 1e-9 *
                       (static_cast<double>(result.average_price_e9) * 1e-9);
    report.price_e9 =
        std::llrint((all - tracked.filled_notional) / (static_cast<double>(filled) * 1e-9) * 1e9);
  }
  report.fees_e6 = std::max<std::int64_t>(result.fees_e6 - tracked.fees_e6, 0);
  report.spread_cost_e6 = tracked.filled_e9 == 0 ? result.spread_cost_e6 : 0;
  return report;
}

bool same_report(const cadre_execution_report& a, const cadre_execution_report& b) {
  return model::id_text(a.client_id) == model::id_text(b.client_id) && a.status == b.status &&
         a.quantity_e9 == b.quantity_e9 && a.price_e9 == b.price_e9;
}

/// Takes what one record adds to the facts. False: it cannot be read.
bool survey(const journal::Record& record, std::uint64_t revision, std::uint64_t begins_at,
            JournalFacts& facts) {
  base::Decoder from(record.payload);
  switch (record.type) {
    case RecordType::head: {
      journal::HeadRecord head;
      if (!decode(from, head)) return false;
      const auto document = base::JsonDocument::parse("head", head.text);
      const boost::json::value* ids = document ? base::find(document->root(), "/instruments") : nullptr;
      if (ids == nullptr || !ids->is_array()) return false;
      for (const auto& id : ids->as_array())
        facts.instruments.emplace_back(id.as_string());
      return true;
    }
    case RecordType::revision: {
      journal::RevisionRecord taken;
      if (!decode(from, taken)) return false;
      facts.revision = taken.revision;
      return true;
    }
    case RecordType::checkpoint: {
      journal::CheckpointRecord checkpoint;
      if (!decode(from, checkpoint)) return false;
      if (checkpoint.revision == revision) facts.checkpoint_bytes = begins_at;
      return true;
    }
    case RecordType::command: {
      journal::CommandRecord command;
      if (!decode(from, command)) return false;
      if (command.kind == "halt" || command.kind == "resume") {
        facts.halted = command.kind == "halt";
        facts.halt_reason = facts.halted ? command.actor + ": " + command.reason : "";
      }
      return true;
    }
    case RecordType::order: {
      journal::OrderRecord order;
      if (!decode(from, order, record.format)) return false;
      ++facts.orders;
      facts.rejected += order.failed_checks.empty() ? 0 : 1;
      return true;
    }
    case RecordType::report: {
      journal::ReportRecord report;
      if (!decode(from, report)) return false;
      facts.fills += report.report.quantity_e9 > 0 ? 1 : 0;
      return true;
    }
    case RecordType::decision:
      ++facts.decisions;
      return true;
    case RecordType::bar:
      facts.bar_is_open = true;
      return true;
    case RecordType::account:
      facts.bar_is_open = false;
      return true;
    default:
      return true;
  }
}

/// The host ended before the file's own head was written: a journal without any record.
bool was_never_begun(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::file_size(file, error) < journal::head_bytes && !error;
}

}  // namespace

base::Result<JournalFacts> survey_journal(const std::filesystem::path& file, std::uint64_t revision) {
  JournalFacts facts;
  JournalFacts committed;
  if (was_never_begun(file)) return committed;
  auto reader = journal::JournalReader::open(file);
  if (!reader) return reader.problems();
  std::uint64_t begins_at = reader->offset();
  while (const auto record = reader->next()) {
    if (!survey(*record, revision, begins_at, facts)) return unreadable(file, *record);
    begins_at = reader->offset();
    if (record->type != RecordType::commit) continue;
    facts.keep_bytes = begins_at;
    committed = facts;
  }
  if (reader->problems().has_errors()) return reader->problems();
  if (committed.keep_bytes == 0 && facts.decisions != 0) {
    base::Problems problems;
    problems.error("JOURNAL_NOT_OF_A_HOST", {file.string(), 0, 0, ""},
                   "there are decisions in it and not one commit", "is it the journal of a backtest?");
    return problems;
  }
  return {std::move(committed), reader->problems()};
}

base::Problems JournalFold::run(const std::filesystem::path& file, const JournalFacts& facts) {
  auto reader = journal::JournalReader::open(file);
  if (!reader) return reader.problems();
  checkpoint_bytes_ = facts.checkpoint_bytes.value_or(0);
  observing_ = !facts.checkpoint_bytes;
  book_.let_agents_observe(observing_);
  std::uint64_t begins_at = reader->offset();
  while (begins_at < facts.keep_bytes) {
    const auto record = reader->next();
    if (!record) break;
    if (record->type == RecordType::checkpoint && !observing_ && begins_at == checkpoint_bytes_) {
      journal::CheckpointRecord checkpoint;
      base::Decoder from(record->payload);
      if (!decode(from, checkpoint)) return unreadable(file, *record);
      problems_.append(book_.load_checkpoint(checkpoint));
      observing_ = true;
      book_.let_agents_observe(true);
    } else if (!apply(*record)) {
      return unreadable(file, *record);
    }
    begins_at = reader->offset();
    const bool numbered = record->type == RecordType::bar || record->type == RecordType::signal ||
                          record->type == RecordType::report || record->type == RecordType::universe;
    if (numbered && book_.sequence() != record->sequence)
      problems_.error("RECOVERY_SEQUENCE", {file.string(), 0, 0, ""},
                      "event " + std::to_string(record->sequence) + " of the journal became event " +
                          std::to_string(book_.sequence()),
                      "the journal was written by another version: keep it, and begin a new state folder");
    if (problems_.has_errors()) return problems_;
  }
  return problems_;
}

bool JournalFold::apply(const journal::Record& record) {
  base::Decoder from(record.payload);
  switch (record.type) {
    case RecordType::bar: {
      model::Bar bar;
      if (!journal::decode(from, bar)) return false;
      bars_.add(bar);
      book_.take_market(bar);
      last_bar_ = record.sequence;
      return true;
    }
    case RecordType::signal: {
      journal::SignalRecord signal;
      if (!decode(from, signal)) return false;
      const cadre_signal& s = signal.signal;
      book_.take_signal({s.time_ns, base::date_of_time(s.time_ns), std::string(model::id_text(s.strategy)),
                         signal.instrument, s.direction, s.strength, s.confidence, s.horizon_days});
      return true;
    }
    case RecordType::universe: {
      journal::UniverseRecord universe;
      if (!decode(from, universe)) return false;
      book_.change_universe(universe.instruments);
      return true;
    }
    case RecordType::decision: {
      journal::DecisionRecord decision;
      if (!decode(from, decision)) return false;
      decision_date_ = decision.date;
      last_decision_bar_ = last_bar_;
      return true;
    }
    case RecordType::order:
      return apply_order(from, record.format);
    case RecordType::report:
      return apply_report(from);
    case RecordType::command:
    case RecordType::revision:
      book_.recover_sequence(record.sequence);
      return true;
    default:
      return true;
  }
}

bool JournalFold::apply_order(base::Decoder& from, std::uint32_t format) {
  journal::OrderRecord record;
  if (!decode(from, record, format)) return false;
  const std::uint64_t failed = execution::verdict_of(record.failed_checks).failed;
  if (record.order.instrument >= book_.universe().size()) return false;
  hash_.add(record.order, record.failed_checks);
  book_.recover_order(record.order, failed, decision_date_);
  if (observing_ && failed == 0 && book_.chain().environment.agent->declaration().simulated)
    give_again(record.order);
  return true;
}

/// A simulated environment is made anew with the host: what it had been given after the checkpoint, it is
/// given again.
void JournalFold::give_again(const cadre_order& order) {
  cadre_trade_result result{};
  if (query(order, result) == CADRE_OK) return;
  result = {};
  result.size = sizeof result;
  const auto& environment = book_.chain().environment;
  const cadre_status status =
      environment.table<cadre_execution_environment>().execute_trade(environment.self(), &order, &result);
  if (const auto report = Book::report_of(order, status, result, order.decision_time_ns))
    waiting_.push_back(*report);
}

cadre_status JournalFold::query(const cadre_order& order, cadre_trade_result& result) const {
  result = {};
  result.size = sizeof result;
  const auto& environment = book_.chain().environment;
  return environment.table<cadre_execution_environment>().query_order(environment.self(), order.client_id,
                                                                      &result);
}

std::optional<cadre_execution_report> JournalFold::next_report() {
  const auto& environment = book_.chain().environment;
  cadre_execution_report report{};
  report.size = sizeof report;
  const cadre_status status =
      environment.table<cadre_execution_environment>().next_report(environment.self(), &report);
  if (status != CADRE_OK) return std::nullopt;
  return report;
}

bool JournalFold::apply_report(base::Decoder& from) {
  journal::ReportRecord record;
  if (!decode(from, record)) return false;
  if (observing_) {
    // The environment may say it again: then it has been heard.
    const auto heard = [&] {
      for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
        if (!same_report(*it, record.report)) continue;
        waiting_.erase(it);
        return true;
      }
      return false;
    };
    const auto listen = [&] {
      while (!heard()) {
        const auto next = next_report();
        if (!next) return false;
        waiting_.push_back(*next);
      }
      return true;
    };
    const auto& environment = book_.chain().environment;
    if (!listen() && record.report.status == CADRE_ORDER_CANCELED &&
        environment.agent->declaration().simulated) {
      // It was asked to cancel after the checkpoint, and has forgotten that too.
      (void)environment.table<cadre_execution_environment>().cancel_order(environment.self(),
                                                                          record.report.client_id);
      listen();
    }
  }
  book_.take_report(record.report);
  return true;
}

base::Problems JournalFold::reconcile(std::vector<std::string>& unknown) {
  while (const auto report = next_report())
    waiting_.push_back(*report);
  for (const cadre_execution_report& report : waiting_)
    book_.take_report(report);
  waiting_.clear();

  std::vector<cadre_order> unsent;
  std::vector<cadre_execution_report> answered;
  for (const execution::TrackedOrder& tracked : book_.tracker().recent()) {
    if (!tracked.open()) continue;
    cadre_trade_result result{};
    const cadre_status status = query(tracked.order, result);
    if (status == CADRE_OK) {
      if (const auto report = missed_answer(tracked, result, book_.state().time_ns))
        answered.push_back(*report);
    } else if (status != CADRE_REJECTED) {
      return no_answer(tracked.order, status);
    } else if (last_decision_bar_ == last_bar_ && tracked.order.decision_time_ns == book_.state().time_ns) {
      unsent.push_back(tracked.order);
    } else {
      unknown.emplace_back(model::id_text(tracked.order.client_id));
    }
  }
  for (const cadre_execution_report& report : answered)
    book_.take_report(report);
  for (const cadre_order& order : unsent)
    book_.send_again(order);
  book_.take_fills();
  return {};
}

}  // namespace cadre::book
