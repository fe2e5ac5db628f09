#include "host/market/price_reader.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "tests/unit/market/temporary_file.hpp"

using namespace cadre::market;
namespace base = cadre::base;

namespace {

base::Result<PriceHistory> read(std::string_view text, PriceOptions options = {}) {
  const TemporaryFile file("p.csv", text);
  options.file = file.path();
  return read_prices(options);
}

std::string problems(std::string_view text, PriceOptions options = {}) {
  return lines_of(read(text, std::move(options)).problems());
}

const char* const kNext = "; repair the file, or declare missing: carry or missing: leave\n";

const char* const kLong =
    "date,symbol,open,high,low,close,volume\n"
    "2013-02-08,IBM,10,12,9,11,100\n"
    "2013-02-08,AA,1,2,0.5,1.5,7\n"
    "2013-02-11,AA,1.5,1.6,1.4,1.5,8\n"
    "2013-02-11,IBM,11,12,10,11.5,200.5\n";

}  // namespace

TEST(WidePrices, are_read_exactly_and_sorted_by_name) {
  const auto history = read("date,IBM,AA\n1991-01-02,27.86,5.92\n1991-01-03,27.95,5.88\n");
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_EQ(history->instruments, (std::vector<std::string>{"AA", "IBM"}));
  EXPECT_EQ(history->dates, (std::vector<int32_t>{19910102, 19910103}));
  EXPECT_EQ(history->close_e9,
            (std::vector<int64_t>{5'920'000'000, 27'860'000'000, 5'880'000'000, 27'950'000'000}));
  EXPECT_EQ(history->valid, (std::vector<uint8_t>{1, 1, 1, 1}));
  EXPECT_TRUE(history->closes_only());
  EXPECT_FALSE(history->has_volume());
}

TEST(WidePrices, accept_crlf_byte_order_mark_and_quotes) {
  const auto history = read("\xEF\xBB\xBF\"date\",\"AA\"\r\n1991-01-02,\"1\"\r\n1991-01-03, 1.1\r\n\r\n");
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_EQ(history->close_e9, (std::vector<int64_t>{1'000'000'000, 1'100'000'000}));
}

TEST(WidePrices, take_the_dates_and_instruments_asked_for_only) {
  PriceOptions options;
  options.instruments = {"IBM"};
  options.from = 19910103;
  options.to = 19910104;
  const auto history =
      read("date,AA,IBM\n1991-01-02,bad,bad\n1991-01-03,bad,2\n1991-01-04,,2.1\n1991-01-07,1,-1\n", options);
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_EQ(history->dates, (std::vector<int32_t>{19910103, 19910104}));
  EXPECT_EQ(history->close_e9, (std::vector<int64_t>{2'000'000'000, 2'100'000'000}));
}

TEST(WidePrices, refuse_every_bad_field_at_its_place) {
  EXPECT_EQ(
      problems("date,AA,IBM\n1991-01-02,abc,-1\n1991-01-03,0,\n1991-02-30,1,1\n1991-01-04,NaN,inf\n"),
      "PRICE_NOT_A_NUMBER p.csv:2:12: AA on 1991-01-02: \"abc\" is no price\n"
      "PRICE_NOT_POSITIVE p.csv:2:16: IBM on 1991-01-02: \"-1\" is not above 0\n"
      "PRICE_NOT_POSITIVE p.csv:3:12: AA on 1991-01-03: \"0\" is not above 0; feeds write 0 for a "
      "price they do not know: leave the cell empty, and the bar is missing (missing: carry or leave); or "
      "read the closes alone with data.prices.columns\n"
      "PRICE_MISSING p.csv:3:14: IBM on 1991-01-03: the price is empty" +
          std::string(kNext) +
          "PRICE_BAD_DATE p.csv:4:1: \"1991-02-30\" is no date, expected 1991-01-02\n"
          "PRICE_MISSING p.csv:5:12: AA on 1991-01-04: the price is \"NaN\"" +
          kNext + "PRICE_MISSING p.csv:5:16: IBM on 1991-01-04: the price is \"inf\"" + kNext);
}

TEST(WidePrices, name_the_limit_when_a_date_is_beyond_it) {
  EXPECT_EQ(
      problems("date,AA\n2261-12-31,1\n2262-01-01,1\n"),
      "PRICE_BAD_DATE p.csv:3:1: \"2262-01-01\" is beyond the dates there are: the years 1678 to 2261\n");
}

