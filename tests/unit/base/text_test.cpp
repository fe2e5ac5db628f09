#include "host/base/text.hpp"

#include <gtest/gtest.h>

using namespace cadre::base;

TEST(Text, json_that_steers_no_terminal_says_the_same) {
  EXPECT_EQ(printable_json("{\"a\":\"caf\u00e9 \u202e \u009b \x7f\"}"),
            "{\"a\":\"caf\u00e9 \\u202e \\u009b \\u007f\"}");
  EXPECT_EQ(printable_json("\"\U000e0041\""), "\"\\udb40\\udc41\"");
  EXPECT_EQ(printable_json("[1,\n2]"), "[1,\n2]");
}

TEST(Nearest, finds_slips) {
  const std::vector<std::string> keys = {"max_iterations", "min_weight", "cash"};
  EXPECT_EQ(nearest("max_iteration", keys), "max_iterations");
  EXPECT_EQ(nearest("csah", keys), "cash");
  EXPECT_EQ(nearest("CASH", keys), "cash");
  EXPECT_EQ(did_you_mean("chash", keys), "; did you mean \"cash\"?");
}

TEST(Nearest, is_empty_when_nothing_is_near) {
  EXPECT_EQ(nearest("turnover", {"max_iterations", "cash"}), "");
  EXPECT_EQ(nearest("X", {"Y"}), "");
  EXPECT_EQ(nearest("", {"a"}), "");
  EXPECT_EQ(did_you_mean("turnover", {}), "");
}

TEST(Join, puts_the_separator_between) {
  EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(FormatDouble, is_short_and_reads_back) {
  EXPECT_EQ(format_double(0.1), "0.1");
  EXPECT_EQ(format_double(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(format_double(-2), "-2");
}

TEST(Utf8, accepts_every_length) {
  EXPECT_FALSE(first_invalid_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
}

TEST(Utf16, is_known_by_its_byte_order_mark) {
  EXPECT_TRUE(is_utf16("\xFF\xFE{"));
  EXPECT_TRUE(is_utf16("\xFE\xFF{"));
  EXPECT_FALSE(is_utf16("\xEF\xBB\xBF{"));
  EXPECT_FALSE(is_utf16("\xFF"));
}

TEST(Utf8, names_the_first_bad_byte) {
  EXPECT_EQ(first_invalid_utf8("ab\xE9"), 2u);                   // Latin-1
  EXPECT_EQ(first_invalid_utf8("\xC0\x80"), 0u);                 // overlong
  EXPECT_EQ(first_invalid_utf8("a\xED\xA0\x80"), 1u);            // surrogate
  EXPECT_EQ(first_invalid_utf8("\xF4\x90\x80\x80"), 0u);         // beyond U+10FFFF
  EXPECT_EQ(first_invalid_utf8(std::string("ok\xE2\x82")), 2u);  // cut
}

TEST(Printable, keeps_text_and_shows_what_a_terminal_would_obey_or_could_not_read) {
  EXPECT_EQ(printable("caf\xc3\xa9\tau lait \xe2\x82\xac 3"), "caf\xc3\xa9\tau lait \xe2\x82\xac 3");
  EXPECT_EQ(printable("\x1b[2Jgone\r\n\x7f"), "\\x1b[2Jgone\\x0d\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m");  // CSI in one character
  EXPECT_EQ(printable("\xff\xe2\x82"), "\\xff\\xe2\\x82");
  EXPECT_EQ(printable("sell\u202e\u2066yub\ufeff\u200b"), "sell\\u202e\\u2066yub\\ufeff\\u200b");
  EXPECT_EQ(printable("\U000e0041"), "\\u0e0041");
  EXPECT_EQ(printable_lines("a\x1b[2J\n\tb\r\n"), "a\\x1b[2J\n\tb\\x0d\n");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
}
