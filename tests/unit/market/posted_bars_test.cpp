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

TEST(ReadBars, says_that_a_price_is_too_large_and_not_that_it_is_none) {
  const auto message = [](const std::string& price) {
    return read_bars({{with(R"({"AA": )" + price + "}")}}, {instruments, false, true}, {}, today)
        .problems()[0]
        .message;
  };
  EXPECT_EQ(message("1E300"), "1e+300 is no price: it goes up to 9,223,372,036, in billionths");
  EXPECT_EQ(message("-1"), "-1 is not a price above 0");
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
  // Tomorrow has begun somewhere, a history that was made up goes on from day to day, and so does the first
  // bar.
  EXPECT_EQ(read({of("2026-11-28")}, shape, taken), "20261128 1000000000 0\n");
  EXPECT_EQ(read({of("2026-11-27"), of("2026-11-30"), of("2026-12-01")}, shape, taken),
            "20261127 1000000000 0\n20261130 1000000000 0\n20261201 1000000000 0\n");
  EXPECT_EQ(read({of("2040-01-03")}), "20400103 1000000000 0\n");
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

}  // namespace
}  // namespace cadre::market
