#include "host/shadow/hearing.hpp"

#include <string>
#include <utility>

#include "host/book/state_commands.hpp"
#include "host/journal/journal.hpp"
#include "host/journal/signal_record.hpp"

namespace cadre::shadow {

namespace {

using journal::RecordType;

base::Problems bad_record(const JournalPart& part, const std::string& what) {
  base::Problems problems;
  problems.error("JOURNAL_BAD_RECORD", base::Place::of(part.journal.string()), what,
                 "`cadre journal verify` says what is wrong with it");
  return problems;
}

template <class Record>
bool hear(const journal::Record& record, Hearing& hearing) {
  base::Decoder from(record.payload);
  Record value;
  if (!decode(from, value, record.format)) return false;
  hearing.take(value);
  return true;
}

bool hear_one(const journal::Record& record, Hearing& hearing) {
  switch (record.type) {
    case RecordType::bar: {
      base::Decoder from(record.payload);
      model::Bar bar;
      if (!journal::decode(from, bar, record.format)) return false;
      hearing.take(bar);
      return true;
    }
    case RecordType::signal:
      return hear<journal::SignalRecord>(record, hearing);
    case RecordType::command:
      return hear<journal::CommandRecord>(record, hearing);
    default:
      return true;
  }
}

}  // namespace

void Hearing::take(const model::Bar& bar) {
  heard_.bar = bar;
  heard_.was_halted = is_halted_;
  bar_began_ = true;
}

void Hearing::take(const journal::SignalRecord& signal) {
  (bar_began_ ? heard_.signals : heard_.before).push_back(journal::signal_of(signal));
}

void Hearing::take(const journal::CommandRecord& command) {
  if (command.kind == "halt") is_halted_ = true;
  if (command.kind == "resume") is_halted_ = false;
  const auto change = book::state_change_of(command);
  const bool reduces = change && change->code.empty() && change->scope.is_book() &&
                       change->state == execution::TradingState::reducing;
  if (reduces) is_halted_ = false;
}

std::optional<Heard> Hearing::take(const journal::AccountRecord& account) {
  heard_.book_equity = account.equity.to_double();
  Heard heard = std::exchange(heard_, {});
  if (!std::exchange(bar_began_, false)) return std::nullopt;
  return heard;
}

base::Problems hear_journal(const JournalPart& part, Hearing& hearing,
                            const std::function<bool(const Heard&)>& take) {
  if (part.from == part.to) return {};
  auto reader = journal::JournalReader::open_part(part.journal, part.from, part.to);
  if (!reader) return reader.problems();
  while (reader->offset() < part.to) {
    const auto record = reader->next();
    if (!record) break;
    std::optional<Heard> heard;
    bool is_read = true;
    if (record->type == RecordType::account) {
      base::Decoder from(record->payload);
      journal::AccountRecord account;
      is_read = decode(from, account, record->format);
      if (is_read) heard = hearing.take(account);
    } else {
      is_read = hear_one(*record, hearing);
    }
    if (!is_read)
      return bad_record(part, "the " + std::string(journal::record_type_name(record->type)) +
                                  " with sequence " + std::to_string(record->sequence) + " cannot be read");
    if (heard && !take(*heard)) return {};
  }
  if (reader->problems().has_errors()) return reader->problems();
  if (reader->offset() != part.to)
    return bad_record(part, "it ends at byte " + std::to_string(reader->offset()) +
                                ", and should go on to byte " + std::to_string(part.to));
  return {};
}

}  // namespace cadre::shadow
