#pragma once

#include <string>
#include <vector>

#include "tests/unit/plugins/agent_under_test.hpp"

/// A risk manager under test, and books whose risk is known by hand.
namespace cadre::test::risk {

struct Report {
  explicit Report(std::uint32_t instruments, std::uint32_t capacity = 16)
      : component(instruments), limits(capacity) {
    raw = {sizeof raw, 0, 0, 0, 0, component.data(), limits.data(), capacity, 0, instruments, 0, 0};
  }
  Numbers component;
  std::vector<cadre_limit_use> limits;
  cadre_risk_report raw{};
};

inline cadre_status analyze(const AgentUnderTest& test, const FakeState& state, const Numbers& weight,
                            Report& report) {
  return test.agent.table<cadre_risk_manager>().analyze_risk(test.agent.self(), &state.raw(), weight.data(),
                                                             &report.raw);
}
inline cadre_status adjust(const AgentUnderTest& test, const FakeState& state, const Report& report,
                           TestTargets& targets) {
  return test.agent.table<cadre_risk_manager>().adjust_trades(test.agent.self(), &state.raw(), &report.raw,
                                                              targets.raw());
}

/// Two instruments, 20 periods. A: -1 %, ..., -20 % in some order; B: always 0.
inline Rows falling_a() {
  Rows rows;
  for (int t = 1; t <= 20; ++t)
    rows.push_back({-0.01 * ((t * 7) % 20 + 1), 0.0});
  return rows;
}

/// Daily volatilities 1 % and 2 %, correlation 0.5; 100 periods a year, so that annual is ten times daily.
inline FakeState two_instruments() {
  FakeState state({"A", "B"});
  state.periods_per_year(100).returns(falling_a());
  state.service("cadre.covariance/1", {{1e-4, 1e-4}, {1e-4, 4e-4}});
  return state;
}

/// Limits that nothing reaches; tests lower one of them.
inline std::string config(const std::string& more) {
  return R"({"max_portfolio_risk": 10, "max_position_risk": 10, "var_limit": 1, "var_lookback": 20, )" +
         more + "}";
}
inline constexpr const char* plugin = "risk_manager";
inline constexpr const char* id = "cadre.risk_manager";

}  // namespace cadre::test::risk
