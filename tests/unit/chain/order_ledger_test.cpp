// What becomes of open orders and of orders that go in parts when a decision needs something else. The
// numbers are those of the issue that asked for it, in units of an instrument at 100 in a book of a million.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/book/state_commands.hpp"
#include "host/chain/waterfall.hpp"
#include "host/model/order.hpp"
#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using test::Desk;

constexpr std::int64_t unit = 1'000'000'000;

/// A desk at an exchange that fills what a row of `fills` says of AA at each bar, and whose sizer wants
/// `units` of AA, a number per bar.
class AtAnExchange {
 public:
  AtAnExchange(const std::vector<double>& units, const std::vector<double>& fills, int slices = 0,
               bool answers_later = false, const char* time_in_force = "GTC",
               const std::vector<double>& manual = {})
      : desk_({{"/chain/position_sizer/config/targets", test::rows(weights(units))},
               {"/chain/execution_rules",
                R"({"name": "rules", "agent": "test.rules", "config": {"slices": )" + std::to_string(slices) +
                    R"(, "time_in_force": ")" + time_in_force + "\"}}"},
               {"/execution_environment", R"({"agent": "test.exchange", "config": {"fills": )" +
                                              test::rows(columns(fills)) + R"(, "answers_later": )" +
                                              (answers_later ? "true" : "false") + R"(, "manual": )" +
                                              test::rows(columns(manual)) + "}}"}},
              "1") {}

  const Decision& decide() { return desk_.decide(); }
  book::Book& book() { return desk_.book(); }
  std::int64_t held() const { return ledger().portfolio().quantity(0).raw() / unit; }
  std::int64_t working() const {
    return (ledger().tracker().working_buy_e9(0) - ledger().tracker().working_sell_e9(0)) / unit;
  }
  std::int64_t scheduled() const {
    return (ledger().schedule().left_e9(0, CADRE_SIDE_BUY) -
            ledger().schedule().left_e9(0, CADRE_SIDE_SELL)) /
           unit;
  }
  /// Of AA, signed: what was ever sent.
  std::vector<std::int64_t> sent() const {
    std::vector<std::int64_t> all;
    for (const execution::TrackedOrder& tracked : ledger().tracker().orders())
      all.push_back(tracked.order.quantity_e9 / unit * model::sign_of_side(tracked.order.side));
    return all;
  }
  std::string last_id() const {
    return std::string(model::id_text(ledger().tracker().orders().back().order.client_id));
  }
  const book::Ledger& ledger() const { return const_cast<Desk&>(desk_).book().ledger(); }

 private:
  static std::vector<std::vector<double>> weights(const std::vector<double>& units) {
    std::vector<std::vector<double>> rows;
    rows.reserve(units.size());
    for (const double u : units)
      rows.push_back({u * 100 / 1e6, 0, 0, 0});
    return rows;
  }
  static std::vector<std::vector<double>> columns(const std::vector<double>& units) {
    std::vector<std::vector<double>> rows;
    rows.reserve(units.size());
    for (const double u : units)
      rows.push_back({u});
    return rows;
  }

  Desk desk_;
};

TEST(OrderLedger, a_working_order_on_the_same_side_keeps_its_remainder) {
  AtAnExchange at({1000, 1000, 1500}, {0, 300, 0});
  at.decide();
  at.decide();
  EXPECT_EQ(at.held(), 300);
  EXPECT_EQ(at.working(), 700);
  at.decide();
  EXPECT_THAT(at.sent(), testing::ElementsAre(1000, 500));
}

TEST(OrderLedger, what_is_too_much_of_a_working_order_is_replaced) {
  AtAnExchange at({1000, 600, 600}, {0, 300, 0});
  at.decide();
  const Decision& decision = at.decide();
  ASSERT_EQ(decision.requests.size(), 1u);
  EXPECT_EQ(decision.requests[0].kind, std::uint32_t{CADRE_ACTION_REPLACE});
  EXPECT_EQ(decision.requests[0].quantity_e9, 600 * unit);
  at.decide();
  EXPECT_EQ(at.held(), 300);
  EXPECT_EQ(at.working(), 300);
  EXPECT_THAT(at.sent(), testing::ElementsAre(600));  // the one order, as it is now
}

// Buy 1,000, filled 300, replace to 600: 700 work until the answer; fill 200, acknowledged: 100 are left.
TEST(OrderLedger, until_the_answer_a_replacement_works_at_its_larger_size) {
  AtAnExchange at({1000, 600, 600, 600}, {0, 300, 200, 0}, 0, true);
  at.decide();
  at.decide();
  EXPECT_EQ(at.held() + at.working(), 1000);
  at.decide();  // filled first, then acknowledged
  EXPECT_EQ(at.held(), 500);
  EXPECT_EQ(at.working(), 100);
}

