#include "host/book/journal_fold.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/book/agent_restart.hpp"
#include "host/book/deadline_missed.hpp"
#include "host/book/order_records.hpp"
#include "host/book/run_head.hpp"
#include "host/journal/journal.hpp"
#include "host/journal/signal_record.hpp"
#include "host/model/bar.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

namespace {

using journal::RecordType;

base::Problems unreadable(const std::filesystem::path& file, const journal::Record& record) {
  base::Problems problems;
  problems.error("JOURNAL_BAD_RECORD", base::Place::of(file.string()),
                 "the " + std::string(journal::record_type_name(record.type)) + " with sequence " +
                     std::to_string(record.sequence) + " cannot be read",
                 "was it written by another version?");
  return problems;
}

base::Problems no_answer(const cadre_order& order, cadre_status status) {
  base::Problems problems;
  problems.error("RECOVERY_NO_ANSWER", {},
                 "the execution environment was asked for the open order " +
                     std::string(model::id_text(order.client_id)) + " and answered " +
                     agent::status_name(status),
                 "start the host again once it can be asked");
  return problems;
}

bool same_report(const cadre_execution_report& a, const cadre_execution_report& b) {
  return model::id_text(a.client_id) == model::id_text(b.client_id) && a.status == b.status &&
         a.quantity_e9 == b.quantity_e9 && a.price_e9 == b.price_e9;
}

/// Where a checkpoint begins, and under which revision it was taken.
struct CheckpointPlace {
  std::uint64_t revision = 0, begins_at = 0;
};

template <class Record>
bool count(const journal::Record& record, JournalFacts& facts) {
  base::Decoder from(record.payload);
  Record value;
  if (!decode(from, value, record.format)) return false;
  facts.take(record.sequence, value);
  return true;
}

/// Takes what one record adds to the facts. False: it cannot be read.
bool survey(const journal::Record& record, std::uint64_t begins_at, JournalFacts& facts,
            std::vector<CheckpointPlace>& checkpoints) {
  base::Decoder from(record.payload);
  switch (record.type) {
    case RecordType::head: {
      journal::HeadRecord head;
      if (!decode(from, head, record.format)) return false;
      auto known = read_head("head", head.text);
      if (!known) return false;
      facts.instruments = std::move(known->instruments);
      return true;
    }
    case RecordType::checkpoint: {
      journal::CheckpointRecord checkpoint;
      if (!decode(from, checkpoint, record.format)) return false;
      checkpoints.push_back({checkpoint.revision, begins_at});
      return true;
    }
    case RecordType::revision:
      return count<journal::RevisionRecord>(record, facts);
    case RecordType::command:
      return count<journal::CommandRecord>(record, facts);
    case RecordType::order:
      return count<journal::OrderRecord>(record, facts);
    case RecordType::report:
      return count<journal::ReportRecord>(record, facts);
    case RecordType::decision:
      return count<journal::DecisionRecord>(record, facts);
    case RecordType::bar:
      facts.take(record.sequence, model::Bar{});  // what it holds is read when it is folded
      return true;
    case RecordType::account:
      return count<journal::AccountRecord>(record, facts);
    case RecordType::commit:
      return count<journal::CommitRecord>(record, facts);
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

namespace {

/// What a journal has behind its last commit, of which nobody was told.
base::Problems tell_cut(const std::filesystem::path& file, std::uint64_t records, std::uint64_t keep_bytes,
                        std::uint64_t ends_at) {
  base::Problems problems;
  if (ends_at > keep_bytes && keep_bytes != 0)
    problems.warning("JOURNAL_TAIL_CUT", base::Place::of(file.string()),
                     "its last " + std::to_string(ends_at - keep_bytes) + " bytes, " +
                         (records == 1 ? "1 whole record" : std::to_string(records) + " whole records") +
                         " among them, were never acknowledged, and are cut off",
                     "whoever sent what was in them had no answer, and sends it again");
  return problems;
}

}  // namespace

base::Result<JournalFacts> survey_journal(const std::filesystem::path& file, const RevisionFits& fits,
                                          std::uint64_t acknowledged, const StoredImage* from) {
  JournalFacts facts = from != nullptr ? from->facts : JournalFacts{};
  std::vector<CheckpointPlace> checkpoints;
  if (was_never_begun(file)) return JournalFacts{};
  auto reader = from != nullptr
                    ? journal::JournalReader::open_part(file, from->journal_bytes, journal::to_the_end)
                    : journal::JournalReader::open(file);
  if (!reader) return reader.problems();
  facts.stream = reader->newest().head;
  if (from != nullptr) facts.keep_bytes = from->journal_bytes;
  JournalFacts committed = facts;
  std::uint64_t begins_at = reader->offset();
  std::uint64_t open_records = 0;
  while (const auto record = reader->next()) {
    if (!survey(*record, begins_at, facts, checkpoints)) return unreadable(file, *record);
    begins_at = reader->offset();
    ++open_records;
    if (record->type != RecordType::commit) continue;
    facts.keep_bytes = begins_at;
    committed = facts;
    open_records = 0;
  }
  // What is damaged and was never acknowledged is the end of a write that was cut short.
  if (reader->problems().has_errors() &&
      (reader->is_acknowledged_behind() || reader->offset() < acknowledged))
    return reader->problems();
  for (auto at = checkpoints.rbegin(); at != checkpoints.rend() && !committed.checkpoint_bytes; ++at) {
    if (at->begins_at < committed.keep_bytes && fits(at->revision))
      committed.checkpoint_bytes = at->begins_at;
  }
  if (committed.keep_bytes == 0 && facts.decisions != 0) {
    base::Problems problems;
    problems.error("JOURNAL_NOT_OF_A_HOST", base::Place::of(file.string()),
                   "there are decisions in it and not one commit", "is it the journal of a backtest?");
    return problems;
  }
  base::Problems cut = tell_cut(file, open_records, committed.keep_bytes, reader->file_ends_at());
  return {std::move(committed), std::move(cut)};
}

base::Problems JournalFold::run(const std::filesystem::path& file, const JournalFacts& facts) {
  auto reader = journal::JournalReader::open(file);
  if (!reader) return reader.problems();
  checkpoint_bytes_ = facts.checkpoint_bytes.value_or(0);
  observing_ = !facts.checkpoint_bytes;
  book_.agents_observe_ = observing_;
  problems_.append(apply_all(*reader, file, facts.keep_bytes));
  book_.troubles_.clear();  // the journal says how they were treated
  return problems_;
}

base::Problems JournalFold::run_from(const StoredImage& image, bool knows, const std::filesystem::path& file,
                                     const JournalFacts& facts) {
  auto reader = journal::JournalReader::open_part(file, image.journal_bytes, facts.keep_bytes);
  if (!reader) return reader.problems();
  last_bar_ = image.facts.last_bar;
  last_decision_bar_ = image.facts.last_decision_bar;
  decision_date_ = image.facts.decision_date;
  for (const journal::CommandRecord& command : image.standing) {
    if (command.kind == agent_quarantined) (void)book_.retell_trouble(command, false);
    book_.take_state(command);
  }
  if (knows) {
    book_.timers_.restore(image.learned.timers);
    learn(image.learned);
  } else {
    observing_ = !facts.checkpoint_bytes;
  }
  checkpoint_bytes_ = facts.checkpoint_bytes.value_or(0);
  book_.agents_observe_ = observing_;
  problems_.append(apply_all(*reader, file, facts.keep_bytes));
  book_.troubles_.clear();
  return problems_;
}

base::Problems JournalFold::follow(const std::filesystem::path& file, std::uint64_t from, std::uint64_t to) {
  auto reader = journal::JournalReader::open_part(file, from, to);
  if (!reader) return reader.problems();
  observing_ = true;
  treats_agents_ = false;
  base::Problems problems = apply_all(*reader, file, to);
  problems.append(reader->problems());
  if (!problems.has_errors() && reader->offset() != to)
    problems.error("JOURNAL_BAD_RECORD", base::Place::of(file.string()),
                   "it ends at byte " + std::to_string(reader->offset()) + ", and should go on to byte " +
                       std::to_string(to),
                   "is the disk full? `cadre status` says whether the book has stopped");
  return problems;
}

base::Problems JournalFold::apply_all(journal::JournalReader& reader, const std::filesystem::path& file,
                                      std::uint64_t to) {
  base::Problems problems;
  std::uint64_t begins_at = reader.offset();
  while (begins_at < to && !problems.has_errors()) {
    const auto record = reader.next();
    if (!record) break;
    const bool loads = record->type == RecordType::checkpoint &&
                       (observing_ ? !restarted_.empty() : begins_at == checkpoint_bytes_);
    if (!(loads ? load(*record) : apply(*record))) return unreadable(file, *record);
    begins_at = reader.offset();
    const bool numbered = record->type == RecordType::bar || record->type == RecordType::signal ||
                          record->type == RecordType::report || record->type == RecordType::universe ||
                          record->type == RecordType::timer;
    if (numbered && book_.ledger().sequence() != record->sequence)
      problems.error("RECOVERY_SEQUENCE", base::Place::of(file.string()),
                     "event " + std::to_string(record->sequence) + " of the journal became event " +
                         std::to_string(book_.ledger().sequence()),
                     "the journal was written by another version: keep it, and begin a new state folder");
    problems.append(std::exchange(problems_, {}));
  }
  return problems;
}

void JournalFold::learn(const journal::CheckpointRecord& checkpoint) {
  restarted_.clear();
  problems_.append(book_.chains_.load(checkpoint, nullptr));
  observing_ = true;
  book_.agents_observe_ = true;
}

/// What the agents knew: all of them where observing begins, afterwards one that was made again.
bool JournalFold::load(const journal::Record& record) {
  journal::CheckpointRecord checkpoint;
  base::Decoder from(record.payload);
  if (!decode(from, checkpoint, record.format)) return false;
  if (observing_)
    std::erase_if(checkpoint.agents, [&](const auto& agent) { return agent.stage != restarted_; });
  else
    book_.timers_.restore(checkpoint.timers);
  learn(checkpoint);
  return true;
}

bool JournalFold::apply_command(base::Decoder& from, std::uint32_t format) {
  journal::CommandRecord command;
  if (!decode(from, command, format)) return false;
  book_.take_state(command);
  if (!treats_agents_) return true;
  const chain::Stage* about = nullptr;
  if (command.kind == "agent_reset" || command.kind == agent_quarantined || command.kind == deadline_missed ||
      command.kind == agent_restarted)
    about = book_.retell_trouble(command, observing_);
  if (command.kind == agent_restarted && about != nullptr) restarted_ = about->name;
  return true;
}

bool JournalFold::apply(const journal::Record& record) {
  base::Decoder from(record.payload);
  switch (record.type) {
    case RecordType::decision: {
      journal::DecisionRecord decision;
      if (!decode(from, decision, record.format)) return false;
      if (watcher_ != nullptr) watcher_->on_decision(decision);
      book_.states_.count_decision();
      decision_date_ = decision.date;
      last_decision_bar_ = last_bar_;
      return true;
    }
    case RecordType::order:
      return apply_order(from, record.format);
    case RecordType::report:
      return apply_report(from, record.format);
    case RecordType::order_request:
      return apply_request(from, record.format);
    case RecordType::parent_order: {
      journal::ParentOrderRecord stored;
      if (!decode(from, stored, record.format)) return false;
      const auto parent = parent_of(stored);
      if (!parent || parent->order.instrument >= book_.ledger().universe().size()) return false;
      put_parent(book_.ledger_, *parent);
      book_.holdings_are_stale_ = true;
      return true;
    }
    case RecordType::bar: {
      model::Bar bar;
      if (!journal::decode(from, bar, record.format)) return false;
      if (watcher_ != nullptr) watcher_->on_bar();
      bars_.add(bar);
      last_bar_ = record.sequence;
      break;
    }
    case RecordType::signal: {
      if (signal_ids_ == nullptr) break;
      journal::SignalRecord signal;
      if (!journal::decode(from, signal, record.format)) return false;
      signal_ids_->add(journal::signal_of(signal), record.sequence);
      break;
    }
    case RecordType::command:
      if (!apply_command(from, record.format)) return false;
      break;
    case RecordType::revision: {
      journal::RevisionRecord revision;
      if (!decode(from, revision, record.format)) return false;
      if (treats_agents_) book_.retell_ended_quarantines(revision);
      break;
    }
    default:
      break;
  }
  return loop_.retell(record) != BookLoop::Retold::unreadable;
}

bool JournalFold::apply_order(base::Decoder& from, std::uint32_t format) {
  journal::OrderRecord record;
  if (!decode(from, record, format)) return false;
  const std::uint64_t failed = execution::verdict_of(record.failed_checks).failed;
  if (record.order.instrument >= book_.ledger().universe().size()) return false;
  if (watcher_ != nullptr) watcher_->on_order(record);
  hash_.add(record.order, record.failed_checks);
  book_.holdings_are_stale_ = true;
  book_.ledger_.add_order(record.order, failed);
  if (failed != 0) return true;
  book_.gate_->count_recovered(decision_date_);
  if (observing_ && book_.environment_.simulated()) give_again(record.order);
  return true;
}

bool JournalFold::apply_request(base::Decoder& from, std::uint32_t format) {
  journal::OrderRequestRecord stored;
  if (!decode(from, stored, format)) return false;
  const auto request = request_of(stored);
  if (!request) return false;
  hash_.add(*request);
  book_.holdings_are_stale_ = true;
  if (!take_request(book_.ledger_, *request)) return true;  // it had ended meanwhile
  // A simulated environment is made anew with the host, and is asked again.
  if (observing_ && book_.environment_.simulated()) book_.send_request(*request, true);
  return true;
}

/// A simulated environment is made anew with the host: what it had been given after the checkpoint, it is
/// given again.
void JournalFold::give_again(const cadre_order& order) {
  if (book_.environment_.query(order.client_id).heard()) return;
  if (const auto report = book_.environment_.send(order, order.decision_time_ns)) waiting_.push_back(*report);
}

/// Whether the environment has said this report, which the journal has heard already.
bool JournalFold::was_said(const cadre_execution_report& report) {
  for (;;) {
    const auto same = std::find_if(waiting_.begin(), waiting_.end(),
                                   [&](const auto& other) { return same_report(other, report); });
    if (same != waiting_.end()) {
      waiting_.erase(same);
      return true;
    }
    const auto next = book_.environment_.next_report();
    if (!next) return false;
    waiting_.push_back(*next);
  }
}

bool JournalFold::apply_report(base::Decoder& from, std::uint32_t format) {
  journal::ReportRecord record;
  if (!decode(from, record, format)) return false;
  // An environment that was made anew says it again: then it has been heard.
  if (observing_ && !was_said(record.report) && record.report.status == CADRE_ORDER_CANCELED &&
      book_.environment_.simulated()) {
    // It was asked to cancel after the checkpoint, and has forgotten that too.
    book_.environment_.cancel(record.report.client_id);
    (void)was_said(record.report);
  }
  book_.take_report(record.report);
  return true;
}

base::Problems JournalFold::reconcile(std::vector<std::string>& unknown) {
  if (book_.environment_.is_left_out()) return {};  // nobody can be asked: what is open stays so
  while (const auto report = book_.environment_.next_report())
    waiting_.push_back(*report);
  for (const cadre_execution_report& report : waiting_)
    book_.take_report(report);
  waiting_.clear();

  const std::int64_t now_ns = book_.ledger().time_ns();
  std::vector<cadre_id> unsent;
  std::vector<cadre_execution_report> answered;
  for (const execution::TrackedOrder& tracked : book_.ledger().tracker().recent()) {
    if (!tracked.open()) continue;
    const execution::Environment::Known known = book_.environment_.query(tracked.order.client_id);
    if (known.heard()) {
      if (const auto report = execution::Environment::missed(tracked, known.result, now_ns))
        answered.push_back(*report);
    } else if (!known.unheard()) {
      return no_answer(tracked.order, known.status);
    } else if (last_decision_bar_ == last_bar_ && tracked.order.decision_time_ns == now_ns) {
      unsent.push_back(tracked.order.client_id);
    } else {
      unknown.emplace_back(model::id_text(tracked.order.client_id));
    }
  }
  for (const cadre_execution_report& report : answered)
    book_.take_report(report);
  for (const cadre_id& id : unsent)
    send_again(id);
  ask_again();
  book_.take_fills();
  return {};
}

/// What was asked of open orders and has no answer: whoever asks twice with one id asks once.
void JournalFold::ask_again() {
  if (book_.environment_.simulated()) return;  // was asked when it was folded
  const auto requests = book_.ledger().tracker().requests();
  for (const execution::OrderRequest& request :
       std::vector<execution::OrderRequest>(requests.begin(), requests.end()))
    book_.send_request(request, true);
}

/// An order of the last decision that the environment has never heard of.
void JournalFold::send_again(const cadre_id& client_id) {
  const execution::TrackedOrder* tracked = book_.ledger().tracker().find_open(client_id);
  if (tracked == nullptr) return;
  const auto& orders = book_.ledger().tracker().orders();
  book_.send(static_cast<std::size_t>(tracked - orders.data()));
}

}  // namespace cadre::book
