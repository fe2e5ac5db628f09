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
      read_(other.read_) {}

FeedSource::~FeedSource() {
  if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

std::uint64_t FeedSource::size() const {
  struct stat about {};
  return ::fstat(descriptor_, &about) == 0 && S_ISREG(about.st_mode)
             ? static_cast<std::uint64_t>(about.st_size)
             : 0;
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
    read_ += static_cast<std::uint64_t>(got);
    if (got > 0) return State::bytes;
    if (!follows_) return State::over;
    if (size() < read_) {
      problems.error("FEED_SOURCE_CUT", base::Place::of(name_),
                     "the file became shorter while it was followed",
                     "start the feed again: what was taken is passed over");
      return problems;
    }
    if (left.count() == 0) return State::quiet;
    std::this_thread::sleep_for(std::min(left, look_again));
  }
}

}  // namespace cadre::app
