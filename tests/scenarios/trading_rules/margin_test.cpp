// Margin, borrow fees and ruin, through a whole run: the books of docs/decisions/0065.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "host/backtest/replay.hpp"
#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

constexpr std::int64_t unit = 1'000'000'000;

base::Money money(const char* text) {
  return *base::Money::parse(text);
}

Lab book_with(const Market& market, const std::string& targets, std::vector<config::Override> more) {
  auto overrides = free_trading(targets);
  overrides.insert(overrides.end(), more.begin(), more.end());
  return Lab(market, overrides);
}

using Units = std::map<std::string, std::int64_t>;

/// Units filled on a day by instrument, signed.
Units filled_on(const Trace& trace, std::int32_t date) {
  Units units;
  for (const Report& report : trace.reports) {
    if (report.date == date && report.quantity != 0) units[report.instrument] += report.quantity / unit;
  }
  return units;
}

std::vector<base::Money> equities(const Trace& trace) {
  std::vector<base::Money> all;
  for (const journal::AccountRecord& account : trace.accounts)
    all.push_back(account.equity);
  return all;
}

boost::json::value result_of(const Lab& lab) {
  std::ifstream in(lab.path("run") / "result.json");
  std::ostringstream text;
  text << in.rdbuf();
  return boost::json::parse(text.str());
}

const config::Override borrow{"/instruments/borrow_rate", "0.036"};
const config::Override margin_account{"/book/account", "\"margin\""};

config::Override margin_of(const char* rate) {
  return {"/instruments/margin_rate", rate};
}

config::Override on_breach(const char* policy) {
  return {"/pre_trade_checks/on_margin_breach", "\"" + std::string(policy) + "\""};
}

// The first day is a Thursday: what is decided on it is short from Friday's close on.
TEST(Borrowing, costs_by_the_day_and_three_days_over_a_weekend) {
  Lab lab = book_with(market_of({"AA"}, {{50}, {50}, {50}, {50}, {50}}), "[[-0.5]]", {borrow});
  const Trace trace = lab.run();
  EXPECT_EQ(equities(trace),
            (std::vector{money("100000"), money("100000"), money("99985"), money("99980"), money("99975")}));
  const journal::AccountRecord& last = trace.accounts.back();
  EXPECT_EQ(last.cash, money("149975"));
  EXPECT_EQ(last.profit, money("0"));
  EXPECT_EQ(last.costs, money("25"));
  EXPECT_EQ(result_of(lab).at("borrow"), 25);
}

TEST(Borrowing, is_of_the_value_at_the_close_before) {
  Lab lab = book_with(market_of({"AA"}, {{50}, {50}, {40}, {30}}), "[[-0.5], [-0.5], [-0.3636]]", {borrow});
  const Trace trace = lab.run();
  EXPECT_EQ(trace.accounts[2].costs, money("15")) << "50,000 for three days";
  EXPECT_EQ(trace.accounts[3].costs, money("19")) << "40,000 for one";
}

TEST(Borrowing, costs_nothing_of_what_is_owned) {
  Lab lab = book_with(market_of({"AA"}, {{50}, {50}, {50}, {50}}), "[[0.5]]", {borrow});
  EXPECT_EQ(lab.run().accounts.back().equity, money("100000"));
  EXPECT_EQ(result_of(lab).at("borrow"), 0);
}

TEST(Margin, scales_all_increases_by_the_largest_factor_that_fits) {
  const Market market = market_of({"AA", "BB"}, {{10, 10}, {10, 10}});
  const Trace trace = book_with(market, "[[-1.5, -1.5]]", {margin_of("0.5")}).run();
  EXPECT_EQ(filled_on(trace, market.dates[1]), (Units{{"AA", -10'000}, {"BB", -10'000}}))
      << "two thirds: 200,000 need 100,000";
}

