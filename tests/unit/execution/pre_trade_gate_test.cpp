#include "tests/unit/execution/gate_decision.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
namespace cadre::execution {
namespace {

/// An order that passes and one that fails nothing but this check, in the same setting.
struct Case {
  Setting setting;
  cadre_order passes;
  cadre_order fails;
};

Setting setting_with(const std::function<void(Setting&)>& change) {
  Setting setting;
  change(setting);
  return setting;
}

config::NoTradeWindow days(std::int32_t first, std::int32_t last) {
  config::NoTradeWindow window;
  window.time_zone = "UTC";
  window.first = first;
  window.last = last;
  return window;
}

std::map<std::string, Case> cases() {
  const cadre_order plain = trade(empty, 10);
  std::map<std::string, Case> all;
  all["IDENTITY_UNKNOWN_INSTRUMENT"] = {{}, trade(3, -10), trade(4, -10)};
  all["SYNTAX_SIDE"] = {{}, plain, with(plain, [](cadre_order& o) { o.side = '3'; })};
  all["SYNTAX_ORDER_TYPE"] = {{},
                              with(plain, [](cadre_order& o) { o.type = CADRE_ORDER_MARKET_ON_CLOSE; }),
                              with(plain, [](cadre_order& o) { o.type = '6'; })};
  all["SYNTAX_TIME_IN_FORCE"] = {
      {}, plain, with(plain, [](cadre_order& o) { o.time_in_force = CADRE_TIF_GTD; })};
  all["SYNTAX_QUANTITY"] = {{}, plain, with(plain, [](cadre_order& o) { o.quantity_e9 = 0; })};
  all["SYNTAX_LOT"] = {{}, trade(empty, 20), trade(empty, 15)};
  all["SYNTAX_LIMIT_PRICE"] = {{}, limit(empty, 10, "100.01"), limit(empty, 10, "100.015")};
  all["MARKET_NO_PRICE"] = {setting_with([](Setting& s) { s.price[closed_market] = 0; }), plain,
                            trade(closed_market, 10)};
  all["SYNTAX_MIN_NOTIONAL"] = {setting_with([](Setting& s) { s.minimum_notional = "2000"; }),
                                trade(empty, 20), trade(empty, 10)};
  all["MARKET_STALE_PRICE"] = {setting_with([](Setting& s) { s.traded[closed_market] = 0; }), plain,
                               trade(closed_market, 10)};
  all["FAT_FINGER_PRICE_COLLAR"] = {{}, limit(empty, 10, "110"), limit(empty, 10, "110.01")};
  all["FAT_FINGER_MAX_QUANTITY"] = {
      setting_with([](Setting& s) { s.limits.max_order_quantity = *base::Quantity::parse("100"); }),
      trade(empty, 100), trade(empty, 110)};
  all["FAT_FINGER_MAX_NOTIONAL"] = {{}, trade(empty, 200), trade(empty, 210)};
  all["FAT_FINGER_SHARE_OF_VOLUME"] = {setting_with([](Setting& s) { s.volume[empty] = 400; }),
                                       trade(empty, 100), trade(empty, 110)};
  all["RESTRICTION_RESTRICTED_LIST"] = {setting_with([](Setting& s) { s.limits.restricted = {"EMPTY"}; }),
                                        trade(closed_market, 10), trade(empty, 10)};
  all["CREDIT_SHORT_NOT_ALLOWED"] = {setting_with([](Setting& s) { s.constraints.long_only = true; }),
                                     trade(closed_market, -50), trade(closed_market, -60)};
  // 75,000 in cash, 10,000 of it from the short and 50,000 promised to open orders: 15,000.
  all["CREDIT_BUYING_POWER"] = {setting_with([](Setting& s) { s.committed = 50'000; }), trade(empty, 150),
                                trade(empty, 160)};
  // 45,000 gross of at most 60,000.
  all["CREDIT_GROSS_EXPOSURE"] = {setting_with([](Setting& s) { s.constraints.max_gross_exposure = 0.6; }),
                                  trade(empty, 150), trade(empty, 160)};
  // 40 % of 100,000 are 400 units; 300 are held.
  all["CREDIT_POSITION_LIMIT"] = {{}, trade(big, 100), trade(big, 110)};
  // BIG has 30,000 of at most 35,000 in its group.
  all["CREDIT_GROUP_LIMIT"] = {setting_with([](Setting& s) {
                                 s.constraints.max_group_weight = {{"first", 0.35}};
                               }),
                               trade(empty, 50), trade(empty, 60)};
  all["RESTRICTION_TURNOVER_BUDGET"] = {setting_with([](Setting& s) {
                                          s.limits.turnover_budget = config::TurnoverBudget{0.05, 5};
                                        }),
                                        trade(empty, 50), trade(empty, 60)};
  all["RESTRICTION_NO_TRADE_WINDOW"] = {
      setting_with([](Setting& s) { s.limits.no_trade_windows = {days(20240102, 20240102)}; }),
      trade(big, -300), trade(empty, 10)};
  return all;
}

TEST(PreTradeChecks, each_passes_an_order_and_alone_refuses_another) {
  for (const auto& [code, c] : cases()) {
    EXPECT_EQ(Decision(c.setting).failures(c.passes), std::set<std::string>{}) << code;
    EXPECT_EQ(Decision(c.setting).failures(c.fails), std::set<std::string>{code});
  }
}

TEST(PreTradeChecks, none_is_without_a_test) {
  std::set<std::string> tested{"IDENTITY_DUPLICATE_ORDER",
                               "SYNTAX_STOP_PRICE",
                               "FLOW_SELF_MATCH",
                               "FLOW_ORDERS_PER_DAY",  // below
                               "STATE_KILLED",
                               "STATE_HALTED",
                               "STATE_REDUCING",
                               "RISK_DAILY_LOSS",
                               "CREDIT_MARGIN",  // in financing_test.cpp
                               "CREDIT_RUINED",
                               "FLOW_REPEATED_EXECUTION",
                               "FLOW_OPEN_ORDERS",
                               "CREDIT_NET_EXPOSURE",
                               "FLOW_MESSAGES_PER_SECOND",
                               "CREDIT_NOT_AT_VENUE"};
  for (const auto& [code, c] : cases())
    tested.insert(code);
  for (const PreTradeCheck& check : pre_trade_checks())
    EXPECT_EQ(tested.count(std::string(check.code)), 1u) << check.code;
  EXPECT_EQ(tested.size(), pre_trade_checks().size());
}

TEST(PreTradeChecks, a_position_is_closed_however_little_it_is_worth) {
  const Setting setting = setting_with([](Setting& s) { s.minimum_notional = "6000"; });
  EXPECT_EQ(Decision(setting).failures(trade(closed_market, -50)), std::set<std::string>{});
  EXPECT_EQ(Decision(setting).failures(trade(closed_market, -40)),
            std::set<std::string>{"SYNTAX_MIN_NOTIONAL"});
}

TEST(PreTradeChecks, what_is_not_listed_on_a_day_is_sold_and_not_bought) {
  const Setting setting = setting_with([](Setting& s) {
    s.listed_from = 20240102;
    s.listed_to = 20240110;
  });
  const std::set<std::string> refused{"RESTRICTION_RESTRICTED_LIST"};
  for (const std::int32_t day : {20240101, 20240111}) {
    EXPECT_EQ(Decision(setting, day).failures(trade(empty, 10)), refused) << day;
    EXPECT_EQ(Decision(setting, day).failures(trade(big, -10)), std::set<std::string>{}) << day;
  }
  for (const std::int32_t day : {20240102, 20240110})
    EXPECT_EQ(Decision(setting, day).failures(trade(empty, 10)), std::set<std::string>{}) << day;
}

TEST(PreTradeChecks, a_limit_price_is_on_the_tick_of_its_own_price) {
  const Setting setting = setting_with([](Setting& s) {
    s.ticks = {{*base::Price::parse("0"), *base::Price::parse("0.01")},
               {*base::Price::parse("100"), *base::Price::parse("0.1")}};
  });
  const std::set<std::string> refused{"SYNTAX_LIMIT_PRICE"};
  EXPECT_EQ(Decision(setting).failures(limit(empty, 10, "99.99")), std::set<std::string>{});
  EXPECT_EQ(Decision(setting).failures(limit(empty, 10, "100.1")), std::set<std::string>{});
  EXPECT_EQ(Decision(setting).failures(limit(empty, 10, "100.01")), refused);
}

TEST(PreTradeChecks, what_the_environment_does_not_take_is_refused) {
  Decision decision({});
  decision.gate().enter_environment(CADRE_BIT_OF(CADRE_ORDER_LIMIT), CADRE_BIT_OF(CADRE_TIF_DAY));
  EXPECT_EQ(decision.failures(trade(empty, 10)), std::set<std::string>{"SYNTAX_ORDER_TYPE"});
  EXPECT_EQ(decision.failures(limit(empty, 10, "100")), std::set<std::string>{});
  decision.begin(20240102);
  decision.gate().enter_environment(CADRE_BIT_OF(CADRE_ORDER_LIMIT), CADRE_BIT_OF(CADRE_TIF_GTC));
  EXPECT_EQ(decision.failures(limit(empty, 10, "100")), std::set<std::string>{"SYNTAX_TIME_IN_FORCE"});
}

TEST(PreTradeChecks, a_market_order_has_no_limit_price) {
  EXPECT_EQ(
      Decision({}).failures(with(trade(empty, 10), [](cadre_order& o) { o.limit_price_e9 = 100 * unit; })),
      std::set<std::string>{"SYNTAX_LIMIT_PRICE"});
  EXPECT_EQ(Decision({}).failures(limit(empty, 10, "0")), std::set<std::string>{"SYNTAX_LIMIT_PRICE"});
}

TEST(PreTradeChecks, an_order_is_sent_once_under_its_id_and_others_of_its_instrument_beside_it) {
  Decision decision({});
  cadre_order first = trade(empty, 10);
  first.client_id = model::make_id("main.1.0");
  EXPECT_TRUE(decision.failures(first).empty());
  EXPECT_EQ(decision.failures(first), std::set<std::string>{"IDENTITY_DUPLICATE_ORDER"});
  cadre_order second = first;
  second.client_id = model::make_id("main.1.0.2");
  EXPECT_TRUE(decision.failures(second).empty());
  decision.begin(20240102);
  EXPECT_TRUE(decision.failures(first).empty());
}

TEST(PreTradeChecks, no_order_meets_one_of_its_own_book) {
  Decision decision({});
  decision.gate().count_standing(empty, 0, 5 * unit);
  EXPECT_EQ(decision.failures(trade(empty, 10)), std::set<std::string>{"FLOW_SELF_MATCH"});
  decision.gate().count_standing(empty, 0, 0);  // somebody asked for it to be cancelled
  EXPECT_TRUE(decision.failures(trade(empty, 10)).empty());
}

TEST(PreTradeChecks, stop_orders_have_a_stop_price_on_the_tick_and_no_others_have_one) {
  Decision decision({});
  cadre_order stop = trade(empty, 10);
  stop.type = CADRE_ORDER_STOP;
  EXPECT_EQ(decision.failures(stop), std::set<std::string>{"SYNTAX_STOP_PRICE"});
  stop.stop_price_e9 = 100 * unit + 1;
  EXPECT_EQ(decision.failures(stop), std::set<std::string>{"SYNTAX_STOP_PRICE"});
  stop.stop_price_e9 = 101 * unit;
  EXPECT_TRUE(decision.failures(stop).empty());
  cadre_order market = trade(empty, 10);
  market.stop_price_e9 = 101 * unit;
  EXPECT_EQ(decision.failures(market), std::set<std::string>{"SYNTAX_STOP_PRICE"});
}

TEST(PreTradeChecks, a_refused_order_uses_up_nothing) {
  Decision decision({});
  EXPECT_FALSE(decision.failures(trade(empty, 210)).empty());  // too large
  EXPECT_TRUE(decision.failures(trade(empty, 10)).empty());    // and no duplicate for that
}

TEST(PreTradeChecks, accepted_orders_are_counted_per_day) {
  Setting setting;
  setting.limits.max_orders_per_day = 2;
  Decision decision(setting);
  EXPECT_TRUE(decision.failures(trade(empty, 10)).empty());
  EXPECT_TRUE(decision.failures(trade(closed_market, 10)).empty());
  decision.begin(20240102);
  EXPECT_EQ(decision.failures(trade(empty, 10)), std::set<std::string>{"FLOW_ORDERS_PER_DAY"});
  EXPECT_TRUE(decision.failures(trade(big, -10)).empty());  // reducing
  decision.begin(20240103);
  EXPECT_TRUE(decision.failures(trade(empty, 10)).empty());
}

TEST(PreTradeChecks, trading_states_refuse_by_their_code_and_let_reductions_through_where_they_may) {
  const auto ordered = [](TradingState state, StateScope scope = {}) {
    return StateChange{state, std::move(scope), {}, "anna", "lunch"};
  };
  const auto failures = [](const StateChange& change, const cadre_order& order, bool closes = false) {
    Decision decision({});
    TradingStates states;
    states.enter(decision.universe(), {}, {});
    states.take(change);
    decision.gate().enter_states(&states);
    decision.gate().set_closing(closes);
    return decision.failures(order);
  };
  using Codes = std::set<std::string>;
  const StateChange reducing = ordered(TradingState::reducing), halted = ordered(TradingState::halted);
  EXPECT_EQ(failures(reducing, trade(empty, 10)), Codes{"STATE_REDUCING"});
  EXPECT_EQ(failures(reducing, trade(big, -10)), Codes{});
  EXPECT_EQ(failures(reducing, trade(short_held, 110)), Codes{"STATE_REDUCING"}) << "a flip";
  EXPECT_EQ(failures(halted, trade(big, -10)), Codes{"STATE_HALTED"});
  EXPECT_EQ(failures(halted, trade(big, -10), true), Codes{}) << "an operator flattens";
  EXPECT_EQ(failures(ordered(TradingState::killed), trade(big, -10), true), Codes{"STATE_KILLED"});
  const StateChange of_big = ordered(TradingState::halted, {"BIG", {}});
  EXPECT_EQ(failures(of_big, trade(big, -10)), Codes{"STATE_HALTED"});
  EXPECT_EQ(failures(of_big, trade(big, -10), true), Codes{"STATE_HALTED"});
  EXPECT_EQ(failures(of_big, trade(empty, 10)), Codes{});
  const StateChange loss{TradingState::reducing, {}, std::string(TradingStates::daily_loss), "host", "lost"};
  EXPECT_EQ(failures(loss, trade(empty, 10)), Codes{"RISK_DAILY_LOSS"});
  EXPECT_EQ(failures(loss, trade(big, -10)), Codes{});
  const StateChange latch{
      TradingState::halted, {"BIG", {}}, std::string(TradingStates::repeated_execution), "host", "loop"};
  EXPECT_EQ(failures(latch, trade(big, -10)), Codes{"FLOW_REPEATED_EXECUTION"});
  EXPECT_EQ(failures(latch, trade(empty, 10)), Codes{});
}

TEST(PreTradeChecks, open_orders_are_counted_with_those_of_the_decision) {
  Setting setting;
  setting.limits.max_open_orders = 2;
  Decision decision(setting);
  decision.gate().count_open_orders(1);
  EXPECT_TRUE(decision.failures(trade(empty, 10)).empty());
  EXPECT_EQ(decision.failures(trade(short_held, -10)), std::set<std::string>{"FLOW_OPEN_ORDERS"});
  EXPECT_TRUE(decision.failures(trade(big, -10)).empty());  // reducing
}

TEST(PreTradeChecks, reducing_orders_skip_size_flow_restriction_credit_and_exposure) {
  Setting setting;
  setting.limits.max_order_quantity = *base::Quantity::parse("10");
  setting.limits.max_order_notional = *base::Money::parse("1");
  setting.limits.max_orders_per_day = 0;
  setting.limits.restricted = {"BIG", "SHORT"};
  setting.constraints = {false, 0.001, 0.001, 0.001};
  setting.volume = {1, 1, 1, 1};
  setting.committed = 1'000'000;
  EXPECT_TRUE(Decision(setting).failures(trade(big, -300)).empty());
  EXPECT_TRUE(Decision(setting).failures(trade(short_held, 100)).empty());  // covers a short
  // A flip is no reduction.
  EXPECT_EQ(Decision(setting).failures(trade(short_held, 210)),
            (std::set<std::string>{"FAT_FINGER_MAX_QUANTITY", "FAT_FINGER_MAX_NOTIONAL",
                                   "FAT_FINGER_SHARE_OF_VOLUME", "FLOW_ORDERS_PER_DAY",
                                   "RESTRICTION_RESTRICTED_LIST", "CREDIT_BUYING_POWER",
                                   "CREDIT_GROSS_EXPOSURE", "CREDIT_POSITION_LIMIT"}));
}

TEST(PreTradeChecks, open_orders_count_at_their_worst_for_the_largest_weight) {
  // 300 units are held and 80 being bought, 400 are the most. That 50 are being sold makes no room.
  Decision decision({});
  decision.works(big, 80, 50);
  EXPECT_EQ(decision.failures(trade(big, 30)), std::set<std::string>{"CREDIT_POSITION_LIMIT"});
  EXPECT_TRUE(decision.failures(trade(big, 20)).empty());
}

TEST(PreTradeChecks, open_orders_count_at_their_worst_for_the_gross_exposure) {
  // 45,000 are held, 4,000 being bought, 50,000 are the most; the 5,000 of CLOSED that are being sold count
  // still.
  Setting setting;
  setting.constraints.max_gross_exposure = 0.5;
  Decision decision(setting);
  decision.works(empty, 40, 0);
  decision.works(closed_market, 0, 50);
  EXPECT_EQ(decision.failures(trade(empty, 20)), std::set<std::string>{"CREDIT_GROSS_EXPOSURE"});
  EXPECT_TRUE(decision.failures(trade(empty, 10)).empty());
}

TEST(PreTradeChecks, what_is_being_sold_is_not_sold_again) {
  Setting setting;
  setting.constraints.long_only = true;
  Decision decision(setting);
  decision.works(big, 0, 200);
  EXPECT_EQ(decision.failures(trade(big, -110)), std::set<std::string>{"CREDIT_SHORT_NOT_ALLOWED"});
  EXPECT_TRUE(decision.failures(trade(big, -100)).empty());
}

TEST(PreTradeChecks, reducing_orders_do_not_skip_syntax_and_market) {
  Setting setting;
  setting.traded[big] = 0;
  EXPECT_EQ(Decision(setting).failures(trade(big, -100)), std::set<std::string>{"MARKET_STALE_PRICE"});
  EXPECT_EQ(Decision({}).failures(trade(big, -105)), std::set<std::string>{"SYNTAX_LOT"});
  EXPECT_EQ(Decision({}).failures(limit(big, -100, "80")), std::set<std::string>{"FAT_FINGER_PRICE_COLLAR"});
}

TEST(PreTradeChecks, sells_of_a_decision_pay_for_its_buys) {
  Setting setting;
  setting.cash = "11000";  // 11,000 - 10,000 of short proceeds: 1,000
  setting.constraints = {false, 10, 10, 10};
  Decision decision(setting);
  EXPECT_EQ(decision.failures(trade(empty, 20)), std::set<std::string>{"CREDIT_BUYING_POWER"});
  EXPECT_TRUE(decision.failures(trade(big, -100)).empty());
  EXPECT_TRUE(decision.failures(trade(empty, 110)).empty());  // 1,000 + 10,000
  EXPECT_EQ(decision.failures(trade(closed_market, 10)), std::set<std::string>{"CREDIT_BUYING_POWER"});
}

TEST(PreTradeChecks, what_a_short_sale_brings_buys_nothing) {
  Setting setting;
  setting.cash = "11000";
  setting.constraints = {false, 10, 10, 10};
  Decision decision(setting);
  EXPECT_TRUE(decision.failures(trade(short_held, -100)).empty());
  EXPECT_EQ(decision.failures(trade(empty, 20)), std::set<std::string>{"CREDIT_BUYING_POWER"});
  EXPECT_TRUE(decision.failures(trade(empty, 10)).empty());
}

TEST(PreTradeChecks, a_flip_adds_only_what_the_other_side_is_larger_by) {
  Setting setting;
  setting.constraints = {false, 0.45, 10, 10};                              // 45,000 gross, all of it used
  EXPECT_TRUE(Decision(setting).failures(trade(short_held, 200)).empty());  // 100 short to 100 long
  setting.limits.max_order_notional = *base::Money::parse("30000");
  EXPECT_EQ(Decision(setting).failures(trade(short_held, 210)),
            std::set<std::string>{"CREDIT_GROSS_EXPOSURE"});
  Decision decision(setting);
  EXPECT_TRUE(decision.failures(trade(closed_market, -80)).empty());  // 50 long to 30 short: room for 20
  EXPECT_EQ(decision.failures(trade(empty, 30)), std::set<std::string>{"CREDIT_GROSS_EXPOSURE"});
  EXPECT_TRUE(decision.failures(trade(empty, 20)).empty());
}

TEST(PreTradeChecks, a_flip_in_a_book_above_its_gross_exposure_ends_inside_it) {
  Setting setting;
  setting.constraints = {false, 0.4, 10, 10};  // 45,000 gross of at most 40,000; 10,000 of it are closed
  EXPECT_TRUE(Decision(setting).failures(trade(short_held, 150)).empty());
  EXPECT_EQ(Decision(setting).failures(trade(short_held, 160)),
            std::set<std::string>{"CREDIT_GROSS_EXPOSURE"});
  EXPECT_EQ(Decision(setting).failures(trade(empty, 10)), std::set<std::string>{"CREDIT_GROSS_EXPOSURE"});
}

TEST(PreTradeChecks, a_position_above_its_largest_weight_may_turn_around_to_that_weight_and_no_further) {
  Setting setting;
  setting.constraints = {false, 10, 10, 0.05};  // 5,000 of 100,000; 100 are short at 100
  EXPECT_TRUE(Decision(setting).failures(trade(short_held, 150)).empty());
  EXPECT_EQ(Decision(setting).failures(trade(short_held, 160)),
            std::set<std::string>{"CREDIT_POSITION_LIMIT"});
  EXPECT_EQ(Decision(setting).failures(trade(short_held, -10)),
            std::set<std::string>{"CREDIT_POSITION_LIMIT"});
}

TEST(PreTradeChecks, to_cover_a_short_uses_no_buying_power) {
  Setting setting;
  setting.cash = "11000";  // 11,000 - 10,000 of short proceeds: 1,000
  setting.constraints = {false, 10, 10, 10};
  Decision decision(setting);
  EXPECT_TRUE(decision.failures(trade(short_held, 100)).empty());
  EXPECT_EQ(decision.failures(trade(empty, 20)), std::set<std::string>{"CREDIT_BUYING_POWER"});
  EXPECT_TRUE(decision.failures(trade(empty, 10)).empty());
}

TEST(PreTradeChecks, a_buffer_makes_buys_dearer) {
  Setting setting;
  setting.committed = 50'000;  // leaves 15,000
  setting.limits.buying_power_buffer = 0.1;
  EXPECT_TRUE(Decision(setting).failures(trade(empty, 130)).empty());  // 14,300
  EXPECT_EQ(Decision(setting).failures(trade(empty, 140)), std::set<std::string>{"CREDIT_BUYING_POWER"});
}

TEST(PreTradeChecks, data_without_volume_have_no_volume_check_and_a_missing_volume_refuses) {
  Setting setting;
  setting.volume = {};
  EXPECT_TRUE(Decision(setting).failures(trade(empty, 200)).empty());
  setting.volume = {1e9, std::nan(""), 1e9, 1e9};
  EXPECT_EQ(Decision(setting).failures(trade(empty, 10)),
            std::set<std::string>{"FAT_FINGER_SHARE_OF_VOLUME"});
}

TEST(PreTradeChecks, bad_syntax_hides_what_depends_on_it) {
  cadre_order order = trade(9, 15);
  order.side = 0;
  order.type = 0;
  EXPECT_EQ(Decision({}).failures(order), std::set<std::string>{"IDENTITY_UNKNOWN_INSTRUMENT"});
  order.instrument = empty;
  EXPECT_EQ(Decision({}).failures(order),
            (std::set<std::string>{"SYNTAX_SIDE", "SYNTAX_ORDER_TYPE", "SYNTAX_LOT"}));
}

}  // namespace
// Journals name checks by their codes. A new check adds its code here; no code ever leaves.
TEST(PreTradeChecks, codes_that_journals_hold_are_those_there_ever_were) {
  const std::set<std::string_view> written = {"IDENTITY_UNKNOWN_INSTRUMENT",
                                              "SYNTAX_SIDE",
                                              "SYNTAX_ORDER_TYPE",
                                              "SYNTAX_TIME_IN_FORCE",
                                              "SYNTAX_QUANTITY",
                                              "SYNTAX_LOT",
                                              "SYNTAX_MIN_NOTIONAL",
                                              "SYNTAX_LIMIT_PRICE",
                                              "SYNTAX_STOP_PRICE",
                                              "FLOW_SELF_MATCH",
                                              "IDENTITY_DUPLICATE_ORDER",
                                              "MARKET_NO_PRICE",
                                              "MARKET_STALE_PRICE",
                                              "FAT_FINGER_PRICE_COLLAR",
                                              "FAT_FINGER_MAX_QUANTITY",
                                              "FAT_FINGER_MAX_NOTIONAL",
                                              "FAT_FINGER_SHARE_OF_VOLUME",
                                              "FLOW_ORDERS_PER_DAY",
                                              "STATE_KILLED",
                                              "STATE_HALTED",
                                              "STATE_REDUCING",
                                              "FLOW_OPEN_ORDERS",
                                              "FLOW_REPEATED_EXECUTION",
                                              "RISK_DAILY_LOSS",
                                              "RESTRICTION_RESTRICTED_LIST",
                                              "CREDIT_SHORT_NOT_ALLOWED",
                                              "CREDIT_BUYING_POWER",
                                              "CREDIT_GROSS_EXPOSURE",
                                              "CREDIT_POSITION_LIMIT",
                                              "CREDIT_NET_EXPOSURE",
                                              "FLOW_MESSAGES_PER_SECOND",
                                              "CREDIT_NOT_AT_VENUE",
                                              "CREDIT_GROUP_LIMIT",
                                              "RESTRICTION_NO_TRADE_WINDOW",
                                              "RESTRICTION_TURNOVER_BUDGET",
                                              "CREDIT_MARGIN",
                                              "CREDIT_RUINED"};
  std::set<std::string_view> now;
  for (const PreTradeCheck& check : pre_trade_checks())
    now.insert(check.code);
  EXPECT_EQ(now, written);
}

TEST(PreTradeChecks, an_order_that_failed_a_check_nobody_knows_any_more_stays_rejected) {
  const std::vector<std::string> codes = {"CHECK_OF_ANOTHER_VERSION"};
  EXPECT_FALSE(verdict_of(codes).accepted());
  EXPECT_TRUE(failed_codes(verdict_of(codes)).empty());
}

}  // namespace cadre::execution
