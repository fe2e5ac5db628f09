#include "host/config/market_data.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace cadre::config {
namespace {

const char* const schema = R"({"properties": {
  "fill_at": {"type": "string", "enum": ["open", "close"], "x-bar-fields": {"open": ["open", "low"]}},
  "other": {"type": "number"}}})";

std::string needs(const char* settings) {
  std::string all;
  for (const market::IntradayNeed& need :
       intraday_needs(boost::json::parse(schema), boost::json::parse(settings), "environment"))
    all += need.field + " for " + need.who + '\n';
  return all;
}

TEST(IntradayNeeds, follow_from_the_values_that_settings_have) {
  EXPECT_EQ(needs(R"({"fill_at": "open", "other": 1})"),
            "open for environment (fill_at: open)\nlow for environment (fill_at: open)\n");
}

TEST(IntradayNeeds, are_none_of_other_values_and_settings) {
  EXPECT_EQ(needs(R"({"fill_at": "close"})"), "");
  EXPECT_EQ(needs(R"({"other": 1})"), "");
  EXPECT_TRUE(intraday_needs(boost::json::parse("{}"), boost::json::parse("{}"), "x").empty());
}

}  // namespace
}  // namespace cadre::config
