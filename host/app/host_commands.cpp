// The commands that watch and halt a running host: status, halt, reduce, resume, events.

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <thread>

#include "host/admin/http_message.hpp"
#include "host/admin/routes.hpp"
#include "host/app/events_command.hpp"
#include "host/app/feed_command.hpp"
#include "host/app/host_connection.hpp"
#include "host/app/status_faults.hpp"
#include "host/app/status_screen.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds watch_interval{1};
constexpr std::chrono::seconds status_timeout{10};

/// Draws over what was drawn before.
void redraw(const std::string& screen) {
  std::string text = "\x1b[H";
  for (const char c : screen)
    text += c == '\n' ? std::string("\x1b[K\n") : std::string(1, c);
  text += "\x1b[J";
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

/// What `status --watch` shows of one answer; `notice`: why there is no newer one.
std::string watched_text(const HostArguments& arguments, const json::value& status, bool is_terminal,
                         const std::string& notice) {
  if (arguments.json) return base::printable_json(json::serialize(status)) + "\n";
  constexpr std::size_t usual_rows = 24;
  const std::size_t rows =
      std::max<std::size_t>(2, report::terminal_rows(STDOUT_FILENO).value_or(usual_rows));
  return base::printable_lines(is_terminal ? watched_screen(status, width_of_output(), rows, notice)
                                           : status_screen(status, width_of_output()));
}

int watch_status(const HostArguments& arguments) {
  admin::HostAddress address;
  if (const int code = find_host(arguments, address); code != exit_fine) return code;
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  std::string shown;
  json::value status;
  bool is_drawn = false;
  while (true) {
    const admin::ClientResponse response = admin::send(address, {.target = "/v1/status"}, status_timeout);
    const bool is_away = response.delivery != admin::Delivery::answered;
    if (is_away ? !is_drawn || !is_terminal : response.status != 200)
      return explain_refusal(arguments, response);
    std::error_code error;
    if (!is_away) status = json::parse(response.body, error);
    const std::string screen = watched_text(arguments, status, is_terminal,
                                            is_away ? response.failure + "; trying again" : std::string());
    if (!is_terminal && screen != shown) {
      std::printf("%s%s", is_drawn && !arguments.json ? "\n" : "", screen.c_str());
      std::fflush(stdout);
    }
    shown = screen;
    if (is_terminal) {
      if (!is_drawn) std::fputs("\x1b[2J", stdout);
      redraw(screen);
    }
    is_drawn = true;
    std::this_thread::sleep_for(watch_interval);
  }
}

int status(const HostArguments& arguments) {
  if (arguments.watch) return watch_status(arguments);
  const HostAnswer answer = get(arguments, "/v1/status");
  const int code = print(arguments, answer, [&] { return status_screen(answer.body, width_of_output()); });
  return code == exit_fine && !faults_of(answer.body).empty() ? exit_difference : code;
}

/// What a halt does not stop: orders that have left.
std::string open_orders_text(const json::value& body) {
  std::string text;
  const json::value* books = base::find(body, "/open_orders");
  if (books == nullptr || !books->is_object()) return text;
  for (const auto& [book, count] : books->get_object()) {
    const std::string number = text_at(count, "");
    text += std::string(book) + " has " + number + (number == "1" ? " open order" : " open orders") +
            ", which may still be filled\n";
  }
  return text;
}

/// " --book main --instrument AA": what names the same again.
std::string scope_options(const HostArguments& arguments) {
  std::string options;
  for (const auto& [option, value] : {std::pair{" --book ", arguments.book},
                                      {" --instrument ", arguments.instrument},
                                      {" --agent ", arguments.agent}}) {
    if (!value.empty()) options += option + value;
  }
  return options;
}

/// "AA in main": what an order was about; empty: every book.
std::string scope_text(const HostArguments& arguments) {
  const std::string narrow = arguments.instrument + arguments.agent;
  if (narrow.empty()) return arguments.book;
  return narrow + (arguments.book.empty() ? "" : " in " + arguments.book);
}

std::string scope_body(const HostArguments& arguments, json::object members) {
  if (!arguments.instrument.empty()) members["instrument"] = arguments.instrument;
  if (!arguments.agent.empty()) members["agent"] = arguments.agent;
  return change_body(arguments, std::move(members));
}

/// What became of an order that takes something away; `state`: what whoever it named is now.
std::string restricted_text(const HostArguments& arguments, const json::value& body, const std::string& state,
                            const std::string& resume) {
  const std::string scope = scope_text(arguments);
  std::string text;
  for (const json::value& stricter : list_at(body, "/stricter"))
    text += text_at(stricter, "/book") + " stays " + text_at(stricter, "/state") + "\n";
  const bool nothing = !text.empty() && base::find(body, "/number") == nullptr;
  if (nothing) return text;
  text += (scope.empty() ? state : scope + " is " + state) + "; `cadre resume" + scope_options(arguments) +
          resume + " --reason ...` decides again\n" + open_orders_text(body);
  for (const json::value& waiting : list_at(body, "/waiting"))
    text += text_at(waiting, "/book") +
            " is stuck: no order leaves it, and its journal says so when it comes back: " +
            text_at(waiting, "/why") + "\n";
  return text;
}

int halt(const HostArguments& arguments) {
  json::object members{{"cancel_orders", arguments.cancel_orders}, {"flatten", arguments.flatten}};
  if (arguments.kill) members["kill"] = true;
  if (arguments.rearm) members["rearm"] = true;
  const HostAnswer answer = post(arguments, "/v1/halt", scope_body(arguments, std::move(members)));
  return print(arguments, answer, [&] {
    return restricted_text(arguments, answer.body, arguments.kill ? "killed" : "halted",
                           arguments.kill ? " --rearm" : "");
  });
}

int reduce(const HostArguments& arguments) {
  const HostAnswer answer = post(arguments, "/v1/reduce", scope_body(arguments, {}));
  return print(arguments, answer, [&] { return restricted_text(arguments, answer.body, "reducing", ""); });
}

int resume(const HostArguments& arguments) {
  json::object members;
  if (arguments.rearm) members["rearm"] = true;
  const HostAnswer answer = post(arguments, "/v1/resume", scope_body(arguments, std::move(members)));
  return print(arguments, answer, [&] {
    std::string text;
    for (const json::value& book : list_at(answer.body, "/not_halted"))
      text += text_at(book, "") + " was not halted\n";
    if (!text.empty() && list_at(answer.body, "/resumed").empty()) return text;
    const std::string scope = scope_text(arguments);
    const bool narrow = !arguments.instrument.empty() || !arguments.agent.empty();
    text +=
        narrow ? scope + " is resumed\n" : (scope.empty() ? "deciding" : scope + " is deciding") + " again\n";
    for (const json::value& held : list_at(answer.body, "/held"))
      text += state_line(held) + "\n";
    return text + open_orders_text(answer.body);
  });
}

int log_levels(const HostArguments& arguments) {
  const bool changes = !arguments.level.empty();
  json::object members{{"level", arguments.level}};
  if (!arguments.part.empty()) members["part"] = arguments.part;
  const HostAnswer answer = changes ? post(arguments, "/v1/log", change_body(arguments, std::move(members)))
                                    : get(arguments, "/v1/log");
  return print(arguments, answer, [&] {
    std::string text;
    for (const base::LogEvent& event : base::log_events()) {
      const std::string name(base::log_part_name(event.part));
      if (text.find(name + ": ") == std::string::npos)
        text += name + ": " + text_at(answer.body, "/levels/" + name) + "\n";
    }
    return text + "lines dropped: " + text_at(answer.body, "/dropped") + "\n";
  });
}

int show_log(const HostArguments& arguments) {
  HostArguments reading = arguments;
  reading.level.clear();
  return log_levels(reading);
}

constexpr const char* status_exit_codes =
    "Exit codes: 0 nothing is wrong, 1 something is, and the screen says what, 2 usage, 7 no host answers.";

/// What an order to trade less, or again, is about, and how.
std::vector<HostOption> scoped(std::initializer_list<HostOption> how) {
  std::vector<HostOption> options{
      book_option(),
      {"--instrument", &HostArguments::instrument, "only this instrument", "ID"},
      {"--agent", &HostArguments::agent, "every book that runs this agent", "ID"}};
  options.insert(options.end(), how);
  return options;
}

}  // namespace

