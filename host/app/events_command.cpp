#include "host/app/events_command.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <cstdio>
#include <deque>

#include "host/admin/http_message.hpp"
#include "host/admin/routes.hpp"
#include "host/app/host_connection.hpp"
#include "host/app/status_screen.hpp"
#include "host/base/date.hpp"

namespace cadre::app {

namespace json = boost::json;

namespace {

/// Prints events as they come, or, while what is remembered comes, keeps the newest of them.
class EventPrinter {
 public:
  explicit EventPrinter(const HostArguments& arguments) : arguments_(arguments) {}

  void take(std::string line) {
    if (is_complete_ || !arguments_.last) return print(line);
    kept_.push_back(std::move(line));
    if (kept_.size() > *arguments_.last) kept_.pop_front();
  }
  /// All that was remembered has come.
  void complete() {
    is_complete_ = true;
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
      print_text(event_line(event));
    std::fflush(stdout);
  }

  const HostArguments& arguments_;
  bool is_complete_ = false;
  std::deque<std::string> kept_;
};

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
  if (!since && !arguments.since.empty()) {
    std::fputs("error: --since: expected a time such as 2026-11-25T02:00:00Z, or 90s, 15m, 2h or 1d\n",
               stderr);
    return exit_usage;
  }
  admin::HostAddress address;
  if (const int code = find_host(arguments, address); code != exit_fine) return code;
  EventPrinter printer(arguments);
  const auto hear = [&](const admin::EventParser::Item& item) {
    if (item.is_comment) {
      if (item.comment != admin::end_of_remembered) return true;
      printer.complete();
      return arguments.follow;
    }
    std::error_code error;
    const json::value event = json::parse(item.event.data, error);
    if (error || passes(arguments, since, event)) printer.take(item.event.data);
    return true;
  };
  const auto lost = [](const std::string& why) { std::fprintf(stderr, "%s; trying again\n", why.c_str()); };
  const admin::ClientResponse last =
      admin::follow_events(address, {.after = arguments.after, .reconnects = arguments.follow}, hear, lost);
  return explain_refusal(arguments, last);
}

}  // namespace cadre::app
