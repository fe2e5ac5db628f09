#include <gtest/gtest.h>

#include "host/experiment/series.hpp"
#include "tests/unit/market/temporary_file.hpp"

namespace {

using namespace cadre::experiment;

std::string problems_of(std::string_view text) {
  const TemporaryFile file("s.csv", text);
  return lines_of(read_series(file.path()).problems());
}

TEST(SeriesReader, reads_the_equity_of_a_run_folder) {
  const TemporaryFile file("equity.csv",
                           "date,equity,cash,profit,costs,benchmark\n"
                           "1991-01-02,1000000,1000000,0,0,1000000\n"
                           "1991-01-03,1000250.5,900000,250.5,1,\n");
  const auto series = read_series(file.path());
  ASSERT_TRUE(series) << lines_of(series.problems());
  EXPECT_EQ(series->kind, SeriesKind::equity);
  EXPECT_EQ(series->dates, (std::vector<int32_t>{19910102, 19910103}));
  EXPECT_EQ(series->values, (std::vector<double>{1000000, 1000250.5}));
  EXPECT_EQ(series->lines, (std::vector<uint32_t>{2, 3}));
}

TEST(SeriesReader, reads_returns_of_any_sign) {
  const TemporaryFile file("returns.csv", "Return, date\n+0.01,1991-01-02\n-1e-3,1991-01-03\n");
  const auto series = read_series(file.path());
  ASSERT_TRUE(series) << lines_of(series.problems());
  EXPECT_EQ(series->kind, SeriesKind::returns);
  EXPECT_EQ(series->values, (std::vector<double>{0.01, -0.001}));
}

TEST(SeriesReader, tells_every_problem_with_its_place) {
  EXPECT_EQ(
      problems_of("date,equity\n"
                  "1991-01-02,100\n"
                  "1991-02-30,101\n"
                  "1991-01-03,many\n"
                  "1991-01-03,102\n"
                  "1991-01-04,nan\n"
                  "1991-01-05,0\n"
                  "1991-01-06\n"),
      "SERIES_BAD_DATE s.csv:3:1: \"1991-02-30\" is no date, expected one like 1991-01-02\n"
      "SERIES_BAD_VALUE s.csv:4:12: equity \"many\" is no number\n"
      "SERIES_DATE_ORDER s.csv:5:1: the date 1991-01-03 follows 1991-01-03; one row a date, the oldest "
      "first\n"
      "SERIES_OUT_OF_RANGE s.csv:6:12: equity \"nan\" is not finite\n"
      "SERIES_OUT_OF_RANGE s.csv:7:12: equity \"0\" is not above zero: nothing has a return from there on\n"
      "CSV_RAGGED_ROW s.csv:8: the row has 1 fields, the header has 2\n");
}

TEST(SeriesReader, refuses_headers_it_cannot_compare) {
  EXPECT_EQ(problems_of("day,price\n1,2\n"),
            "CSV_HEADER s.csv:1:1: the column \"date\" is missing; expected date,equity or date,return\n"
            "CSV_HEADER s.csv:1:1: neither a column \"equity\" nor a column \"return\"; expected date,equity "
            "or date,return\n");
  EXPECT_EQ(problems_of("date,equity,return\n"),
            "CSV_HEADER s.csv:1:13: both \"equity\" and \"return\": only one can be compared; keep one of "
            "the two columns\n");
  EXPECT_EQ(problems_of(""), "CSV_EMPTY s.csv: the file is empty\n");
}

}  // namespace
