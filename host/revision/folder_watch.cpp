#include "host/revision/folder_watch.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "host/base/hash.hpp"
#include "host/base/log.hpp"

namespace cadre::revision {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

/// MODIFY too: truncating a file by its path closes nothing, and a file that is still being written is to put
/// the call off.
constexpr std::uint32_t watched_events = IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM |
                                         IN_DELETE | IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
/// After these the set of folders may be another one.
constexpr std::uint32_t folder_events = IN_ISDIR | IN_DELETE_SELF | IN_MOVE_SELF | IN_Q_OVERFLOW;
constexpr int depth_max = 32;
constexpr int steady_stream_factor = 10;

/// The thread has to leave the host's signals to the host's own.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

/// What a file looks like from outside. For folders without size and time: what is in them counts by itself.
std::uint64_t look_of(const std::string& path, const struct stat& status, bool link) {
  const bool folder = S_ISDIR(status.st_mode) && !link;
  const std::int64_t numbers[] = {static_cast<std::int64_t>(status.st_ino),
                                  static_cast<std::int64_t>(status.st_mode),
                                  folder ? 0 : status.st_size,
                                  folder ? 0 : status.st_mtim.tv_sec,
                                  folder ? 0 : status.st_mtim.tv_nsec,
                                  link ? 1 : 0};
  std::string bytes(reinterpret_cast<const char*>(numbers), sizeof numbers);
  bytes += path;
  return base::checksum64(bytes.data(), bytes.size());
}

}  // namespace

class FolderWatch::Watcher {
 public:
  Watcher(WatchOptions options, std::function<void()> changed)
      : options_(std::move(options)), changed_(std::move(changed)) {
    stop_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (options_.events) events_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (options_.events && events_ < 0)
      base::log_event(base::LogLevel::warn, "watch_without_events", {{"why", std::strerror(errno)}});
    known_ = scan();
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  }

  ~Watcher() {
    ends_ = true;
    wake();
    thread_.join();
    if (events_ >= 0) ::close(events_);
    if (stop_ >= 0) ::close(stop_);
  }

  void set_folders(std::vector<fs::path> folders) {
    const std::lock_guard lock(mutex_);
    options_.folders = std::move(folders);
    known_ = scan();
  }

  void set_timing(std::chrono::milliseconds debounce, std::chrono::milliseconds poll) {
    {
      const std::lock_guard lock(mutex_);
      if (options_.debounce == debounce && options_.poll == poll) return;
      options_.debounce = debounce;
      options_.poll = poll;
    }
    wake();
  }

  void tell_again() {
    asked_ = true;
    wake();
  }

  std::size_t folders_with_events() const {
    const std::lock_guard lock(mutex_);
    return watches_.size();
  }

 private:
  void wake() {
    const std::uint64_t one = 1;
    while (::write(stop_, &one, sizeof one) < 0 && errno == EINTR) {
    }
  }

  void run() {
    Clock::time_point next_poll = Clock::now() + timing().poll;
    while (!wait(next_poll)) {
      bool due = false;
      {
        const std::lock_guard lock(mutex_);
        read_events();
        const Clock::time_point now = Clock::now();
        if (asked_.exchange(false)) note(now);
        next_poll = std::min(next_poll, now + options_.poll);
        if (options_.poll.count() > 0 && now >= next_poll) {
          // Told after the debounce, not at once: the events of the same change are perhaps on their way.
          if (!first_ && scan() != known_) note(now);
          next_poll = Clock::now() + options_.poll;
        }
        due = first_ && now >= due_at(options_.debounce);
        if (due) {
          first_.reset();
          known_ = scan();  // before the call: what changes during it is told again
        }
      }
      if (due) tell();
    }
  }

  /// What it throws is a look that failed: the next change brings another one.
  void tell() {
    try {
      changed_();
    } catch (const std::exception& thrown) {
      base::log_event(base::LogLevel::error, "watch_failed", {{"why", thrown.what()}});
    }
  }

