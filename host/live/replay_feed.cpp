#include "host/live/replay_feed.hpp"

#include <chrono>

#include "host/base/log.hpp"
#include "host/book/market_source.hpp"
#include "host/config/market_data.hpp"
#include "host/market/price_reader.hpp"

namespace cadre::live {

base::Result<std::unique_ptr<ReplayFeed>> ReplayFeed::open(const std::shared_ptr<BookRunner>& runner,
                                                           const config::BookConfig& book,
                                                           const std::filesystem::path& prices,
                                                           std::optional<double> speed) {
  std::unique_ptr<ReplayFeed> feed(new ReplayFeed(runner, speed));
  market::PriceOptions options = config::price_options(book.scenario.data);
  if (!prices.empty()) options.file = prices;
  options.instruments = runner->instruments();
  auto read = market::read_prices(options);
  if (!read) return read.problems();
  base::Problems problems = read.problems();
  feed->prices_ = std::move(read).take();
  if (!book.scenario.data.signals.file.empty()) {
    auto signals = market::read_signals(book.scenario.data.signals.file, runner->instruments());
    if (!signals) return signals.problems();
    problems.append(signals.problems());
    feed->signals_ = std::move(signals).take();
  }
  return {std::move(feed), problems};
}

ReplayFeed::~ReplayFeed() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void ReplayFeed::start() {
  thread_ = std::thread([this] { loop(); });
}

void ReplayFeed::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

void ReplayFeed::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return over_ || stopped_; });
}

bool ReplayFeed::is_over() const {
  const std::lock_guard lock(mutex_);
  return over_;
}

bool ReplayFeed::pause(std::int64_t nanoseconds) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::nanoseconds(nanoseconds), [&] { return stopped_; });
}

void ReplayFeed::loop() {
  try {
    feed();
  } catch (const std::exception& thrown) {
    base::log_event(base::LogLevel::error, "replay_failed", {{"why", thrown.what()}});
  }
  const std::lock_guard lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

void ReplayFeed::feed() {
  const std::shared_ptr<BookRunner> runner = runner_.lock();
  if (runner == nullptr) return;
  book::HistorySource source(prices_, signals_);
  BarInput input;
  std::int64_t before = 0;
  const std::int64_t begins_after_ns = runner->snapshot().time_ns;  // what was there before is not waited for
  while (source.next(input.bar, input.signals)) {
    if (speed_ && before != 0 && input.bar.time_ns > begins_after_ns) {
      if (!pause(static_cast<std::int64_t>(static_cast<double>(input.bar.time_ns - before) / *speed_))) break;
    }
    before = input.bar.time_ns;
    if (!pause(0) || !runner->feed(input, [this] { return pause(0); })) break;
  }
}

}  // namespace cadre::live