std::span<const HostCommand> host_commands() {
  using Kind = HostCommand::Kind;
  using A = HostArguments;
  static const HostCommand rows[] = {
      {"status",
       "a running host: what runs, since when, what is wrong, what to do next",
       Kind::reads,
       status,
       {{"--watch", &A::watch, "look again every second"}},
       status_exit_codes},
      {"halt", "stop deciding, at once", Kind::changes, halt,
       scoped({{"--kill", &A::kill, "the kill switch: cancel what is open, and nothing trades until --rearm"},
               {"--cancel-orders", &A::cancel_orders, "cancel the open orders"},
               {"--flatten", &A::flatten, "close the positions"},
               {"--rearm", &A::rearm,
                "of a book that the kill switch stopped: HALTED from now on, so that --flatten can close"}})},
      {"reduce", "only reduce positions: what increases one is canceled and not sent", Kind::changes, reduce,
       scoped({})},
      {"resume", "decide again after a halt or a reduce", Kind::changes, resume,
       scoped({{"--rearm", &A::rearm, "arm again what the kill switch stopped"}})},
      {"feed",
       "give a running host bars or signals from a file or a pipe",
       Kind::reads,
       feed,
       {{"BOOK", &A::book, "the book that gets them", "", true},
        {"FILE", &A::file, "prices or signals as CSV, or one JSON object to a line; - for standard input", "",
         true},
        {"--follow", &A::follow, "go on as the file grows, and over restarts of the host"}},
       "Prices are one row for a day with a column for each instrument, or one row for a day and an\n"
       "instrument; then a day is over when the next begins, or nothing came for a second\n"
       "(five with --follow). What the host\n"
       "took before is passed over: a feed may always begin again.\n"
       "Exit codes: 0 all is taken, 2 usage, 3 the host refuses an input, 6 the book takes none, 7 no host "
       "answers."},
      {"events",
       "what happened in a running host",
       Kind::reads,
       events,
       {{"--follow", &A::follow, "go on with what happens"},
        {"--after", &A::after, "only events with a greater id", "ID"},
        {"--last", &A::last,
         "only so many of them, the newest (default: 50, with --follow 10, but with --after or --since all)",
         "N"},
        {"--all", &A::all, "all that the host remembers"},
        {"--kind", &A::kind, "only events of this kind", "KIND"},
        {"--since", &A::since, "only events since then, or of the last 90s, 15m, 2h, 1d", "TIME"},
        book_option()}},
      {"log", "what a running host logs", Kind::reads},
      {"log show", "the level of each part, and how many lines were dropped", Kind::reads, show_log},
      {"log set",
       "log more or less, until the configuration says otherwise or the host ends",
       Kind::changes,
       log_levels,
       {{"--level", &A::level, "debug, info, warn, error or off", "LEVEL", true},
        {"--part", &A::part, "host, admin, revision, book, agent or experiment (default: all)", "PART"}}}};
  return rows;
}

}  // namespace cadre::app
