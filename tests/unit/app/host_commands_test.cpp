#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>

#include "host/app/command.hpp"
#include "host/app/host_connection.hpp"
#include "tests/unit/admin/served_host.hpp"
#include "tests/unit/app/status_fixture.hpp"

namespace cadre::app {

namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HostCommandsTest : public admin::testing::ServedHost {
 protected:
  void SetUp() override {
    ::unsetenv("CADRE_HOST");
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(folder_ / "");
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    ServedHost::TearDown();
  }

  HostArguments arguments() const {
    HostArguments with;
    with.host = socket().string();
    with.actor = "ann";
    with.reason = "why";
    return with;
  }
  /// Runs a command and keeps what it prints.
  int run(std::string_view path, const HostArguments& with) {
    int (*command)(const HostArguments&) = nullptr;
    for (const auto rows :
         {host_commands(), book_commands(), revision_commands(), host_experiment_commands()}) {
      for (const HostCommand& row : rows)
        if (row.path == path) command = row.run;
    }
    if (command == nullptr) throw std::logic_error("there is no command " + std::string(path));
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = command(with);
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return code;
  }
  std::filesystem::path file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  std::string out_, err_;
  std::filesystem::path before_;
};

TEST_F(HostCommandsTest, status_is_a_screen_or_json) {
  start();
  host_.next.body = testing::status_fixture();
  EXPECT_EQ(run("status", arguments()), exit_difference);
  EXPECT_THAT(out_, StartsWith("demo: running since 2026-11-25 02:04:39 UTC\n"));
  HostArguments with = arguments();
  with.json = true;
  EXPECT_EQ(run("status", with), exit_difference);
  EXPECT_EQ(json::parse(out_), host_.next.body);
}

TEST_F(HostCommandsTest, no_host_is_7_and_one_line) {
  EXPECT_EQ(run("status", arguments()), exit_not_reachable);
  EXPECT_THAT(err_, HasSubstr("no host can be reached"));
  EXPECT_EQ(run("status", {}), exit_not_reachable);
  EXPECT_EQ(err_, "no host runs with its state folder here; name its socket with --host [HOST_NOT_FOUND]\n");
}

TEST_F(HostCommandsTest, the_one_host_that_runs_here_is_found) {
  std::filesystem::create_directories(folder_ / "state");
  start({.socket = folder_ / "state" / "admin.sock"});
  EXPECT_EQ(run("status", {}), exit_fine) << err_;
}

TEST_F(HostCommandsTest, of_several_hosts_none_is_taken) {
  std::filesystem::create_directories(folder_ / "state");
  start();
  auto second = admin::HttpServer::start({.socket = folder_ / "state" / "admin.sock"},
                                         [](const admin::Request&) { return admin::Response{}; });
  ASSERT_TRUE(second);
  EXPECT_EQ(run("status", {}), exit_not_reachable);
  EXPECT_EQ(err_,
            "several hosts run here; name one with --host: admin.sock state/admin.sock [HOST_NOT_NAMED]\n");
}

TEST_F(HostCommandsTest, the_environment_names_the_host) {
  start();
  std::filesystem::current_path("/");
  ::setenv("CADRE_HOST", socket().c_str(), 1);
  EXPECT_EQ(run("status", {}), exit_fine) << err_;
}

TEST_F(HostCommandsTest, a_url_takes_the_token_of_a_file) {
  start({.port = 0, .token = "secret"});
  HostArguments with;
  with.host = "http://127.0.0.1:" + std::to_string(server_->port());
  EXPECT_EQ(run("status", with), exit_not_reachable);
  EXPECT_THAT(err_, HasSubstr("--token-file"));
  with.token_file = file("token", "secret\n");
  EXPECT_EQ(run("status", with), exit_fine) << err_;
  with.token_file = file("token", "\n");
  EXPECT_EQ(run("status", with), exit_invalid_input);
  with.host = "https://127.0.0.1:1";
  EXPECT_EQ(run("status", with), exit_usage);
}

TEST_F(HostCommandsTest, halt_and_resume_say_who_and_why) {
  start();
  HostArguments with = arguments();
  with.book = "main";
  with.flatten = true;
  EXPECT_EQ(run("halt", with), exit_fine);
  EXPECT_EQ(host_.last, "POST /v1/halt");
  EXPECT_EQ(host_.call.mandate.actor, "ann (" + admin::testing::own_user() + ")");
  EXPECT_EQ(host_.call.mandate.reason, "why");
  EXPECT_EQ(host_.call.text("book"), "main");
  EXPECT_TRUE(host_.call.flag("flatten"));
  EXPECT_FALSE(host_.call.flag("cancel_orders"));
  with.actor.clear();
  ::setenv("USER", "bob", 1);
  EXPECT_EQ(run("resume", with), exit_fine);
  EXPECT_EQ(host_.last, "POST /v1/resume");
  EXPECT_EQ(host_.call.mandate.actor, "bob (" + admin::testing::own_user() + ")");
  EXPECT_EQ(host_.call.text("book"), "main");
}

TEST_F(HostCommandsTest, every_refusal_has_its_exit_code_and_lines) {
  start();
  using live::Outcome;
  const std::pair<Outcome, int> cases[] = {{Outcome::invalid, exit_invalid_input},
                                           {Outcome::conflict, exit_conflict},
                                           {Outcome::stale, exit_conflict},
                                           {Outcome::unknown, exit_invalid_input},
                                           {Outcome::stopping, exit_not_reachable}};
  for (const auto& [outcome, code] : cases) {
    host_.next = {outcome, {}, {}};
    EXPECT_EQ(run("resume", arguments()), code);
    EXPECT_FALSE(err_.empty());
    host_.next.problems.error("A_B", {"f.json", 1, 2, "/x"}, "first");
    host_.next.problems.error("A_B", {}, "second");
    EXPECT_EQ(run("resume", arguments()), code);
    EXPECT_EQ(err_, "f.json:1:2 /x: first [A_B]\nsecond [A_B]\n");
    EXPECT_EQ(out_, "");
  }
}

TEST_F(HostCommandsTest, a_refusal_is_json_where_json_is_asked_for) {
  HostArguments with = arguments();
  with.json = true;
  EXPECT_EQ(run("status", with), exit_not_reachable);
  EXPECT_THAT(out_, HasSubstr(R"({"problems":[{"code":"HOST_NOT_REACHABLE","severity":"error",)"));
  EXPECT_THAT(err_, HasSubstr("[HOST_NOT_REACHABLE]"));
  start();
  host_.next = {live::Outcome::conflict, {}, {}};
  host_.next.problems.error("A_B", {"f.json", 1, 2, "/x"}, "first");
  EXPECT_EQ(run("resume", with), exit_conflict);
  EXPECT_THAT(out_, HasSubstr(R"("code":"A_B","severity":"error","file":"f.json","line":1,"column":2)"));
  EXPECT_EQ(err_, "f.json:1:2 /x: first [A_B]\n");
}

/// A scenario that is there, with its chain in a file of its own.
const char* const demo = CADRE_SOURCE_DIR "/manifests/scenarios/demo.json";

TEST_F(HostCommandsTest, apply_sends_one_complete_document_based_on_the_current_revision) {
  start();
  host_.next.body = json::parse(R"({"revision": {"number": 41}})");
  HostArguments with = arguments();
  with.file = demo;
  EXPECT_EQ(run("revision apply", with), exit_fine) << err_;
  EXPECT_EQ(host_.call.based_on, 41u);
  const json::value sent = json::parse(host_.call.document("config"));
  EXPECT_TRUE(sent.at("chain").is_object()) << "the chain's file is embedded";
  EXPECT_EQ(host_.call.text("origin"), demo);
  EXPECT_EQ(host_.last, "POST /v1/revisions");
}

TEST_F(HostCommandsTest, apply_takes_a_base_and_tries) {
  start();
  host_.next.body = json::parse(R"({"based_on": 7, "difference": {"changes": [
    {"pointer": "/a", "before": "1", "after": "2"}], "plugins": []},
    "stages": [{"stage": "risk", "agent": "cadre.x", "version": "1.0.0", "how": "new instance"}]})");
  HostArguments with = arguments();
  with.file = demo;
  with.based_on = 7;
  with.dry_run = true;
  EXPECT_EQ(run("revision apply", with), exit_fine) << err_;
  EXPECT_EQ(host_.last, "POST /v1/revisions:validate");
  EXPECT_EQ(host_.call.based_on, 7u);
  EXPECT_THAT(out_, StartsWith("/a: 1 → 2\n\nstage  agent"));
}

