#include "host/config/bar_keys.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "host/base/temporary_folder.hpp"

namespace cadre::config {
namespace {

/// The scenario of these keys below /data/prices and /data.
base::Result<ScenarioConfig> load(const std::string& prices, const std::string& data = "") {
  const base::TemporaryFolder folder;
  std::ofstream(folder.path() / "scenario.json") << R"({"scenario": "backtest", "chain": {
  "signal_sources": [{"agent": "a"}], "signal_aggregator": {"agent": "a"}, "position_sizer": {"agent": "a"},
  "risk_managers": [{"agent": "a"}], "execution_rules": {"agent": "a"}},
 "data": {"prices": {"file": "p.csv", "adjustment": "raw", "volume": "none")"
                                                 << prices << "}" << data << R"(},
 "execution_environment": {"agent": "a"}})";
  return load_scenario(folder.path() / "scenario.json", {});
}

/// "CODE POINTER" of every problem.
std::string faults(const std::string& prices, const std::string& data = "") {
  const auto config = load(prices, data);
  std::string all;
  for (const base::Problem& problem : config.problems())
    all += problem.code + ' ' + problem.place.pointer + '\n';
  return all;
}

const char* const regular =
    R"(, "period": "5min", "time_zone": "America/New_York", "session": {"from": "09:30", "to": "16:00"})";

TEST(BarKeys, of_days_are_what_they_were) {
  const auto config = load("");
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->data.timing.is_intraday());
  EXPECT_EQ(config->data.periods_per_year, 252);
  EXPECT_EQ(sessions_per_year(load("", R"(, "periods_per_year": 52)")->data), 52);
}

TEST(BarKeys, say_how_many_bars_a_session_has_and_so_a_year) {
  const auto config = load(regular);
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->data.timing.is_intraday());
  EXPECT_EQ(config->data.timing.session_zone, "America/New_York");
  EXPECT_EQ(config->data.periods_per_year, 78 * 252);
  EXPECT_EQ(sessions_per_year(config->data), 252);
  EXPECT_EQ(load(regular, R"(, "sessions_per_year": 250)")->data.periods_per_year, 78 * 250);
  EXPECT_EQ(load(regular, R"(, "periods_per_year": 19000)")->data.periods_per_year, 19000);
  EXPECT_EQ(load(R"(, "period": "1d")")->data.periods_per_year, 252);
}

TEST(BarKeys, that_make_no_sense_are_refused_all_at_once) {
  EXPECT_EQ(
      faults(
          R"(, "period": "2d", "time_zone": "New York", "session": {"from": "9:30", "to": "25:00", "time_zone": "Mars"})"),
      "CONFIG_OUT_OF_RANGE /data/prices/period\nTIME_ZONE_UNKNOWN /data/prices/time_zone\n"
      "CONFIG_BAD_TIME /data/prices/session/from\nCONFIG_BAD_TIME /data/prices/session/to\n"
      "TIME_ZONE_UNKNOWN /data/prices/session/time_zone\nCONFIG_CONTRADICTION /data/prices/session\n");
  EXPECT_EQ(faults(R"(, "time_zone": "UTC", "time_is": "end")"),
            "CONFIG_CONTRADICTION /data/prices/time_is\nCONFIG_CONTRADICTION /data/prices/time_zone\n");
  EXPECT_EQ(faults(R"(, "bar_grace_seconds": 2)"), "CONFIG_CONTRADICTION /data/prices/bar_grace_seconds\n");
}

TEST(BarKeys, without_a_session_need_to_say_how_many_bars_there_are_a_year) {
  EXPECT_EQ(faults(R"(, "period": "1min")"), "BAR_PERIODS_PER_YEAR /data/prices/period\n");
  EXPECT_TRUE(load(R"(, "period": "1min")", R"(, "periods_per_year": 525600, "sessions_per_year": 365)"));
}

}  // namespace
}  // namespace cadre::config
