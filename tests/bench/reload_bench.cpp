// What a swap costs a book that is trading: how much longer the decision that meets it takes than an ordinary
// one, and how soon a changed file decides.
//
//   cadre_reload_bench [SWAPS]

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "host/backtest/prepared_run.hpp"
#include "host/base/date.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/base/ticks.hpp"
#include "host/book/market_source.hpp"
#include "host/config/market_data.hpp"
#include "host/control/live_host.hpp"
#include "host/market/price_reader.hpp"
#include "host/model/signal.hpp"
#include "tests/unit/control/calls.hpp"

namespace {

using namespace cadre;
namespace fs = std::filesystem;
namespace json = boost::json;

/// When each bar was over, and under which revision it was decided.
class Stopwatch final : public book::BookListener {
 public:
  void on_decision(std::uint64_t, const chain::Decision& decision) override {
    revision_ = decision.record.revision;
  }
  void on_account(std::uint64_t, const journal::AccountRecord& account) override {
    const std::int64_t now = base::monotonic_ns();
    const std::lock_guard lock(mutex_);
    done_ns_ = now;
    date_ = account.date;
    decided_under_ = revision_;
    changed_.notify_all();
  }
  struct Done {
    std::int64_t ns;
    std::uint64_t revision;
  };
  Done wait_for(std::int32_t date) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return date_ >= date; });
    return {done_ns_, decided_under_};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t revision_ = 0, decided_under_ = 0;
  std::int64_t done_ns_ = 0;
  std::int32_t date_ = 0;
};

struct Bench {
  base::TemporaryFolder folder;
  fs::path file;
  json::value document;
  std::unique_ptr<control::LiveHost> host;
  market::PriceHistory prices;
  std::vector<model::ExternalSignal> no_signals;
  std::unique_ptr<book::HistorySource> source;
  Stopwatch stopwatch;
  std::int64_t days_later = 0;

  live::BookRunner& book() { return *host->books().now()[0]; }

  /// Feeds one bar and waits for its decision. Seconds it took.
  double decide(Stopwatch::Done* done = nullptr) {
    live::BarInput input;
    if (!source->next(input.bar, input.signals)) {
      // The history begins again, on later dates.
      source = std::make_unique<book::HistorySource>(prices, no_signals);
      days_later +=
          base::days_since_epoch(prices.dates.back()) - base::days_since_epoch(prices.dates.front()) + 1;
      source->next(input.bar, input.signals);
    }
    input.bar.date = base::date_of_days(base::days_since_epoch(input.bar.date) + days_later);
    input.bar.time_ns = base::close_time_ns(input.bar.date);
    const std::int32_t date = input.bar.date;
    const std::int64_t begun = base::monotonic_ns();
    book().feed(std::move(input), [] { return true; });
    const Stopwatch::Done over = stopwatch.wait_for(date);
    if (done != nullptr) *done = over;
    return static_cast<double>(over.ns - begun) * 1e-9;
  }
  void write(double max_position, int lookback) {
    json::value& chain = document.at("chain");
    chain.at("position_sizer").at("config").as_object()["max_position_size"] = max_position;
    chain.at("signal_sources").at(0).at("config").as_object()["skip"] = lookback;
    const fs::path partial = folder.path() / "partial";
    std::ofstream(partial) << json::serialize(document);
    fs::rename(partial, file);
  }
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}
double largest(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

bool open(Bench& bench) {
  auto loaded = config::load_scenario_document(CADRE_SOURCE_DIR "/manifests/scenarios/demo.json", {});
  if (!loaded) return false;
  bench.document = loaded->root();
  bench.document.at("data").at("prices").as_object()["file"] =
      CADRE_SOURCE_DIR "/tests/data/dow30_close_1991_2001.csv";
  bench.file = bench.folder.path() / "config" / "demo.json";
  fs::create_directories(bench.file.parent_path());
  bench.write(0.1, 21);
  auto host =
      control::LiveHost::open({bench.file, bench.folder.path() / "state", {CADRE_BINARY_DIR "/agents"}});
  if (!host) {
    std::fprintf(stderr, "%s\n", base::to_line(host.problems()[0]).c_str());
    return false;
  }
  bench.host = std::move(host).take();
  bench.host->start();
  bench.book().with_book([&](book::Book& live) { live.listen(&bench.stopwatch); });
  auto prices = market::read_prices(config::price_options(bench.host->config().books[0].scenario.data));
  if (!prices) return false;
  bench.prices = std::move(prices).take();
  bench.source = std::make_unique<book::HistorySource>(bench.prices, bench.no_signals);
  return true;
}

/// Decides on and on while another thread applies a change; the longest of these decisions.
double longest_during(Bench& bench, double max_position, int skip) {
  std::atomic<bool> over{false};
  revision::ApplyRequest request;
  request.mandate = {"bench", "swap"};
  json::value next = bench.document;
  next.at("chain").at("position_sizer").at("config").as_object()["max_position_size"] = max_position;
  next.at("chain").at("signal_sources").at(0).at("config").as_object()["skip"] = skip;
  request.text = json::serialize(next);
  request.origin = "bench";
  std::thread apply([&] {
    const live::Answer answer = control::Calls(bench.host->control()).apply(request);
    if (answer.outcome != live::Outcome::created)
      std::fprintf(stderr, "refused: %s\n",
                   answer.problems.empty() ? "unchanged" : base::to_line(answer.problems[0]).c_str());
    over = true;
  });
  double longest = 0;
  while (!over)
    longest = std::max(longest, bench.decide());
  apply.join();
  return longest;
}

}  // namespace

