#include "host/revision/revision_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <set>

#include "host/base/durable_folder.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/seal.hpp"

namespace cadre::revision {

namespace fs = std::filesystem;

namespace {

constexpr const char* next_current = ".CURRENT.next";
/// What a start without CURRENT needs.
constexpr const char* boots_by_number = "`cadre run --revision N` says which revision to boot";

std::string file_name(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits + ".json";
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The number of a file that this store wrote; nothing for every other name.
std::optional<std::uint64_t> number_of(const fs::path& file) {
  const auto number = parse_number(file.stem().string());
  if (!number || *number == 0 || file.filename() != file_name(*number)) return std::nullopt;
  return number;
}

base::Problems one_error(std::string code, const fs::path& file, std::string message,
                         std::string next_step = {}) {
  base::Problems problems;
  problems.error(std::move(code), {.file = file.string()}, std::move(message), std::move(next_step));
  return problems;
}

/// Whether what the folder lists survives a power cut.
bool sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return synced;
}

}  // namespace

base::Result<std::unique_ptr<RevisionStore>> RevisionStore::open(const fs::path& folder) {
  std::error_code error;
  error = base::make_durable_folder(folder / "revisions");
  if (error || !fs::is_directory(folder / "revisions") || ::access((folder / "revisions").c_str(), W_OK) != 0)
    return one_error("REVISION_STORE_NOT_USABLE", folder,
                     "revisions cannot be kept here (" +
                         (error ? error.message() : std::string(std::strerror(errno))) + ")",
                     "name a folder that can be written");
  std::unique_ptr<RevisionStore> store(new RevisionStore(folder));
  store->read_all();
  return store;
}

void RevisionStore::read_all() {
  std::set<std::uint64_t> numbers;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_ / "revisions", error)) {
    if (const auto number = number_of(entry.path())) numbers.insert(*number);
  }
  if (error)
    problems_.append(one_error("REVISION_DAMAGED", folder_ / "revisions",
                               "the folder cannot be read (" + error.message() + ")"));
  std::uint64_t expected = 1;
  for (const std::uint64_t number : numbers) {
    if (number != expected)
      problems_.error("REVISION_MISSING", {.file = file_of(expected).string()},
                      number == expected + 1 ? "revision " + std::to_string(expected) + " is missing"
                                             : "revisions " + std::to_string(expected) + " to " +
                                                   std::to_string(number - 1) + " are missing",
                      "restore the file from a copy; the other revisions are usable");
    if (auto revision = read_file_of(number)) {
      remember(*revision);
    } else {
      damaged_.emplace(number, revision.problems());
      problems_.append(revision.problems());
    }
    expected = number + 1;
  }
  read_current();
}

base::Result<Revision> RevisionStore::read_file_of(std::uint64_t number) const {
  const fs::path file = file_of(number);
  base::Result<std::string> text = base::read_file(file);
  if (!text) return one_error("REVISION_DAMAGED", file, text.problems()[0].message);
  base::Result<Revision> revision = parse_file(file.string(), std::move(text).take());
  if (revision && revision->number != number)
    return one_error("REVISION_DAMAGED", file, "holds revision " + std::to_string(revision->number),
                     "the file was renamed or copied; restore its own");
  return revision;
}

/// Files of 0.9 say no line: an apply had the one before it in charge, and a rollback brings back a place in
/// the line with what it restores.
std::uint64_t RevisionStore::line_of(const Revision& revision) const {
  if (revision.line) return *revision.line;
  if (revision.restores == 0) return revision.based_on;
  const auto restored = revisions_.find(revision.restores);
  return restored != revisions_.end() ? restored->second.head.line.value_or(0) : 0;
}