// Or 700 fill first: the replacement comes too late, and what is too much is sold.
TEST(OrderLedger, a_fill_that_is_faster_than_a_replacement_is_sold_again) {
  AtAnExchange at({1000, 600, 600, 600}, {0, 300, 700, 400}, 0, true);
  at.decide();
  at.decide();
  const Decision& decision = at.decide();
  EXPECT_EQ(at.held(), 1000);
  EXPECT_EQ(decision.need_e9[0], -400 * unit);
  EXPECT_EQ(at.working(), -400);
  at.decide();
  EXPECT_EQ(at.held(), 600);
}

// A VWAP of 1,000: 400 filled, a slice of 100 working, 500 to come.
TEST(OrderLedger, a_new_target_shortens_the_schedule_that_served_the_old_one) {
  AtAnExchange at({1000, 1000, 700, 700, 700}, {0, 400, 0, 0, 0}, 5);  // parts of 200
  at.decide();
  EXPECT_EQ(at.last_id(), "main.1.0/1");
  at.decide();  // 200 of the first part are filled, the second is sent
  EXPECT_EQ(at.held(), 200);
  EXPECT_EQ(at.scheduled(), 600);
  at.decide();  // 700: 200 filled, 200 work, 300 are left to be sent, of which one part goes now
  EXPECT_EQ(at.held() + at.working(), 700);
  EXPECT_EQ(at.scheduled(), 100);
  at.decide();
  EXPECT_EQ(at.scheduled(), 0);
  EXPECT_THAT(at.sent(), testing::ElementsAre(200, 200, 200, 100));
}

TEST(OrderLedger, a_book_never_works_both_sides_and_sells_only_after_the_part_has_ended) {
  // 500 held and working, then a target of 300 while 100 of the 200 that work are filled during the cancel.
  AtAnExchange at({1000, 1000, 100, 100, 100}, {0, 200, 0, 100, 200}, 5, true);
  at.decide();
  at.decide();  // 200 held, 200 work, 600 to come
  const Decision& decision = at.decide();
  EXPECT_EQ(decision.need_e9[0], -900 * unit);
  ASSERT_EQ(decision.requests.size(), 1u);
  EXPECT_EQ(decision.requests[0].kind, std::uint32_t{CADRE_ACTION_CANCEL});
  EXPECT_THAT(at.sent(), testing::ElementsAre(200, 200));  // nothing is sold while the buy may be filled
  EXPECT_EQ(at.ledger().tracker().working_buy_e9(0), 200 * unit);
  at.decide();  // 100 filled, the rest cancelled: 300 held, and now 200 are sold
  EXPECT_EQ(at.held(), 300);
  EXPECT_THAT(at.sent(), testing::ElementsAre(200, 200, -200));
  at.decide();
  EXPECT_EQ(at.held(), 100);
}

TEST(OrderLedger, what_waits_sells_less_where_the_cancel_was_faster) {
  AtAnExchange at({1000, 1000, 100, 100, 100}, {0, 200, 0, 0, 100}, 5, true);
  for (int k = 0; k < 4; ++k)
    at.decide();
  EXPECT_THAT(at.sent(), testing::ElementsAre(200, 200, -100));
  at.decide();
  EXPECT_EQ(at.held(), 100);
}

TEST(OrderLedger, what_waits_leads_to_the_newest_target) {
  AtAnExchange at({1000, 1000, 100, 50, 50}, {0, 200, 0, 0, 150}, 5, true);
  for (int k = 0; k < 4; ++k)
    at.decide();
  EXPECT_THAT(at.sent(), testing::ElementsAre(200, 200, -150));
  at.decide();
  EXPECT_EQ(at.held(), 50);
}

TEST(OrderLedger, an_order_of_the_day_that_waited_too_long_is_decided_anew_and_loses_no_day) {
  AtAnExchange at({1000, 0, 0, 0}, {0, 300, 0, 300}, 0, true, "DAY");
  at.decide();
  at.decide();  // 300 held; the rest is asked to be cancelled, and a sale waits for the answer
  EXPECT_THAT(at.sent(), testing::ElementsAre(1000));
  const Decision& decision = at.decide();  // its session is over: what is held is sold by a new order
  EXPECT_EQ(decision.need_e9[0], -300 * unit);
  EXPECT_THAT(at.sent(), testing::ElementsAre(1000, -300));
  at.decide();
  EXPECT_EQ(at.held(), 0);
}

