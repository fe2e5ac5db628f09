#include <gtest/gtest.h>

#include "host/market/posted_bars.hpp"
#include "host/model/bar.hpp"

namespace cadre::market {
namespace {

const std::vector<std::string> instruments = {"AA", "GE"};
constexpr std::int32_t today = 20261127;

/// "CODE PLACE" of every problem, or what was read.
std::string read(const std::vector<std::string>& texts, const BarShape& shape = {instruments, false, true},
                 const TakenBars& taken = {}) {
  const auto posted = read_bars(texts, shape, taken, today);
  std::string all;
  if (!posted) {
    for (const base::Problem& problem : posted.problems())
      all += problem.code + ' ' + problem.place.file + ' ' + problem.place.pointer + '\n';
    return all;
  }
  for (const model::Bar& bar : posted->bars)
    all += std::to_string(bar.date) + ' ' + std::to_string(bar.close_e9[0]) + ' ' +
           std::to_string(bar.valid[1]) + '\n';
  if (posted->duplicates != 0) all += std::to_string(posted->duplicates) + " duplicates\n";
  return all;
}

std::string with(const std::string& bars, const std::string& date = "1992-01-02") {
  return R"({"date": ")" + date + R"(", "bars": )" + bars + "}";
}

TakenBars taken_until(std::vector<std::string> texts) {
  TakenBars taken;
  const auto posted = read_bars(texts, {instruments, false, true}, {}, today);
  for (const model::Bar& bar : posted->bars)
    taken.add(bar);
  return taken;
}

TEST(ReadBars, takes_closes_and_leaves_open_what_is_not_there) {
  EXPECT_EQ(read({with(R"({"AA": 31.25, "GE": 12})"), with(R"({"AA": 0.000000001})", "1992-01-03")},
                 BarShape{instruments, false, true}),
            "19920102 31250000000 1\n19920103 1 0\n");
}

struct Refused {
  const char* name;
  std::string text;
  std::string problems;
};
void PrintTo(const Refused& refused, std::ostream* out) {
  *out << refused.name;
}

class ReadBarsRefuses : public testing::TestWithParam<Refused> {};

TEST_P(ReadBarsRefuses, with_code_and_place) {
  EXPECT_EQ(read({GetParam().text}, BarShape{instruments, false, true}), GetParam().problems);
}

INSTANTIATE_TEST_SUITE_P(
    , ReadBarsRefuses,
    testing::Values(
        Refused{"no_json", "{", "JSON_TRUNCATED bars[0] \n"},
        Refused{"duplicate_key", with(R"({"AA": 1, "AA": 2})"), "JSON_DUPLICATE_KEY bars[0] /bars/AA\n"},
        Refused{"nan", with(R"({"AA": NaN})"), "JSON_SYNTAX bars[0] \n"},
        Refused{"another_type", "[1]", "CONFIG_WRONG_TYPE bars[0] \n"},
        Refused{"no_bars", R"({"date": "1992-01-02"})", "CONFIG_MISSING_KEY bars[0] \n"},
        Refused{"unknown_key", R"({"date": "1992-01-02", "bars": {"AA": 1}, "bar": 1})",
                "CONFIG_UNKNOWN_KEY bars[0] /bar\n"},
        Refused{"no_date", with(R"({"AA": 1})", "1992-02-30"), "BAR_BAD_DATE bars[0] /date\n"},
        Refused{"date_of_another_type", R"({"date": 19920102, "bars": {"AA": 1}})",
                "CONFIG_WRONG_TYPE bars[0] /date\n"},
        Refused{"empty", with("{}"), "BAR_EMPTY bars[0] /bars\n"},
        Refused{"unknown_instrument", with(R"({"AB": 1})"), "INSTRUMENT_UNKNOWN bars[0] /bars/AB\n"},
        Refused{"negative", with(R"({"AA": -1})"), "BAR_BAD_PRICE bars[0] /bars/AA\n"},
        Refused{"zero", with(R"({"AA": 0})"), "BAR_BAD_PRICE bars[0] /bars/AA\n"},
        Refused{"too_large", with(R"({"AA": 1e300})"), "BAR_BAD_PRICE bars[0] /bars/AA\n"},
        Refused{"too_small", with(R"({"AA": 1e-300})"), "BAR_BAD_PRICE bars[0] /bars/AA\n"},
        Refused{"text_for_a_price", with(R"({"AA": "31"})"), "CONFIG_WRONG_TYPE bars[0] /bars/AA\n"},
        Refused{"null_for_a_price", with(R"({"AA": null})"), "CONFIG_WRONG_TYPE bars[0] /bars/AA\n"},
        Refused{"close_of_another_type", with(R"({"AA": {"close": true}})"),
                "BAR_BAD_PRICE bars[0] /bars/AA/close\n"},
        Refused{"no_close", with(R"({"AA": {"open": 1, "high": 1, "low": 1}})"),
                "BAR_INCOMPLETE bars[0] /bars/AA\n"},
        Refused{"no_low", with(R"({"AA": {"open": 1, "high": 1, "close": 1}})"),
                "BAR_INCOMPLETE bars[0] /bars/AA\n"},
        Refused{"low_above_close", with(R"({"AA": {"open": 3, "high": 4, "low": 2, "close": 1}})"),
                "BAR_OUT_OF_RANGE bars[0] /bars/AA\n"},
        Refused{"some_intraday", with(R"({"AA": {"open": 1, "high": 1, "low": 1, "close": 1}, "GE": 2})"),
                "BAR_INCOMPLETE bars[0] /bars/GE\n"},
        Refused{"unknown_member", with(R"({"AA": {"close": 1, "vol": 1}})"),
                "CONFIG_UNKNOWN_KEY bars[0] /bars/AA/vol\n"},
        Refused{"all_problems_at_once", with(R"({"AA": -1, "XX": 2})", "no"),
                "BAR_BAD_DATE bars[0] /date\nBAR_BAD_PRICE bars[0] /bars/AA\nINSTRUMENT_UNKNOWN bars[0] "
                "/bars/XX\n"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(ReadBars, names_the_limit_when_a_date_is_beyond_it) {
  for (const std::string date : {"2262-01-01", "1677-12-31"}) {
    const auto posted = read_bars({{with(R"({"AA": 1})", date)}}, {instruments, false, true}, {}, today);
    ASSERT_FALSE(posted);
    EXPECT_EQ(posted.problems()[0].code, "BAR_BAD_DATE");
    EXPECT_EQ(posted.problems()[0].message,
              '"' + date + "\" is beyond the dates there are: the years 1678 to 2261");
  }
}

TEST(ReadBars, says_what_of_a_price_cannot_be_held) {
  const auto message = [](const std::string& price) {
    const auto posted =
        read_bars({{with(R"({"AA": )" + price + "}")}}, {instruments, false, true}, {}, today);
    return posted ? std::string("taken") : posted.problems()[0].message;
  };
  EXPECT_EQ(message("1E300"), "1e+300 is above the largest price, 9,223,372,036");
  EXPECT_EQ(message("-1"), "-1 is not above 0");
  EXPECT_EQ(message("0"), "0 is not above 0");
  EXPECT_EQ(message("4e-10"), "4e-10 is below the smallest step of a price, 0.000000001");
  EXPECT_EQ(message("1.6e-9"),
            "1.6e-09 is finer than the step of a price, 0.000000001: rounding would bend it");
  // Half of a step is less than 0.01 % of this one.
  EXPECT_EQ(message("0.0000050004"), "taken");
}

TEST(ReadBars, refuses_closes_alone_where_an_agent_needs_more) {
  const BarShape shape{instruments, false, true, MovePolicy::take, {{"open", "environment (fill_at: open)"}}};
  const auto posted = read_bars({{with(R"({"AA": 1, "GE": {"close": 2}})")}}, shape, {}, today);
  ASSERT_FALSE(posted);
  EXPECT_EQ(posted.problems()[0].message, "there is no open, and environment (fill_at: open) needs it");
  EXPECT_EQ(posted.problems()[1].place.pointer, "/bars/GE");
  EXPECT_EQ(read({with(R"({"AA": {"open": 1, "high": 1, "low": 1, "close": 1}})")}, shape),
            "19920102 1000000000 0\n");
}

/// The suspect moves of two bars of which the first was taken.
std::string moves(const std::string& first, const std::string& second, MovePolicy policy,
                  const std::string& more = "") {
  TakenBars taken = taken_until({with(first)});
  taken.watch_moves(0.25);
  const BarShape shape{instruments, false, true, policy};
  const std::string text = R"({"date": "1992-01-03", "bars": )" + second + more + "}";
  const auto posted = read_bars({{text}}, shape, taken, today);
  if (!posted) return posted.problems()[0].code + ' ' + posted.problems()[0].place.pointer;
  return moves_text(posted->moves.at(0), instruments);
}

TEST(ReadBars, tells_moves_that_are_beyond_the_bound_and_refuses_them_where_it_is_asked_to) {
  const std::string before = R"({"AA": 10, "GE": 2})", after = R"({"AA": 1000, "GE": 2})";
  EXPECT_EQ(moves(before, after, MovePolicy::take), "AA moves +9900.0 % on 1992-01-03, from 10 to 1000");
  EXPECT_EQ(moves(before, after, MovePolicy::halt), "AA moves +9900.0 % on 1992-01-03, from 10 to 1000");
  EXPECT_EQ(moves(before, after, MovePolicy::refuse), "BAR_SUSPECT_MOVE /bars/AA");
  EXPECT_EQ(moves(before, after, MovePolicy::refuse, R"(, "confirmed": true)"), "");
  EXPECT_EQ(moves(before, after, MovePolicy::refuse, R"(, "confirmed": false)"), "BAR_SUSPECT_MOVE /bars/AA");
  EXPECT_EQ(moves(before, R"({"AA": 12.5, "GE": 1.5})", MovePolicy::refuse), "");
  EXPECT_EQ(moves(before, R"({"AA": {"open": 100, "high": 100, "low": 10, "close": 10}})", MovePolicy::take),
            "the open of AA moves +900.0 % on 1992-01-03, from 10 to 100");
}

TEST(ReadBars, compares_a_price_with_the_last_one_there_was) {
  // Of GE the bar before has none.
  TakenBars taken = taken_until({with(R"({"AA": 10, "GE": 2})"), with(R"({"AA": 10})", "1992-01-03")});
  taken.watch_moves(0.25);
  const auto posted =
      read_bars({{with(R"({"AA": 10, "GE": 4})", "1992-01-06"), with(R"({"AA": 20})", "1992-01-07")}},
                {instruments, false, true}, taken, today);
  ASSERT_TRUE(posted);
  EXPECT_EQ(moves_text(posted->moves[0], instruments), "GE moves +100.0 % on 1992-01-06, from 2 to 4");
  EXPECT_EQ(moves_text(posted->moves[1], instruments), "AA moves +100.0 % on 1992-01-07, from 10 to 20");
}

TEST(ReadBars, refuses_what_the_data_declare_to_be_there) {
  EXPECT_EQ(read({with(R"({"AA": 1})")}, BarShape{instruments, false, false}), "BAR_MISSING bars[0] /bars\n");
  EXPECT_EQ(read({with(R"({"AA": {"close": 1}, "GE": {"close": 1, "volume": -1}})")},
                 BarShape{instruments, true, true}),
            "BAR_BAD_VOLUME bars[0] /bars/AA\nBAR_BAD_VOLUME bars[0] /bars/GE\n");
}

TEST(ReadBars, refuses_dates_that_do_not_go_on_and_says_where) {
  const auto shape = BarShape{instruments, false, true};
  EXPECT_EQ(read({with(R"({"AA": 1})", "1992-01-03"), with(R"({"AA": 1})", "1992-01-03"),
                  with(R"({"AA": 1})", "1992-01-02")},
                 shape),
            "BAR_NOT_NEWER bars[1] /date\nBAR_NOT_NEWER bars[2] /date\n");
}

TEST(ReadBars, refuses_a_day_to_come_after_which_none_until_then_could_be_taken) {
  const auto of = [](const std::string& date) { return with(R"({"AA": 1})", date); };
  const TakenBars taken = taken_until({of("2026-11-20")});
  const BarShape shape{instruments, false, true};
  EXPECT_EQ(read({of("2027-11-27")}, shape, taken), "BAR_FAR_AHEAD bars[0] /date\n");
  EXPECT_EQ(read({of("2026-11-27"), of("2261-12-31")}, shape, taken), "BAR_FAR_AHEAD bars[1] /date\n");
  // Tomorrow has begun somewhere, and a history that was made up goes on from day to day.
  EXPECT_EQ(read({of("2026-11-28")}, shape, taken), "20261128 1000000000 0\n");
  EXPECT_EQ(read({of("2026-11-27"), of("2026-11-30"), of("2026-12-01")}, shape, taken),
            "20261127 1000000000 0\n20261130 1000000000 0\n20261201 1000000000 0\n");
  // The first bar has none before it whose series it could go on with.
  EXPECT_EQ(read({of("2040-01-03")}), "BAR_FAR_AHEAD bars[0] /date\n");
  EXPECT_EQ(read({of("2026-11-28")}), "20261128 1000000000 0\n");
}

TEST(ReadBars, knows_the_same_bar_that_is_said_again_from_another_one) {
  const std::string first = with(R"({"AA": 1, "GE": 2})"),
                    second = with(R"({"AA": 3, "GE": 4})", "1992-01-03"),
                    third = with(R"({"AA": 5, "GE": 6})", "1992-01-06");
  const TakenBars taken = taken_until({first, second});
  EXPECT_EQ(read({second}, {instruments, false, true}, taken), "1 duplicates\n");
  EXPECT_EQ(read({first}, {instruments, false, true}, taken), "1 duplicates\n");
  EXPECT_EQ(read({first, second, third}, {instruments, false, true}, taken),
            "19920106 5000000000 1\n2 duplicates\n");
  EXPECT_EQ(
      read({with(R"({"GE": 4.0, "AA": {"close": 3}})", "1992-01-03")}, {instruments, false, true}, taken),
      "1 duplicates\n");
  EXPECT_EQ(read({with(R"({"AA": 3, "GE": 4.01})", "1992-01-03")}, {instruments, false, true}, taken),
            "BAR_NOT_NEWER bars[0] /date\n");
  EXPECT_EQ(read({with(R"({"AA": 3, "GE": 4})", "1991-12-31")}, {instruments, false, true}, taken),
            "BAR_NOT_NEWER bars[0] /date\n");
  EXPECT_EQ(read({third, second}, {instruments, false, true}, taken), "BAR_NOT_NEWER bars[1] /date\n");
}

BarShape minutes() {
  BarShape shape{instruments, false, true};
  shape.timing.period_ns = 60'000'000'000;
  shape.timing.time_zone = shape.timing.session_zone = "America/New_York";
  shape.timing.session = {*parse_time_of_day("09:30"), *parse_time_of_day("16:00")};
  return shape;
}

std::string at(const std::string& time, const std::string& rest) {
  return R"({"time": "2024-03-07 )" + time + R"(", )" + rest + "}";
}

TEST(ReadTimedBars, takes_several_a_day_with_quotes_and_leaves_out_what_is_outside) {
  const auto posted =
      read_bars(std::vector{at("09:30", R"("bars": {"AA": 1})"),
                            at("09:31", R"("bars": {"AA": {"close": 1, "bid": 0.9, "ask": 1.1}, "GE": 2})"),
                            at("16:00", R"("bars": {"AA": {"close": 1}})")},
                minutes(), {}, today);
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->outside, 1u);
  ASSERT_EQ(posted->bars.size(), 2u);
  EXPECT_EQ(posted->bars[0].date, 20240307);
  EXPECT_EQ(posted->bars[0].bid_e9, (std::vector<std::int64_t>{900'000'000, 0}));
  EXPECT_FALSE(posted->bars[0].ends_session);
  EXPECT_TRUE(posted->bars[1].ends_session);
  EXPECT_FALSE(posted->bars[1].has_quotes());
}

TEST(ReadTimedBars, refuses_what_is_out_of_order_without_a_time_or_crossed) {
  EXPECT_EQ(read({at("09:32", R"("bars": {"AA": 1})"), at("09:31", R"("bars": {"AA": 1})"),
                  with(R"({"AA": 1})"), at("09:33", R"("bars": {"AA": {"close": 1, "bid": 2, "ask": 1}})"),
                  at("09:34:30", R"("bars": {"AA": 1})")},
                 minutes()),
            "BAR_NOT_NEWER bars[1] /time\nCONFIG_MISSING_KEY bars[2] \nQUOTE_CROSSED bars[3] /bars/AA/bid\n"
            "BAR_TIME_OFF_GRID bars[4] /time\n");
  EXPECT_EQ(read({at("09:31", R"("bars": {"AA": 1})")}),
            "CONFIG_UNKNOWN_KEY bars[0] /time\nCONFIG_MISSING_KEY bars[0] \n");
}

/// How each bar of a post was complete, and what is open at its end.
std::string completions(const std::vector<std::string>& texts, const BarShape& shape,
                        const OpenBar& open = {}) {
  const auto posted = read_bars(texts, shape, {}, today, open);
  if (!posted) return read(texts, shape);
  std::string all;
  for (const model::Bar& bar : posted->bars)
    all += std::to_string(bar.completion) + ' ' + std::to_string(bar.valid[0]) +
           std::to_string(bar.valid[1]) + '\n';
  return all + (posted->open.is_open() ? "open" : "");
}

TEST(ReadRows, makes_a_bar_of_them_once_all_are_there) {
  EXPECT_EQ(completions(
                {at("09:31", R"("symbol": "AA", "close": 1)"), at("09:31", R"("symbol": "GE", "close": 2)")},
                minutes()),
            "1 11\n");
  EXPECT_EQ(completions({at("09:31", R"("symbol": "AA", "close": 1)")}, minutes()), "open");
}

TEST(ReadRows, makes_a_bar_when_the_source_says_so_or_goes_on) {
  EXPECT_EQ(completions({at("09:31", R"("symbol": "AA", "close": 1, "complete": true)"),
                         at("09:32", R"("symbol": "GE", "close": 1)"), at("09:32", R"("complete": true)"),
                         at("09:33", R"("symbol": "AA", "close": 1)"),
                         at("09:34", R"("symbol": "AA", "close": 1)"), at("09:35", R"("bars": {"AA": 1})")},
                        minutes()),
            "2 10\n2 01\n4 10\n4 10\n0 10\n");
}

TEST(ReadRows, refuses_those_that_are_late_or_say_otherwise) {
  EXPECT_EQ(completions({at("09:31", R"("symbol": "AA", "close": 1, "complete": true)"),
                         at("09:31", R"("symbol": "GE", "close": 1)")},
                        minutes()),
            "BAR_LATE bars[1] /time\n");
  EXPECT_EQ(completions(
                {at("09:31", R"("symbol": "AA", "close": 1)"), at("09:31", R"("symbol": "AA", "close": 2)")},
                minutes()),
            "BAR_ROW_REPEATED bars[1] /symbol\n");
  BarShape whole = minutes();
  whole.allows_missing = false;
  EXPECT_EQ(completions({at("09:31", R"("symbol": "AA", "close": 1, "complete": true)")}, whole),
            "BAR_MISSING bars[0] \n");
}

TEST(ReadRows, goes_on_with_what_was_open) {
  const auto before =
      read_bars(std::vector{at("09:31", R"("symbol": "AA", "close": 1)")}, minutes(), {}, today);
  EXPECT_EQ(completions(
                {at("09:31", R"("symbol": "AA", "close": 1)"), at("09:31", R"("symbol": "GE", "close": 1)")},
                minutes(), before->open),
            "1 11\n");
}

}  // namespace
}  // namespace cadre::market
