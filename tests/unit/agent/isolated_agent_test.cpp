// Agents in a process of their own, beyond what the scenarios of isolation show.

#include <gmock/gmock.h>

#include "host/agent/live_agent.hpp"
#include "host/agent/store.hpp"
#include "host/model/order.hpp"
#include "tests/unit/agent/test_agents.hpp"

namespace cadre::agent {
namespace {

/// The market of tests/agents/counting: the n-th order that it is sent costs n in fees.
class CountingMarket : public testing::Test {
 protected:
  void SetUp() override {
    auto read = read_manifest(std::filesystem::path(CADRE_BINARY_DIR) / "test_agents_counting/counting.json");
    ASSERT_TRUE(read);
    manifest_ = std::make_shared<const Manifest>(std::move(read).take());
    const auto copy = Store(folder_.path()).adopt(*manifest_, ImportList::isolated);
    ASSERT_TRUE(copy) << lines_of(copy.problems());
    InstanceSpec spec{"market", "main", "{}", 1};
    spec.isolation = Isolation::process_alone;
    auto made = LiveAgent::create_isolated({*copy}, {manifest_, &manifest_->agents[0]}, spec, {});
    ASSERT_TRUE(made) << lines_of(made.problems());
    market_ = std::move(made).take();
  }

  static cadre_order order(const std::string& id) {
    cadre_order order{};
    order.size = sizeof order;
    order.quantity_e9 = 1'000'000'000;
    order.client_id = model::make_id(id);
    return order;
  }
  /// As which one the market saw it.
  std::int64_t sent(const std::string& id) {
    cadre_trade_result result{};
    result.size = sizeof result;
    const cadre_order asked = order(id);
    EXPECT_EQ(market_->table<cadre_execution_environment>().execute_trade(market_->self(), &asked, &result),
              CADRE_OK);
    return result.fees_e6;
  }
  void send_together(const std::vector<std::string>& ids) {
    std::vector<cadre_order> orders;
    for (const std::string& id : ids)
      orders.push_back(order(id));
    execute_together(*market_, orders);
  }

 private:
  TestFolder folder_;
  std::shared_ptr<const Manifest> manifest_;
  std::shared_ptr<LiveAgent> market_;
};

TEST_F(CountingMarket, is_sent_orders_that_cross_together_once_and_in_their_order) {
  send_together({"a", "b", "c"});
  EXPECT_EQ(sent("a"), 1);
  EXPECT_EQ(sent("b"), 2);
  EXPECT_EQ(sent("c"), 3);
  EXPECT_EQ(sent("d"), 4) << "one that did not cross crosses now";
}

TEST_F(CountingMarket, is_sent_nothing_twice_when_an_answer_is_passed_over) {
  send_together({"a", "b", "c", "d"});
  EXPECT_EQ(sent("b"), 2) << "a has ended meanwhile, and nobody asks about it";
  EXPECT_EQ(sent("d"), 4);
  EXPECT_EQ(sent("e"), 5);
}

TEST_F(CountingMarket, is_sent_what_comes_between_at_once_and_the_others_keep_their_answers) {
  send_together({"a", "b"});
  EXPECT_EQ(sent("x"), 3);
  EXPECT_EQ(sent("a"), 1);
  EXPECT_EQ(sent("b"), 2);
}

TEST_F(CountingMarket, does_not_answer_out_of_a_batch_before) {
  send_together({"a", "b"});
  send_together({"c"});
  EXPECT_EQ(sent("c"), 3);
  EXPECT_EQ(sent("b"), 4);
}

}  // namespace
}  // namespace cadre::agent
