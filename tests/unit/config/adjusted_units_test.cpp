#include "host/config/adjusted_units.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace cadre::config