TEST_F(HostCommandsTest, a_file_that_is_not_json_is_refused_before_it_is_sent) {
  start();
  HostArguments with = arguments();
  with.file = file("host.json", "{\n  \"a\": }\n");
  EXPECT_EQ(run("revision apply", with), exit_invalid_input);
  EXPECT_THAT(err_, HasSubstr("host.json:2:"));
  EXPECT_EQ(host_.last, "");
}

TEST_F(HostCommandsTest, a_configuration_with_problems_is_refused_with_its_places_before_it_is_sent) {
  start();
  HostArguments with = arguments();
  with.file = file("host.json", "{\n  \"limit\": 1.50\n}\n");
  EXPECT_EQ(run("revision apply", with), exit_invalid_input);
  EXPECT_THAT(err_, HasSubstr("host.json:2:12 /limit: unknown key"));
  EXPECT_EQ(host_.last, "");
}

TEST_F(HostCommandsTest, rollback_goes_to_the_one_named_or_before) {
  start();
  host_.next.body = json::parse(R"({"revision": 43})");
  HostArguments with = arguments();
  with.based_on = 42;
  EXPECT_EQ(run("revision rollback", with), exit_fine);
  EXPECT_EQ(host_.last, "POST /v1/revisions:rollback");
  EXPECT_EQ(host_.call.based_on, 42u);
  EXPECT_EQ(out_, "revision 43 is current\n");
  with.to = 40;
  EXPECT_EQ(run("revision rollback", with), exit_fine);
  EXPECT_EQ(host_.last, "POST /v1/revisions/{n}:rollback");
  EXPECT_EQ(host_.call.number(0), 40u);
}

