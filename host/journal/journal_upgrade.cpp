#include "host/journal/journal_upgrade.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "host/base/file.hpp"
#include "host/journal/fields.hpp"
#include "host/journal/journal.hpp"
#include "host/journal/records.hpp"

namespace cadre::journal {
namespace {

namespace fs = std::filesystem;

/// Whether there is a whole head that names a format from before there were segments, or one not known here.
bool is_not_continued(const fs::path& path) {
  char head[head_bytes];
  std::ifstream file(path, std::ios::binary);
  if (!file.read(head, sizeof head)) return false;
  uint32_t format = 0;
  std::memcpy(&format, head + 12, sizeof format);
  return format < first_format_with_segments || format > format_version;
}

/// A record as today's hosts write it. False: it cannot be read. The types are those of the table of records.
bool write_anew(const Record& record, base::Encoder& to) {
  bool is_read = false;
  const auto rewrite = [&]<class T>(const RecordRow<T>& row) {
    if (row.type != record.type) return;
    T value;
    base::Decoder from(record.payload);
    is_read = decode(from, value, record.format);
    if (is_read) encode(to, value);
  };
  std::apply([&](const auto&... row) { (rewrite(row), ...); }, record_table);
  return is_read;
}

/// Appends every record in today's form.
base::Problems copy_records(const fs::path& path, JournalReader& from, JournalWriter& to) {
  base::Encoder encoder;
  while (const auto record = from.next()) {
    encoder.clear();
    if (!write_anew(*record, encoder)) {
      base::Problems problems;
      problems.error("JOURNAL_BAD_RECORD", {.file = path.string()},
                     "the " + std::string(record_type_name(record->type)) + " with sequence " +
                         std::to_string(record->sequence) + " cannot be read",
                     "was it written by another version?");
      return problems;
    }
    to.append(record->type, record->sequence, encoder.bytes());
  }
  return from.problems();
}

base::Problems put_in_place(const fs::path& beside, const fs::path& path) {
  base::Problems problems;
  std::error_code error;
  fs::rename(beside, path, error);
  if (!error && !base::sync_folder_of(path)) error.assign(errno, std::generic_category());
  if (error)
    problems.error("JOURNAL_NOT_WRITABLE", {.file = path.string()},
                   "the journal cannot be put into today's format (" + error.message() + ")",
                   "check the folder and its permissions");
  return problems;
}

}  // namespace

base::Problems upgrade_journal(const fs::path& path) {
  // What is no file may never answer.
  if (base::Problems why_not = base::check_readable(path); why_not.has_errors()) return why_not;
  if (!is_not_continued(path)) return {};
  auto reader = JournalReader::open(path);
  if (!reader) return reader.problems();
  fs::path beside = path;
  beside += ".upgrade";
  std::error_code ignored;
  fs::remove(beside, ignored);  // of a host that ended within an upgrade
  auto writer = JournalWriter::create(beside);
  if (!writer) return writer.problems();
  base::Problems problems = copy_records(path, *reader, **writer);
  problems.append((*writer)->close());
  if (!problems.has_errors()) problems.append(put_in_place(beside, path));
  if (problems.has_errors()) fs::remove(beside, ignored);
  return problems;
}

}  // namespace cadre::journal