TEST(WidePrices, refuse_dates_that_go_back_or_are_repeated) {
  EXPECT_EQ(problems("date,AA\n1991-01-03,1\n1991-01-02,1\n1991-01-03,1\n"),
            "PRICE_DATE_ORDER p.csv:3:1: the date 1991-01-02 follows 1991-01-03; sort the rows by date\n"
            "PRICE_DATE_REPEATED p.csv:4:1: the date 1991-01-03 stands here again\n");
}

TEST(WidePrices, refuse_ragged_rows) {
  EXPECT_EQ(problems("date,AA\n1991-01-02,1,2\n\n1991-01-03\n"),
            "CSV_RAGGED_ROW p.csv:2: the row has 3 fields, the header has 2\n"
            "CSV_RAGGED_ROW p.csv:3: a blank line between the rows\n"
            "CSV_RAGGED_ROW p.csv:4: the row has 1 fields, the header has 2\n");
}

TEST(WidePrices, refuse_headers_that_say_nothing) {
  const std::string expected =
      "CSV_HEADER p.csv:1:1: the header is not one that is known; expected wide closes, date,AAPL,IBM,..., "
      "or long "
      "bars, date,symbol,open,high,low,close,volume\n";
  EXPECT_EQ(problems("when,AA\n1991-01-02,1\n"), expected);
  EXPECT_EQ(problems("date\n1991-01-02\n"), expected);
  EXPECT_TRUE(read("Date , AA\n1991-01-02,1\n1991-01-03,1\n"));
  EXPECT_EQ(problems("date,AA,,AA\n1991-01-02,1,1,1\n"),
            "CSV_HEADER p.csv:1:9: column 3 has no name\n"
            "CSV_HEADER p.csv:1:10: the column \"AA\" stands here again\n");
}