TEST_F(HostCommandsTest, diff_is_1_only_when_revisions_differ) {
  start();
  HostArguments with = arguments();
  with.number = 1;
  with.other_number = 2;
  host_.next.body = json::parse(R"({"changes": [], "plugins": []})");
  EXPECT_EQ(run("revision diff", with), exit_fine);
  host_.next.body =
      json::parse(R"({"changes": [{"pointer": "/a", "before": "1", "after": "2"}], "plugins": []})");
  EXPECT_EQ(run("revision diff", with), exit_difference);
  EXPECT_EQ(host_.call.path, (std::vector<std::string>{"1", "2"}));
}

TEST_F(HostCommandsTest, events_end_with_those_remembered) {
  start();
  host_.emit("halted");
  host_.emit("resumed");
  HostArguments with = arguments();
  with.after = 1;
  EXPECT_EQ(run("events", with), exit_fine) << err_;
  EXPECT_EQ(out_, "-  resumed  filling \n");
  with.json = true;
  EXPECT_EQ(run("events", with), exit_fine);
  EXPECT_EQ(out_, "{\"id\":2,\"event\":\"resumed\",\"filling\":\"\"}\n");
}

const char* const a_portfolio =
    R"({"book": "main", "books": [{"book": "main"}], "currency": "USD", "date": "2001-01-03",
    "equity": "4331451.5", "cash": "1234", "profit": "3544679", "costs": "12.345", "interest": "7.5",
    "positions": [{"instrument": "IBM", "quantity": "1200", "price": "94.5", "value": "113400", "weight": "0.026181"}],
    "working": [{"instrument": "IBM", "buys": "0", "sells": "1000"}, {"instrument": "T", "buys": "5", "sells": "0"}]})";