TEST(Margin, lets_a_margin_account_owe_cash) {
  const Market market = market_of({"AA"}, {{10}, {10}});
  const Trace trace = book_with(market, "[[3]]", {margin_account, margin_of("0.4")}).run();
  EXPECT_EQ(filled_on(trace, market.dates[1]), (Units{{"AA", 25'000}}));
  EXPECT_EQ(trace.accounts.back().cash, money("-150000"));
  const Trace cash = book_with(market, "[[3]]", {margin_of("0.4")}).run();
  EXPECT_EQ(filled_on(cash, market.dates[1]), (Units{{"AA", 10'000}})) << "a cash account does not";
}

TEST(Margin, is_looked_at_again_at_the_fill_and_shared_pro_rata) {
  // Decided for 100,000 each at 10; at 12.5 what was decided needs 125,000, and there are 100,000.
  const Market market = market_of({"AA", "BB"}, {{10, 10}, {12.5, 12.5}});
  const Trace trace = book_with(market, "[[1, 1]]", {margin_account, margin_of("0.5")}).run();
  EXPECT_EQ(filled_on(trace, market.dates[1]), (Units{{"AA", 8'000}, {"BB", 8'000}}));
}

/// A margin account that bought 10,000 of each of two at 10, in which 40,000 are lost on the third day.
Market falling() {
  return market_of({"AA", "BB"}, {{10, 10}, {10, 10}, {6, 6}, {6, 6}, {8, 8}, {8, 8}});
}
constexpr const char* greedy = "[[1, 1], [1, 1], [4, 4]]";

TEST(MarginBreach, freezes_what_increases_until_the_equity_is_above_it_again) {
  const Market market = falling();
  Lab lab = book_with(market, greedy, {margin_account, margin_of("0.25"), on_breach("freeze")});
  const Trace trace = lab.run();
  EXPECT_EQ(filled_on(trace, market.dates[3]), Units{}) << "20,000 of equity, 30,000 of requirement";
  EXPECT_EQ(filled_on(trace, market.dates[4]), Units{});
  EXPECT_EQ(filled_on(trace, market.dates[5]), (Units{{"AA", 5000}, {"BB", 5000}})) << "60,000 carry 240,000";
  EXPECT_EQ(result_of(lab).at("first_margin_breach"), "2020-01-06");
}

TEST(MarginBreach, reduces_all_positions_by_one_factor) {
  const Market market = falling();
  const Trace trace =
      book_with(market, greedy, {margin_account, margin_of("0.25"), on_breach("reduce")}).run();
  EXPECT_EQ(filled_on(trace, market.dates[3]), (Units{{"AA", -3334}, {"BB", -3334}}))
      << "two thirds are left";
}

TEST(MarginBreach, flattens_where_it_is_asked_to) {
  const Market market = falling();
  const Trace trace =
      book_with(market, greedy, {margin_account, margin_of("0.25"), on_breach("flatten")}).run();
  EXPECT_EQ(filled_on(trace, market.dates[3]), (Units{{"AA", -10'000}, {"BB", -10'000}}));
}

TEST(MarginBreach, is_told_at_the_end_of_a_run_and_replays) {
  for (const char* policy : {"freeze", "reduce", "flatten"}) {
    Lab lab = book_with(falling(), greedy, {margin_account, margin_of("0.25"), borrow, on_breach(policy)});
    lab.run();
    std::string said;
    const std::string run = lab.path("run").string();
    EXPECT_EQ(run_program("replay " + run, said), 0) << policy << said;
    std::ifstream page(lab.path("run") / "report.html");
    std::ostringstream text;
    text << page.rdbuf();
    EXPECT_NE(text.str().find("RUN_MARGIN_BREACH"), std::string::npos);
    EXPECT_NE(text.str().find("CREDIT_MARGIN on 2020-01-06"), std::string::npos);
  }
}

TEST(Ruin, is_dated_and_its_figures_are_true) {
  Lab lab = book_with(market_of({"AA"}, {{10}, {10}, {4}, {4}, {6}, {6}}), "[[2], [2], [5]]",
                      {margin_account, margin_of("0.25")});
  const Trace trace = lab.run();
  EXPECT_EQ(trace.accounts[2].equity, money("-20000"));
  EXPECT_EQ(filled_on(trace, trace.bars[3]), Units{});
  const boost::json::value result = result_of(lab);
  EXPECT_EQ(result.at("ruined_on"), "2020-01-06");
  EXPECT_NEAR(result.at("max_drawdown").to_number<double>(), 1.2, 1e-12);
  EXPECT_TRUE(result.at("sharpe").is_null());
  EXPECT_TRUE(result.at("annualised_volatility").is_null());
}

// Two units of equity long in AA, one short in BB; AA falls through all of it in one bar.
TEST(Ruin, closes_what_can_be_traded_where_the_margin_policy_gives_positions_up) {
  const double none = std::nan("");
  const Market market =
      market_of({"AA", "BB"}, {{10, 10}, {10, 10}, {4, none}, {4, none}, {4, 10}, {4, 10}, {9, 10}, {9, 10}});
  for (const char* policy : {"reduce", "flatten", "freeze"}) {
    Lab lab = book_with(market, "[[2, -1], [2, -1], [5, -1]]",
                        {margin_account,
                         margin_of("0.25"),
                         {"/data/prices/missing", "\"leave\""},
                         {"/pre_trade_checks/on_margin_breach", '"' + std::string(policy) + '"'}});
    const Trace trace = lab.run();
    SCOPED_TRACE(policy);
    EXPECT_EQ(filled_on(trace, trace.bars[1]), (Units{{"AA", 20'000}, {"BB", -10'000}}));
    EXPECT_EQ(trace.accounts[2].equity, money("-20000"));
    const bool stays = std::string_view(policy) == "freeze";
    EXPECT_EQ(filled_on(trace, trace.bars[3]), stays ? Units{} : (Units{{"AA", -20'000}}));
    EXPECT_EQ(filled_on(trace, trace.bars[4]), Units{}) << "BB had no price when it was decided";
    EXPECT_EQ(filled_on(trace, trace.bars[5]), stays ? Units{} : (Units{{"BB", 10'000}}));
    if (!stays) {
      EXPECT_EQ(trace.accounts.back().equity, money("-20000")) << "nothing is left to rise with AA";
      EXPECT_EQ(trace.orders.size(), 4u) << "each is closed by one order";
    }
    const auto replayed = backtest::replay_run({lab.path("run"), {}, {}}, {});
    ASSERT_TRUE(replayed);
    EXPECT_TRUE(replayed->identical) << replayed->first_difference;
  }
}

TEST(ShortRates, are_asked_for_before_a_book_may_go_short) {
  const Market market = market_of({"AA", "BB"}, {{10, 10}, {10, 10}});
  auto overrides = scripted("[[0.1, 0.1]]");
  overrides.push_back({"/chain/constraints", R"({"long_only": false})"});
  EXPECT_EQ(Lab(market, overrides).refusal(), (std::vector<std::string>{"INSTRUMENT_SHORT_RATES"}));
  overrides.push_back({"/instruments/borrow_rate", "0"});
  EXPECT_EQ(Lab(market, overrides).refusal(), (std::vector<std::string>{"INSTRUMENT_SHORT_RATES"}));
  overrides.push_back({"/instruments/margin_rate", "0"});
  EXPECT_FALSE(Lab(market, overrides).run().decisions.empty()) << "0 is a rate";
}

}  // namespace
}  // namespace cadre::test
