#include "host/live/journal_tools.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <deque>
#include <set>

#include "host/base/date.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/book/run_head.hpp"
#include "host/journal/record_json.hpp"
#include "host/journal/records.hpp"
#include "host/live/checkpoint_files.hpp"

namespace cadre::live {

namespace fs = std::filesystem;
namespace json = boost::json;

using journal::RecordType;

namespace {

base::Problems damaged(const fs::path& file, const std::string& what) {
  base::Problems problems;
  problems.error("JOURNAL_DAMAGED", base::Place::of(file), what,
                 "restore it from a copy: `cadre journal restore`");
  return problems;
}

/// What records mean depends on those before: the instruments by index, and the date.
struct Reading {
  std::vector<std::string> instruments;
  std::vector<std::string> of_bars;  ///< some of which may be no part of the universe
  std::int32_t date = 0;

  void take(const journal::Record& record) {
    base::Decoder from(record.payload);
    if (record.type == RecordType::head) {
      journal::HeadRecord head;
      if (!decode(from, head, record.format)) return;
      if (auto said = book::read_head("head", head.text)) {
        instruments = std::move(said->universe);
        of_bars = std::move(said->instruments);
      }
    } else if (record.type == RecordType::universe) {
      journal::UniverseRecord universe;
      if (decode(from, universe, record.format)) instruments = std::move(universe.instruments);
    } else if (record.type == RecordType::bar) {
      model::Bar bar;
      if (journal::decode(from, bar, record.format)) date = bar.date;
    }
  }
  const std::vector<std::string>& instruments_of(const journal::Record& record) const {
    return record.type == RecordType::bar ? of_bars : instruments;
  }
};

/// Whether the segment says what the one before it is.
base::Problems check_segments(const std::vector<journal::Segment>& segments, Verified& found) {
  base::Problems problems;
  std::uint64_t ends_at = segments.front().head.begins_at, sum = 0;
  for (std::size_t k = 0; k < segments.size(); ++k) {
    const journal::Segment& segment = segments[k];
    std::error_code error;
    found.stored_bytes += fs::file_size(segment.path, error);
    const auto bytes = journal::read_segment(segment);
    if (!bytes) return bytes.problems();
    const std::string number = "segment " + std::to_string(segment.head.segment);
    if (segment.head.begins_at != ends_at)
      problems.append(
          damaged(segment.path, number + " begins at byte " + std::to_string(segment.head.begins_at) +
                                    ", and the one before it ends at byte " + std::to_string(ends_at)));
    if (k != 0 && segment.head.before != sum)
      problems.append(damaged(segment.path, number + " follows on another one than the one before it"));
    sum = base::checksum64(bytes->data(), bytes->size());
    ends_at = segment.head.begins_at + bytes->size();
  }
  return problems;
}

bool has_number(RecordType type) {
  return type == RecordType::bar || type == RecordType::signal || type == RecordType::report ||
         type == RecordType::universe || type == RecordType::timer || type == RecordType::outcome;
}

/// Every record can be read, and no number is missing.
base::Problems check_records(const fs::path& file, Verified& found) {
  auto reader = journal::JournalReader::open(file);
  if (!reader) return reader.problems();
  Reading reading;
  std::uint64_t committed = 0;
  bool commits = false;
  while (const auto record = reader->next()) {
    reading.take(*record);
    if (!to_json(*record, reading.instruments_of(*record), std::nullopt))
      return damaged(file, "the " + std::string(journal::record_type_name(record->type)) +
                               " that ends at byte " + std::to_string(reader->offset()) + " cannot be read");
    ++found.records;
    Verified::Kind& kind = found.kinds[std::string(journal::record_type_name(record->type))];
    ++kind.records;
    kind.bytes += journal::frame_head_bytes + record->payload.size() + journal::frame_tail_bytes;
    if (has_number(record->type) && found.sequence != 0 && record->sequence > found.sequence + 1)
      return damaged(file, "event " + std::to_string(record->sequence) + " follows on event " +
                               std::to_string(found.sequence));
    found.sequence = std::max(found.sequence, record->sequence);
    found.decisions += record->type == RecordType::decision ? 1 : 0;
    found.orders += record->type == RecordType::order ? 1 : 0;
    if (record->type == RecordType::bar && found.from == 0) found.from = reading.date;
    found.to = reading.date;
    if (record->type != RecordType::commit) continue;
    commits = true;
    committed = reader->offset();
    base::Decoder from(record->payload);
    journal::CommitRecord commit;
    if (decode(from, commit, record->format)) found.incarnation = commit.incarnation;
  }
  found.bytes = reader->offset();
  found.begins_at = reader->stream_begins_at();
  if (commits) found.uncommitted = reader->file_ends_at() - committed;
  if (reader->problems().has_errors() && commits && !reader->is_acknowledged_behind()) return {};
  return reader->problems();
}

base::Problems check_checkpoints(const fs::path& folder, std::uint64_t ends_at, Verified& found) {
  base::Problems problems;
  const CheckpointFiles files(folder);
  for (const fs::path& file : files.list()) {
    const auto image = CheckpointFiles::read(file);
    base::Problems said = image ? base::Problems{} : image.problems();
    if (image) {
      const auto rows = files.rows_of(*image);
      if (!rows) said = rows.problems();
      if (image->journal_bytes > ends_at) continue;  // of what is not committed yet
    }
    found.checkpoints += said.has_errors() ? 0 : 1;
    problems.append(said);
  }
  return problems;
}

/// Whether a record says something of an instrument. One that is of a moment, and of no instrument, says it
/// of all.
bool concerns(const json::object& shown, const std::string& instrument) {
  for (const char* at : {"order", "report", "signal", "outcome"}) {
    const json::value* inner = shown.if_contains(at);
    if (inner == nullptr || !inner->is_object()) continue;
    return inner->get_object().at("instrument") == json::value(instrument);
  }
  const json::value* own = shown.if_contains("instrument");
  return own == nullptr || *own == json::value(instrument);
}

}  // namespace

base::Result<std::vector<JournalPlace>> find_journals(const fs::path& path, const std::string& book) {
  std::vector<JournalPlace> places;
  std::error_code error;
  const auto add = [&](const std::string& name, const fs::path& file) {
    if (fs::is_regular_file(file, error)) places.push_back({name, file});
  };
  if (!fs::is_directory(path, error)) {
    add("", path);
  } else if (fs::exists(path / "journal", error)) {
    const auto segments = journal::segments_of(path / "journal");
    add(segments ? segments->back().head.book : "", path / "journal");
  } else {
    for (fs::directory_iterator at(path / "books", error), end; !error && at != end; at.increment(error)) {
      const std::string name = at->path().filename().string();
      if (name.find('.') == std::string::npos && (book.empty() || name == book))
        add(name, at->path() / "journal");
    }
    std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.book < b.book; });
  }
  if (!places.empty()) return places;
  base::Problems problems;
  problems.error(
      "JOURNAL_NOT_FOUND", base::Place::of(path),
      book.empty() ? "there is no journal here" : "there is no journal of a book " + base::quote(book),
      "name a state folder, the folder of a book, a run folder, or a journal");
  return problems;
}

