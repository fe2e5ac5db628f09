// One decision, three ways: through the host and its plugins, the same with the journal on, and hard-wired.
// They see the same bars in turns, block by block, and have to come to the same positions.
//
// host_ratio: market event, agents, chain and gate against the same mathematics and checks in one function
// (hard_wired.hpp says which). journal_ratio: the same with every record written. Filling the orders is not
// in it.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "host/agent/flight_recorder.hpp"
#include "host/backtest/prepared_run.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/base/ticks.hpp"
#include "host/book/book.hpp"
#include "host/book/journal_listener.hpp"
#include "host/chain/builder.hpp"
#include "host/journal/journal.hpp"
#include "host/model/bar.hpp"
#include "tests/bench/hard_wired.hpp"
#include "tests/bench/synthetic.hpp"

namespace cadre::bench {
namespace {

constexpr std::size_t bars_per_block = 20;
constexpr std::size_t warm_up_bars = 300;
std::size_t blocks = 0;  // 0: as many as the size is worth

// The demo chain. Orders are filled at once at the decision's prices, free of cost, so that the hard-wired
// way needs no copy of an exchange; a tenth stays in cash, so that no purchase is cut for the want of it.
constexpr const char* scenario_text = R"({
  "scenario": "backtest",
  "data": {"prices": {"file": "none.csv", "adjustment": "split", "volume": "none"}},
  "book": {"initial_cash": 10000000},
  "execution_environment": {"agent": "cadre.identity.execution_environment"},
  "chain": {
    "services": [{"name": "covariance", "agent": "cadre.sample_covariance", "config": {"window": 252}}],
    "signal_sources": [{"name": "momentum", "agent": "cadre.momentum", "config": {"lookback": 252, "skip": 21}}],
    "signal_aggregator": {"agent": "cadre.confidence_weighted"},
    "position_sizer": {"agent": "cadre.position_sizer",
                       "config": {"max_position_size": 0.1, "min_position_size": 0.001}},
    "risk_managers": [{"name": "risk", "agent": "cadre.risk_manager", "config": {"var_lookback": 252}}],
    "risk_feedback": {"max_iterations": 10, "resize_threshold": 0.001},
    "correlation_adjuster": {"agent": "cadre.pair_correlation", "config": {"max_correlation": 0.7}},
    "execution_rules": {"agent": "cadre.execution_rules", "config": {"default_order_type": "MARKET"}},
    "constraints": {"long_only": true, "max_gross_exposure": 0.9}
  }
})";

[[noreturn]] void stop(const base::Problems& problems) {
  for (const base::Problem& problem : problems)
    std::fprintf(stderr, "%s\n", base::to_line(problem).c_str());
  std::exit(1);
}

config::ScenarioConfig demo_config() {
  auto document = base::JsonDocument::parse("bench", scenario_text);
  if (!document) stop(document.problems());
  auto config = config::read_scenario(*document, "/nowhere");
  if (!config) stop(config.problems());
  return std::move(config).take();
}

double median_us(std::vector<std::uint64_t> ticks) {
  const auto middle = ticks.begin() + static_cast<std::ptrdiff_t>(ticks.size() / 2);
  std::nth_element(ticks.begin(), middle, ticks.end());
  return static_cast<double>(*middle) / base::ticks_per_second() * 1e6;
}

/// Takes the time when a decision is made.
struct DecisionEnd final : book::BookListener {
  void on_decision(std::uint64_t, const chain::Decision&) override { ticks = base::ticks(); }
  std::uint64_t ticks = 0;
};

/// A book with the demo's plugins, loaded from their libraries; with its journal, if wanted.
class Host {
 public:
  Host(const config::ScenarioConfig& config, std::size_t instruments, std::size_t bars, bool journal)
      : store_(folder_.path()), book_(config, SyntheticMarket::names(instruments), bars) {
    if (journal) {
      auto writer = journal::JournalWriter::create(folder_.path() / "journal");
      if (!writer) stop(writer.problems());
      writer_ = std::move(writer).take();
      listener_ = std::make_unique<book::JournalListener>(*writer_);
      book_.listen(listener_.get());
    }
    static const agent::Catalog catalog = agent::Catalog::discover({CADRE_BINARY_DIR "/agents"});
    auto chain = chain::build_chain(config, catalog, store_);
    if (!chain) stop(chain.problems());
    book_.enter(std::move(chain).take(), {.revision = 1});
    const base::Problems problems = book_.activate();
    if (problems.has_errors()) stop(problems);
    book_.listen(&end_);  // after the journal: what that takes is part of a decision
  }
  void take_market(const model::Bar& bar) { book_.take_bar(bar); }
  /// Decides and sends. The ticks when the decision was made, before its orders left.
  std::uint64_t decide() {
    end_.ticks = 0;
    const chain::Decision* decision = book_.decide();
    if (decision != nullptr) {
      passes_ += decision->record.passes;
      trials_ += decision->trials;
      final_ticks_.push_back(decision->final_step_ticks);
    }
    return decision != nullptr ? end_.ticks : base::ticks();
  }
  void fill() { book_.take_fills(); }
  book::Book& book() { return book_; }
  /// Of all decisions: passes of the loop, trials of the final step, and what that took.
  void say(benchmark::State& state) const {
    const auto decisions = static_cast<double>(final_ticks_.size());
    state.counters["passes"] = static_cast<double>(passes_) / decisions;
    state.counters["final_trials"] = static_cast<double>(trials_) / decisions;
    state.counters["final_us"] = median_us(final_ticks_);
  }

