#include "host/admin/routes.hpp"

#include <gmock/gmock.h>

#include "host/base/json.hpp"
#include "tests/unit/admin/served_host.hpp"

namespace cadre::admin {

namespace {

namespace json = boost::json;
using RoutesTest = testing::ServedHost;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char* const mandate = R"({"actor": "ann", "reason": "why"})";
const char* const change =
    R"({"actor": "ann", "reason": "why", "origin": "/x/host.json", "config": {"a": 1.50}})";

TEST_F(RoutesTest, every_read_reaches_its_operation) {
  start();
  const std::tuple<const char*, const char*, std::vector<std::string>, std::size_t> cases[] = {
      {"/v1/books/main/portfolio", "GET /v1/books/{book}/portfolio", {"main"}, 0},
      {"/v1/books/my%20book/portfolio", "GET /v1/books/{book}/portfolio", {"my book"}, 0},
      {"/v1/books/main/orders", "GET /v1/books/{book}/orders", {"main"}, 50},
      {"/v1/books/main/orders?limit=7", "GET /v1/books/{book}/orders", {"main"}, 7},
      {"/v1/books/main/decisions?limit=1000", "GET /v1/books/{book}/decisions", {"main"}, 1000},
      {"/v1/revisions", "GET /v1/revisions", {}, 0},
      {"/v1/revisions/41", "GET /v1/revisions/{n}", {"41"}, 0},
      {"/v1/revisions/40/diff/41", "GET /v1/revisions/{a}/diff/{b}", {"40", "41"}, 0},
      {"/v1/experiments", "GET /v1/experiments", {}, 0},
      {"/v1/experiments/hrp/results", "GET /v1/experiments/{name}/results", {"hrp"}, 0}};
  for (const auto& [target, called, path, limit] : cases) {
    host_.next = {live::Outcome::done, json::object{{"answer", target}}, {}};
    const ClientResponse response = get(target);
    EXPECT_EQ(response.status, 200u) << target;
    EXPECT_EQ(host_.last, called);
    EXPECT_EQ(host_.call.path, path) << target;
    EXPECT_EQ(host_.call.limit, limit) << target;
    EXPECT_EQ(json::parse(response.body), host_.next.body);
    EXPECT_EQ(response.headers.at("content-type"), "application/json");
  }
}

TEST_F(RoutesTest, every_change_reaches_its_operation) {
  start();
  const std::pair<const char*, const char*> cases[] = {
      {"/v1/resume", "POST /v1/resume"},
      {"/v1/revisions/40:rollback", "POST /v1/revisions/{n}:rollback"},
      {"/v1/revisions:rollback", "POST /v1/revisions:rollback"},
      {"/v1/experiments/hrp:stop", "POST /v1/experiments/{name}:stop"}};
  for (const auto& [target, called] : cases) {
    EXPECT_EQ(post(target, mandate, {{"If-Match", "\"41\""}}).status, 200u) << target;
    EXPECT_EQ(host_.last, called);
    EXPECT_EQ(host_.call.mandate.actor, "ann (" + testing::own_user() + ")");
    EXPECT_EQ(host_.call.mandate.reason, "why");
  }
  EXPECT_THAT(host_.call.path, ElementsAre("hrp"));
}

TEST_F(RoutesTest, a_change_brings_its_texts_flags_and_documents) {
  start();
  EXPECT_EQ(
      post("/v1/halt",
           R"({"actor": "ann", "reason": "why", "book": "main", "cancel_orders": true, "flatten": false})")
          .status,
      200u);
  EXPECT_EQ(host_.last, "POST /v1/halt");
  EXPECT_EQ(host_.call.text("book"), "main");
  EXPECT_TRUE(host_.call.flag("cancel_orders"));
  EXPECT_FALSE(host_.call.flag("flatten"));
  EXPECT_EQ(post("/v1/experiments", R"({"actor": "ann", "reason": "why", "experiment": {"x": 1.0}})").status,
            200u);
  EXPECT_EQ(host_.call.document("experiment"), " {\"x\": 1.0}");
  EXPECT_EQ(host_.call.text("book"), "");
}

TEST_F(RoutesTest, every_change_without_a_reason_is_422) {
  start();
  for (const char* target :
       {"/v1/halt", "/v1/reduce", "/v1/resume", "/v1/revisions/40:rollback", "/v1/revisions:rollback",
        "/v1/revisions:validate", "/v1/revisions", "/v1/experiments", "/v1/experiments/hrp:stop"}) {
    for (const char* body : {R"({"actor": "ann", "config": {}})", R"({"reason": " "})", "{}"})
      EXPECT_EQ(post(target, body, {{"If-Match", "\"1\""}}).status, 422u) << target << body;
  }
  EXPECT_EQ(host_.last, "");
}

TEST_F(RoutesTest, bars_and_signals_arrive_as_they_were_sent) {
  start();
  host_.next = {live::Outcome::accepted, json::object{{"accepted", 2}}, {}};
  const ClientResponse response = post("/v1/books/main/bars", R"([{"close": 1.10}, {"close": 2}])");
  EXPECT_EQ(response.status, 202u);
  EXPECT_EQ(host_.last, "POST /v1/books/{book}/bars");
  EXPECT_THAT(host_.call.path, ElementsAre("main"));
  EXPECT_THAT(host_.call.inputs, ElementsAre(R"({"close": 1.10})", R"({"close": 2})"));
  EXPECT_EQ(post("/v1/books/main/signals", "{}\n{}\n", {{"Content-Type", "application/x-ndjson"}}).status,
            202u);
  EXPECT_EQ(host_.last, "POST /v1/books/{book}/signals");
  EXPECT_THAT(host_.call.inputs, ElementsAre("{}", "{}"));
}

TEST_F(RoutesTest, a_full_queue_says_how_many_were_taken_and_when_to_come_back) {
  start();
  host_.next = {live::Outcome::full, json::object{{"accepted", 3}}, {}};
  const ClientResponse response = post("/v1/books/main/bars", "{}");
  EXPECT_EQ(response.status, 429u);
  EXPECT_EQ(response.headers.at("retry-after"), "1");
  EXPECT_EQ(json::parse(response.body).at("accepted"), 3);
}

TEST_F(RoutesTest, applying_needs_the_revision_it_is_based_on) {
  start();
  EXPECT_EQ(post("/v1/revisions", change).status, 428u);
  for (const char* back : {"/v1/revisions:rollback", "/v1/revisions/1:rollback"})
    EXPECT_EQ(post(back, mandate).status, 428u) << back;
  for (const char* tag : {"41", "*", "\"x\"", "\"\"", "W/\"41\""})
    EXPECT_EQ(post("/v1/revisions", change, {{"If-Match", tag}}).status, 400u) << tag;
  EXPECT_EQ(host_.last, "");
  host_.next = {live::Outcome::created, json::object{{"number", 42}}, {}};
  EXPECT_EQ(post("/v1/revisions", change, {{"If-Match", "\"41\""}}).status, 201u);
  EXPECT_EQ(host_.last, "POST /v1/revisions");
  EXPECT_EQ(host_.call.based_on, 41u);
  EXPECT_EQ(host_.call.document("config"), " {\"a\": 1.50}");
  EXPECT_EQ(host_.call.text("origin"), "/x/host.json");
  EXPECT_EQ(host_.call.mandate.actor, "ann (" + testing::own_user() + ")");
  EXPECT_EQ(host_.call.mandate.reason, "why");
}

TEST_F(RoutesTest, validating_needs_no_revision) {
  start();
  EXPECT_EQ(post("/v1/revisions:validate", change).status, 200u);
  EXPECT_EQ(host_.last, "POST /v1/revisions:validate");
  EXPECT_FALSE(host_.call.based_on);
}

TEST_F(RoutesTest, every_outcome_has_its_status_and_problem) {
  start();
  using live::Outcome;
  const std::tuple<Outcome, unsigned, const char*> cases[] = {
      {Outcome::unknown, 404, "Not Found"},         {Outcome::conflict, 409, "Conflict"},
      {Outcome::stale, 412, "Precondition Failed"}, {Outcome::invalid, 422, "Unprocessable Content"},
      {Outcome::full, 429, "Too Many Requests"},    {Outcome::stopping, 503, "Service Unavailable"}};
  for (const auto& [outcome, status, title] : cases) {
    host_.next = {outcome, {}, {}};
    host_.next.problems.error("CONFIG_OUT_OF_RANGE", {"host.json", 14, 22, "/a"}, "0 is below the minimum 1",
                              "use 1");
    const ClientResponse response = get("/v1/revisions/7");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.headers.at("content-type"), "application/problem+json");
    const json::value problem = json::parse(response.body);
    EXPECT_EQ(problem.at("title"), title);
    EXPECT_EQ(problem.at("status"), status);
    EXPECT_TRUE(problem.at("type").as_string().starts_with("urn:cadre:problem:"));
    EXPECT_EQ(problem.at("detail"),
              "host.json:14:22 /a: 0 is below the minimum 1; use 1 [CONFIG_OUT_OF_RANGE]");
    const json::value expected{{"code", "CONFIG_OUT_OF_RANGE"},
                               {"severity", "error"},
                               {"file", "host.json"},
                               {"line", 14},
                               {"column", 22},
                               {"pointer", "/a"},
                               {"message", "0 is below the minimum 1"},
                               {"next_step", "use 1"}};
    EXPECT_EQ(base::canonical(problem.at("problems").at(0)), base::canonical(expected));
    EXPECT_FALSE(response.headers.contains("etag"));
  }
}

TEST_F(RoutesTest, revision_and_status_carry_the_tag_that_applying_wants) {
  start();
  host_.next = {live::Outcome::done, json::object{{"revision", json::object{{"number", 41}}}}, {}};
  EXPECT_EQ(get("/v1/status").headers.at("etag"), "\"41\"");
  host_.next.body = json::object{{"revision", 7}};
  EXPECT_EQ(get("/v1/revisions/7").headers.at("etag"), "\"7\"");
  host_.next.body = json::object{};
  EXPECT_FALSE(get("/v1/status").headers.contains("etag"));
}

TEST_F(RoutesTest, readiness_follows_the_host) {
  start();
  EXPECT_EQ(get("/readyz").status, 200u);
  host_.is_ready = false;
  EXPECT_EQ(get("/readyz").status, 503u);
  EXPECT_EQ(get("/healthz").status, 200u);
}

TEST_F(RoutesTest, metrics_are_text_of_prometheus) {
  start();
  const ClientResponse response = get("/metrics");
  EXPECT_THAT(response.headers.at("content-type"), HasSubstr("text/plain; version=0.0.4"));
  EXPECT_EQ(response.body, "cadre_orders_total 7\n");
}

TEST_F(RoutesTest, what_is_not_there_is_404) {
  start();
  for (const char* target : {"/", "/v1", "/v1/books", "/v1/books//orders", "/v1/books/a/b/orders",
                             "/v1/status/", "/V1/status", "/v1/books/%zz/orders"})
    EXPECT_EQ(get(target).status, 404u) << target;
  EXPECT_EQ(post("/v1/revisions/4:forward", mandate).status, 404u);
}

TEST_F(RoutesTest, a_wrong_method_is_405_and_names_the_right_ones) {
  start();
  EXPECT_EQ(post("/v1/status", "{}").headers.at("allow"), "GET, HEAD");
  EXPECT_EQ(get("/v1/halt").headers.at("allow"), "POST");
  const ClientResponse response = send(address(), {"DELETE", "/v1/revisions", {}, {}});
  EXPECT_EQ(response.status, 405u);
  EXPECT_EQ(response.headers.at("allow"), "GET, HEAD, POST");
  EXPECT_EQ(get("/v1/revisions/4:rollback").status, 405u);
}

TEST_F(RoutesTest, a_query_that_is_unknown_or_out_of_range_is_400) {
  start();
  for (const char* query : {"limt=5", "limit=0", "limit=1001", "limit=x", "limit=", "limit=5&limit=6", "%=1"})
    EXPECT_EQ(get("/v1/books/main/orders?" + std::string(query)).status, 400u) << query;
  EXPECT_THAT(get("/v1/books/main/orders?limt=5").body, HasSubstr("did you mean"));
  EXPECT_EQ(get("/v1/status?limit=5").status, 400u);
  EXPECT_EQ(get("/v1/status?=1").status, 400u);
}

TEST(RouteTableTest, every_route_has_a_line_for_the_reference) {
  for (const RouteDescription& route : routes()) {
    EXPECT_TRUE(route.pattern.starts_with('/'));
    EXPECT_FALSE(route.description.empty()) << route.pattern;
    EXPECT_TRUE(route.method == "GET" || route.method == "POST");
  }
  EXPECT_EQ(routes().size(), 32u);
}

}  // namespace

}  // namespace cadre::admin