void RevisionStore::remember(const Revision& revision) {
  Revision head{.number = revision.number,
                .based_on = revision.based_on,
                .line = line_of(revision),
                .time_ns = revision.time_ns,
                .actor = revision.actor,
                .reason = revision.reason,
                .restores = revision.restores,
                .restores_book = revision.restores_book};
  revisions_.emplace(revision.number, Known{std::move(head), &*plugin_lists_.insert(revision.plugins).first});
}

void RevisionStore::read_current() {
  const fs::path file = folder_ / "CURRENT";
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(file, ignored))) {
    problems_.append(base::check_seal(file, nullptr, base::SealFor::whole, boots_by_number));
    return;
  }
  const base::Result<std::string> text = base::read_file(file);
  if (!text) {
    problems_.append(text.problems());
    return;
  }
  const std::string_view content(*text);
  const base::Problems changed = base::check_seal(file, &content, base::SealFor::whole, boots_by_number);
  problems_.append(changed);
  if (changed.has_errors()) return;
  std::optional<std::uint64_t> number;
  if (text && !text->empty() && text->back() == '\n')
    number = parse_number(std::string_view(*text).substr(0, text->size() - 1));
  if (!number) {
    problems_.append(one_error("CURRENT_DAMAGED", file, "expected the number of a revision and a line end",
                               "write the number of the revision to boot into it"));
  } else if (revisions_.count(*number) == 0 && damaged_.count(*number) == 0) {
    problems_.append(one_error("CURRENT_DAMAGED", file, "there is no revision " + std::to_string(*number),
                               "write the number of the revision to boot into it"));
  } else {
    current_ = *number;
  }
}

fs::path RevisionStore::file_of(std::uint64_t number) const {
  return folder_ / "revisions" / file_name(number);
}

base::Problems RevisionStore::append(const Revision& revision) {
  const std::lock_guard lock(mutex_);
  const fs::path file = file_of(revision.number);
  std::uint64_t last = 0;
  if (!revisions_.empty()) last = revisions_.rbegin()->first;
  if (!damaged_.empty()) last = std::max(last, damaged_.rbegin()->first);
  if (revision.number != 0 && revision.number <= last)
    return one_error("REVISION_EXISTS", file, "revision " + std::to_string(revision.number) + " exists",
                     "the next number is " + std::to_string(last + 1));
  if (revision.number != last + 1)
    return one_error(
        "REVISION_OUT_OF_ORDER", file,
        "revision " + std::to_string(revision.number) + " cannot follow revision " + std::to_string(last),
        "the next number is " + std::to_string(last + 1));

  // What cannot be read back must not be written: the host could not boot from it.
  Revision written = revision;
  if (written.host.version.empty()) written.host = base::this_build();
  const std::string text = file_text(written);
  const base::Result<Revision> same = parse_file(file.string(), text);
  if (!same) return one_error("REVISION_NOT_STORABLE", file, same.problems()[0].message);
  if (base::Problems problems = write_new_file(file, text); problems.has_errors()) return problems;
  remember(revision);
  return {};
}

base::Problems RevisionStore::withdraw(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const fs::path file = file_of(number);
  if (revisions_.empty() || revisions_.rbegin()->first != number || number == current_)
    return one_error("REVISION_UNKNOWN", file,
                     "revision " + std::to_string(number) + " is not one that was never taken over");
  if (::unlink(file.c_str()) != 0 || !sync_folder(file.parent_path()))
    return one_error("FILE_NOT_WRITABLE", file,
                     std::string("removing failed (") + std::strerror(errno) + ")");
  revisions_.erase(number);
  return {};
}

// A link and not a rename: a rename would replace a file that another process has put there.
base::Problems RevisionStore::write_new_file(const fs::path& file, const std::string& text) const {
  const fs::path temporary = file.parent_path() / ("." + file.filename().string() + ".new");
  if (base::Problems problems = base::write_file_atomically(temporary, text); problems.has_errors())
    return problems;
  const bool linked = ::link(temporary.c_str(), file.c_str()) == 0;
  const int error = errno;
  ::unlink(temporary.c_str());
  if (linked && sync_folder(file.parent_path())) return {};
  if (!linked && error == EEXIST)
    return one_error("REVISION_EXISTS", file, "another process has written this revision",
                     "run one host on a folder");
  return one_error("FILE_NOT_WRITABLE", file,
                   std::string("writing failed (") + std::strerror(linked ? errno : error) + ")");
}

