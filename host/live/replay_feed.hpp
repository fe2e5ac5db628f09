#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "host/live/book_runner.hpp"
#include "host/model/signal.hpp"

namespace cadre::live {

/// Feeds a history to a book as a market would: bar after bar, as far apart as they were, divided by `speed`.
/// On a thread of its own.
class ReplayFeed {
 public:
  /// Errors: those of reading the prices or the signals.
  static base::Result<std::unique_ptr<ReplayFeed>> open(const std::shared_ptr<BookRunner>& runner,
                                                        const config::BookConfig& book,
                                                        const std::filesystem::path& prices,
                                                        std::optional<double> speed);
  ~ReplayFeed();
  ReplayFeed(const ReplayFeed&) = delete;
  ReplayFeed& operator=(const ReplayFeed&) = delete;

  void start();
  void stop();
  /// Blocks until the history is over or stop() was called.
  void wait();
  bool is_over() const;

 private:
  ReplayFeed(std::weak_ptr<BookRunner> runner, std::optional<double> speed)
      : runner_(std::move(runner)), speed_(speed) {}
  void loop();
  void feed();
  bool pause(std::int64_t nanoseconds);

  std::weak_ptr<BookRunner> runner_;  ///< one that goes ends it
  std::optional<double> speed_;       ///< nothing: as fast as the book takes them
  market::PriceHistory prices_;
  std::vector<model::ExternalSignal> signals_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false, over_ = false;
  std::thread thread_;
};

}  // namespace cadre::live