TEST(WidePrices, carry_or_leave_what_is_missing) {
  const char* const text = "date,AA\n1991-01-02,\n1991-01-03,2\n1991-01-04,NaN\n";
  PriceOptions options;
  options.missing = PriceOptions::carry;
  EXPECT_EQ(read(text, options)->close_e9, (std::vector<int64_t>{0, 2'000'000'000, 2'000'000'000}));
  EXPECT_EQ(read(text, options)->valid, (std::vector<uint8_t>{0, 1, 0}));
  options.missing = PriceOptions::leave;
  EXPECT_EQ(read(text, options)->close_e9, (std::vector<int64_t>{0, 2'000'000'000, 0}));
  EXPECT_EQ(
      problems("date,AA,B\n1991-01-02,,1\n1991-01-03,,1\n", options),
      "PRICE_MISSING p.csv: AA has no price in these dates; leave it out of the instruments, or choose other "
      "dates\n");
}

TEST(Prices, refuse_files_that_are_none) {
  PriceOptions options;
  options.file = "/no/such.csv";
  EXPECT_EQ(read_prices(options).problems()[0].code, "FILE_NOT_FOUND");
  EXPECT_EQ(problems(""), "CSV_EMPTY p.csv: the file is empty\n");
  EXPECT_EQ(problems("\n\n"), "CSV_EMPTY p.csv: the file is empty\n");
  EXPECT_EQ(problems(std::string_view("date,AA\n\0", 9)),
            "CSV_BINARY p.csv:2: a zero byte: this is a binary file, expected text\n");
  EXPECT_EQ(problems("date,\xE9\n"),
            "CSV_NOT_UTF8 p.csv:1: the text is not valid UTF-8; save the file as UTF-8\n");
}

TEST(Prices, need_two_days) {
  EXPECT_EQ(problems("date,AA\n"), "PRICE_NO_ROWS p.csv: the file has a header and no rows\n");
  EXPECT_EQ(problems("date,AA\n1991-01-02,1\n"),
            "PRICE_ONE_DAY p.csv: only one day, at least two days are needed\n");
  PriceOptions options;
  options.from = 20000101;
  EXPECT_EQ(problems("date,AA\n1991-01-02,1\n1991-01-03,1\n", options),
            "PRICE_NO_ROWS p.csv: from and to leave no rows, the file covers 1991-01-02 to 1991-01-03\n");
}

TEST(Prices, refuse_options_that_make_no_sense) {
  PriceOptions options;
  options.from = 19910103;
  options.to = 19910102;
  options.suspect_move = std::nan("");
  EXPECT_EQ(problems("date,AA\n1991-01-02,1\n1991-01-03,1\n", options),
            "PRICE_OPTIONS p.csv: from 1991-01-03 is after to 1991-01-02\n"
            "PRICE_OPTIONS p.csv: suspect_move is nan, expected a number above 0\n");
}

TEST(Prices, name_the_nearest_instrument_for_an_unknown_one) {
  PriceOptions options;
  options.instruments = {"MSTF", "AA"};
  EXPECT_EQ(problems("date,AA,MSFT\n1991-01-02,1,1\n1991-01-03,1,1\n", options),
            "INSTRUMENT_UNKNOWN p.csv: \"MSTF\" is not in the file; did you mean \"MSFT\"?\n");
  options.instruments = {"IBN"};
  EXPECT_EQ(problems(kLong, options),
            "INSTRUMENT_UNKNOWN p.csv: \"IBN\" is not in the file; did you mean \"IBM\"?\n");
}

TEST(Prices, show_50_errors_and_count_the_rest) {
  std::string text = "date,AA\n";
  for (int i = 0; i < 120; ++i)
    text += "x,1\n";
  const auto result = read(text);
  ASSERT_EQ(result.problems().size(), 51u);
  EXPECT_EQ(result.problems()[50].message, "and 70 more");
}

TEST(Prices, warn_about_moves_that_look_like_corporate_actions) {
  const char* const text = "date,AA\n1991-01-02,4\n1991-01-03,5\n1991-01-04,2\n";
  const auto history = read(text);
  ASSERT_TRUE(history);
  EXPECT_EQ(lines_of(history.problems()),
            "SUSPECTED_CORPORATE_ACTION p.csv:4:12: warning: AA moves -60.0 % on 1991-01-04, from 5 to 2; "
            "check for a "
            "split or spin-off that is not in the prices\n");
  PriceOptions options;
  options.suspect_move = 0.6;
  EXPECT_EQ(problems(text, options), "");
}

TEST(LongPrices, are_read_in_any_order_of_columns_and_rows) {
  PriceOptions options;
  options.volume = PriceOptions::shares;
  const auto history = read(kLong, options);
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_EQ(history->instruments, (std::vector<std::string>{"AA", "IBM"}));
  EXPECT_EQ(history->open_e9,
            (std::vector<int64_t>{1'000'000'000, 10'000'000'000, 1'500'000'000, 11'000'000'000}));
  EXPECT_EQ(history->low_e9,
            (std::vector<int64_t>{500'000'000, 9'000'000'000, 1'400'000'000, 10'000'000'000}));
  EXPECT_EQ(history->volume, (std::vector<double>{7, 100, 8, 200.5}));
  const auto other = read(
      "Close,Symbol,Volume,Date,Low,High,Open\n"
      "1.5,AA,7,2013-02-08,0.5,2,1\n1.5,AA,8,2013-02-11,1.4,1.6,1.5\n"
      "11,IBM,100,2013-02-08,9,12,10\n11.5,IBM,200.5,2013-02-11,10,12,11\n",
      options);
  ASSERT_TRUE(other) << lines_of(other.problems());
  EXPECT_EQ(other->open_e9, history->open_e9);
  EXPECT_EQ(other->high_e9, history->high_e9);
  EXPECT_EQ(other->close_e9, history->close_e9);
  EXPECT_EQ(other->volume, history->volume);
}

TEST(LongPrices, drop_a_volume_that_is_not_declared) {
  EXPECT_FALSE(read(kLong)->has_volume());
}

TEST(LongPrices, refuse_a_declared_volume_that_is_not_there) {
  PriceOptions options;
  options.volume = PriceOptions::shares;
  const std::string expected =
      "VOLUME_MISSING p.csv:1: volume: shares is declared, the file has no volume column; declare volume: "
      "none, and "
      "volume checks do not apply\n";
  EXPECT_EQ(problems("date,symbol,open,high,low,close\n2013-02-08,A,1,1,1,1\n", options), expected);
  EXPECT_EQ(problems("date,AA\n1991-01-02,1\n1991-01-03,1\n", options), expected);
}

TEST(LongPrices, refuse_unknown_missing_and_doubled_columns) {
  const std::string map =
      R"("columns": {"date": "date", "symbol": "symbol", "high": "high", "low": "low", "close": "close"})";
  EXPECT_EQ(
      problems("date,symbol,opne,high,low,close,close\n"),
      "CSV_HEADER p.csv:1:13: the column \"opne\" is none that is read; did you mean \"open\"?; drop it, "
      "or say in data.prices which ones count: " +
          map +
          "\nCSV_HEADER p.csv:1:33: the column \"close\" stands here again\n"
          "CSV_HEADER p.csv:1:1: there is no column open; add one\n");
}

TEST(LongPrices, refuse_a_bar_that_stands_twice_and_bad_volumes) {
  PriceOptions options;
  options.volume = PriceOptions::shares;
  EXPECT_EQ(problems(std::string(kLong) +
                         "2013-02-11,IBM,1,1,1,1,1\n2013-02-12,IBM,1,1,1,1,-5\n2013-02-12,,1,1,1,1,5\n",
                     options),
            "PRICE_DATE_REPEATED p.csv:6:1: the date 2013-02-11 of IBM stands here again\n"
            "SUSPECTED_CORPORATE_ACTION p.csv:7:22: warning: IBM moves -91.3 % on 2013-02-12, from 11.5 to "
            "1; check for "
            "a split or spin-off that is not in the prices\n"
            "VOLUME_BAD p.csv:7:24: IBM on 2013-02-12: \"-5\" is no volume\n"
            "CSV_EMPTY_FIELD p.csv:8:12: the symbol is empty\n");
}

TEST(LongPrices, refuse_or_carry_days_without_a_row) {
  const std::string text = std::string(kLong) + "2013-02-12,AA,1.5,1.5,1.5,1.5,1\n";
  EXPECT_EQ(problems(text), "PRICE_MISSING p.csv: IBM has no price on 1 of 3 days, the first is 2013-02-12" +
                                std::string(kNext));
  PriceOptions options;
  options.missing = PriceOptions::carry;
  options.volume = PriceOptions::shares;
  const auto history = read(text, options);
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_EQ(history->open_e9[5], 11'500'000'000);
  EXPECT_EQ(history->close_e9[5], 11'500'000'000);
  EXPECT_EQ(history->valid[5], 0);
  EXPECT_EQ(history->volume[5], 0);
}

TEST(LongPrices, warn_when_low_and_high_do_not_bracket) {
  const auto history =
      read("date,symbol,open,high,low,close\n2013-02-08,A,2,2.1,1.9,2.2\n2013-02-11,A,2,2,2.1,2.1\n");
  ASSERT_TRUE(history);
  EXPECT_EQ(lines_of(history.problems()),
            "PRICE_NOT_BRACKETED p.csv:2:16: warning: A on 2013-02-08: the high is below open or close\n"
            "PRICE_NOT_BRACKETED p.csv:3:18: warning: A on 2013-02-11: the low is above open or close\n"
            "PRICE_NOT_BRACKETED p.csv:3:16: warning: A on 2013-02-11: the high is below open or close\n");
}

TEST(Prices, of_the_thirty_stocks_are_all_there) {
  PriceOptions options;
  options.file = CADRE_SOURCE_DIR "/tests/data/dow30_close_1991_2001.csv";
  const auto history = read_prices(options);
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_EQ(history->columns(), 30u);
  EXPECT_EQ(history->rows(), 2528u);
  EXPECT_EQ(history->dates.back(), 20010102);
  EXPECT_EQ(history->instruments[0], "AA");
  EXPECT_EQ(history->close_e9[0], 5'920'000'000);
  EXPECT_EQ(history.problems().size(), 4u);  // PG, HD, HON and T move by more than a quarter in a day
}

namespace {

/// Bars of a minute, by the clocks of New York.
PriceOptions minutes() {
  PriceOptions options;
  options.timing.period_ns = 60'000'000'000;
  options.timing.time_zone = options.timing.session_zone = "America/New_York";
  return options;
}

}  // namespace

TEST(TimedPrices, have_a_row_for_each_time_and_the_date_of_its_session) {
  const auto history = read(
      "time,symbol,open,high,low,close\n"
      "2013-10-07T09:31:00-04:00,IBM,10,12,9,11\n"
      "2013-10-07 09:31,AA,1,2,0.5,1.5\n"
      "2013-10-07T13:32:00Z,AA,1.5,1.6,1.4,1.5\n"
      "2013-10-07 09:32,IBM,11,12,10,11.5\n",
      minutes());
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_EQ(history->dates, (std::vector<int32_t>{20131007, 20131007}));
  EXPECT_EQ(history->times_ns, (std::vector<int64_t>{1381152660'000000000, 1381152720'000000000}));
  EXPECT_EQ(history->period_ns, 60'000'000'000);
  EXPECT_EQ(history->close_e9[1], 11'000'000'000);
}

TEST(TimedPrices, may_be_wide_closes) {
  const auto history = read("time,AA\n2013-10-07 09:31,1\n2013-10-07 09:32,2\n", minutes());
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_EQ(history->rows(), 2u);
  EXPECT_TRUE(history->closes_only());
}

TEST(TimedPrices, outside_of_the_session_are_counted_once_and_not_looked_into) {
  PriceOptions options = minutes();
  options.timing.session = {*parse_time_of_day("09:30"), *parse_time_of_day("16:00")};
  const auto history =
      read("time,AA\n2013-10-07 09:30,bad\n2013-10-07 09:31,1\n2013-10-07 16:00,1.1\n2013-10-07 16:01,\n",
           options);
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_EQ(lines_of(history.problems()),
            "PRICE_OUTSIDE_SESSION p.csv: warning: 2 of 4 rows lie outside of the session from 09:30 to "
            "16:00 (America/New_York) and are left out\n");
  EXPECT_EQ(history->ends_session, (std::vector<uint8_t>{0, 1}));
}

TEST(TimedPrices, are_refused_line_by_line) {
  EXPECT_EQ(problems("date,time,symbol,close,open,high,low\n"
                     "2013-10-07,09:31,AA,1,1,1,1\n"
                     "2013-10-07,09:31,AA,1,1,1,1\n"
                     "2013-10-07,09:30,AA,1,1,1,1\n"
                     "2013-10-08,2013-10-07 09:33,AA,1,1,1,1\n"
                     "2013-10-07,09:34:30,AA,1,1,1,1\n"
                     "2013-10-07,noon,AA,1,1,1,1\n",
                     minutes()),
            "PRICE_TIME_REPEATED p.csv:3:12: the time 2013-10-07T13:31:00Z of AA stands here again\n"
            "PRICE_TIME_ORDER p.csv:4:12: the time 2013-10-07T13:30:00Z of AA follows 2013-10-07T13:31:00Z; "
            "sort the rows by time\n"
            "BAR_DATE_DISAGREES p.csv:5:12: \"2013-10-07 09:33\" is of the session of 2013-10-07, and the "
            "date beside it is 2013-10-08; correct one of them, or leave the column date out\n"
            "BAR_TIME_OFF_GRID p.csv:6:12: \"09:34:30\" is off the grid of bars of 1min, counted from 00:00 "
            "of each day; is data.prices.period right? Where the first bar of a session begins at another "
            "time, data.prices.session says so\n"
            "BAR_TIME_BAD p.csv:7:12: \"noon\" is no time, expected 2013-10-07T09:31:00-04:00\n");
}

TEST(TimedPrices, need_a_column_of_times_and_dates_alone_a_period_of_none) {
  EXPECT_NE(problems("date,symbol,close,open,high,low\n2013-10-07,AA,1,1,1,1\n", minutes())
                .find("there is no column time"),
            std::string::npos);
  EXPECT_NE(problems("date,AA\n2013-10-07,1\n", minutes()).find("expected wide closes, time,AAPL"),
            std::string::npos);
  EXPECT_NE(problems("time,symbol,close,open,high,low\n2013-10-07,AA,1,1,1,1\n").find("\"period\": \"1min\""),
            std::string::npos);
}

TEST(Quotes, are_read_at_close_and_open_and_may_lack) {
  const auto history = read(
      "time,symbol,open,high,low,close,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_"
      "close\n"
      "2013-10-07 09:31,AA,1,1,1,1,0.9,2,0.1,0.95,1.1,2,1,1.05\n"
      "2013-10-07 09:32,AA,1,1,1,1,,,,,1.1,2,1,\n",
      minutes());
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_EQ(history->bid_e9, (std::vector<int64_t>{950'000'000, 0}));
  EXPECT_EQ(history->ask_e9, (std::vector<int64_t>{1'050'000'000, 0}));
  EXPECT_EQ(history->opening_bid_e9, (std::vector<int64_t>{900'000'000, 0}));
  EXPECT_EQ(history->opening_ask_e9, (std::vector<int64_t>{1'100'000'000, 1'100'000'000}));
}

TEST(Quotes, that_are_crossed_or_no_price_are_refused) {
  EXPECT_EQ(problems("date,symbol,open,high,low,close,bid,ask\n"
                     "2013-10-07,AA,1,1,1,1,1.1,1.0\n"
                     "2013-10-08,AA,1,1,1,1,-1,1\n"),
            "QUOTE_CROSSED p.csv:2:23: AA on 2013-10-07: the bid 1.1 is above the ask 1.0; correct them, or "
            "leave both cells empty: the bar has no quotes then\n"
            "PRICE_NOT_POSITIVE p.csv:3:23: AA on 2013-10-08: \"-1\" is not above 0\n");
  EXPECT_NE(problems("date,symbol,open,high,low,close,bid\n2013-10-07,AA,1,1,1,1,1\n")
                .find("there is a column bid and no ask"),
            std::string::npos);
}

TEST(Prices, are_scaled_and_rounded_to_billionths) {
  PriceOptions options;
  options.scale = 0.8646266;
  const auto history = read("date,AA\n2013-10-07,167.44\n2013-10-08,1\n", options);
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_EQ(history->close_e9, (std::vector<int64_t>{144'773'077'904, 864'626'600}));
}
