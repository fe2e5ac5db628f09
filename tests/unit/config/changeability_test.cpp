#include "host/config/changeability.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "host/config/host_config.hpp"
#include "host/config/scenario_schema.hpp"

namespace cadre::config {
namespace {

TEST(Changeability, covers_what_is_below_a_pointer_and_not_what_begins_alike) {
  EXPECT_EQ(scenario_change_rule("/chain").changes, Changes::live);
  EXPECT_EQ(scenario_change_rule("/chain/risk_feedback/max_iterations").changes, Changes::live);
  EXPECT_EQ(scenario_change_rule("/chainsaw").changes, Changes::never);
  EXPECT_EQ(scenario_change_rule("").changes, Changes::never);
}

TEST(Changeability, of_a_host_asks_the_scenario_of_a_book) {
  EXPECT_TRUE(host_change_rule("/books/0/scenario/chain/name").decides);
  EXPECT_EQ(host_change_rule("/books/12/scenario/pre_trade_checks/restricted").changes, Changes::live);
  EXPECT_EQ(host_change_rule("/books/0/scenario/book/initial_cash").changes, Changes::never);
  EXPECT_EQ(host_change_rule("/books/0/scenario").changes, Changes::never);
  EXPECT_EQ(host_change_rule("/books/0/folder").changes, Changes::never);
  EXPECT_EQ(host_change_rule("/books/3").changes, Changes::live);
  EXPECT_EQ(host_change_rule("/watch/debounce_ms").changes, Changes::live);
  EXPECT_EQ(host_change_rule("/queue/capacity").changes, Changes::live);
}

TEST(Changeability, says_of_every_key_of_a_scenario_and_of_a_host_file_why) {
  for (const auto& [key, value] : scenario_schema().at("properties").as_object())
    EXPECT_FALSE(scenario_change_rule("/" + std::string(key)).pointer.empty()) << key;
  for (const auto& [key, value] : host_schema().at("properties").as_object()) {
    const std::string pointer = "/" + std::string(key);
    EXPECT_FALSE(host_change_rule(pointer).pointer.empty()) << key;
  }
}

TEST(Changeability, lets_decide_only_what_changes_live) {
  for (const ChangeRule& rule : scenario_change_rules())
    EXPECT_TRUE(!rule.decides || rule.changes == Changes::live) << rule.pointer;
  EXPECT_EQ(deciding_pointers(), "/chain and /pre_trade_checks");
}

}  // namespace
}  // namespace cadre::config
