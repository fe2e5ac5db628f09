#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "host/base/file.hpp"
#include "host/base/hash.hpp"
#include "host/base/invariant.hpp"
#include "host/journal/journal.hpp"

namespace cadre::journal {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

template <class Number>
std::byte* put(std::byte* to, Number value) {
  std::memcpy(to, &value, sizeof value);
  return to + sizeof value;
}

bool write_all(int descriptor, const std::byte* bytes, std::size_t count) {
  while (count != 0) {
    const ssize_t written = ::write(descriptor, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace

base::Result<std::unique_ptr<JournalWriter>> JournalWriter::create(const std::filesystem::path& path,
                                                                   uint64_t begins_at) {
  base::Problems problems;
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0 && errno == EEXIST) {
    problems.error("JOURNAL_EXISTS", {.file = path.string()},
                   "there is a file already, and a journal is never overwritten",
                   "choose another name, or move it away");
    return problems;
  }
  if (descriptor < 0 || !base::sync_folder_of(path)) {
    const int error_number = errno;
    if (descriptor >= 0) ::close(descriptor);
    problems.error("JOURNAL_NOT_WRITABLE", {.file = path.string()},
                   "the journal cannot be created (" + std::string(std::strerror(error_number)) + ")",
                   "check the folder and its permissions");
    return problems;
  }
  return std::unique_ptr<JournalWriter>(new JournalWriter(path, descriptor, 0, begins_at));
}

base::Result<std::unique_ptr<JournalWriter>> JournalWriter::reopen(const std::filesystem::path& path,
                                                                   uint64_t keep_bytes, uint64_t begins_at) {
  CADRE_INVARIANT(keep_bytes >= begins_at + head_bytes, "journal.keeps_its_head",
                  "a journal that is reopened keeps at least its head");
  const uint64_t bytes = keep_bytes - begins_at;
  const auto kept = base::read_part(path, 0, bytes);
  if (!kept) return kept.problems();
  base::Problems problems;
  uint32_t format = format_version;
  if (kept->size() >= head_bytes) std::memcpy(&format, kept->data() + 12, sizeof format);
  if (format < first_format_with_segments || format > format_version) {
    problems.error("JOURNAL_VERSION_UNKNOWN", {.file = path.string()},
                   "the journal has format " + std::to_string(format) + ", and those of formats " +
                       std::to_string(first_format_with_segments) + " to " + std::to_string(format_version) +
                       " are continued",
                   "");
    return problems;
  }
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0 || ::ftruncate(descriptor, static_cast<off_t>(bytes)) != 0 ||
      ::fdatasync(descriptor) != 0) {
    const int error_number = errno;
    if (descriptor >= 0) ::close(descriptor);
    problems.error("JOURNAL_NOT_WRITABLE", {.file = path.string()},
                   "the journal cannot be continued (" + std::string(std::strerror(error_number)) + ")",
                   "check the file and its permissions");
    return problems;
  }
  std::unique_ptr<JournalWriter> writer(new JournalWriter(path, descriptor, bytes, begins_at));
  writer->checksum_.update(kept->data(), kept->size());
  writer->format_ = format;
  return writer;
}

JournalWriter::JournalWriter(std::filesystem::path path, int descriptor, uint64_t size_bytes,
                             uint64_t begins_at)
    : path_(std::move(path)),
      name_(path_.filename().string()),
      descriptor_(descriptor),
      folder_(::open(path_.has_parent_path() ? path_.parent_path().c_str() : ".",
                     O_PATH | O_DIRECTORY | O_CLOEXEC)),
      buffer_(buffer_bytes),
      size_bytes_(size_bytes),
      begins_at_(begins_at) {
  if (size_bytes != 0) return;
  std::memcpy(buffer_.data(), "CADREJOURNAL", 12);
  put(buffer_.data() + 12, format_version);
  filled_ = size_bytes_ = head_bytes;
}

JournalWriter::~JournalWriter() {
  if (folder_ >= 0) ::close(folder_);
  if (descriptor_ < 0) return;
  write_out();
  ::close(descriptor_);
}

void JournalWriter::append(RecordType type, uint64_t sequence, std::span<const std::byte> payload) {
  CADRE_INVARIANT(descriptor_ >= 0, "journal.open", "nothing is appended to a journal that is closed");
  CADRE_INVARIANT(format_ == format_version, "journal.one_format",
                  "a segment of an earlier format is only ended");
  if (failure_code_ != nullptr) return;
  if (payload.size() > payload_bytes_max) {
    remember("JOURNAL_RECORD_TOO_LARGE", "a record is larger than 256 MiB", 0);
    return;
  }
  const std::size_t frame = frame_head_bytes + payload.size() + frame_tail_bytes;
  if (frame > buffer_.size() - filled_) write_out();
  if (frame > buffer_.size()) buffer_.resize(frame);

  std::byte* const start = buffer_.data() + filled_;
  std::byte* to = put(start, static_cast<uint32_t>(payload.size()));
  to = put(to, static_cast<uint32_t>(type));
  to = put(to, sequence);
  if (!payload.empty()) std::memcpy(to, payload.data(), payload.size());
  to += payload.size();
  put(to, base::checksum64(start, frame - frame_tail_bytes));
  filled_ += frame;
  size_bytes_ += frame;
  sequence_ = std::max(sequence_, sequence);
}

base::Problems JournalWriter::flush() {
  if (descriptor_ >= 0) {
    write_out();
    if (failure_code_ == nullptr && ::fdatasync(descriptor_) != 0)
      remember("JOURNAL_NOT_WRITABLE", "syncing failed", errno);
    if (failure_code_ == nullptr && !is_in_place())
      remember("JOURNAL_DELETED", "the file was deleted, moved or replaced while it was written", 0);
  }
  return outcome();
}

base::Problems JournalWriter::rename_to(const std::filesystem::path& path) {
  if (::rename(path_.c_str(), path.c_str()) != 0 || !base::sync_folder_of(path))
    remember("JOURNAL_NOT_WRITABLE", "giving it its name failed", errno);
  else
    path_ = path;
  name_ = path_.filename().string();
  return outcome();
}

base::Problems JournalWriter::cut(uint64_t keep_bytes) {
  CADRE_INVARIANT(keep_bytes >= begins_at_ + head_bytes && keep_bytes <= size_bytes(),
                  "journal.keeps_its_head", "a journal that is cut keeps at least its head");
  write_out();
  size_bytes_ = keep_bytes - begins_at_;
  if (failure_code_ == nullptr && (::ftruncate(descriptor_, static_cast<off_t>(size_bytes_)) != 0 ||
                                   ::lseek(descriptor_, static_cast<off_t>(size_bytes_), SEEK_SET) < 0))
    remember("JOURNAL_NOT_WRITABLE", "cutting it failed", errno);
  return outcome();
}

base::Problems JournalWriter::close() {
  if (descriptor_ < 0) return outcome();
  flush();
  if (::close(descriptor_) != 0 && failure_code_ == nullptr)
    remember("JOURNAL_NOT_WRITABLE", "closing failed", errno);
  descriptor_ = -1;
  return outcome();
}

uint64_t JournalWriter::checksum() {
  write_out();
  return checksum_.so_far();
}

/// Whether whoever reads the folder next finds what is written here, also when the folder was moved as a
/// whole.
bool JournalWriter::is_in_place() const {
  struct stat open {};
  struct stat there {};
  return ::fstat(descriptor_, &open) == 0 && open.st_nlink != 0 &&
         ::fstatat(folder_, name_.c_str(), &there, 0) == 0 && open.st_dev == there.st_dev &&
         open.st_ino == there.st_ino;
}

/// Nobody else may have cut the file: what is written behind its end would leave a hole that was
/// acknowledged.
void JournalWriter::check_size() {
  struct stat about {};
  const auto expected = static_cast<off_t>(size_bytes_ - filled_);
  if (failure_code_ != nullptr || ::fstat(descriptor_, &about) != 0 || about.st_size == expected) return;
  remember("JOURNAL_CHANGED", "somebody else changed its size while it was written", 0);
}

void JournalWriter::write_out() {
  check_size();
  checksum_.update(buffer_.data(), filled_);
  if (failure_code_ == nullptr && !write_all(descriptor_, buffer_.data(), filled_))
    remember("JOURNAL_NOT_WRITABLE", "writing failed", errno);
  filled_ = 0;
}

void JournalWriter::remember(const char* code, const char* what, int error_number) {
  failure_code_ = code;
  failure_ = what;
  failure_number_ = error_number;
}

base::Problems JournalWriter::outcome() const {
  base::Problems problems;
  if (failure_code_ == nullptr) return problems;
  std::string message = failure_;
  if (failure_number_ != 0) message += " (" + std::string(std::strerror(failure_number_)) + ")";
  problems.error(failure_code_, {.file = path_.string()}, std::move(message),
                 failure_number_ == ENOSPC ? "make room on this disk" : "");
  return problems;
}

}  // namespace cadre::journal