TEST(OrderLedger, a_cancel_that_is_answered_at_once_lets_the_other_side_go_with_its_decision) {
  AtAnExchange at({1000, 0, 0}, {0, 300, 800});
  at.decide();
  at.decide();
  EXPECT_EQ(at.held(), 300);
  EXPECT_THAT(at.sent(), testing::ElementsAre(1000, -300));
  at.decide();
  EXPECT_EQ(at.held(), 0);
}

// Ours are 100; 30 were sold by hand at the venue, which has 70.
TEST(NotOurs, no_more_is_closed_than_the_venue_still_has) {
  AtAnExchange at({100, 0, 0, 0}, {0, 100, 70, 0}, 0, false, "GTC", {0, -30, 0, 0});
  at.decide();
  const Decision& decision = at.decide();
  EXPECT_EQ(at.held(), 100);
  EXPECT_THAT(at.sent(), testing::ElementsAre(100, -70));
  EXPECT_TRUE(decision.orders[0].verdict.accepted());
  at.decide();  // 30 are left of ours, and nothing at the venue
  EXPECT_EQ(at.held(), 30);
  at.decide();
  EXPECT_THAT(at.sent(), testing::ElementsAre(100, -70));
}

// 40 of a close work, whether or not somebody asked to cancel them: what may still be closed is 30.
TEST(NotOurs, what_works_to_close_comes_off_what_may_still_be_closed) {
  AtAnExchange at({100, 60, 0}, {0, 100, 0}, 0, true, "GTC", {0, 0, -30});
  at.decide();
  at.decide();
  EXPECT_THAT(at.sent(), testing::ElementsAre(100, -40));
  at.decide();
  EXPECT_THAT(at.sent(), testing::ElementsAre(100, -40, -30));
}

TEST(NotOurs, the_difference_is_an_event_of_every_session_until_it_is_adopted) {
  class Commands : public book::BookListener {
   public:
    void on_command(std::uint64_t, const journal::CommandRecord& command) override {
      said.push_back(command.kind + " " + command.reason);
    }
    std::vector<std::string> said;
  } commands;
  AtAnExchange at({100, 100, 100, 100, 50}, {0, 100, 0, 0, 0, 0}, 0, false, "GTC", {0, -30, 0, 0, 0});
  at.book().listen(&commands);
  const std::string difference = "venue_account AA ours 100, the venue's 70; cash differs by 3000";
  at.decide();
  EXPECT_TRUE(commands.said.empty());
  at.decide();
  at.decide();
  EXPECT_THAT(commands.said, testing::ElementsAre(difference, difference));
  EXPECT_EQ(at.ledger().portfolio().quantity(0).raw(), 100 * unit);
  at.book().take_command({book::adopted, 20240103, "ann", "sold by hand", "{}"});
  EXPECT_EQ(at.held(), 70);
  EXPECT_EQ(at.ledger().portfolio().cash().to_string(), "993000");
  EXPECT_EQ(at.ledger().portfolio().equity().to_string(), "1000000");
  EXPECT_TRUE(at.ledger().portfolio().identities_hold());
  at.decide();  // the target is still 100
  EXPECT_THAT(at.sent(), testing::ElementsAre(100, 30));
  EXPECT_EQ(commands.said.size(), 3u);
  EXPECT_FALSE(venue_breaks(at.book()).any());
}

/// What is told of orders in parts: "other_side 100" for a reason and what is left to be sent.
class Told final : public book::BookListener {
 public:
  void on_parent_order(std::uint64_t, const execution::ParentOrder& parent) override {
    all.push_back((parent.why.code == 0 ? "begins" : reason_name(parent.why.code)) + " " +
                  std::to_string(parent.left_e9() / unit));
  }
  void on_order_request(std::uint64_t, const execution::OrderRequest& request) override {
    requests.push_back(reason_name(request.reason));
  }
  void on_report_ignored(const cadre_execution_report& report) override {
    ignored.push_back(report.quantity_e9 / unit);
  }
  std::vector<std::string> all, requests;
  std::vector<std::int64_t> ignored;
};

TEST(OrderLedger, a_report_of_more_than_an_order_has_left_is_told_and_changes_nothing) {
  AtAnExchange at({1000, 1000, 1000}, {0, -1, 0});
  Told told;
  at.book().listen(&told);
  at.decide();
  at.decide();
  EXPECT_THAT(told.ignored, testing::ElementsAre(1001));
  EXPECT_EQ(at.held(), 0);
  EXPECT_EQ(at.working(), 1000);
}