TEST_F(HostCommandsTest, a_portfolio_is_the_account_and_a_row_for_each_position_or_working_order) {
  start();
  host_.next.body = json::parse(a_portfolio);
  HostArguments with = arguments();
  with.book = "main";
  EXPECT_EQ(run("portfolio", with), exit_fine) << err_;
  EXPECT_EQ(host_.last, "GET /v1/books/{book}/portfolio");
  EXPECT_EQ(out_,
            "main, 2001-01-03\n"
            "\n"
            "USD\n"
            "----------------------\n"
            "equity    4,331,451.50\n"
            "cash          1,234.00\n"
            "profit    3,544,679.00\n"
            "costs            12.34\n"
            "interest          7.50\n"
            "\n"
            "instrument  quantity  price       value  weight  working\n"
            "-----------------------------------------------------------\n"
            "IBM            1,200   94.5  113,400.00  2.62 %  sell 1,000\n"
            "T                  0      -           -       -  buy 5\n");
  with.json = true;
  EXPECT_EQ(run("portfolio", with), exit_fine);
  EXPECT_EQ(json::parse(out_), host_.next.body);
}

TEST_F(HostCommandsTest, without_a_book_every_portfolio_is_shown_and_orders_want_one_named) {
  start();
  json::value body = json::parse(a_portfolio);
  body.at("books") = json::parse(R"([{"book": "main"}, {"book": "other"}])");
  host_.next.body = body;
  EXPECT_EQ(run("portfolio", arguments()), exit_fine) << err_;
  EXPECT_EQ(host_.call.path, std::vector<std::string>{"other"}) << "asked last";
  EXPECT_EQ(run("orders", arguments()), exit_invalid_input);
  EXPECT_EQ(err_, "the host has several books: main, other; name one with --book [BOOK_NOT_NAMED]\n");
}

TEST_F(HostCommandsTest, orders_say_what_became_of_each_and_why_it_was_rejected) {
  start();
  host_.next.body = json::parse(R"({"book": "main", "orders": [
    {"client_id": "main.7.2", "instrument": "IBM", "side": "buy", "type": "limit", "quantity": "1200", "filled": "100",
     "limit_price": "94.5", "status": "partially filled", "decided": "2001-01-03T21:00:00Z"},
    {"client_id": "main.7.1", "instrument": "T", "side": "sell", "type": "market", "quantity": "5", "filled": "0",
     "status": "rejected", "decided": "2001-01-03T21:00:00Z", "failed_checks": ["NOTIONAL", "RATE"]},
    {"client_id": "main.6.1", "instrument": "T", "side": "sell", "type": "market", "quantity": "5", "filled": "0",
     "status": "rejected", "decided": "2001-01-02T21:00:00Z", "reason": 3}]})");
  HostArguments with = arguments();
  with.book = "main";
  with.last = 7;
  EXPECT_EQ(run("orders", with), exit_fine) << err_;
  EXPECT_EQ(host_.last, "GET /v1/books/{book}/orders");
  EXPECT_EQ(host_.call.limit, 7u);
  EXPECT_THAT(out_,
              HasSubstr("main.7.2  IBM         buy   limit      1,200     100   94.5  partially filled"));
  EXPECT_THAT(out_, HasSubstr("pre-trade checks: NOTIONAL, RATE"));
  EXPECT_THAT(out_, HasSubstr("its execution environment, reason 3"));
  with.open = true;
  host_.next.body = json::parse(R"({"book": "main", "orders": []})");
  EXPECT_EQ(run("orders", with), exit_fine) << err_;
  EXPECT_EQ(host_.last, "GET /v1/books/{book}/orders/open");
  EXPECT_EQ(out_, "main: no order is open\n");
}

