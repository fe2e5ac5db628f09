// Signals that were aggregated elsewhere pass the chain unchanged.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "host/base/date.hpp"
#include "host/base/text.hpp"
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

/// A double as people and programs write it.
struct Text {
  int direction;
  const char* strength;
  double score;
};
constexpr Text awkward[] = {
    {1, "0.1", 0.1},
    {-1, "0.1000000000000000055511151231257827021181583404541015625", -0.1},
    {1, "0.33333333333333331", 1.0 / 3.0},
    {1, "3.3333333333333331e-01", 1.0 / 3.0},
    {-1, "4.9406564584124654e-324", -0x1p-1074},
    {1, "5e-324", 0x1p-1074},
    {1, "2.2250738585072009e-308", 0x0.fffffffffffffp-1022},
    {1, "2.2250738585072014e-308", 0x1p-1022},
    {-1, "0", -0.0},
    {0, "1.5", 0.0},
    {1, "0.99999999999999988897769753748", 1 - 0x1p-53},
    {1, "1.0000000000000002", 1 + 0x1p-52},
    {1, "9007199254740993", 0x1p53},
    {1, "1e23", 1e23},
    {1, "123456789.12345678", 123456789.12345678},
};

/// The scores of the decisions of two runs of a chain of identity agents: from a CSV file and from JSON
/// lines, with one awkward number for each instrument on each of three days.
TEST(ExternalSignals, written_in_awkward_numbers_leave_an_identity_chain_as_they_are) {
  Market market = random_market(2, std::size(awkward), 4);
  for (std::size_t i = 0; i < std::size(awkward); ++i)
    market.instruments[i] = std::string(1, static_cast<char>('A' + i));  // runs sort them by name
  std::string csv = "time,strategy,instrument,direction,strength,confidence,horizon_days\n", lines;
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t i = 0; i < std::size(awkward); ++i) {
      const Text& text = awkward[(i + row) % std::size(awkward)];
      const std::string date = base::format_date(market.dates[row]), &id = market.instruments[i];
      const std::string direction = std::to_string(text.direction);
      csv += base::join({date, "blend", id, direction, text.strength, "0.7", "1\n"}, ",");
      lines += base::join(
          {R"({"time": ")", date, R"(", "strategy": "blend", "instrument": ")", id, R"(", "direction": )",
           direction, R"(, "strength": )", text.strength, R"(, "confidence": 0.7, "horizon_days": 1})", "\n"},
          "");
    }
  }
  for (const char* file : {"signals.csv", "signals.jsonl"}) {
    auto overrides = signal_chain();
    overrides.push_back(
        {"/chain/position_sizer", R"({"name": "sizer", "agent": "cadre.identity.position_sizer"})"});
    overrides.push_back({"/data/signals", std::string(R"({"file": ")") + file + "\"}"});
    Lab lab(market, overrides);
    lab.write("signals.csv", csv);
    lab.write("signals.jsonl", lines);
    const Trace trace = lab.run();
    ASSERT_EQ(trace.decisions.size(), 4u);
    for (std::size_t row = 0; row < 3; ++row) {
      for (std::size_t i = 0; i < std::size(awkward); ++i) {
        const Text& text = awkward[(i + row) % std::size(awkward)];
        EXPECT_EQ(trace.decisions[row].score_valid[i], 1) << text.strength;
        EXPECT_EQ(std::bit_cast<std::uint64_t>(trace.decisions[row].score[i]),
                  std::bit_cast<std::uint64_t>(text.score))
            << file << ' ' << text.direction << " x " << text.strength << ": "
            << trace.decisions[row].score[i];
      }
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