TEST(WaitingOrders, that_wait_for_the_other_side_say_so_and_count_the_sessions) {
  AtAnExchange at({1000, 0, 0, 0}, {0, 300, 0, 0}, 0, true);
  Told told;
  at.book().listen(&told);
  at.decide();
  at.decide();
  EXPECT_THAT(told.all, testing::ElementsAre("other_side 300"));
  EXPECT_THAT(told.requests, testing::ElementsAre("new_target"));
  ASSERT_EQ(at.ledger().schedule().parents().size(), 1u);
  EXPECT_TRUE(at.ledger().schedule().parents()[0].is_waiting());
  EXPECT_EQ(at.ledger().schedule().parents()[0].waited_sessions, 0u);
  at.decide();  // a session later the cancel is answered, and what is held is sold
  EXPECT_EQ(at.working(), -300);
  EXPECT_TRUE(at.ledger().schedule().empty());
}

TEST(WaitingOrders, that_are_of_the_day_end_with_their_session_and_say_what_was_never_sent) {
  AtAnExchange at({1000, 0, 0}, {0, 300, 0}, 0, true, "DAY");
  Told told;
  at.book().listen(&told);
  for (int k = 0; k < 3; ++k)
    at.decide();
  EXPECT_THAT(told.all, testing::ElementsAre("other_side 300", "session_end 0"));
}

TEST(WaitingOrders, of_which_a_later_decision_needs_less_say_so) {
  AtAnExchange at({1000, 1000, 700}, {0, 400, 0}, 5);
  Told told;
  at.book().listen(&told);
  for (int k = 0; k < 3; ++k)
    at.decide();
  EXPECT_THAT(told.all, testing::ElementsAre("begins 1000", "new_target 300"));
  EXPECT_FALSE(at.ledger().schedule().parents()[0].is_waiting());
}

TEST(WaitingOrders, end_with_a_reason_when_everything_is_closed) {
  AtAnExchange at({1000}, {0}, 5);
  Told told;
  at.decide();
  at.book().listen(&told);
  at.book().flatten();
  EXPECT_THAT(told.all, testing::ElementsAre("trading_state 0"));
}

TEST(WaitingOrders, end_when_their_instrument_leaves) {
  AtAnExchange at({1000}, {0}, 5);
  Told told;
  at.decide();
  at.book().listen(&told);
  at.book().change_universe({"BB", "CC"});
  EXPECT_THAT(told.all, testing::ElementsAre("gone 0"));
}

/// A book whose rules hold positions, with a sizer that wants these weights of AA.
Desk holding(const std::vector<std::vector<double>>& targets, const test::Settings& more = {}) {
  test::Settings settings{{"/chain/position_sizer/config/targets", test::rows(targets)},
                          {"/chain/execution_rules",
                           R"({"agent": "cadre.execution_rules",
           "config": {"default_order_type": "MARKET", "min_holding": 100, "price_threshold": 0.9}})"}};
  settings.insert(settings.end(), more.begin(), more.end());
  return Desk(settings, "1");
}

TEST(HeldPositions, are_not_sold_by_the_strategys_own_will) {
  Desk desk = holding({{0.5, 0, 0, 0}, {0.2, 0, 0, 0}});
  desk.decide();
  const Decision& decision = desk.decide();
  EXPECT_TRUE(decision.orders.empty());
  EXPECT_EQ(decision.record.stages.back().reasons[0].code, 1001u);
  EXPECT_NEAR(desk.weights()[0], 0.5, 1e-9);
}

TEST(HeldPositions, are_sold_for_a_limit_that_the_loop_keeps) {
  Desk desk =
      holding({{0.5, 0, 0, 0}, {0.5, 0.4, 0, 0}}, {{"/chain/risk_managers/0/config", R"({"limit": 0.6})"}});
  desk.decide();
  desk.decide();
  EXPECT_NEAR(desk.weights()[0], 0.5 * 0.6 / 0.9, 1e-3);
}

TEST(HeldPositions, are_sold_where_the_book_is_above_a_limit_whoever_asks_for_it) {
  Desk desk =
      holding({{0.5, 0, 0, 0}, {0.5, 0, 0, 0}}, {{"/chain/risk_managers/0/config", R"({"limit": 0.5})"}});
  desk.decide();
  desk.set_prices({150, 100, 100, 100});
  desk.decide();
  EXPECT_LE(desk.weights()[0], 0.5);
}

TEST(HeldPositions, are_sold_down_to_the_largest_weight) {
  Desk desk = holding({{0.5, 0, 0, 0}, {0.5, 0, 0, 0}}, {{"/chain/constraints/max_weight", "0.5"}});
  desk.decide();
  desk.set_prices({150, 100, 100, 100});
  desk.decide();
  EXPECT_NEAR(desk.weights()[0], 0.5, 1e-4);  // to a lot
}

}  // namespace
}  // namespace cadre::chain