base::Result<Verified> verify_journal(const JournalPlace& place) {
  Verified found;
  auto segments = journal::segments_of(place.journal);
  if (!segments) return segments.problems();
  found.segments = segments->size();
  base::Problems problems = journal::check_no_gap(place.journal, *segments);
  if (!problems.has_errors()) problems.append(check_segments(*segments, found));
  if (!problems.has_errors()) problems.append(check_records(place.journal, found));
  if (!problems.has_errors())
    problems.append(check_checkpoints(place.journal.parent_path() / "checkpoints", found.bytes, found));
  if (segments->front().head.begins_at != 0 && found.checkpoints == 0 && !problems.has_errors())
    problems = damaged(place.journal, "its beginning was pruned, and no checkpoint is whole");
  if (problems.has_errors()) return problems;
  return {found, problems};
}

static base::Problems without_instrument(const JournalPlace& place, const std::string& instrument,
                                         const std::set<std::string>& known) {
  base::Problems problems;
  problems.error("COMMAND_INSTRUMENT", base::Place::of(place.journal),
                 "the journal has no instrument " + base::quote(instrument) +
                     base::did_you_mean(instrument, {known.begin(), known.end()}),
                 "its instruments are " + base::join({known.begin(), known.end()}, ", "));
  return problems;
}

