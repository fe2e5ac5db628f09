#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "cadre/testing/plugin.hpp"

using namespace cadre::testing;

namespace fs = std::filesystem;

namespace {

cadre_id id(const std::string& text) {
  cadre_id made{};
  text.copy(made.text, sizeof made.text - 1);
  return made;
}

/// The venue in its own process, and agents that trade with it here.
class VenueAgent : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("cadre_venue_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    start_venue();
  }
  void TearDown() override {
    ::kill(venue_, SIGKILL);
    ::waitpid(venue_, nullptr, 0);
    fs::remove_all(folder_);
  }

  void start_venue() {
    int lines[2];
    ASSERT_EQ(::pipe(lines), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, lines[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, lines[0]);
    const std::string script = CADRE_SOURCE_DIR "/tests/recovery/venue/venue.py", folder = folder_.string();
    const char* words[] = {"python3", script.c_str(), folder.c_str(), nullptr};
    ASSERT_EQ(
        ::posix_spawn(&venue_, "/usr/bin/python3", &actions, nullptr, const_cast<char**>(words), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(lines[1]);
    char last = 0;
    while (last != '\n')
      ASSERT_EQ(::read(lines[0], &last, 1), 1) << "the venue did not start";
    ::close(lines[0]);
  }

  std::unique_ptr<TestAgent> agent() {
    auto made = std::make_unique<TestAgent>(
        Plugin::load(CADRE_BINARY_DIR "/recovery_agents/venue_execution.so"), host_, "venue.execution");
    EXPECT_EQ(made->init("{\"folder\": \"" + folder_.string() + "\"}"), CADRE_OK);
    return made;
  }
  cadre_trade_result buy(TestAgent& agent, const std::string& client_id, std::uint32_t instrument = 0) {
    cadre_order order{};
    order.size = sizeof order;
    order.instrument = instrument;
    order.side = CADRE_SIDE_BUY;
    order.type = CADRE_ORDER_MARKET;
    order.time_in_force = CADRE_TIF_DAY;
    order.quantity_e9 = 5'000'000'000;
    order.client_id = id(client_id);
    auto result = cadre::testing::lent<cadre_trade_result>();
    EXPECT_EQ(environment(agent).execute_trade(agent.self(), &order, &result), CADRE_OK);
    return result;
  }
  /// Client ids of all reports that wait.
  std::vector<std::string> reports(TestAgent& agent) {
    std::vector<std::string> ids;
    auto report = cadre::testing::lent<cadre_execution_report>();
    while (environment(agent).next_report(agent.self(), &report) == CADRE_OK) {
      ids.emplace_back(report.client_id.text);
      last_ = report;
    }
    return ids;
  }
  static const cadre_execution_environment& environment(const TestAgent& agent) {
    return agent.table<cadre_execution_environment>();
  }

  using Ids = std::vector<std::string>;
  fs::path folder_;
  pid_t venue_ = -1;
  FakeHost host_;
  FakeState market_ = FakeState({"AA", "BB"}).close({10.25, 20});
  cadre_execution_report last_{};
};

}  // namespace

TEST_F(VenueAgent, hands_on_fills_with_index_price_and_time) {
  auto trader = agent();
  market_.at(77, 19910102);
  ASSERT_EQ(trader->observe_bar(market_), CADRE_OK);
  EXPECT_EQ(buy(*trader, "a.1", 1).status, static_cast<std::uint32_t>(CADRE_ORDER_NEW));
  EXPECT_EQ(reports(*trader), Ids{});
  market_.close({10, 20.5}).at(88, 19910103);
  ASSERT_EQ(trader->observe_bar(market_), CADRE_OK);
  EXPECT_EQ(reports(*trader), Ids{"a.1"});
  EXPECT_EQ(last_.status, static_cast<std::uint32_t>(CADRE_ORDER_FILLED));
  EXPECT_EQ(last_.instrument, 1u);
  EXPECT_EQ(last_.quantity_e9, 5'000'000'000);
  EXPECT_EQ(last_.price_e9, 20'500'000'000);
  EXPECT_EQ(last_.time_ns, 88);
}

TEST_F(VenueAgent, tells_unknown_orders_from_known_ones) {
  auto trader = agent();
  ASSERT_EQ(trader->observe_bar(market_), CADRE_OK);
  buy(*trader, "a.1");
  auto result = cadre::testing::lent<cadre_trade_result>();
  EXPECT_EQ(environment(*trader).query_order(trader->self(), id("a.2"), &result), CADRE_REJECTED);
  EXPECT_EQ(environment(*trader).query_order(trader->self(), id("a.1"), &result), CADRE_OK);
  EXPECT_EQ(result.status, static_cast<std::uint32_t>(CADRE_ORDER_NEW));
  EXPECT_EQ(environment(*trader).cancel_order(trader->self(), id("a.2")), CADRE_REJECTED);
  EXPECT_EQ(environment(*trader).cancel_order(trader->self(), id("a.1")), CADRE_OK);
  EXPECT_EQ(reports(*trader), Ids{"a.1"});
  EXPECT_EQ(last_.status, static_cast<std::uint32_t>(CADRE_ORDER_CANCELED));
  EXPECT_EQ(buy(*trader, "a.1").status, static_cast<std::uint32_t>(CADRE_ORDER_REJECTED));
}

TEST_F(VenueAgent, goes_on_from_the_saved_cursor_and_sees_again_what_came_after_it) {
  std::string before, between;
  {
    auto trader = agent();
    ASSERT_EQ(trader->observe_bar(market_), CADRE_OK);
    before = trader->save();
    buy(*trader, "a.1");
    buy(*trader, "a.2");
    ASSERT_EQ(trader->observe_bar(market_), CADRE_OK);
    auto report = cadre::testing::lent<cadre_execution_report>();
    ASSERT_EQ(environment(*trader).next_report(trader->self(), &report), CADRE_OK);
    between = trader->save();
    EXPECT_EQ(reports(*trader), Ids{"a.2"});
  }
  auto early = agent(), late = agent();
  ASSERT_EQ(early->load(before, 2), CADRE_OK);
  ASSERT_EQ(late->load(between, 2), CADRE_OK);
  EXPECT_EQ(late->save(), between);
  EXPECT_EQ(reports(*early), (Ids{"a.1", "a.2"}));
  EXPECT_EQ(reports(*late), Ids{"a.2"});
  EXPECT_EQ(last_.instrument, 0u) << "known from the state, before any bar";
}

TEST_F(VenueAgent, finds_its_orders_after_the_venue_was_started_again) {
  auto trader = agent();
  ASSERT_EQ(trader->observe_bar(market_), CADRE_OK);
  buy(*trader, "a.1");
  ::kill(venue_, SIGKILL);
  ::waitpid(venue_, nullptr, 0);
  start_venue();
  ASSERT_EQ(trader->observe_bar(market_), CADRE_OK);
  EXPECT_EQ(reports(*trader), Ids{"a.1"});
}

TEST_F(VenueAgent, refuses_state_that_is_garbage) {
  auto trader = agent();
  ASSERT_EQ(trader->observe_bar(market_), CADRE_OK);
  const std::string good = trader->save();
  for (const std::string& bad : {std::string(), good.substr(0, 9), good + "x", std::string(64, '\xff')})
    EXPECT_EQ(trader->load(bad, 2), CADRE_REJECTED);
  EXPECT_EQ(trader->load(good, 3), CADRE_REJECTED) << "saved under two instruments";
  EXPECT_EQ(trader->save(), good);
}

TEST_F(VenueAgent, says_that_there_is_no_venue) {
  ::kill(venue_, SIGKILL);
  ::waitpid(venue_, nullptr, 0);
  auto trader = agent();
  EXPECT_EQ(trader->activate(), CADRE_ERROR);
  EXPECT_NE(host_.reason().find("no venue listens at"), std::string::npos);
}
