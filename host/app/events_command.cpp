#include "host/app/events_command.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cstdio>
#include <deque>

#include "host/admin/http_message.hpp"
#include "host/admin/routes.hpp"
#include "host/app/host_connection.hpp"
#include "host/app/status_screen.hpp"
#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/live/event_feed.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace json = boost::json;

namespace {

constexpr std::size_t usual_count = 50, usual_count_followed = 10;

/// Of what is remembered: so many, the newest; nothing: all. Who says where to begin gets all from there on.
std::optional<std::uint64_t> count_of(const HostArguments& arguments) {
  if (arguments.last) return arguments.last;
  if (arguments.all || arguments.after != 0 || !arguments.since.empty()) return std::nullopt;
  return arguments.follow ? usual_count_followed : usual_count;
}

/// Prints events as they come, or, while what is remembered comes, keeps the newest of them.
class EventPrinter {
 public:
  explicit EventPrinter(const HostArguments& arguments)
      : arguments_(arguments), count_(count_of(arguments)) {}

  void take(std::string line) {
    if (is_complete_ || !count_) return print(line);
    kept_.push_back(std::move(line));
    if (kept_.size() <= *count_) return;
    kept_.pop_front();
    ++left_out_;
  }
  /// All that was remembered has come.
  void complete() {
    if (is_complete_) return;
    is_complete_ = true;
    if (left_out_ > 0 && !arguments_.last)
      std::fprintf(stderr, "%s older %s left out; --all prints them\n",
                   report::with_thousands(left_out_).c_str(), left_out_ == 1 ? "event is" : "events are");
    for (const std::string& line : kept_)
      print(line);
    kept_.clear();
  }

 private:
  void print(const std::string& line) const {
    std::error_code error;
    const json::value event = json::parse(line, error);
    if (arguments_.json || error)
      print_json(line);
    else
      print_text(event_line(event, width_of_output()));
    std::fflush(stdout);
  }

  const HostArguments& arguments_;
  const std::optional<std::uint64_t> count_;
  bool is_complete_ = false;
  std::uint64_t left_out_ = 0;
  std::deque<std::string> kept_;
};

/// What is wrong with the options themselves.
base::Problems refusal_of(const HostArguments& arguments, std::optional<std::int64_t> since) {
  base::Problems problems;
  if (!since && !arguments.since.empty())
    problems.error("COMMAND_DATE", {}, "--since: " + base::quote(arguments.since) + " is no time",
                   "write it as 2026-11-25T02:00:00Z, or as 90s, 15m, 2h or 1d for so long ago");
  const auto known = live::event_kinds();
  if (!arguments.kind.empty() && std::find(known.begin(), known.end(), arguments.kind) == known.end()) {
    const std::vector<std::string> kinds(known.begin(), known.end());
    problems.error("COMMAND_KIND", {},
                   "--kind: there are no events of kind " + base::quote(arguments.kind) +
                       base::did_you_mean(arguments.kind, kinds),
                   "the kinds are " + base::join(kinds, ", "));
  }
  return problems;
}

/// A problem where --book names a book that the host does not have.
base::Problems unknown_book(const HostArguments& arguments, const admin::HostAddress& address) {
  base::Problems problems;
  if (arguments.book.empty()) return problems;
  const admin::ClientResponse response = admin::send(address, {.target = "/v1/status"});
  std::error_code error;
  const json::value status = json::parse(response.body, error);
  // Whoever does not answer that is explained when it is asked for events.
  if (response.delivery != admin::Delivery::answered || response.status != 200 || error) return problems;
  std::vector<std::string> books;
  for (const json::value& book : list_at(status, "/books"))
    books.push_back(text_at(book, "/book"));
  if (std::find(books.begin(), books.end(), arguments.book) == books.end())
    problems.error(
        "BOOK_UNKNOWN", {},
        "there is no book " + base::quote(arguments.book) + base::did_you_mean(arguments.book, books),
        "there is " + base::join(books, ", "));
  return problems;
}

}  // namespace

std::optional<std::int64_t> since_moment(const std::string& text, std::int64_t now_ns) {
  if (const auto moment = base::parse_time(text)) return moment;
  std::int64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [at, failure] = std::from_chars(text.data(), end, count);
  if (failure != std::errc{} || at + 1 != end || count < 0 || count > 1'000'000) return std::nullopt;
  constexpr std::int64_t second_ns = 1'000'000'000;
  switch (*at) {
    case 's':
      return now_ns - count * second_ns;
    case 'm':
      return now_ns - count * 60 * second_ns;
    case 'h':
      return now_ns - count * 3'600 * second_ns;
    case 'd':
      return now_ns - std::min<std::int64_t>(count, 20'000) * 86'400 * second_ns;
    default:
      return std::nullopt;
  }
}

bool passes(const HostArguments& arguments, std::optional<std::int64_t> since, const json::value& event) {
  const std::string kind = text_at(event, "/event");
  if (kind == "events_missed") return true;
  if (!arguments.kind.empty() && kind != arguments.kind) return false;
  if (!arguments.book.empty() && text_at(event, "/book") != arguments.book) return false;
  const auto time = base::parse_time(text_at(event, "/time"));
  return !since || !time || *time >= *since;
}

int events(const HostArguments& arguments) {
  const auto since = since_moment(arguments.since, base::now_ns());
  if (const base::Problems problems = refusal_of(arguments, since); problems.has_errors()) {
    print_refusal(problems, arguments.json);
    return problems[0].code == "COMMAND_DATE" ? exit_usage : exit_invalid_input;
  }
  admin::HostAddress address;
  if (const int code = find_host(arguments, address); code != exit_fine) return code;
  base::Problems unknown = unknown_book(arguments, address);
  EventPrinter printer(arguments);
  const auto hear = [&](const admin::EventParser::Item& item) {
    if (item.is_comment) {
      if (item.comment != admin::end_of_remembered) return true;
      if (unknown.has_errors()) return false;
      printer.complete();
      return arguments.follow;
    }
    std::error_code error;
    const json::value event = json::parse(item.event.data, error);
    // A book that has gone is still known by what happened to it.
    if (unknown.has_errors() && text_at(event, "/book") == arguments.book) unknown = {};
    if (error || passes(arguments, since, event)) printer.take(item.event.data);
    return true;
  };
  const auto lost = [](const std::string& why) { std::fprintf(stderr, "%s; trying again\n", why.c_str()); };
  const admin::ClientResponse last =
      admin::follow_events(address, {.after = arguments.after, .reconnects = arguments.follow}, hear, lost);
  if (!unknown.has_errors()) return explain_refusal(arguments, last);
  print_refusal(unknown, arguments.json);
  return exit_invalid_input;
}

}  // namespace cadre::app