 private:
  base::TemporaryFolder folder_;
  agent::Store store_;
  book::Book book_;
  std::unique_ptr<journal::JournalWriter> writer_;
  std::unique_ptr<book::JournalListener> listener_;
  DecisionEnd end_;
  std::uint64_t passes_ = 0, trials_ = 0;
  std::vector<std::uint64_t> final_ticks_;
};

std::uint64_t decide(Host& host) {
  return host.decide();
}

std::uint64_t decide(HardWired& wired) {
  wired.decide();
  return base::ticks();
}

/// One bar, and the ticks of its decision.
template <class Way>
std::uint64_t pass(Way& way, const model::Bar& bar) {
  const std::uint64_t start = base::ticks();
  way.take_market(bar);
  const std::uint64_t end = decide(way);
  way.fill();
  return end - start;
}

bool same_positions(const model::Portfolio& a, const model::Portfolio& b) {
  for (std::uint32_t i = 0; i < a.size(); ++i) {
    if (a.quantity(i) != b.quantity(i)) return false;
  }
  return a.equity() == b.equity() && a.cash() == b.cash();
}

void decision(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const std::size_t count = blocks != 0 ? blocks : (n > 100 ? 60 : 250);
  const config::ScenarioConfig config = demo_config();
  SyntheticMarket market(n);
  const std::size_t bars = warm_up_bars + count * bars_per_block;
  Host host(config, n, bars, false), journaled(config, n, bars, true);
  HardWired wired(config, host.book().ledger().universe());
  for (std::size_t k = 0; k < warm_up_bars; ++k) {
    const model::Bar& bar = market.next();
    pass(host, bar);
    pass(journaled, bar);
    pass(wired, bar);
  }
  std::vector<std::uint64_t> ticks[3];
  std::uint64_t orders = 0;
  std::vector<model::Bar> block;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores): how the library is used
    std::uint64_t total = 0;
    for (std::size_t b = 0; b < count; ++b) {
      block.clear();
      for (std::size_t k = 0; k < bars_per_block; ++k)
        block.push_back(market.next());
      const auto time = [&](std::size_t which, auto& way) {
        for (const model::Bar& bar : block) {
          ticks[which].push_back(pass(way, bar));
          if (which == 0) total += ticks[which].back();
        }
      };
      // Nobody is always the first.
      for (std::size_t turn = 0; turn < 3; ++turn) {
        switch ((turn + b) % 3) {
          case 0:
            time(0, host);
            break;
          case 1:
            time(1, wired);
            break;
          default:
            time(2, journaled);
        }
      }
      orders += wired.orders();
      if (!same_positions(host.book().ledger().portfolio(), wired.portfolio()) ||
          !same_positions(host.book().ledger().portfolio(), journaled.book().ledger().portfolio())) {
        std::fprintf(stderr, "n = %zu, block %zu: the ways have come to different positions\n", n, b);
        std::exit(1);
      }
    }
    state.SetIterationTime(static_cast<double>(total) / base::ticks_per_second());
  }
  const double host_us = median_us(ticks[0]), wired_us = median_us(ticks[1]),
               journal_us = median_us(ticks[2]);
  state.counters["host_us"] = host_us;
  state.counters["wired_us"] = wired_us;
  state.counters["journal_us"] = journal_us;
  state.counters["host_ratio"] = host_us / wired_us;
  state.counters["journal_ratio"] = journal_us / wired_us;
  state.counters["orders"] = static_cast<double>(orders) / static_cast<double>(count);
  host.say(state);
}

BENCHMARK(decision)->Arg(10)->Arg(50)->Arg(500)->UseManualTime()->Iterations(1)->Unit(
    benchmark::kMillisecond);

/// One close in a hundred lacks: nearly every row of the value at risk and every pair of the covariance has a
/// gap. The hard-wired way knows none.
void decision_with_gaps(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const std::size_t count = (blocks != 0 ? blocks : 20) * bars_per_block;
  const config::ScenarioConfig config = demo_config();
  SyntheticMarket market(n);
  Host host(config, n, warm_up_bars + count, false);
  for (std::size_t k = 0; k < warm_up_bars; ++k)
    pass(host, market.next_with_holes(100));
  std::vector<std::uint64_t> ticks;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores): how the library is used
    std::uint64_t total = 0;
    for (std::size_t k = 0; k < count; ++k) {
      ticks.push_back(pass(host, market.next_with_holes(100)));
      total += ticks.back();
    }
    state.SetIterationTime(static_cast<double>(total) / base::ticks_per_second());
  }
  state.counters["host_us"] = median_us(ticks);
  host.say(state);
}

BENCHMARK(decision_with_gaps)->Arg(500)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cadre::bench

/// Takes an argument of ours out of the list.
const char* taken(int& argc, char** argv, const char* name) {
  for (int k = 1; k < argc; ++k) {
    if (std::strncmp(argv[k], name, std::strlen(name)) != 0) continue;
    const char* rest = argv[k] + std::strlen(name);
    std::copy(argv + k + 1, argv + argc, argv + k);
    --argc;
    return rest;
  }
  return nullptr;
}

int main(int argc, char** argv) {
  if (const char* blocks = taken(argc, argv, "--blocks="))
    cadre::bench::blocks = std::strtoull(blocks, nullptr, 10);
  const bool is_recorded = taken(argc, argv, "--without-recorder") == nullptr;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  // Calls are noted as in a running host.
  const cadre::base::TemporaryFolder folder;
  std::unique_ptr<cadre::agent::FlightRecorder> recorder;
  if (is_recorded) {
    auto begun = cadre::agent::FlightRecorder::begin(folder.path() / "flights");
    if (!begun) return 1;
    recorder = std::move(begun).take();
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
