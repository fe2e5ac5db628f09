// What positions need, what borrowing costs, and what the gate makes of the first: hand arithmetic.

#include "host/execution/financing.hpp"

#include <limits>

#include "tests/unit/execution/gate_decision.hpp"

namespace cadre::execution {
namespace {

base::Money money(const char* text) {
  return *base::Money::parse(text);
}

/// A book of 1,000,000 that holds `units` of two instruments at a price.
struct Held {
  Held(std::vector<const char*> units, const char* price, std::optional<double> borrow,
       std::optional<double> margin) {
    for (std::uint32_t i = 0; i < 2; ++i) {
      model::Instrument about;
      about.id = i == 0 ? "AA" : "BB";
      about.borrow_rate = borrow;
      about.margin_rate = margin;
      universe.instruments.push_back(about);
      EXPECT_TRUE(portfolio.mark(i, *base::Price::parse(price), about));
      EXPECT_TRUE(portfolio.apply_fill(
          {i, *base::Quantity::parse(units[i]), *base::Price::parse(price), {}, {}}, about));
    }
  }
  base::Money fees(std::int32_t from, std::int32_t to) const {
    return borrow_fees(portfolio, universe, from, to).value();
  }
  model::Universe universe;
  model::Portfolio portfolio{2, money("1000000")};
};

TEST(BorrowFees, are_of_shorts_by_calendar_days_over_360) {
  const Held held({"-1000", "700"}, "50", 0.036, {});
  EXPECT_EQ(held.fees(20200102, 20200103), money("5"));
  EXPECT_EQ(held.fees(20200103, 20200106), money("15")) << "a weekend";
  EXPECT_EQ(held.fees(20200228, 20200302), money("15")) << "a leap year";
  EXPECT_EQ(held.fees(20200103, 20200103), money("0")) << "within a day";
  EXPECT_EQ(held.fees(0, 20200103), money("0")) << "before the first bar";
}

TEST(BorrowFees, are_rounded_half_to_even_by_instrument) {
  // 0.0001 x 1.8 / 360 is half a millionth, 0.0003 one and a half.
  EXPECT_EQ(Held({"-0.0001", "-0.0001"}, "1", 1.8, {}).fees(20200102, 20200103), money("0"));
  EXPECT_EQ(Held({"-0.0003", "0"}, "1", 1.8, {}).fees(20200102, 20200103), money("0.000002"));
}

TEST(BorrowFees, are_none_where_no_rate_is_said) {
  EXPECT_EQ(Held({"-1000", "-1000"}, "50", {}, {}).fees(20200102, 20200106), money("0"));
}

base::Money interest(const Held& held, double credit, double debit, std::int32_t from, std::int32_t to) {
  config::BookSection book;
  book.credit_rate = credit;
  book.debit_rate = debit;
  return interest_on_cash(held.portfolio, book, from, to).value();
}

TEST(InterestOnCash, is_by_calendar_days_over_360) {
  // 100,000 of the million are left: at 5 % from a Friday to the Monday, 41.67.
  const Held held({"9000", "9000"}, "50", {}, {});
  EXPECT_EQ(interest(held, 0.05, 0, 20200103, 20200106), money("41.666667"));
  EXPECT_EQ(interest(held, 0.05, 0, 20200106, 20200107), money("13.888889"));
  EXPECT_EQ(interest(held, 0.05, 0, 20200106, 20200106), money("0")) << "within a day";
  EXPECT_EQ(interest(held, 0.05, 0, 0, 20200106), money("0")) << "before the first bar";
  EXPECT_EQ(interest(held, 0, 0.05, 20200103, 20200106), money("0")) << "that is for cash that is owed";
}

TEST(InterestOnCash, of_what_is_owed_is_paid) {
  const Held held({"12000", "10000"}, "50", {}, {});  // 100,000 more than there was
  EXPECT_EQ(interest(held, 0.02, 0.072, 20200103, 20200106), money("-60"));
}

TEST(InterestOnCash, leaves_the_proceeds_of_short_sales_out) {
  const Held held({"18000", "-2000"}, "50", {}, {});  // 200,000, of which 100,000 are of the sale
  EXPECT_EQ(interest(held, 0.036, 0, 20200106, 20200107), money("10"));
}

TEST(InterestOnCash, is_beside_profit_and_costs_and_everything_adds_up) {
  Held held({"9000", "9000"}, "50", {}, {});
  ASSERT_TRUE(held.portfolio.pay_interest(money("41.666667")));
  ASSERT_TRUE(held.portfolio.pay_interest(money("-1.5")));
  EXPECT_EQ(held.portfolio.interest(), money("40.166667"));
  EXPECT_EQ(held.portfolio.cash(), money("100040.166667"));
  EXPECT_EQ(held.portfolio.equity(), money("1000040.166667"));
  EXPECT_EQ(held.portfolio.costs(), money("0"));
  EXPECT_TRUE(held.portfolio.identities_hold());
  EXPECT_FALSE(held.portfolio.pay_interest(base::Money::from_raw(std::numeric_limits<std::int64_t>::max())));
  EXPECT_TRUE(held.portfolio.identities_hold()) << "what does not fit changes nothing";
}

TEST(MarginRequirement, is_the_rate_of_what_is_held_on_either_side) {
  const Held held({"-1000", "500"}, "50", {}, 0.3);
  EXPECT_EQ(margin_requirement(held.portfolio, held.universe, config::Account::cash), money("22500"));
}

TEST(MarginRequirement, where_nothing_is_said_is_nothing_or_all_by_the_account) {
  const Held held({"-1000", "500"}, "50", {}, {});
  EXPECT_EQ(margin_requirement(held.portfolio, held.universe, config::Account::cash), money("0"));
  EXPECT_EQ(margin_requirement(held.portfolio, held.universe, config::Account::margin), money("75000"));
}

using Codes = std::set<std::string>;

/// The book of the gate's tests, 100,000 with positions of 45,000, whose margin alone is in the way.
Setting with_margin(double rate) {
  Setting setting;
  setting.margin_rate = rate;
  setting.constraints = {false, 10, 10, 10};
  setting.limits.max_order_notional = money("1000000");
  setting.limits.max_order_quantity = *base::Quantity::parse("100000");
  setting.volume = {1e9, 1e9, 1e9, 1e9};
  return setting;
}

TEST(MarginCheck, lets_the_requirement_reach_the_equity_and_no_further) {
  // 100,000 of equity carry 125,000 at 0.8; 45,000 are held: 800 units at 100 more.
  EXPECT_EQ(Decision(with_margin(0.8)).failures(trade(empty, -800)), Codes{});
  EXPECT_EQ(Decision(with_margin(0.8)).failures(trade(empty, -810)), Codes{"CREDIT_MARGIN"});
}

TEST(MarginCheck, counts_what_works_at_its_worst_and_what_was_accepted) {
  Decision decision(with_margin(0.8));
  decision.works(big, 300, 0);
  EXPECT_EQ(decision.failures(trade(empty, -510)), Codes{"CREDIT_MARGIN"});
  EXPECT_EQ(decision.failures(trade(empty, -400)), Codes{});
  EXPECT_EQ(decision.failures(trade(empty, -110)), Codes{"CREDIT_MARGIN"});
}

TEST(MarginCheck, leaves_the_buffer) {
  Setting setting = with_margin(0.8);
  setting.limits.margin_buffer = 0.2;  // 80,000 carry 100,000: 550 units more
  EXPECT_EQ(Decision(setting).failures(trade(empty, -550)), Codes{});
  EXPECT_EQ(Decision(setting).failures(trade(empty, -560)), Codes{"CREDIT_MARGIN"});
}

TEST(MarginCheck, passes_what_closes_and_lets_a_flip_open_no_more_than_there_is_room_for) {
  Setting setting = with_margin(1);
  setting.cash = "-20000";  // 5,000 of equity beside positions of 45,000
  EXPECT_EQ(Decision(setting).failures(trade(big, -300)), Codes{});
  EXPECT_EQ(Decision(setting).failures(trade(big, -310)), Codes{"CREDIT_MARGIN"});
  setting.cash = "-5000";  // 20,000 of equity: 15,000 stay, 50 units more
  EXPECT_EQ(Decision(setting).failures(trade(big, -350)), Codes{});
  EXPECT_EQ(Decision(setting).failures(trade(big, -360)), Codes{"CREDIT_MARGIN"});
}

TEST(MarginCheck, is_all_that_bounds_purchases_where_cash_may_be_owed) {
  Setting setting = with_margin(0.5);  // 200,000: 1,550 units more, for 155,000 of 65,000 that are free
  EXPECT_EQ(Decision(setting).failures(trade(empty, 1000)), Codes{"CREDIT_BUYING_POWER"});
  setting.account = config::Account::margin;
  EXPECT_EQ(Decision(setting).failures(trade(empty, 1550)), Codes{});
  EXPECT_EQ(Decision(setting).failures(trade(empty, 1560)), Codes{"CREDIT_MARGIN"});
}

TEST(MarginCheck, refuses_all_increases_of_a_book_in_breach) {
  Decision decision(with_margin(0.1));
  TradingStates states;
  states.enter(decision.universe(), {}, {});
  states.begin_bar(20240102, money("100"));
  for (const StateChange& change : states.broken(money("100"), money("100")))
    states.take(change);
  decision.gate().enter_states(&states);
  EXPECT_EQ(decision.failures(trade(big, 10)), Codes{"CREDIT_MARGIN"});
  EXPECT_EQ(decision.failures(trade(big, -10)), Codes{});
}

TEST(RuinCheck, refuses_all_increases) {
  Decision decision(with_margin(0.1));
  TradingStates states;
  states.enter(decision.universe(), {}, {});
  states.begin_bar(20240102, {});
  for (const StateChange& change : states.broken({}))
    states.take(change);
  decision.gate().enter_states(&states);
  EXPECT_EQ(decision.failures(trade(big, 10)), Codes{"CREDIT_RUINED"});
  EXPECT_EQ(decision.failures(trade(big, -10)), Codes{});
}

}  // namespace
}  // namespace cadre::execution
