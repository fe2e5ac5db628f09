#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace cadre::app {

/// What a host tells the service manager that started it (sd_notify(3)): that it is ready, reads its files
/// anew, lives, stops, and in one line how it is. Says nothing where nobody asks (NOTIFY_SOCKET).
class ServiceNotices {
 public:
  /// Of a host that has started. Both are called on a thread of this, one after the other.
  struct Host {
    /// How it is, in a line, as an operator would be told: a host that cannot say it does not live.
    std::function<std::string()> status;
    /// Grows while the host looks at the threads of its books; a host that looks no more does not live.
    std::function<std::uint64_t()> looks;
  };

  /// Says that it is starting.
  ServiceNotices();
  /// Says nothing: a host that goes without stopping() has not been started, or goes by surprise.
  ~ServiceNotices();
  ServiceNotices(const ServiceNotices&) = delete;
  ServiceNotices& operator=(const ServiceNotices&) = delete;

  /// READY=1. From here on WATCHDOG=1 three times in each WATCHDOG_USEC, while the host lives, and STATUS=
  /// when it changes. What `host` calls has to outlive stopping().
  void started(Host host);
  /// RELOADING=1 with the time of it. As many reloads may be under way as there are. [any-thread]
  void reloading();
  /// READY=1 once the last of them is over. [any-thread]
  void reloaded();
  /// STOPPING=1, and nothing afterwards.
  void stopping();

 private:
  void watch();
  void end();

  const bool is_asked_;
  std::optional<std::chrono::microseconds> watchdog_;  ///< nothing: nobody wants to hear that it lives
  std::mutex mutex_;                                   ///< of all below but the thread
  std::condition_variable changed_;
  bool ends_ = false;
  int reloads_ = 0;
  std::string said_;  ///< the status that was sent last
  Host host_;
  std::thread thread_;
};

}  // namespace cadre::app
