// What a decision in Python takes: the example's over fifty names and 252 sessions, a method that does
// nothing, and the same rule in C++. Called as the host calls them, in this process: a child adds what a call
// of any isolated agent costs (cadre_crossing_bench).

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "cadre/testing/plugin.hpp"

namespace cadre::bench {
namespace {

constexpr std::size_t names = 50, sessions = 252, calls = 20'000;

testing::FakeState market() {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < names; ++i)
    ids.push_back("N" + std::to_string(i));
  testing::Rows returns(sessions, testing::Numbers(names));
  std::uint32_t random = 1;
  for (testing::Numbers& row : returns) {
    for (double& value : row) {
      random = random * 1664525U + 1013904223U;
      value = (static_cast<double>(random >> 8U) / (1U << 24U) - 0.5) / 25;
    }
  }
  testing::FakeState state(ids);
  state.close(testing::Numbers(names, 100.0)).returns(returns);
  return state;
}

struct Row {
  const char* what;
  std::string library, agent, config;
};

/// The median of all calls, in microseconds.
double median_us(const Row& row, const testing::FakeState& state) {
  const testing::FakeHost host;
  testing::TestAgent agent(testing::Plugin::load(row.library), host, row.agent);
  if (agent.init(row.config) != CADRE_OK) {
    std::fprintf(stderr, "%s: %s\n", row.what, agent.refusal().c_str());
    std::exit(1);
  }
  agent.activate();
  const auto& table = agent.table<cadre_trade_adjuster>();
  testing::TestTargets targets(testing::Numbers(names, 1.0 / names));
  std::vector<double> times;
  for (std::size_t k = 0; k < calls; ++k) {
    std::fill(targets.weight.begin(), targets.weight.end(), 1.0 / names);
    const auto begun = std::chrono::steady_clock::now();
    const cadre_status status = table.adjust_trades(agent.self(), &state.raw(), targets.raw());
    times.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begun).count());
    if (status != CADRE_OK) {
      std::fprintf(stderr, "%s: %s\n", row.what, host.reason().c_str());
      std::exit(1);
    }
  }
  std::nth_element(times.begin(), times.begin() + calls / 2, times.end());
  return times[calls / 2];
}

int run() {
  const std::string build = CADRE_BINARY_DIR;
  const std::string settings = R"({"lookback": 252, "volatility_floor": 0.05})";
  const Row rows[] = {
      {"empty method", build + "/test_agents_python/python_misbehaving.so", "python.misbehaving",
       R"({"does": "nothing"})"},
      {"inverse volatility", build + "/python_agents/inverse_volatility.so", "example.inverse_volatility",
       settings},
      {"the same in C++", build + "/test_agents_python/python_twin.so", "python.twin", settings}};
  const testing::FakeState state = market();
  for (const Row& row : rows)
    std::printf("%-20s %8.2f us\n", row.what, median_us(row, state));
  return 0;
}

}  // namespace
}  // namespace cadre::bench

int main() {
  return cadre::bench::run();
}
