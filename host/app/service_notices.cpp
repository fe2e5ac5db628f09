#include "host/app/service_notices.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace cadre::app {

namespace {

constexpr std::chrono::milliseconds look_interval_most{2000};
/// Of the manager's patience, so that one look that comes late is not yet too late.
constexpr int looks_in_watchdog_time = 3;

// Nobody can be told when it fails: the manager is not there, and the host goes on.
void say(const std::string& text) {
  ::sd_notify(0, text.c_str());
}

std::optional<std::chrono::microseconds> watchdog_time() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(microseconds);
}

}  // namespace

ServiceNotices::ServiceNotices()
    : is_asked_(std::getenv("NOTIFY_SOCKET") != nullptr), watchdog_(watchdog_time()) {
  if (is_asked_) say("STATUS=starting: books are brought to where their journals say");
}

ServiceNotices::~ServiceNotices() {
  end();
}

void ServiceNotices::started(Host host) {
  if (!is_asked_) return;
  host_ = std::move(host);
  said_ = host_.status();
  say("READY=1\nSTATUS=" + said_);
  thread_ = std::thread([this] { watch(); });
}

void ServiceNotices::watch() {
  using std::chrono::microseconds;
  const microseconds interval =
      watchdog_ ? std::min<microseconds>(look_interval_most, *watchdog_ / looks_in_watchdog_time)
                : look_interval_most;
  std::uint64_t looks_before = 0;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, interval, [this] { return ends_; })) {
    lock.unlock();
    const std::uint64_t looks = host_.looks();
    std::string status = host_.status();
    lock.lock();
    if (ends_) return;
    std::string text;
    if (watchdog_ && looks != looks_before) text += "WATCHDOG=1\n";
    if (status != said_) text += "STATUS=" + status + "\n";
    if (!text.empty()) say(text);
    looks_before = looks;
    said_ = std::move(status);
  }
}

void ServiceNotices::reloading() {
  if (!is_asked_) return;
  const std::lock_guard lock(mutex_);
  ++reloads_;
  if (ends_) return;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  say("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void ServiceNotices::reloaded() {
  if (!is_asked_) return;
  const std::lock_guard lock(mutex_);
  --reloads_;
  if (reloads_ == 0 && !ends_) say("READY=1");
}

void ServiceNotices::stopping() {
  end();
  if (is_asked_) say("STOPPING=1\nSTATUS=stopping: every book ends after the event at hand");
}

void ServiceNotices::end() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace cadre::app
