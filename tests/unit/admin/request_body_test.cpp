#include "host/admin/request_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cadre::admin {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Request body_of(std::string type, std::string body) {
  return {.method = "POST",
          .path = "/",
          .query = {},
          .headers = {{"content-type", type}},
          .body = std::move(body)};
}

TEST(RequestBodyTest, elements_keep_their_digits_and_their_commas) {
  EXPECT_THAT(element_texts(R"( [ {"p": 1.10, "t": "a,]}\"b"}, {"q": [1, {"x": 2}]} ] )"),
              ElementsAre(R"({"p": 1.10, "t": "a,]}\"b"})", R"({"q": [1, {"x": 2}]})"));
  EXPECT_TRUE(element_texts("[ ]").empty());
}

TEST(RequestBodyTest, a_member_keeps_its_lines) {
  const char* text = "{\"a\": {\"config\": 1}, \"config\":\n{\n  \"x\": 1.50\n}, \"c\\u0064\": 2}";
  EXPECT_EQ(member_text(text, "config"), "\n{\n  \"x\": 1.50\n}");
  EXPECT_EQ(member_text(text, "cd"), " 2");
  EXPECT_EQ(member_text(text, "x"), "");
}

TEST(RequestBodyTest, one_object_an_array_and_lines_are_inputs) {
  std::vector<std::string> texts;
  EXPECT_FALSE(read_inputs(body_of("application/json", R"({"a": 1})"), texts));
  EXPECT_THAT(texts, ElementsAre(R"({"a": 1})"));
  texts.clear();
  EXPECT_FALSE(read_inputs(body_of("application/json; charset=utf-8", R"([{"a": 1}, {}])"), texts));
  EXPECT_THAT(texts, ElementsAre(R"({"a": 1})", "{}"));
  texts.clear();
  EXPECT_FALSE(read_inputs(body_of("application/x-ndjson", "{\"a\": 1}\r\n\n{}"), texts));
  EXPECT_THAT(texts, ElementsAre(R"({"a": 1})", "{}"));
}

TEST(RequestBodyTest, bad_inputs_are_refused_with_their_place) {
  struct Case {
    const char* type;
    const char* body;
    unsigned status;
    const char* says;
  };
  const Case cases[] = {{"text/csv", "a,b", 415, "application/x-ndjson"},
                        {"", "{}", 415, "application/x-ndjson"},
                        {"application/json", "", 400, "malformed"},
                        {"application/json", "[{}", 400, "malformed"},
                        {"application/x-ndjson", "{}\n{]\n", 400, "\"line\":2"},
                        {"application/json", "7", 422, "REQUEST_WRONG_TYPE"},
                        {"application/json", "[{}, 7]", 422, "\"pointer\":\"/1\""},
                        {"application/x-ndjson", "{}\n7\n", 422, "\"line\":2"},
                        {"application/json", "[]", 422, "nothing"},
                        {"application/x-ndjson", "\n\n", 422, "nothing"}};
  for (const Case& c : cases) {
    std::vector<std::string> texts;
    const auto refused = read_inputs(body_of(c.type, c.body), texts);
    ASSERT_TRUE(refused) << c.body;
    EXPECT_EQ(refused->status, c.status) << c.body;
    EXPECT_THAT(refused->body, HasSubstr(c.says)) << c.body;
  }
}

TEST(RequestBodyTest, too_many_inputs_are_413) {
  std::string body;
  for (std::size_t i = 0; i <= inputs_max; ++i)
    body += "{}\n";
  std::vector<std::string> texts;
  EXPECT_EQ(read_inputs(body_of("application/x-ndjson", body), texts)->status, 413u);
}

TEST(RequestBodyTest, an_empty_book_is_not_all_books) {
  control::Call call;
  const control::Member members[] = {{"book"}};
  const auto refused =
      read_change(body_of("application/json", R"({"actor": "a", "reason": "b", "book": ""})"), members, call);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 422u);
  EXPECT_THAT(refused->body, HasSubstr("book is empty"));
}

TEST(RequestBodyTest, every_fault_of_a_change_is_named_at_once) {
  control::Call call;
  const control::Member members[] = {{"flatten", control::Member::Kind::flag},
                                     {"config", control::Member::Kind::document, true}};
  const Request request =
      body_of("application/json", R"({"actor": " ", "resaon": "x", "flatten": 1, "config": 7})");
  const auto refused = read_change(request, members, call);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 422u);
  for (const char* says : {"actor is missing", "reason is missing", "did you mean",
                           "flatten has to be true or false", "config has to be an object"})
    EXPECT_THAT(refused->body, HasSubstr(says));
}

Request change_by(std::string user, std::string body) {
  Request request = body_of("application/json", std::move(body));
  request.user = std::move(user);
  return request;
}

TEST(RequestBodyTest, a_media_type_is_compared_without_regard_to_case) {
  control::Call call;
  EXPECT_FALSE(
      read_change(body_of("Application/JSON; Charset=UTF-8", R"({"actor": "a", "reason": "b"})"), {}, call));
  std::vector<std::string> texts;
  EXPECT_FALSE(read_inputs(body_of("APPLICATION/X-NDJSON", "{}"), texts));
}

TEST(RequestBodyTest, the_actor_is_the_user_at_the_other_end_with_the_name_that_was_added) {
  const auto actor = [](std::string user, std::string body) {
    control::Call call;
    EXPECT_FALSE(read_change(change_by(std::move(user), body), {}, call)) << body;
    return call.mandate.actor;
  };
  EXPECT_EQ(actor("root", R"({"reason": "b"})"), "root");
  EXPECT_EQ(actor("root", R"({"actor": "root", "reason": "b"})"), "root");
  EXPECT_EQ(actor("root", R"({"actor": " anna ", "reason": "b"})"), "anna (root)");
  EXPECT_EQ(actor("uid 7", R"({"actor": "root", "reason": "b"})"), "root (uid 7)");
  EXPECT_EQ(actor("watch", R"({"actor": "watch", "reason": "b"})"), "user watch");
  EXPECT_EQ(actor("", R"({"actor": "anna", "reason": "b"})"), "anna (token)");
}

TEST(RequestBodyTest, nobody_claims_to_be_the_host_itself) {
  for (const char* name : {"watch", "host", "Host", "guardrail"}) {
    control::Call call;
    const auto refused =
        read_change(change_by("root", R"({"reason": "b", "actor": ")" + std::string(name) + "\"}"), {}, call);
    ASSERT_TRUE(refused) << name;
    EXPECT_EQ(refused->status, 422u);
    EXPECT_THAT(refused->body, HasSubstr("REQUEST_ACTOR_RESERVED"));
  }
}

TEST(RequestBodyTest, a_reason_may_have_a_thousand_characters_and_no_more) {
  std::string reason;
  for (int i = 0; i < 1'000; ++i)
    reason += "\u00e9";  // two bytes each
  control::Call call;
  EXPECT_FALSE(read_change(change_by("root", R"({"reason": ")" + reason + "\"}"), {}, call));
  const auto refused = read_change(change_by("root", R"({"reason": ")" + reason + "x\"}"), {}, call);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 422u);
  EXPECT_THAT(refused->body, HasSubstr("reason has 1001 characters, it may have 1000"));
}

}  // namespace

}  // namespace cadre::admin
