#include "host/admin/http_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cadre::admin {

namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(HttpMessageTest, percent_escapes_come_back_as_they_were) {
  const std::string name = "a b/c:d%é";
  EXPECT_EQ(percent_encoded("a b/c:d"), "a%20b%2Fc%3Ad");
  EXPECT_EQ(percent_decoded(percent_encoded(name)), name);
}

TEST(HttpMessageTest, a_broken_escape_is_refused) {
  for (const char* text : {"%", "%4", "%4g", "a%zz"})
    EXPECT_EQ(percent_decoded(text), std::nullopt) << text;
}

TEST(HttpMessageTest, a_query_is_read_as_members) {
  EXPECT_THAT(*query_members("limit=5&after=&x%20y"),
              ElementsAre(Pair("after", ""), Pair("limit", "5"), Pair("x y", "")));
  EXPECT_TRUE(query_members("")->empty());
}

TEST(HttpMessageTest, a_member_that_comes_twice_is_refused) {
  EXPECT_EQ(query_members("limit=5&limit=6"), std::nullopt);
}

TEST(HttpMessageTest, a_count_has_digits_only) {
  EXPECT_EQ(parse_count("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "18446744073709551616"})
    EXPECT_EQ(parse_count(text), std::nullopt) << text;
}

TEST(HttpMessageTest, secrets_are_equal_only_when_they_are) {
  EXPECT_TRUE(equal_secrets("secret", "secret"));
  EXPECT_FALSE(equal_secrets("secret", "secret "));
  EXPECT_FALSE(equal_secrets("secret", ""));
}

TEST(HttpMessageTest, a_frame_is_read_back_whatever_its_pieces) {
  const std::string frame = to_frame({"7", "decision", "one\ntwo"});
  EXPECT_EQ(frame, "id: 7\nevent: decision\ndata: one\ndata: two\n\n");
  EventParser parser;
  std::vector<EventParser::Item> items;
  for (const char c : ": now\n\n" + frame) {
    for (auto& item : parser.feed(std::string_view(&c, 1)))
      items.push_back(item);
  }
  ASSERT_EQ(items.size(), 2u);
  EXPECT_TRUE(items[0].is_comment);
  EXPECT_EQ(items[0].comment, "now");
  EXPECT_EQ(items[1].event.id, "7");
  EXPECT_EQ(items[1].event.event, "decision");
  EXPECT_EQ(items[1].event.data, "one\ntwo");
}

}  // namespace

}  // namespace cadre::admin
