#include "host/config/adjusted_units.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "host/config/instrument_table.hpp"

namespace cadre::config {
namespace {

/// "CODE POINTER" of every problem with these settings of an environment.
std::string faults(const std::string& config, const char* adjustment, const char* per_share_fees = "refuse") {
  const auto document =
      base::JsonDocument::parse("scenario.json", R"({"execution_environment": {"config": )" + config + "}}");
  PricesConfig prices;
  prices.adjustment = adjustment;
  prices.per_share_fees = per_share_fees;
  base::Problems problems;
  check_per_share_fees(*document, prices, problems);
  std::string all;
  for (const base::Problem& problem : problems)
    all += problem.code + ' ' + problem.place.pointer + '\n';
  return all;
}

const char* const tiers =
    R"({"commission_per_share": 0.005, "commission_tiers": [{"from": 0, "per_share": 0.003}, {"per_share": 0}]})";

TEST(PerShareFees, are_refused_on_adjusted_prices_wherever_they_stand) {
  const char* const expected =
      "CONFIG_ADJUSTED_FEES /execution_environment/config/commission_per_share\n"
      "CONFIG_ADJUSTED_FEES /execution_environment/config/commission_tiers/0/per_share\n";
  for (const char* adjustment : {"split", "total_return"})
    EXPECT_EQ(faults(tiers, adjustment), expected);
}

TEST(PerShareFees, are_taken_on_raw_prices_and_where_the_data_say_so) {
  EXPECT_EQ(faults(tiers, "raw"), "");
  EXPECT_EQ(faults(tiers, "split", "accept"), "");
  EXPECT_EQ(faults(R"({"commission_bp": 2, "commission_per_share": 0})", "split"), "");
}

/// The same with what is said of all instruments and of two.
std::string steps(const char* tick, const char* lot, const std::vector<model::Instrument>& rows,
                  const char* adjustment, const char* ticks_and_lots = "refuse") {
  ScenarioConfig config;
  config.data.prices.adjustment = adjustment;
  config.data.prices.ticks_and_lots = ticks_and_lots;
  config.instruments.tick = *base::Price::parse(tick);
  config.instruments.lot = *base::Quantity::parse(lot);
  auto table = std::make_shared<InstrumentTable>();
  for (const model::Instrument& about : rows)
    table->rows.push_back({about, "/instruments/table/" + std::to_string(table->rows.size())});
  if (!rows.empty()) config.instruments.table = table;
  base::Problems problems;
  check_ticks_and_lots(config, problems);
  std::string all;
  for (const base::Problem& problem : problems)
    all +=
        problem.place.pointer + ": " + problem.message.substr(0, problem.message.find(" on prices")) + '\n';
  return all;
}

model::Instrument with_steps(const char* tick, const char* lot) {
  model::Instrument about;
  about.tick = *base::Price::parse(tick);
  about.lot = *base::Quantity::parse(lot);
  return about;
}

TEST(TicksAndLots, that_are_coarse_are_refused_on_adjusted_prices_each_where_it_stands) {
  model::Instrument banded = with_steps("0.01", "1");
  banded.ticks = {{{}, *base::Price::parse("0.0001")},
                  {*base::Price::parse("1"), *base::Price::parse("0.01")}};
  EXPECT_EQ(steps("0.05", "1", {}, "split"), "/instruments: ticks of 0.05\n");
  EXPECT_EQ(steps("0.01", "100", {}, "total_return"), "/instruments: lots of 100\n");
  EXPECT_EQ(steps("0.01", "1", {with_steps("0.01", "10"), with_steps("0.01", "1"), banded}, "split"),
            "/instruments/table/0: lots of 10\n/instruments/table/2: ticks by price\n");
}

TEST(TicksAndLots, are_taken_on_raw_prices_where_the_data_say_so_and_where_they_are_fine) {
  EXPECT_EQ(steps("0.05", "100", {}, "raw"), "");
  EXPECT_EQ(steps("0.05", "100", {}, "split", "accept"), "");
  EXPECT_EQ(steps("0.0001", "0.000001", {with_steps("0.01", "1")}, "split"), "");
}

}  // namespace
}  // namespace cadre::config