  /// Until something happens or is due. True: the watch ends.
  bool wait(Clock::time_point next_poll) {
    const Timing now = timing();
    std::optional<Clock::time_point> until;
    if (now.poll.count() > 0) until = next_poll;
    if (first_) until = std::min(until.value_or(due_at(now.debounce)), due_at(now.debounce));
    int timeout_ms = -1;
    if (until) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now()).count();
      timeout_ms = static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
    }
    if (stop_ < 0) {  // no descriptor was left: looks whether it ends
      constexpr int look_ms = 100;
      timeout_ms = timeout_ms < 0 ? look_ms : std::min(timeout_ms, look_ms);
    }
    pollfd files[] = {{stop_, POLLIN, 0}, {events_, POLLIN, 0}};  // poll passes over a negative descriptor
    ::poll(files, 2, timeout_ms);
    std::uint64_t woken = 0;
    if (stop_ >= 0) (void)!::read(stop_, &woken, sizeof woken);
    return ends_;
  }

  void note(Clock::time_point now) {
    if (!first_) first_ = now;
    last_ = now;
  }
  Clock::time_point due_at(std::chrono::milliseconds debounce) const {
    return std::min(last_ + debounce, *first_ + steady_stream_factor * debounce);
  }

  struct Timing {
    std::chrono::milliseconds debounce, poll;
  };
  Timing timing() const {
    const std::lock_guard lock(mutex_);
    return {options_.debounce, options_.poll};
  }

  void read_events() {
    if (events_ < 0) return;
    bool folders_changed = false;
    alignas(inotify_event) char buffer[16384];
    // One queue's worth at most, so that a steady stream cannot hold the lock for ever.
    for (int reads = 0; reads < 64; ++reads) {
      const ssize_t got = ::read(events_, buffer, sizeof buffer);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      for (const char* at = buffer; at < buffer + got;) {
        inotify_event event;
        std::memcpy(&event, at, sizeof event);
        at += sizeof event + event.len;
        if ((event.mask & IN_IGNORED) != 0) {
          watches_.erase(event.wd);
          continue;
        }
        const bool overflow = (event.mask & IN_Q_OVERFLOW) != 0;
        if (!overflow && watches_.count(event.wd) == 0) continue;  // of a folder that counts no more
        note(Clock::now());
        folders_changed |= (event.mask & folder_events) != 0;
      }
    }
    if (folders_changed) scan();
  }

  /// Walks all folders: their digest, and events from every folder there is and from no other.
  std::uint64_t scan() {
    std::uint64_t digest = 0;
    std::set<int> seen;
    const bool has_exception = !options_.except.empty() && ::stat(options_.except.c_str(), &except_) == 0;
    if (!has_exception) except_ = {};
    for (const fs::path& folder : options_.folders) {
      struct stat status {};
      if (::stat(folder.c_str(), &status) != 0) continue;
      digest += look_of(folder.string(), status, false);
      if (S_ISDIR(status.st_mode)) digest += scan_folder(folder, 0, seen);
    }
    if (events_ >= 0) {
      for (const int watch : watches_) {
        if (seen.count(watch) == 0) ::inotify_rm_watch(events_, watch);
      }
      watches_ = std::move(seen);
    }
    return digest;
  }

  // First the watch, then the reading: what comes after the reading sends an event. A sum, so that the order
  // in which the folder lists its files does not count.
  std::uint64_t scan_folder(const fs::path& folder, int depth, std::set<int>& seen) {
    if (events_ >= 0) {
      const int watch = ::inotify_add_watch(events_, folder.c_str(), watched_events);
      if (watch >= 0) seen.insert(watch);
      if (watch < 0 && errno == ENOSPC && !told_of_limit_) {
        told_of_limit_ = true;
        base::log_event(base::LogLevel::warn, "watch_limit_reached",
                        {{"folder", folder.string()}, {"next", "raise fs.inotify.max_user_watches"}});
      }
    }
    std::uint64_t digest = 0;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      const std::string path = it->path().string();
      struct stat status {};
      if (::lstat(path.c_str(), &status) != 0) continue;  // gone meanwhile
      if (status.st_ino == except_.st_ino && status.st_dev == except_.st_dev) continue;
      digest += look_of(path, status, false);
      if (S_ISDIR(status.st_mode) && depth < depth_max) digest += scan_folder(it->path(), depth + 1, seen);
      struct stat target {};
      if (S_ISLNK(status.st_mode) && ::stat(path.c_str(), &target) == 0)
        digest += look_of(path, target, true);
    }
    return digest;
  }

  mutable std::mutex mutex_;  ///< of options_, known_, watches_
  WatchOptions options_;
  const std::function<void()> changed_;
  std::atomic<bool> ends_{false};
  std::atomic<bool> asked_{false};  ///< to tell again
  int stop_ = -1;
  int events_ = -1;  ///< -1: none to be had
  std::set<int> watches_;
  struct stat except_ {};
  std::uint64_t known_ = 0;
  bool told_of_limit_ = false;
  // Of the thread alone: the first and last change that was not told yet.
  std::optional<Clock::time_point> first_;
  Clock::time_point last_{};
  std::thread thread_;
};

FolderWatch::FolderWatch(WatchOptions options, std::function<void()> changed)
    : watcher_(std::make_unique<Watcher>(std::move(options), std::move(changed))) {}
FolderWatch::~FolderWatch() = default;

void FolderWatch::set_timing(std::chrono::milliseconds debounce, std::chrono::milliseconds poll) {
  watcher_->set_timing(debounce, poll);
}

void FolderWatch::tell_again() {
  watcher_->tell_again();
}

void FolderWatch::set_folders(std::vector<fs::path> folders) {
  watcher_->set_folders(std::move(folders));
}

std::size_t FolderWatch::folders_with_events() const {
  return watcher_->folders_with_events();
}

}  // namespace cadre::revision
