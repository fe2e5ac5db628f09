// What one call of an isolated agent costs: a position sizer for thirty instruments, in the process, in a
// child that looks for its next call, and in one that has gone to sleep. Under `taskset -c 0` nobody looks:
// what is printed as "spinning" then is a call on one processor.

#include <sched.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cadre/cadre.h"
#include "host/agent/catalog.hpp"
#include "host/agent/live_agent.hpp"
#include "host/agent/store.hpp"
#include "host/base/json.hpp"
#include "host/base/schema.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/base/ticks.hpp"
#include "host/model/arena.hpp"
#include "tests/bench/synthetic.hpp"

namespace cadre::bench {
namespace {

constexpr std::size_t instruments = 30, calls = 20'000, calls_asleep = 2'000;
constexpr double asleep_after_us = 400;  // longer than a child looks

[[noreturn]] void stop(const base::Problems& problems) {
  for (const base::Problem& problem : problems)
    std::fprintf(stderr, "%s\n", base::to_line(problem).c_str());
  std::exit(1);
}

/// An arena with a score for each of thirty instruments, and room for their targets.
class Setting {
 public:
  Setting() : arena_(universe(), shape(), "bench", "USD") {
    view_.bind(reinterpret_cast<const std::byte*>(&arena_.head()));
    const auto score = arena_.column(model::ColumnId::score);
    const auto confidence = arena_.column(model::ColumnId::confidence);
    std::fill(score.begin(), score.end(), 0.5);
    std::fill(confidence.begin(), confidence.end(), 1.0);
    const auto valid = arena_.valid(model::ColumnId::score);
    std::fill(valid.begin(), valid.end(), std::uint8_t{1});
    arena_.head().has_views = 1;
    arena_.head().constraints = {sizeof(cadre_constraints), CADRE_LONG_ONLY, 1, 1, 1};
    view_.refresh();
  }
  const model::Arena& arena() const { return arena_; }

  /// Microseconds of each call, sorted.
  std::vector<double> time(const agent::LiveAgent& sizer, std::size_t count, double pause_us) {
    const double ticks_per_us = base::ticks_per_second() / 1e6;
    std::vector<double> weight(instruments), times;
    std::vector<cadre_reason> reasons(instruments);
    cadre_targets targets{sizeof(cadre_targets), instruments, weight.data(), reasons.data()};
    for (std::size_t k = 0; k < count; ++k) {
      const std::uint64_t begun = base::ticks();
      while (static_cast<double>(base::ticks() - begun) < pause_us * ticks_per_us) {
      }
      const std::uint64_t start = base::ticks();
      const cadre_status status = sizer.change_targets(&view_.raw, &targets);
      times.push_back(static_cast<double>(base::ticks() - start) / ticks_per_us);
      if (status == CADRE_OK || status == CADRE_DISCARD) continue;
      std::fprintf(stderr, "the sizer answered %s\n", agent::with_reason(sizer, status).c_str());
      std::exit(1);
    }
    std::sort(times.begin(), times.end());
    return times;
  }

 private:
  static model::Universe universe() {
    model::Universe all;
    for (const std::string& name : SyntheticMarket::names(instruments)) {
      model::Instrument one;
      one.id = name;
      all.instruments.push_back(one);
    }
    return all;
  }
  static model::ArenaShape shape() {
    model::ArenaShape shape;
    shape.instruments = instruments;
    return shape;
  }

  model::Arena arena_;
  model::StateView view_;
};

void print(const char* how, const std::vector<double>& times) {
  std::printf("%-12s %8.2f us in the median, %8.2f at the 90th percentile, %8.2f at the 99th\n", how,
              times[times.size() / 2], times[times.size() * 9 / 10], times[times.size() * 99 / 100]);
}

void run() {
  const base::TemporaryFolder folder;
  const agent::Store store(folder.path());
  const agent::Catalog catalog = agent::Catalog::discover({CADRE_BINARY_DIR "/agents"});
  auto entry = catalog.find("cadre.position_sizer", *agent::VersionRange::parse("*"), {});
  if (!entry) stop(entry.problems());
  auto copy = store.adopt(*entry->manifest, agent::ImportList::isolated);
  if (!copy) stop(copy.problems());
  const std::string settings =
      base::canonical(base::with_defaults(boost::json::object{}, entry->agent->config_schema));
  const agent::InstanceSpec spec{"sizer", "bench", settings, 1, {}};
  auto library = agent::Library::load(*copy, entry->manifest);
  if (!library) stop(library.problems());
  auto here = agent::LiveAgent::create(*library, *entry, spec, {});
  if (!here) stop(here.problems());
  auto there = agent::LiveAgent::create_isolated(agent::LiveAgent::Elsewhere{*copy}, *entry, spec, {});
  if (!there) stop(there.problems());
  Setting setting;
  (*there)->enter_arena(setting.arena());
  cpu_set_t set;
  sched_getaffinity(0, sizeof set, &set);
  std::printf("%d processors\n", CPU_COUNT(&set));
  print("in process", setting.time(**here, calls, 0));
  print("spinning", setting.time(**there, calls, 0));
  print("asleep", setting.time(**there, calls_asleep, asleep_after_us));
}

}  // namespace
}  // namespace cadre::bench

int main() {
  cadre::bench::run();
  return 0;
}
