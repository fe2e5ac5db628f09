#include "host/app/status_screen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "host/report/table.hpp"
#include "tests/unit/app/status_fixture.hpp"

namespace cadre::app {

namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::status_fixture;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

/// Without the breaks of its lines.
std::string on_one_line(const std::string& text) {
  std::string joined;
  for (const std::string& line : lines_of(text))
    joined += line.substr(std::min(line.find_first_not_of(' '), line.size())) + ' ';
  return joined;
}

TEST(StatusScreenTest, says_who_hangs_who_is_left_out_and_how_the_last_host_ended) {
  const json::value status = json::parse(R"json({"name": "demo", "state": "running", "books": [
    {"book": "main", "state": "stuck", "reason": "risk has not come back", "halt_is_due": true, "stages": []},
    {"book": "other", "state": "halted", "reason": "host: gone",
     "stages": [{"stage": "sizer", "agent": "my.sizer", "left_out": "SIGSEGV at 0x0 (quarantine 1)"}]}],
    "hanging": ["sizer in init has not come back"],
    "last_run": {"end": "crashed", "what": "sizer: SIGSEGV at 0x0", "suspects": ["risk in decide"]}})json");
  const std::string screen = on_one_line(status_screen(status));
  for (const char* part :
       {"main is stuck: risk has not come back", "main is halted: no order leaves it",
        "other is without sizer, which is in quarantine: SIGSEGV at 0x0 (quarantine 1)",
        "hanging: sizer in init has not come back", "the host before this one crashed: sizer: SIGSEGV at 0x0",
        "under way when the host before this one ended: risk in decide"})
    EXPECT_THAT(screen, HasSubstr(part));
  EXPECT_THAT(screen, Not(HasSubstr("nothing is wrong")));
}

TEST(StatusScreenTest, of_a_quarantine_names_every_agent_with_what_it_did) {
  const json::value held = json::parse(R"({"quarantine": [{"id": 3, "time": "2026-11-25T02:04:39.000Z",
    "agent": "my.risk", "version": "1.2.0", "book": "main", "stage": "risk", "call": "decide", "why": "SIGFPE at 0x7f"}]})");
  const std::string table = quarantine_table(held);
  for (const char* part :
       {"3", "2026-11-25 02:04:39", "my.risk 1.2.0", "main", "risk", "decide", "SIGFPE at 0x7f"})
    EXPECT_THAT(table, HasSubstr(part));
  EXPECT_EQ(quarantine_table(json::parse(R"({"quarantine": []})")), "nothing is in quarantine\n");
}

TEST(StatusScreenTest, the_screen_is_this) {
  const std::string expected = R"(
demo: running since 2026-11-25 02:04:39 UTC
cadre 0.9.0, process 4711, state in runs/live
revision 42, made from 41, since 2026-11-25 02:10:00 by ann: the limit of the
  largest position goes from ten to eight per cent

book    state     date        equity USD      profit  open  queue  decided
--------------------------------------------------------------------------
main    deciding  2011-05-02   1,034,568      34,568     3      0    1,234
second  halted    2011-05-02          -5  -1,000,005     0    600        9

chain of main, revision 42
stage           agent                               version  since  failures
----------------------------------------------------------------------------
position_sizer  cadre.position_sizer.kelly_with_a…  1.0.0       40         0
risk_manager    cadre.risk_manager.cvar (process)   2.1.0       42         2

process  its agents    seconds  MiB  grown
------------------------------------------
   4712  risk_manager       12   35      4

experiments
name  book  state    since       periods  verdict
------------------------------------------------------
hrp   main  running  2026-11-25    1,200  inconclusive

what is wrong
  main: risk_manager (cadre.risk_manager.cvar) failed 2 times (told until
      another version or other settings come, or the book is 30 days further)
  second is halted: drawdown of 12 %
  second has 600 of 1,024 inputs waiting
  refused 2026-11-25 02:20:00, by watch, from host.json
    chain.json:14:22 /risk/max: 0 is below the minimum 1; use at least 1
      [CONFIG_OUT_OF_RANGE]
  waiting for libnew.so: does not match its manifest yet
  RETAINED libold.so: a thread of it runs

what to do next
  `cadre resume --book second --reason ...` once the drawdown is understood
)";
  EXPECT_EQ("\n" + status_screen(status_fixture()), expected);
}

