// Signals that were aggregated elsewhere pass the chain unchanged.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "host/base/date.hpp"
#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

std::vector<config::Override> signal_chain() {
  auto overrides = scripted("[[0.1, 0.1, 0.1]]");
  overrides.push_back(
      {"/chain/signal_sources", R"([{"name": "signals", "agent": "cadre.external_signals"}])"});
  overrides.push_back({"/data/signals", R"({"file": "signals.csv"})"});
  return overrides;
}

TEST(ExternalSignals, reach_the_views_unchanged_to_the_bit) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const Market market = random_market(seed, 3, 25);
  Lab lab(market, signal_chain());
  std::string csv = "time,strategy,instrument,direction,strength,confidence,horizon_days\n";
  std::vector<std::vector<double>> sent(25, std::vector<double>(3));
  for (std::size_t row = 0; row < 25; ++row) {
    for (std::size_t i = 0; i < 3; ++i) {
      // Any double between 2^-8 and 2^8.
      const double strength =
          std::ldexp(1 + static_cast<double>(random() >> 12) * 0x1p-52, static_cast<int>(random() % 16) - 8);
      const int direction = random() % 2 == 0 ? 1 : -1;
      sent[row][i] = direction * strength;
      char line[200];
      std::snprintf(line, sizeof line, "%s,blend,%s,%d,%.17g,0.7,1\n",
                    base::format_date(market.dates[row]).c_str(), market.instruments[i].c_str(), direction,
                    strength);
      csv += line;
    }
  }
  lab.write("signals.csv", csv);
  const Trace trace = lab.run();
  ASSERT_EQ(trace.decisions.size(), 25u);
  for (std::size_t row = 0; row < 25; ++row) {
    for (std::size_t i = 0; i < 3; ++i) {
      ASSERT_EQ(trace.decisions[row].score_valid[i], 1) << row;
      ASSERT_EQ(std::bit_cast<std::uint64_t>(trace.decisions[row].score[i]),
                std::bit_cast<std::uint64_t>(sent[row][i]))
          << row;
    }
  }
}

TEST(ExternalSignals, are_not_known_before_their_time) {
  const Market market = random_market(1, 3, 4);
  Lab lab(market, signal_chain());
  // Known one second after the close of the second bar, for one session: the third decision is the first to
  // see it.
  lab.write("signals.csv", "time,strategy,instrument,direction,strength,confidence,horizon_days\n" +
                               base::format_time(base::close_time_ns(market.dates[1]) + 1'000'000'000) +
                               ",blend,A1,1,2,1,1\n");
  const Trace trace = lab.run();
  ASSERT_EQ(trace.decisions.size(), 4u);
  for (std::size_t row = 0; row < 4; ++row)
    EXPECT_EQ(trace.decisions[row].score_valid[1], row == 2) << row;
}

TEST(ExternalSignals, two_for_one_instrument_are_refused_by_the_identity_and_positions_are_held) {
  const Market market = random_market(1, 3, 3);
  Lab lab(market, signal_chain());
  const std::string date = base::format_date(market.dates[1]);
  lab.write("signals.csv", "time,strategy,instrument,direction,strength,confidence,horizon_days\n" + date +
                               ",blend,A1,1,2,1,1\n" + date + ",other,A1,1,3,1,1\n");
  const Trace trace = lab.run();
  ASSERT_EQ(trace.decisions[1].failures.size(), 1u);
  EXPECT_EQ(trace.decisions[1].failures[0].instance, "aggregator");
  EXPECT_TRUE(trace.decisions[0].failures.empty());
}

}  // namespace
}  // namespace cadre::test