base::Problems RevisionStore::unknown(std::uint64_t number) const {
  if (revisions_.contains(number)) return {};
  if (const auto found = damaged_.find(number); found != damaged_.end()) return found->second;
  return one_error("REVISION_UNKNOWN", file_of(number), "there is no revision " + std::to_string(number),
                   revisions_.empty() ? "there are none yet"
                                      : "there are " + std::to_string(revisions_.begin()->first) + " to " +
                                            std::to_string(revisions_.rbegin()->first));
}

base::Result<Revision> RevisionStore::get(std::uint64_t number) const {
  std::optional<std::uint64_t> line;
  {
    const std::lock_guard lock(mutex_);
    if (base::Problems problems = unknown(number); problems.has_errors()) return problems;
    line = revisions_.at(number).head.line;
  }
  base::Result<Revision> revision = read_file_of(number);  // no file is ever changed
  if (revision) revision->line = line;
  return revision;
}

std::uint64_t RevisionStore::last() const {
  const std::lock_guard lock(mutex_);
  return std::max(revisions_.empty() ? 0 : revisions_.rbegin()->first,
                  damaged_.empty() ? 0 : damaged_.rbegin()->first);
}

std::vector<Revision> RevisionStore::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Revision> all;
  for (const auto& [number, known] : revisions_) {
    all.push_back(known.head);
    all.back().plugins = *known.plugins;
  }
  return all;
}

std::uint64_t RevisionStore::line_behind(std::uint64_t target, std::uint64_t current) const {
  const std::lock_guard lock(mutex_);
  const auto line = [&](std::uint64_t number) -> std::uint64_t {
    const auto known = revisions_.find(number);
    return known != revisions_.end() ? known->second.head.line.value_or(0) : 0;
  };
  std::uint64_t at = current;
  while (at > target) {
    if (line(at) >= at) break;  // only a file that was written by hand says so
    at = line(at);
  }
  return at == target ? line(target) : current;
}

std::uint64_t RevisionStore::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

base::Problems RevisionStore::prepare_current(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  prepared_ = 0;
  if (base::Problems problems = unknown(number); problems.has_errors()) return problems;
  std::error_code ignored;
  if (fs::is_directory(folder_ / "CURRENT", ignored))
    return one_error("FILE_NOT_WRITABLE", folder_ / "CURRENT", "this is a folder, expected a file");
  base::Problems problems =
      base::write_file_atomically(folder_ / next_current, std::to_string(number) + "\n");
  if (!problems.has_errors()) prepared_ = number;
  return problems;
}

base::Problems RevisionStore::set_current(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (base::Problems problems = unknown(number); problems.has_errors()) return problems;
  const bool is_prepared = prepared_ == number;
  prepared_ = 0;
  const std::string before = std::to_string(current_) + "\n", next = std::to_string(number) + "\n";
  if (base::Problems problems = base::seal_file(folder_ / "CURRENT", {next, before}); problems.has_errors())
    return problems;
  if (is_prepared && ::rename((folder_ / next_current).c_str(), (folder_ / "CURRENT").c_str()) == 0 &&
      sync_folder(folder_)) {
    current_ = number;
    (void)base::seal_file(folder_ / "CURRENT", {next});
    return {};
  }
  base::Problems problems = base::write_file_atomically(folder_ / "CURRENT", next);
  if (problems.has_errors()) return problems;
  current_ = number;
  (void)base::seal_file(folder_ / "CURRENT", {next});
  return problems;
}

}  // namespace cadre::revision
