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

Result<DurableLines> DurableLines::open(const std::filesystem::path& file) {
  DurableLines lines(file);
  Problems problems;
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    const auto bytes = read_file(file);
    if (!bytes) return bytes.problems();
    problems = lines.read(*bytes);
  }
  if (!problems.has_errors()) problems.append(lines.open_for_appending());
  if (problems.has_errors()) return problems;
  return {std::move(lines), problems};
}

Problems DurableLines::read(std::string_view bytes) {
  Problems problems;
  std::uint32_t number = 0;
  while (bytes_ < bytes.size()) {
    ++number;
    const std::size_t end = bytes.find('\n', bytes_);
    boost::json::object object;
    const bool has_end = end != std::string_view::npos;
    const bool is_whole = has_end && parse_line(bytes.substr(bytes_, end - bytes_), object);
    // A power cut may leave zeros where a part of the last line never came to the disk.
    const bool is_last = !has_end || end + 1 == bytes.size();
    const bool has_hole = bytes.substr(bytes_).find('\0') != std::string_view::npos;
    if (!has_end || (!is_whole && is_last && has_hole)) {
      problems.warning("STATE_LINE_CUT", {.file = file_.string(), .line = number},
                       "the last line ends within its write: it is cut off, nobody was told of it");
      return problems;
    }
    if (!is_whole) {
      problems.error("STATE_LINE_DAMAGED", {.file = file_.string(), .line = number},
                     "the line is not what was written: its checksum is another",
                     "put a copy of the file back; without one, keep it for those who ask, and move it away");
      return problems;
    }
    found_.push_back(std::move(object));
    bytes_ = end + 1;
  }
  return problems;
}

Problems DurableLines::open_for_appending() {
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  const bool fine = descriptor_ >= 0 && ::ftruncate(descriptor_, static_cast<off_t>(bytes_)) == 0 &&
                    ::fsync(descriptor_) == 0 && sync_folder_of(file_);
  Problems problems;
  if (!fine)
    problems.error("FILE_NOT_WRITABLE", Place::of(file_),
                   std::string("it cannot be opened for writing (") + std::strerror(errno) + ")");
  return problems;
}

Problems DurableLines::append(const boost::json::object& line) {
  const std::string text = canonical(boost::json::value(line));
  const std::string bytes = text + ' ' + checksum_of(text) + '\n';
  std::string why;
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && status.st_nlink == 0) {
    why = "it was deleted";
  } else if (::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(bytes_)) !=
                 static_cast<ssize_t>(bytes.size()) ||
             ::fdatasync(descriptor_) != 0) {
    why = std::strerror(errno);
    (void)!::ftruncate(descriptor_, static_cast<off_t>(bytes_));
  }
  if (why.empty()) {
    bytes_ += bytes.size();
    return {};
  }
  Problems problems;
  problems.error("FILE_NOT_WRITABLE", Place::of(file_), "a line cannot be added (" + why + ")");
  return problems;
}

DurableLines::DurableLines(DurableLines&& other) noexcept
    : file_(std::move(other.file_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      bytes_(other.bytes_),
      found_(std::move(other.found_)) {}

DurableLines& DurableLines::operator=(DurableLines&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(bytes_, other.bytes_);
  std::swap(found_, other.found_);
  return *this;
}

DurableLines::~DurableLines() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace cadre::base
