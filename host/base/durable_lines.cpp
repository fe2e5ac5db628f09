#include "host/base/durable_lines.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "host/base/file.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/seal.hpp"

namespace cadre::base {

namespace {

constexpr std::size_t checksum_digits = 16;

std::string checksum_of(std::string_view text) {
  char digits[checksum_digits + 1];
  std::snprintf(digits, sizeof digits, "%016llx",
                static_cast<unsigned long long>(checksum64(text.data(), text.size())));
  return digits;
}

/// `{...} 0123456789abcdef`, without its line feed.
bool parse_line(std::string_view line, boost::json::object& object) {
  if (line.size() < checksum_digits + 1) return false;
  const std::string_view text = line.substr(0, line.size() - checksum_digits - 1);
  if (line[text.size()] != ' ' || line.substr(text.size() + 1) != checksum_of(text)) return false;
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  if (error || !value.is_object()) return false;
  object = value.get_object();
  return true;
}

}  // namespace

Result<DurableLines> DurableLines::open(const std::filesystem::path& file, const std::string& otherwise) {
  DurableLines lines(file);
  Problems problems;
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    const auto bytes = read_file(file);
    if (!bytes) return bytes.problems();
    problems = lines.read(*bytes);
    const std::string_view content(*bytes);
    // What is wrong with a line says more than that the file is not what it was.
    if (!problems.has_errors()) problems.append(check_seal(file, &content, SealFor::beginning, otherwise));
  } else {
    problems = check_seal(file, nullptr, SealFor::beginning, otherwise);
  }
  if (!problems.has_errors()) problems.append(lines.open_for_appending());
  if (problems.has_errors()) return problems;
  return {std::move(lines), problems};
}

Problems DurableLines::read(std::string_view bytes) {
  Problems problems;
  std::uint32_t number = 0;
  std::size_t at = 0;
  while (at < bytes.size()) {
    ++number;
    const std::size_t end = bytes.find('\n', at);
    boost::json::object object;
    const bool has_end = end != std::string_view::npos;
    const bool is_whole = parse_line(bytes.substr(at, has_end ? end - at : bytes.size() - at), object);
    // A power cut may leave zeros where a part of the last line never came to the disk.
    const bool is_last = !has_end || end + 1 == bytes.size();
    const bool has_hole = bytes.substr(at).find('\0') != std::string_view::npos;
    if (!is_whole && is_last && (!has_end || has_hole)) {
      problems.warning("STATE_LINE_CUT", {.file = file_.string(), .line = number},
                       "the last line ends within its write: it is cut off, nobody was told of it");
      return problems;
    }
    if (!is_whole) {
      problems.error("STATE_LINE_DAMAGED", {.file = file_.string(), .line = number},
                     "the line is not what was written: its checksum is another",
                     "put a copy of the file back; without one, move it and its seal away, and keep them for "
                     "those who ask");
      return problems;
    }
    found_.push_back(std::move(object));
    // A line that lacks only its end is whole.
    text_ += std::string(bytes.substr(at, has_end ? end - at : bytes.size() - at)) + '\n';
    at = has_end ? end + 1 : bytes.size();
  }
  return problems;
}

Problems DurableLines::open_for_appending() {
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  const auto size = static_cast<off_t>(text_.size());
  const bool ends = text_.empty() || ::pwrite(descriptor_, "\n", 1, size - 1) == 1;
  const bool fine = descriptor_ >= 0 && ends && ::ftruncate(descriptor_, size) == 0 &&
                    ::fsync(descriptor_) == 0 && sync_folder_of(file_);
  Problems problems;
  if (!fine)
    problems.error("FILE_NOT_WRITABLE", Place::of(file_),
                   std::string("it cannot be opened for writing (") + std::strerror(errno) + ")");
  else
    (void)seal_file(file_, {text_});  // on a full disk the one before holds
  return problems;
}

/// Why nothing more can be kept in the file that is open: it is not the one that a start would read.
std::string DurableLines::why_lost() const {
  struct stat open {
  }, there{};
  if (::fstat(descriptor_, &open) != 0) return std::strerror(errno);
  if (open.st_nlink == 0 || ::stat(file_.c_str(), &there) != 0) return "it was deleted or moved away";
  if (open.st_dev != there.st_dev || open.st_ino != there.st_ino) return "another file is in its place";
  if (open.st_size != static_cast<off_t>(text_.size())) return "somebody else changed its size";
  return {};
}

Problems DurableLines::append(const boost::json::object& line) {
  const std::string text = canonical(boost::json::value(line));
  const std::string bytes = text + ' ' + checksum_of(text) + '\n';
  const auto size = static_cast<off_t>(text_.size());
  std::string why = why_lost();
  if (why.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), size);
    if (written != static_cast<ssize_t>(bytes.size()))
      why = written < 0 ? std::strerror(errno) : std::strerror(ENOSPC);
    else if (::fdatasync(descriptor_) != 0)
      why = std::strerror(errno);
    if (!why.empty()) (void)!::ftruncate(descriptor_, size);
  }
  Problems problems;
  if (!why.empty()) {
    problems.error("FILE_NOT_WRITABLE", Place::of(file_), "a line cannot be added (" + why + ")");
    return problems;
  }
  text_ += bytes;
  // Without its seal the line is there all the same; only that it was cut would not be noticed.
  (void)seal_file(file_, {text_});
  return problems;
}

DurableLines::DurableLines(DurableLines&& other) noexcept
    : file_(std::move(other.file_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      text_(std::move(other.text_)),
      found_(std::move(other.found_)) {}

DurableLines& DurableLines::operator=(DurableLines&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(text_, other.text_);
  std::swap(found_, other.found_);
  return *this;
}

DurableLines::~DurableLines() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace cadre::base
