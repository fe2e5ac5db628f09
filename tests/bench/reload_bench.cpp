// What a swap costs a book that is trading, beside one of the same host that nothing is done to and that
// decides in turn with it: the longest decision while a change is on its way, less the longest one of the
// other; in time on the clock, which shows too what else the machine has to do (probes are processes), and in
// time of the book's thread. And how soon a changed file decides.
//
//   cadre_reload_bench [SWAPS]

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <mutex>
#include <string>
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

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Seconds; of the thread: since the decision before.
struct Cost {
  double wall = 0, thread = 0;
};
Cost longest_of(const Cost& a, const Cost& b) {
  return {std::max(a.wall, b.wall), std::max(a.thread, b.thread)};
}

/// When each bar was over, and under which revision it was decided.
class Stopwatch final : public book::BookListener {
 public:
  void on_decision(std::uint64_t, const chain::Decision& decision) override {
    revision_ = decision.record.revision;
  }
  void on_account(std::uint64_t, const journal::AccountRecord& account) override {
    const std::int64_t now = base::monotonic_ns();
    const double used = thread_seconds();
    const std::lock_guard lock(mutex_);
    done_ = {now, revision_, used - used_};
    used_ = used;
    date_ = account.date;
    changed_.notify_all();
  }
  struct Done {
    std::int64_t ns = 0;
    std::uint64_t revision = 0;
    double thread = 0;
  };
  Done wait_for(std::int32_t date) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return date_ >= date; });
    return done_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t revision_ = 0;
  Done done_;
  double used_ = 0;
  std::int32_t date_ = 0;
};

/// One book that is fed and watched.
struct Trading {
  std::shared_ptr<live::BookRunner> runner;
  std::unique_ptr<book::HistorySource> source;
  Stopwatch stopwatch;
  std::int64_t days_later = 0;
};

struct Bench {
  base::TemporaryFolder folder;
  fs::path file;
  json::value document;
  std::unique_ptr<control::LiveHost> host;
  market::PriceHistory prices;
  std::vector<model::ExternalSignal> no_signals;
  Trading changed, left_alone;