int main(int argc, char** argv) {
  const int swaps = argc > 1 ? std::atoi(argv[1]) : 20;
  Bench bench;
  if (!open(bench)) return 1;
  for (int k = 0; k < 400; ++k)
    bench.decide();
  std::vector<double> ordinary, hot, replaced;
  int skip = 21;
  double position = 0.1;
  for (int k = 0; k < swaps; ++k) {
    for (int j = 0; j < 10; ++j)
      ordinary.push_back(bench.decide());
    position = position == 0.1 ? 0.09 : 0.1;
    hot.push_back(longest_during(bench, position, skip));
    for (int j = 0; j < 10; ++j)
      ordinary.push_back(bench.decide());
    skip = skip == 21 ? 20 : 21;
    replaced.push_back(longest_during(bench, position, skip));
  }
  const double usual = median(ordinary);
  std::printf("one decision, from the bar in the queue to its last order: median %.0f us, longest %.0f us\n",
              usual * 1e6, largest(ordinary) * 1e6);
  std::printf("longest decision during %d changes of a hot key:    median %.1f, largest %.1f ordinary ones\n",
              swaps, median(hot) / usual, largest(hot) / usual);
  std::printf(
      "longest decision during %d replacements of an agent: median %.1f, largest %.1f ordinary ones\n", swaps,
      median(replaced) / usual, largest(replaced) / usual);

  std::vector<double> noticed;
  const double debounce = static_cast<double>(bench.host->config().watch.debounce_ms) * 1e-3;
  for (int k = 0; k < std::min(swaps, 10); ++k) {
    // A decision of a revision may come before the host says that it is current: that is durable first.
    Stopwatch::Done done{};
    do
      bench.decide(&done);
    while (done.revision != bench.host->current_revision());
    const std::uint64_t before = done.revision;
    position = position == 0.1 ? 0.09 : 0.1;
    bench.write(position, skip);
    const std::int64_t written = base::monotonic_ns();
    const std::int64_t patience = written + 10'000'000'000;
    do {
      bench.decide(&done);
      if (base::monotonic_ns() > patience) {
        const live::BookSnapshot now = bench.book().snapshot();
        std::fprintf(stderr,
                     "revision %llu did not decide within 10 s: the host is at %llu, %s %s, equity %s, %llu "
                     "decisions, date %d\n",
                     static_cast<unsigned long long>(before) + 1,
                     static_cast<unsigned long long>(bench.host->current_revision()),
                     live::state_name(now.state), now.reason.c_str(), now.equity.to_string().c_str(),
                     static_cast<unsigned long long>(now.decisions), now.date);
        return 1;
      }
    } while (done.revision <= before);
    noticed.push_back(static_cast<double>(done.ns - written) * 1e-9 - debounce);
  }
  std::printf(
      "from the end of the debounce (%.0f ms after the file was written) to a decision of the new "
      "revision: median %.1f ms, longest %.1f ms\n",
      debounce * 1e3, median(noticed) * 1e3, largest(noticed) * 1e3);
  return 0;
}