base::Problems show_journal(const JournalPlace& place, const ShowFilter& filter,
                            const std::function<void(const json::object&)>& show) {
  auto reader = journal::JournalReader::open(place.journal);
  if (!reader) return reader.problems();
  Reading reading;
  std::deque<json::object> newest;
  std::set<std::string> known;  // instruments, of all its universes
  while (const auto record = reader->next()) {
    reading.take(*record);
    if (!filter.instrument.empty() &&
        (record->type == journal::RecordType::head || record->type == journal::RecordType::universe))
      for (const auto* ids : {&reading.instruments, &reading.of_bars})
        known.insert(ids->begin(), ids->end());
    const std::string_view kind = journal::record_type_name(record->type);
    const bool is_asked_for = (filter.kinds.empty() || std::find(filter.kinds.begin(), filter.kinds.end(),
                                                                 kind) != filter.kinds.end()) &&
                              (filter.since == 0 || reading.date >= filter.since) &&
                              (filter.until == 0 || reading.date <= filter.until);
    if (!is_asked_for) continue;
    std::optional<std::size_t> only;
    if (!filter.instrument.empty()) {
      const std::vector<std::string>& all = reading.instruments_of(*record);
      const auto at = std::find(all.begin(), all.end(), filter.instrument);
      if (at == all.end()) continue;
      only = static_cast<std::size_t>(at - all.begin());
    }
    auto shown = to_json(*record, reading.instruments_of(*record), only);
    if (!shown)
      return damaged(place.journal, "the " + std::string(kind) + " that ends at byte " +
                                        std::to_string(reader->offset()) + " cannot be read");
    if (only && !concerns(*shown, filter.instrument)) continue;
    if (!place.book.empty()) (*shown)["book"] = place.book;
    if (filter.last == 0) {
      show(*shown);
      continue;
    }
    newest.push_back(std::move(*shown));
    if (newest.size() > filter.last) newest.pop_front();
  }
  for (const json::object& each : newest)
    show(each);
  if (!filter.instrument.empty() && !known.contains(filter.instrument))
    return without_instrument(place, filter.instrument, known);
  if (reader->problems().has_errors() && !reader->is_acknowledged_behind()) return {};
  return reader->problems().has_errors() ? reader->problems() : base::Problems{};
}

base::Result<std::uint64_t> prune(const JournalPlace& place, std::uint64_t keep_segments) {
  const auto before = journal::segments_of(place.journal);
  if (!before) return before.problems();
  const CheckpointFiles files(place.journal.parent_path() / "checkpoints");
  std::uint64_t needed_from = journal::to_the_end;
  for (const fs::path& file : files.list()) {
    if (const auto image = CheckpointFiles::read(file))
      needed_from = std::min(needed_from, image->journal_bytes);
  }
  if (needed_from == journal::to_the_end) return std::uint64_t{0};  // a start reads it from its beginning
  if (base::Problems problems = journal::prune_segments(place.journal, keep_segments, needed_from);
      problems.has_errors())
    return problems;
  const auto after = journal::segments_of(place.journal);
  if (!after) return after.problems();
  return before->size() - after->size();
}

}  // namespace cadre::live