TEST(StatusScreenTest, no_line_is_wider_than_a_terminal) {
  for (const std::string& line : lines_of(status_screen(status_fixture())))
    EXPECT_LE(report::display_width(line), screen_columns) << line;
}

TEST(StatusScreenTest, a_narrow_terminal_is_kept_to) {
  for (const std::string& line : lines_of(status_screen(status_fixture(), 60)))
    EXPECT_LE(report::display_width(line), 60u) << line;
  const json::value held = json::parse(R"({"quarantine": [{"id": 1, "time": "2026-11-25T02:00:00Z",
    "agent": "cadre.risk_manager.cvar", "version": "2.1.0", "book": "main", "stage": "risk_manager",
    "call": "calculate", "why": "signal 11 (SIGSEGV) under way in the call of this agent, twice"}]})");
  for (const std::size_t width : {60, 80}) {
    for (const std::string& line : lines_of(quarantine_table(held, width)))
      EXPECT_LE(report::display_width(line), width) << line;
  }
}

TEST(StatusScreenTest, what_is_watched_stays_on_its_rows_with_what_is_wrong_first) {
  const json::value status = status_fixture();
  const std::size_t all = lines_of(status_screen(status)).size();
  EXPECT_EQ(watched_screen(status, 80, all + 1), status_screen(status)) << "there is room";
  const std::vector<std::string> shown = lines_of(watched_screen(status, 80, 12));
  ASSERT_EQ(shown.size(), 11u);
  EXPECT_EQ(shown[0], "demo: running since 2026-11-25 02:04:39 UTC");
  EXPECT_EQ(shown[5], "what is wrong");
  EXPECT_EQ(shown.back(), "... " + std::to_string(all - 10) + " more lines: `cadre status`");
  const std::vector<std::string> away = lines_of(watched_screen(status, 80, 12, "no host; trying again"));
  ASSERT_EQ(away.size(), 11u);
  EXPECT_EQ(away[0], "no host; trying again");
}

TEST(StatusScreenTest, the_widest_ordinary_values_still_fit) {
  json::value status = status_fixture();
  json::object& book = status.at("books").at(0).as_object();
  book["book"] = "a_book_with_a_long_name";
  book["state"] = "warming up";
  book["equity"] = "99999998.6";
  book["profit"] = "-9999998.6";
  book["open_orders"] = 999;
  book["decisions"] = 99999;
  book["queue"] = {{"depth", 1024}, {"capacity", 1024}};
  for (const std::string& line : lines_of(status_screen(status)))
    EXPECT_LE(report::display_width(line), screen_columns) << line;
}

TEST(StatusScreenTest, a_host_without_faults_says_so) {
  const std::string screen =
      status_screen(json::parse(R"({"name": "demo", "state": "running", "ready": true})"));
  EXPECT_THAT(screen, HasSubstr("nothing is wrong"));
  EXPECT_THAT(screen, Not(HasSubstr("what to do next")));
}

TEST(StatusScreenTest, a_failure_of_an_agent_that_was_replaced_since_is_wrong_no_more) {
  for (const auto& [revision, is_wrong] : {std::pair{41, false}, {42, true}, {43, true}}) {
    json::value status = status_fixture();
    status.at_pointer("/books/0/stages/1").as_object()["last_failure_revision"] = revision;
    const bool is_told = status_screen(status).find(
                             "risk_manager (cadre.risk_manager.cvar) failed 2 times") != std::string::npos;
    EXPECT_EQ(is_told, is_wrong) << "it failed under revision " << revision << ", and came with 42";
  }
}

TEST(StatusScreenTest, a_failure_is_forgotten_when_the_agent_has_not_failed_for_thirty_days_of_its_book) {
  for (const auto& [date, is_wrong] :
       {std::pair{"2024-03-01", true}, {"2024-03-31", true}, {"2024-04-01", false}}) {
    json::value status = status_fixture();
    status.at_pointer("/books/0/stages/1").as_object()["last_failure"] = "2024-03-01 decide: error: why";
    status.at_pointer("/books/0").as_object()["date"] = date;
    const bool is_told = status_screen(status).find("failed 2 times") != std::string::npos;
    EXPECT_EQ(is_told, is_wrong) << "it failed on 2024-03-01, and it is " << date;
  }
}

