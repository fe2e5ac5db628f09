#include "host/app/feed_source.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "host/base/file.hpp"

namespace cadre::app {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10;
/// So much of the beginning and of the end of what was read is compared with the file.
constexpr std::size_t compared_bytes = 4096;
constexpr std::chrono::milliseconds look_again{100};  // at a file that is still written

}  // namespace

base::Result<FeedSource> FeedSource::open(const fs::path& path, bool follows) {
  if (path == "-") return FeedSource(STDIN_FILENO, "standard input", false);
  // A pipe with a name is read like standard input, to its end.
  std::error_code error;
  const bool is_pipe = fs::is_fifo(path, error) || fs::is_character_file(path, error);
  if (!is_pipe) {
    const base::Problems why_not = base::check_readable(path);
    if (why_not.has_errors()) return why_not;
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) return FeedSource(descriptor, path.string(), follows && !is_pipe);
  base::Problems problems;
  problems.error("FILE_NOT_READABLE", base::Place::of(path), std::strerror(errno), "");
  return problems;
}

FeedSource::FeedSource(FeedSource&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      follows_(other.follows_),
      read_(other.read_),
      first_(std::move(other.first_)),
      last_(std::move(other.last_)) {}

FeedSource::~FeedSource() {
  if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

std::uint64_t FeedSource::size() const {
  struct stat about {};
  return ::fstat(descriptor_, &about) == 0 && S_ISREG(about.st_mode)
             ? static_cast<std::uint64_t>(about.st_size)
             : 0;
}

bool FeedSource::is_replaced() const {
  struct stat ours {
  }, there{};
  if (::fstat(descriptor_, &ours) != 0) return true;
  if (::stat(name_.c_str(), &there) != 0) return errno == ENOENT || errno == ENOTDIR;
  return ours.st_dev != there.st_dev || ours.st_ino != there.st_ino;
}

bool FeedSource::is_as_read(std::uint64_t from, const std::string& bytes) const {
  std::string there(bytes.size(), '\0');
  std::size_t filled = 0;
  while (filled < there.size()) {
    const ssize_t got =
        ::pread(descriptor_, there.data() + filled, there.size() - filled, static_cast<off_t>(from + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    filled += static_cast<std::size_t>(got);
  }
  return there == bytes;
}

void FeedSource::remember(std::string_view bytes) {
  if (first_.size() < compared_bytes) first_ += bytes.substr(0, compared_bytes - first_.size());
  last_ += bytes.substr(bytes.size() - std::min(bytes.size(), compared_bytes));
  last_.erase(0, last_.size() - std::min(last_.size(), compared_bytes));
}

base::Problems FeedSource::check_source() const {
  base::Problems problems;
  const char* again = "start the feed again: what was taken is passed over";
  if (size() < read_)
    problems.error("FEED_SOURCE_CUT", base::Place::of(name_), "the file became shorter while it was followed",
                   again);
  else if (!is_as_read(0, first_) || !is_as_read(read_ - last_.size(), last_))
    problems.error("FEED_SOURCE_REPLACED", base::Place::of(name_),
                   "what was read of the file was changed while it was followed", again);
  return problems;
}

base::Result<FeedSource::State> FeedSource::read(std::string& bytes, std::chrono::milliseconds wait) {
  base::Problems problems;
  const auto until = std::chrono::steady_clock::now() + wait;
  while (true) {
    const auto left = std::max(
        std::chrono::milliseconds{0},
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()));
    pollfd waiting{descriptor_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(left.count())) == 0) return State::quiet;
    bytes.resize(piece_bytes);
    const ssize_t got = ::read(descriptor_, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      problems.error("FILE_NOT_READABLE", base::Place::of(name_), std::strerror(errno), "");
      return problems;
    }
    bytes.resize(static_cast<std::size_t>(got));
    if (follows_) problems = check_source();
    if (problems.has_errors()) return problems;
    read_ += static_cast<std::uint64_t>(got);
    if (follows_) remember(bytes);
    if (got > 0) return State::bytes;
    if (!follows_) return State::over;
    // What a file that was moved away still had has been read.
    if (is_replaced()) {
      problems.error("FEED_SOURCE_REPLACED", base::Place::of(name_),
                     "the file that was followed is no more at its path",
                     "start the feed again: what was taken is passed over");
      return problems;
    }
    if (left.count() == 0) return State::quiet;
    std::this_thread::sleep_for(std::min(left, look_again));
  }
}

}  // namespace cadre::app
