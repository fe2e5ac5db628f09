#include <gtest/gtest.h>

#include "host/market/price_checks.hpp"
#include "host/market/price_reader.hpp"
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

const char* const kTwoDays = "2020-01-01,1\n2020-01-02,1.1\n";

}  // namespace

TEST(ParseDay, takes_the_forms_that_can_be_one_day_only) {
  for (const char* text : {"2020-01-08", "2020.01.08", "2020/01/08", "20200108", "08.01.2020",
                           "2020-01-08T00:00:00", "2020-01-08T00:00:00Z", "2020-01-08 00:00",
                           "2020-01-08 00:00:00+00:00", "2020-01-08T00:00:00.000Z", " 2020-01-08 "})
    EXPECT_EQ(parse_day(text), 20200108) << text;
}

TEST(ParseDay, refuses_what_may_be_two_days_or_is_a_time_of_day) {
  for (const char* text : {"", "01/08/2020", "8.1.2020", "2020-01.08", "2020-1-8", "20201301", "31.02.2020",
                           "2020-01-08T09:30:00", "2020-01-08T00:00:01", "2020-01-08x", "1577836800000",
                           "2020-01-08T", "22000101T"})
    EXPECT_FALSE(parse_day(text)) << text;
}

TEST(ParsePrice, tells_what_cannot_be_held) {
  EXPECT_EQ(parse_price("1.5").raw_e9, 1'500'000'000);
  EXPECT_EQ(parse_price("0.000000001").state, PriceField::fine);
  EXPECT_EQ(parse_price("0.0000000014").state, PriceField::too_fine);
  // The largest error of rounding is half a step, which is 0.01 % of 5,000 steps.
  EXPECT_EQ(parse_price("0.0000050004").state, PriceField::fine);
  EXPECT_EQ(parse_price("0.0000040005").state, PriceField::too_fine);
  EXPECT_EQ(parse_price("0.0000000004").state, PriceField::too_small);
  EXPECT_EQ(parse_price("4e-300").state, PriceField::too_small);
  EXPECT_EQ(parse_price("12000000000").state, PriceField::too_large);
  EXPECT_EQ(parse_price("1e999").state, PriceField::too_large);
  EXPECT_EQ(parse_price("0e5").state, PriceField::not_positive);
  EXPECT_EQ(parse_price("0.000").state, PriceField::not_positive);
  EXPECT_EQ(parse_price("-0.0000000004").state, PriceField::not_positive);
  EXPECT_EQ(parse_price("-12000000000").state, PriceField::not_positive);
  EXPECT_EQ(parse_price("1,100.5").state, PriceField::not_a_number);
  EXPECT_EQ(parse_price("x").state, PriceField::not_a_number);
  EXPECT_EQ(parse_price("").state, PriceField::missing);
}

TEST(Layout, of_one_instrument_takes_its_name_from_those_asked_for) {
  PriceOptions options;
  options.instruments = {"AA"};
  options.volume = PriceOptions::shares;
  const auto history =
      read("Date,Open,High,Low,Close,Volume\n2020-01-01,1,2,0.5,1.5,7\n20200102,1,2,1,2,8\n", options);
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_EQ(history->instruments, (std::vector<std::string>{"AA"}));
  EXPECT_EQ(history->dates, (std::vector<int32_t>{20200101, 20200102}));
  EXPECT_EQ(history->open_e9, (std::vector<int64_t>{1'000'000'000, 1'000'000'000}));
  EXPECT_EQ(history->volume, (std::vector<double>{7, 8}));
}

TEST(Layout, by_a_map_reads_the_columns_it_names_and_no_others) {
  PriceOptions options;
  options.columns = {{"symbol", "Name"}, {"date", "when"}, {"close", "Adj Close"}};
  const auto history = read(
      "when,Name,Close,Adj Close\n02.01.2020,B,x,1\n02.01.2020,A,,2\n03.01.2020,B,,1.1\n"
      "03.01.2020,A,,2.2\n",
      options);
  ASSERT_TRUE(history) << lines_of(history.problems());
  EXPECT_TRUE(history->closes_only());
  EXPECT_EQ(history->instruments, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(history->close_e9,
            (std::vector<int64_t>{2'000'000'000, 1'000'000'000, 2'200'000'000, 1'100'000'000}));
}

TEST(Layout, by_a_map_wants_all_of_open_high_and_low_or_none) {
  PriceOptions options;
  options.columns = {{"symbol", "s"}, {"date", "d"}, {"open", "o"}, {"close", "c"}};
  EXPECT_EQ(problems("d,s,o,c\n2020-01-01,A,1,1\n", options),
            "CSV_HEADER p.csv:1:1: there is no column high; add one\n"
            "CSV_HEADER p.csv:1:1: there is no column low; add one\n");
}

TEST(Layout, of_wide_closes_may_have_tickers_that_are_called_like_fields) {
  EXPECT_TRUE(read("date,AA,LOW,OPEN\n2020-01-01,1,1,1\n2020-01-02,1,1,1\n"));
  PriceOptions options;
  options.instruments = {"LOW"};
  EXPECT_TRUE(read(std::string("date,LOW\n") + kTwoDays, options));
  EXPECT_NE(problems(std::string("date,LOW\n") + kTwoDays).find("looks like a field, not an instrument"),
            std::string::npos);
  EXPECT_NE(problems("date,AA,Close\n2020-01-01,1,1\n").find("p.csv:1:9: \"Close\" looks like a field"),
            std::string::npos);
}

TEST(CsvRows, keep_commas_in_quotation_marks_together) {
  CsvRows rows("a,\"1,100.5\",b\n\"x\",\"y\"\n\"open,c\n");
  ASSERT_TRUE(rows.next());
  ASSERT_EQ(rows.fields().size(), 3u);
  EXPECT_EQ(rows.fields()[1].text, "1,100.5");
  EXPECT_EQ(rows.fields()[2].column, 13u);
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.fields().size(), 2u);
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.fields().size(), 2u) << "a mark that is never closed holds nothing together";
}

TEST(CsvRows, end_before_lines_of_blanks_and_of_empty_cells) {
  CsvRows rows("a,b\n1,\n,,\n  \r\n\"\",\n\n");
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.following(), "1,");
  ASSERT_TRUE(rows.next()) << "a row with one cell is a row";
  EXPECT_FALSE(rows.is_blank());
  EXPECT_FALSE(rows.next());
}

TEST(CsvRows, between_the_others_are_told_when_they_are_empty) {
  EXPECT_EQ(problems("date,AA\n2020-01-01,1\n,\n2020-01-02,1\n"),
            "CSV_RAGGED_ROW p.csv:3: a row of empty cells between the rows\n");
}