TEST(StatusScreenTest, orders_that_wait_are_counted_and_those_that_wait_for_too_long_are_named) {
  boost::json::value status = status_fixture();
  boost::json::object& book = status.at("books").at(0).as_object();
  book["scheduled_orders"] = 3;
  book["waiting_orders"] = 2;
  book["unsent_value"] = "12345.67";
  book["long_waiting"] = "main.12.1 (buy 100 AA, cash, 5 sessions)";
  book["ignored_reports"] = 1;
  const std::string screen = status_screen(status, 400);
  EXPECT_THAT(screen, HasSubstr("3 in parts or waiting (2 waiting, 12,346 unsent)"));
  EXPECT_THAT(screen, HasSubstr("main: orders wait for too long: main.12.1 (buy 100 AA, cash, 5 sessions)"));
  EXPECT_THAT(screen, HasSubstr("main ignored 1 report that contradicts its order: "));
}

TEST(StatusScreenTest, missing_and_mistyped_members_are_left_out) {
  for (const char* text : {"null", "[]", "{}", "7", R"({"books": [{}]})", R"({"books": [7], "refused": [7]})",
                           R"({"books": {}, "refused": [{"problems": [{}]}], "queue": 7})",
                           R"({"books": [{"queue": {"depth": "x", "capacity": null}, "stages": [[]]}]})"})
    EXPECT_FALSE(status_screen(json::parse(text)).empty()) << text;
}

TEST(StatusScreenTest, what_others_wrote_does_not_steer_the_terminal) {
  const std::string screen = status_screen(
      json::parse(R"({"revision": {"number": 1, "actor": "x", "reason": "\u001b[2Jgone\nnow"}})"));
  EXPECT_EQ(screen.find('\x1b'), std::string::npos);
  EXPECT_THAT(screen, HasSubstr("gone now"));
}

TEST(StatusScreenTest, revisions_are_listed_newest_first) {
  const std::string table = revisions_table(json::parse(R"({"current": 2, "revisions": [
    {"revision": 1, "based_on": 0, "time": "2026-11-25T02:00:00Z", "actor": "ann", "reason": "start", "current": false},
    {"revision": 2, "based_on": 1, "time": "2026-11-25T03:00:00Z", "actor": "bob", "reason": "less", "current": true}]})"));
  EXPECT_LT(table.find("bob"), table.find("ann"));
  EXPECT_THAT(table, HasSubstr("current"));
}

TEST(StatusScreenTest, a_difference_shows_what_was_and_what_is) {
  EXPECT_EQ(difference_text(json::parse(R"({"changes": [
    {"pointer": "/a", "before": "1", "after": "2"}, {"pointer": "/b", "before": null, "after": "3"}],
    "plugins": [{"id": "cadre.x", "before": "1.0.0 ab", "after": "1.1.0 cd"}]})")),
            "/a: 1 → 2\n/b: - → 3\nplugin cadre.x: 1.0.0 ab → 1.1.0 cd\n");
  EXPECT_EQ(difference_text(json::parse(R"({"changes": [], "plugins": []})")), "");
}

TEST(StatusScreenTest, an_event_is_one_line) {
  EXPECT_EQ(event_line(json::parse(R"({"id": 7, "time": "2026-11-25T02:00:00.123Z", "event": "halted",
                                       "book": "main", "reason": "two words", "n": 3, "none": null})")),
            "2026-11-25 02:00:00  halted  book main  reason \"two words\"  n 3\n");
  EXPECT_EQ(event_line(json::value("text")), "-  -\n");
}

TEST(StatusScreenTest, lists_of_an_event_are_shortened_to_its_line_and_texts_are_not) {
  const json::value event = json::parse(R"({"time": "2026-11-25T02:00:00Z", "event": "revision", "n": 7,
    "stages": [{"stage": "position_sizer", "agent": "cadre.kelly"}, {"stage": "risk", "agent": "cadre.cvar"}]})");
  EXPECT_EQ(event_line(event, 60), "2026-11-25 02:00:00  revision  n 7  stages [{\"agent\":\"cadre…\n");
  EXPECT_THAT(event_line(event, 500), HasSubstr("cadre.cvar"));
  const json::value told = json::parse(R"({"time": "2026-11-25T02:00:00Z", "event": "halt", "reason":
    "a long reason that somebody wrote and that everybody has to read to its very end"})");
  EXPECT_THAT(event_line(told, 60), HasSubstr("very end"));
}

}  // namespace

}  // namespace cadre::app