TEST_F(HostCommandsTest, events_of_an_unknown_book_or_kind_are_refused) {
  start();
  host_.next.body = json::parse(R"({"books": [{"book": "main"}]})");
  host_.emit("halt");
  HostArguments with = arguments();
  with.book = "mian";
  EXPECT_EQ(run("events", with), exit_invalid_input);
  EXPECT_EQ(out_, "");
  EXPECT_THAT(err_, HasSubstr("did you mean \"main\"?"));
  with.book.clear();
  with.kind = "hlat";
  EXPECT_EQ(run("events", with), exit_invalid_input);
  EXPECT_THAT(err_, HasSubstr("[COMMAND_KIND]"));
}

TEST_F(HostCommandsTest, resuming_a_book_that_decides_says_that_it_was_not_halted) {
  start();
  host_.next.body = json::parse(R"({"resumed": [], "not_halted": ["main"]})");
  EXPECT_EQ(run("resume", arguments()), exit_fine);
  EXPECT_EQ(out_, "main was not halted\n");
  host_.next.body = json::parse(R"({"number": 3, "resumed": ["other"], "not_halted": ["main"]})");
  EXPECT_EQ(run("resume", arguments()), exit_fine);
  EXPECT_EQ(out_, "main was not halted\ndeciding again\n");
}

TEST_F(HostCommandsTest, ending_an_experiment_twice_says_that_it_had_ended) {
  start();
  HostArguments with = arguments();
  with.name = "my";
  host_.next.body = json::parse(R"({"name": "my"})");
  EXPECT_EQ(run("experiment stop", with), exit_fine);
  EXPECT_EQ(out_, "experiment my is ended\n");
  host_.next.body = json::parse(R"({"name": "my", "had_ended": true, "reason": "stopped by ann: why"})");
  EXPECT_EQ(run("experiment stop", with), exit_fine);
  EXPECT_EQ(out_, "experiment my had ended already: stopped by ann: why\n");
}

TEST_F(HostCommandsTest, results_are_written_and_judged) {
  start();
  host_.next.body = json::parse(R"({"comparison": {"verdict": "worse", "reason": "it is", "n": 300,
    "mean_difference": -0.0001, "periods_needed": 120, "sequential": {"ci_low": -0.0002, "ci_high": -0.00005}},
    "page": "<html></html>"})");
  HostArguments with = arguments();
  with.name = "my test";
  with.out = folder_ / "results";
  EXPECT_EQ(run("experiment results", with), exit_difference) << err_;
  EXPECT_EQ(host_.call.path, std::vector<std::string>{"my test"});
  EXPECT_THAT(out_, StartsWith("my test: worse: it is\n"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "results" / "report.html"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "results" / "comparison.json"));
}

TEST_F(HostCommandsTest, experiments_are_started_listed_and_ended) {
  start();
  HostArguments with = arguments();
  with.file = file("e.json", "{\"x\": 1.0}");
  with.name = "hrp";
  EXPECT_EQ(run("experiment start", with), exit_fine) << err_;
  EXPECT_EQ(host_.call.document("experiment"), "{\"x\": 1.0}");
  EXPECT_EQ(host_.call.text("origin"), with.file.string());
  EXPECT_EQ(run("experiment stop", with), exit_fine);
  EXPECT_EQ(host_.call.path, std::vector<std::string>{"hrp"});
  host_.next.body = json::parse(R"({"experiments": [{"name": "hrp", "state": "running"}]})");
  EXPECT_EQ(run("experiment status", with), exit_fine);
  EXPECT_THAT(out_, HasSubstr("hrp"));
}

}  // namespace

}  // namespace cadre::app