  /// Feeds one bar and waits for its decision.
  Cost decide(Trading& book, Stopwatch::Done* done = nullptr) {
    live::BarInput input;
    if (!book.source->next(input.bar, input.signals)) {
      // The history begins again, on later dates.
      book.source = std::make_unique<book::HistorySource>(prices, no_signals);
      book.days_later +=
          base::days_since_epoch(prices.dates.back()) - base::days_since_epoch(prices.dates.front()) + 1;
      book.source->next(input.bar, input.signals);
    }
    input.bar.date = base::date_of_days(base::days_since_epoch(input.bar.date) + book.days_later);
    input.bar.time_ns = base::close_time_ns(input.bar.date);
    const std::int32_t date = input.bar.date;
    const std::int64_t begun = base::monotonic_ns();
    book.runner->feed(std::move(input), [] { return true; });
    const Stopwatch::Done over = book.stopwatch.wait_for(date);
    if (done != nullptr) *done = over;
    return {static_cast<double>(over.ns - begun) * 1e-9, over.thread};
  }
  void write(double max_position, int lookback) {
    json::value& chain = document.at("chain");
    chain.at("position_sizer").at("config").as_object()["max_position_size"] = max_position;
    chain.at("signal_sources").at(0).at("config").as_object()["skip"] = lookback;
    put(file, document);
  }
  void put(const fs::path& path, const json::value& value) const {
    const fs::path partial = folder.path() / "partial";
    std::ofstream(partial) << json::serialize(value);
    fs::rename(partial, path);
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
  const fs::path config = bench.folder.path() / "config";
  fs::create_directories(config);
  bench.file = config / "changed.json";
  bench.write(0.1, 21);
  bench.put(config / "left_alone.json", bench.document);
  json::array books;
  for (const char* id : {"changed", "left_alone"})
    books.push_back(json::object{{"scenario", std::string(id) + ".json"}, {"set", {{"/book/id", id}}}});
  bench.put(config / "host.json", json::object{{"name", "bench"}, {"books", std::move(books)}});
  auto host = control::LiveHost::open(
      {config / "host.json", bench.folder.path() / "state", {CADRE_BINARY_DIR "/agents"}});
  if (!host) {
    std::fprintf(stderr, "%s\n", base::to_line(host.problems()[0]).c_str());
    return false;
  }
  bench.host = std::move(host).take();
  bench.host->start();
  auto prices = market::read_prices(config::price_options(bench.host->config().books[0].scenario.data));
  if (!prices) return false;
  bench.prices = std::move(prices).take();
  for (auto [id, book] : {std::pair("changed", &bench.changed), {"left_alone", &bench.left_alone}}) {
    book->runner = live::find_book(bench.host->books(), id);
    book->runner->with_book([book = book](book::Book& live) { live.listen(&book->stopwatch); });
    book->source = std::make_unique<book::HistorySource>(bench.prices, bench.no_signals);
  }
  return true;
}

/// The longest decisions of both books while another thread applies a change of one.
std::pair<Cost, Cost> longest_during(Bench& bench, double max_position, int skip) {
  std::atomic<bool> over{false};
  revision::ApplyRequest request;
  request.mandate = {"bench", "swap"};
  json::value next = bench.document;
  next.at("chain").at("position_sizer").at("config").as_object()["max_position_size"] = max_position;
  next.at("chain").at("signal_sources").at(0).at("config").as_object()["skip"] = skip;
  request.text = json::serialize(next);
  request.origin = "bench";
  request.book = "changed";
  std::thread apply([&] {
    const live::Answer answer = control::Calls(bench.host->control()).apply(request);
    if (answer.outcome != live::Outcome::created)
      std::fprintf(stderr, "refused: %s\n",
                   answer.problems.empty() ? "unchanged" : base::to_line(answer.problems[0]).c_str());
    over = true;
  });
  std::pair<Cost, Cost> longest;
  do {
    longest.first = longest_of(longest.first, bench.decide(bench.changed));
    longest.second = longest_of(longest.second, bench.decide(bench.left_alone));
  } while (!over);
  apply.join();
  // The swap may have come behind the last decision.
  longest.first = longest_of(longest.first, bench.decide(bench.changed));
  longest.second = longest_of(longest.second, bench.decide(bench.left_alone));
  return longest;
}

void print(const char* what, const std::vector<double>& wall, const std::vector<double>& thread,
           const Cost& usual) {
  std::printf("%-42s %8.0f %8.0f %8.1f | %8.0f %8.0f %8.1f\n", what, median(wall) * 1e6, largest(wall) * 1e6,
              median(wall) / usual.wall, median(thread) * 1e6, largest(thread) * 1e6,
              median(thread) / usual.thread);
}

/// What every change made longer.
struct Pauses {
  std::vector<double> wall, thread;
  void add(const std::pair<Cost, Cost>& longest) {
    wall.push_back(longest.first.wall - longest.second.wall);
    thread.push_back(longest.first.thread - longest.second.thread);
  }
};

/// Seconds from the end of the debounce to the first decision of the changed file; negative: it never came.
double notice(Bench& bench, double max_position, int skip, double debounce) {
  // A decision of a revision may come before the host says that it is current: that is durable first.
  Stopwatch::Done done{};
  do
    bench.decide(bench.changed, &done);
  while (done.revision != bench.host->current_revision());
  const std::uint64_t before = done.revision;
  bench.write(max_position, skip);
  const std::int64_t written = base::monotonic_ns();
  do {
    bench.decide(bench.changed, &done);
    if (base::monotonic_ns() > written + 10'000'000'000) return -1;
  } while (done.revision <= before);
  return static_cast<double>(done.ns - written) * 1e-9 - debounce;
}

}  // namespace

int main(int argc, char** argv) {
  const int swaps = argc > 1 ? std::atoi(argv[1]) : 200;
  Bench bench;
  if (!open(bench)) return 1;
  for (int k = 0; k < 400; ++k) {
    bench.decide(bench.changed);
    bench.decide(bench.left_alone);
  }
  std::vector<double> wall, thread;
  Pauses hot, replaced;
  int skip = 21;
  double position = 0.1;
  for (int k = 0; k < swaps; ++k) {
    for (int j = 0; j < 10; ++j) {
      const Cost ordinary = bench.decide(bench.left_alone);
      wall.push_back(ordinary.wall);
      thread.push_back(ordinary.thread);
      bench.decide(bench.changed);
    }
    position = position == 0.1 ? 0.09 : 0.1;
    hot.add(longest_during(bench, position, skip));
    skip = skip == 21 ? 20 : 21;
    replaced.add(longest_during(bench, position, skip));
  }
  const Cost usual{median(wall), median(thread)};
  std::printf("%-42s %26s | %26s\n", "", "on the clock", "of the book's thread");
  std::printf("%-42s %8s %8s %8s | %8s %8s %8s\n", "", "median", "longest", "ordinary", "median", "longest",
              "ordinary");
  std::printf("%-42s %8s %8s %8s | %8s %8s %8s\n", "", "us", "us", "ones", "us", "us", "ones");
  print("one decision, from the bar to its account", wall, thread, usual);
  const std::string times = std::to_string(swaps);
  print((times + " changes of a hot key make longer by").c_str(), hot.wall, hot.thread, usual);
  print((times + " replacements of an agent, by").c_str(), replaced.wall, replaced.thread, usual);

  std::vector<double> noticed;
  const double debounce = static_cast<double>(bench.host->config().watch.debounce_ms) * 1e-3;
  for (int k = 0; k < std::min(swaps, 10); ++k) {
    position = position == 0.1 ? 0.09 : 0.1;
    const double seconds = notice(bench, position, skip, debounce);
    if (seconds < 0) {
      std::fprintf(stderr, "a changed file did not decide within 10 s\n");
      return 1;
    }
    noticed.push_back(seconds);
  }
  std::printf(
      "from the end of the debounce (%.0f ms after the file was written) to a decision of the new "
      "revision: median %.1f ms, longest %.1f ms\n",
      debounce * 1e3, median(noticed) * 1e3, largest(noticed) * 1e3);
  return 0;
}
