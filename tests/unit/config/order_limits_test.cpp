#include "host/config/order_limits.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "host/base/temporary_folder.hpp"

namespace cadre::config {
namespace {

/// "CODE POINTER" of every problem of a scenario with these constraints and checks.
std::string faults(const std::string& constraints, const std::string& checks) {
  const base::TemporaryFolder folder;
  std::ofstream(folder.path() / "scenario.json") << R"({"scenario": "backtest", "chain": {
  "signal_sources": [{"agent": "a"}], "signal_aggregator": {"agent": "a"}, "position_sizer": {"agent": "a"},
  "risk_managers": [{"agent": "a"}], "execution_rules": {"agent": "a"}, "constraints": )"
                                                 << constraints << R"(},
 "data": {"prices": {"file": "p.csv", "adjustment": "raw", "volume": "none"}},
 "execution_environment": {"agent": "a"}, "pre_trade_checks": )"
                                                 << checks << "}";
  const auto config = load_scenario(folder.path() / "scenario.json", {});
  std::string all;
  for (const base::Problem& problem : config.problems())
    all += problem.code + ' ' + problem.place.pointer + '\n';
  return all;
}

TEST(OrderLimits, that_are_right_are_taken) {
  EXPECT_EQ(faults(R"({"max_group_weight": [{"group": "x", "max": 0.3}, {"group": "*", "max": 0.5}]})",
                   R"({"limits": [{"instrument": "AA", "max_weight": 0.1}],
                       "no_trade_windows": [{"from": "2024-03-20", "to": "2024-03-22"}]})"),
            "");
}

TEST(OrderLimits, that_say_nothing_or_two_things_are_refused) {
  EXPECT_EQ(faults(R"({"max_group_weight": [{"group": "x", "max": 0.3}, {"group": "x", "max": 0.1}]})",
                   R"({"limits": [{"instrument": "AA"}]})"),
            "CONFIG_NAME_TWICE /chain/constraints/max_group_weight/1/group\n"
            "CONFIG_CONTRADICTION /pre_trade_checks/limits/0\n");
  EXPECT_EQ(faults("{}", R"({"limits": [{"instrument": "", "max_weight": 0.1}]})"),
            "CONFIG_WRONG_LENGTH /pre_trade_checks/limits/0/instrument\n");
}

TEST(OrderLimits, windows_are_two_times_or_two_days_in_their_order_and_hours_need_bars_with_times) {
  const auto window = [](const char* from, const char* to) {
    return faults("{}",
                  std::string(R"({"no_trade_windows": [{"from": ")") + from + R"(", "to": ")" + to + "\"}]}");
  };
  const std::string at = "/pre_trade_checks/no_trade_windows/0\n";
  EXPECT_EQ(window("2024-03-22", "2024-03-20"), "CONFIG_BAD_TIME " + at);
  EXPECT_EQ(window("15:50", "2024-03-20"), "CONFIG_BAD_TIME " + at);
  EXPECT_EQ(window("16:00", "16:00"), "CONFIG_BAD_TIME " + at);
  EXPECT_EQ(window("15:50", "16:00"), "CONFIG_CONTRADICTION " + at);
}

TEST(OrderLimits, a_whole_number_that_no_counter_holds_is_refused_and_ends_nothing) {
  for (const char* key : {"max_orders_per_day", "max_messages_per_second", "max_open_orders"})
    EXPECT_EQ(faults("{}", std::string("{\"") + key + "\": 1e300}"),
              std::string("CONFIG_WRONG_TYPE /pre_trade_checks/") + key + "\n");
}

}  // namespace
}  // namespace cadre::config
