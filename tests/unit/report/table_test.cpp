#include "host/report/table.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace {

using namespace cadre::report;

TEST(Table, aligns_its_columns_and_ends_no_line_in_blanks) {
  TextTable table({{"name", Align::left}, {"value", Align::right}, {"why", Align::left}});
  table.add_row({"equity", "1,000.00", ""});
  table.add_rule();
  table.add_row({"caf\xc3\xa9", "2", "x"});
  EXPECT_EQ(table.to_string(),
            "name       value  why\n"
            "---------------------\n"
            "equity  1,000.00\n"
            "---------------------\n"
            "caf\xc3\xa9           2  x\n");
}

TEST(Table, goes_on_below_where_a_line_would_be_wider_than_asked) {
  TextTable table({{"name", Align::left}, {"value", Align::right}, {"why", Align::left}});
  table.add_row({"equity", "1,000.00", "all that it is worth and not a cent more"});
  EXPECT_EQ(table.to_string(46),
            "name       value  why\n"
            "----------------------------------------------\n"
            "equity  1,000.00  all that it is worth and not\n"
            "                  a cent more\n");
  EXPECT_EQ(table.to_string(80), table.to_string()) << "wide enough";
}

TEST(Table, puts_what_would_be_too_narrow_below_each_row) {
  TextTable table(
      {{"name", Align::left}, {"value", Align::right}, {"at", Align::right}, {"why", Align::left}});
  table.add_row({"equity", "1,000.00", "7", "all that it is worth and not a cent more"});
  table.add_row({"cash", "2.00", "8", ""});
  EXPECT_EQ(table.to_string(40),
            "name       value  at\n"
            "--------------------\n"
            "equity  1,000.00   7\n"
            "    why: all that it is worth and not a\n"
            "      cent more\n"
            "cash        2.00   8\n");
  EXPECT_EQ(table.to_string(18),
            "name       value\n"
            "----------------\n"
            "equity  1,000.00\n"
            "    at: 7; why:\n"
            "      all that it\n"
            "      is worth and\n"
            "      not a cent\n"
            "      more\n"
            "cash        2.00\n"
            "    at: 8\n");
}

TEST(Table, breaks_no_word_no_number_and_no_time_for_the_width) {
  TextTable table({{"agent", Align::left}, {"time", Align::left}, {"value", Align::right}});
  table.add_row({"cadre.execution_rules", "2001-01-02 21:00:00", "1,000.00"});
  EXPECT_EQ(table.to_string(45),
            "agent                  time\n"
            "------------------------------------------\n"
            "cadre.execution_rules  2001-01-02 21:00:00\n"
            "    value: 1,000.00\n");
  EXPECT_EQ(table.to_string(10),
            "agent\n"
            "---------------------\n"
            "cadre.execution_rules\n"
            "    time:\n"
            "      2001-01-02\n"
            "      21:00:00;\n"
            "      value:\n"
            "      1,000.00\n");
}

TEST(Table, width_is_what_a_terminal_shows) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("caf\xc3\xa9"), 4u);
  EXPECT_EQ(display_width("e\xcc\x81"), 1u) << "a combining accent takes no column";
  EXPECT_EQ(display_width("\xe6\x97\xa5\xe6\x9c\xac"), 4u) << "two wide characters";
  EXPECT_EQ(display_width("\xf0\x9f\x93\x88"), 2u);
}

TEST(Table, bytes_that_are_no_text_do_no_harm) {
  EXPECT_EQ(display_width("\xff\xc3"), 2u);
  EXPECT_EQ(display_width("\xe6\x97"), 1u);
}

TEST(Table, separates_thousands) {
  EXPECT_EQ(with_thousands(uint64_t{0}), "0");
  EXPECT_EQ(with_thousands(uint64_t{999}), "999");
  EXPECT_EQ(with_thousands(uint64_t{1234567}), "1,234,567");
  EXPECT_EQ(with_thousands("-123456.7891"), "-123,456.7891");
  EXPECT_EQ(with_thousands("-"), "-");
}

TEST(Table, numbers_for_people) {
  EXPECT_EQ(percent(0.12345), "12.35 %");
  EXPECT_EQ(percent(-0.5, 0), "-50 %");
  EXPECT_EQ(decimals(1234.5, 2), "1,234.50");
  EXPECT_EQ(decimals(-0.0001, 2), "0.00") << "no negative zero";
  EXPECT_EQ(percent(std::numeric_limits<double>::quiet_NaN()), "-");
  EXPECT_EQ(decimals(std::numeric_limits<double>::infinity(), 2), "-");
}

TEST(Table, money_has_two_decimals) {
  using cadre::base::Money;
  EXPECT_EQ(money(Money::from_raw(1'234'567'895'000)), "1,234,567.90") << "half to even";
  EXPECT_EQ(money(Money::from_raw(-5'000)), "0.00");
  EXPECT_EQ(money(Money::from_raw(-15'000)), "-0.02");
  EXPECT_EQ(money(Money::from_raw(std::numeric_limits<int64_t>::max())), "9,223,372,036,854.78");
}

}  // namespace
