#include "host/backtest/scenario_run.hpp"

#include "host/base/invariant.hpp"

namespace cadre::backtest {

base::Problems ScenarioRun::run(const std::function<void(std::size_t)>& progress) {
  std::size_t done = 0;
  try {
    return loop_.run(source_, [&](std::int32_t date) {
      const base::Problems problems = changes_.apply_until(date);
      if (progress && !problems.has_errors()) progress(++done);
      return problems;
    });
  } catch (const base::InvariantBroken& broken) {
    base::Problems problems;
    problems.error("INVARIANT_BROKEN", {}, broken.what(),
                   "this is a fault of the host: report it with the run's configuration");
    return problems;
  }
}

}  // namespace cadre::backtest
