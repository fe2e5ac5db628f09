#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <stdexcept>

#include "cadre/cpp/agent.hpp"
#include "cadre/cpp/config.hpp"
#include "cadre/cpp/state.hpp"
#include "cadre/testing/plugin.hpp"

namespace cadre::testing {
namespace {

TEST(FakeHost, reads_configuration_as_the_abi_says) {
  const FakeHost host;
  const std::string json = R"({"a": 1.5, "b": {"c": [10, 20]}, "t": "text", "yes": true, "none": null})";
  const sdk::Config config(host.raw(), sdk::text_of(json));
  EXPECT_EQ(config.number("/a"), 1.5);
  EXPECT_EQ(config.number("/b/c/1"), 20.0);
  EXPECT_EQ(config.count("/b/c"), 2U);
  EXPECT_EQ(config.text("/t"), "text");
  EXPECT_TRUE(config.flag("/yes"));
  EXPECT_EQ(config.number_or("/none", 7.0), 7.0);
  EXPECT_THROW(config.number("/t"), sdk::Refusal);
  EXPECT_THROW(config.number("/absent"), sdk::Refusal);
}

TEST(FakeHost, random_bits_depend_on_seed_sequence_and_draw_alone) {
  const FakeHost one(1);
  const FakeHost same(1);
  const FakeHost other(2);
  const auto bits = [](const FakeHost& host, std::uint64_t sequence, std::uint64_t draw) {
    const auto* table =
        static_cast<const cadre_random*>(host.raw()->get_extension(host.raw(), CADRE_TEXT(CADRE_EXT_RANDOM)));
    return table->bits(host.raw(), sequence, draw);
  };
  EXPECT_EQ(bits(one, 5, 6), bits(same, 5, 6));
  EXPECT_EQ(
      (std::set<std::uint64_t>{bits(one, 5, 6), bits(other, 5, 6), bits(one, 6, 5), bits(one, 5, 7)}).size(),
      4U);
}

/// Does nothing by itself: the helpers of the base class are what is tested.
class IdleAgent : public sdk::Agent {
 public:
  void configure(const sdk::Config&) override {}
  const void* role_table(std::string_view) const override { return nullptr; }
};

TEST(AgentHelpers, random_bits_are_those_of_the_hosts_table) {
  const FakeHost host(7);
  IdleAgent agent;
  const cadre_agent* raw = nullptr;
  ASSERT_EQ(sdk::adopt_agent(&agent, host.raw(), &raw), CADRE_OK);
  const auto* table =
      static_cast<const cadre_random*>(host.raw()->get_extension(host.raw(), CADRE_TEXT(CADRE_EXT_RANDOM)));
  EXPECT_EQ(agent.random_bits(5, 6), table->bits(host.raw(), 5, 6));
  EXPECT_EQ(agent.random_bits(6, 5), table->bits(host.raw(), 6, 5));
  EXPECT_NE(agent.random_bits(5, 6), agent.random_bits(6, 5));
}

TEST(AgentHelpers, random_bits_are_refused_where_no_host_offers_them) {
  const FakeHost full;
  cadre_host bare = *full.raw();
  bare.get_extension = [](const cadre_host*, cadre_string) -> const void* { return nullptr; };
  IdleAgent agent;
  EXPECT_THROW(agent.random_bits(1, 1), sdk::Refusal);  // before it belongs to a host
  const cadre_agent* raw = nullptr;
  ASSERT_EQ(sdk::adopt_agent(&agent, &bare, &raw), CADRE_OK);
  try {
    agent.random_bits(1, 1);
    FAIL() << "nothing was thrown";
  } catch (const sdk::Refusal& refusal) {
    EXPECT_STREQ(refusal.what(), "this host does not offer cadre.random/1");
  }
}

TEST(FakeHost, remembers_the_log_and_offers_nothing_unknown) {
  const FakeHost host;
  const auto* log =
      static_cast<const cadre_log*>(host.raw()->get_extension(host.raw(), CADRE_TEXT(CADRE_EXT_LOG)));
  log->write(host.raw(), CADRE_LOG_WARNING, CADRE_TEXT("look"));
  ASSERT_EQ(host.log().size(), 1U);
  EXPECT_EQ(host.log()[0].text, "look");
  EXPECT_EQ(host.raw()->get_extension(host.raw(), CADRE_TEXT("cadre.unknown/1")), nullptr);
}

TEST(FakeState, makes_missing_numbers_invalid_and_outlives_a_move) {
  FakeState first({"A", "B"});
  first.close({1.0, missing}).returns({{0.1, missing}, {0.2, 0.3}});
  const FakeState state = std::move(first);
  const sdk::State view(state.raw());
  EXPECT_EQ(view.id(1), "B");
  EXPECT_TRUE(view.has_price(0));
  EXPECT_FALSE(view.has_price(1));
  EXPECT_TRUE(std::isnan(view.sessions().returns()(1, 0)));
  EXPECT_EQ(view.sessions().returns()(1, 1), 0.3);
  EXPECT_EQ(state.raw().sessions.returns.valid[1], 0);
  EXPECT_EQ(state.raw().open.values, nullptr);
}

TEST(FakeState, hands_over_services_by_place_and_their_lower_triangle_only) {
  FakeState state({"A", "B"});
  state.no_service("x/1").service("cadre.covariance/1", {{1, 9}, {2, 4}}, 10);
  const sdk::State view(state.raw());
  EXPECT_EQ(view.service(0).rows(), 0);
  EXPECT_EQ(view.service(1)(1, 0), 2.0);
  EXPECT_TRUE(std::isnan(view.service(1)(0, 1)));
  EXPECT_EQ(view.service(2).rows(), 0);
}

TEST(CompleteConfig, fills_defaults_and_keeps_what_is_there) {
  const std::string manifest = std::string(CADRE_BINARY_DIR) + "/agents/momentum.json";
  const std::string text = complete_config(manifest, "cadre.momentum", R"({"lookback": 100})");
  const FakeHost host;
  const sdk::Config config(host.raw(), sdk::text_of(text));
  EXPECT_EQ(config.integer("/lookback"), 100);
  EXPECT_EQ(config.integer("/skip"), 21);
  EXPECT_THROW(complete_config(manifest, "cadre.unknown", "{}"), std::runtime_error);
  EXPECT_THROW(complete_config("/no/such/file", "cadre.momentum", "{}"), std::runtime_error);
}

TEST(Plugin, loading_says_what_is_wrong) {
  EXPECT_THROW(Plugin::load("/no/such/library.so"), std::runtime_error);
  const FakeHost host;
  const Plugin plugin = Plugin::load(std::string(CADRE_BINARY_DIR) + "/agents/momentum.so");
  EXPECT_THROW(TestAgent(plugin, host, "cadre.unknown"), std::runtime_error);
}

}  // namespace
}  // namespace cadre::testing
