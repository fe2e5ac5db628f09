// The commands that speak to a running host: status, halt, resume, events, revision, and experiments.

#include <unistd.h>

#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <thread>

#include "host/admin/http_message.hpp"
#include "host/admin/routes.hpp"
#include "host/app/host_connection.hpp"
#include "host/app/status_screen.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds watch_interval{1};
constexpr std::chrono::seconds status_timeout{10};

/// The members of a change, with room for one document as it was written.
std::string change_body(const HostArguments& arguments, json::object members = {},
                        const std::string& document_key = {}, const std::string& document = {}) {
  members["actor"] = arguments.actor.empty() ? default_actor() : arguments.actor;
  members["reason"] = arguments.reason;
  if (!arguments.book.empty()) members["book"] = arguments.book;
  std::string body = json::serialize(members);
  if (document_key.empty()) return body;
  body.pop_back();
  return body + "," + base::quote(document_key) + ":" + document + "}";
}

HostAnswer get(const HostArguments& arguments, const std::string& target) {
  return ask_host(arguments, {.method = "GET", .target = target});
}

HostAnswer post(const HostArguments& arguments, const std::string& target, std::string body) {
  return ask_host(arguments, {.method = "POST", .target = target, .body = std::move(body)});
}

/// The answer as JSON, or as text for people. Gives the exit code.
template <class Text>
int print(const HostArguments& arguments, const HostAnswer& answer, Text text) {
  if (answer.exit_code != exit_fine) return answer.exit_code;
  if (arguments.json) {
    std::printf("%s\n", json::serialize(answer.body).c_str());
  } else {
    std::fputs(std::string(text()).c_str(), stdout);
  }
  return exit_fine;
}

std::string experiment_target(const HostArguments& arguments, const char* rest) {
  return "/v1/experiments/" + admin::percent_encoded(arguments.name) + rest;
}

/// What applying or rolling back came to.
std::string applied_text(const json::value& body) {
  const std::string number = text_at(body, "/revision");
  if (text_at(body, "/unchanged") == "true")
    return "nothing changes: revision " + number + " is that already\n";
  std::string text;
  if (const json::value* difference = base::find(body, "/difference"); difference != nullptr)
    text += difference_text(*difference);
  const std::string stages = stages_table(json::value(list_at(body, "/stages")));
  if (!stages.empty()) text += (text.empty() ? "" : "\n") + stages;
  return number.empty() ? text : text + "revision " + number + " is current\n";
}

/// Draws over what was drawn before.
void redraw(const std::string& screen) {
  std::string text = "\x1b[H";
  for (const char c : screen)
    text += c == '\n' ? std::string("\x1b[K\n") : std::string(1, c);
  text += "\x1b[J";
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

int watch_status(const HostArguments& arguments) {
  admin::HostAddress address;
  if (const int code = find_host(arguments, address); code != exit_fine) return code;
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  std::string shown;
  bool is_drawn = false;
  while (true) {
    const admin::ClientResponse response = admin::send(address, {.target = "/v1/status"}, status_timeout);
    std::string screen;
    if (response.delivery != admin::Delivery::answered && is_drawn && is_terminal) {
      screen = response.failure + "; trying again\n\n" + shown;
    } else if (response.delivery != admin::Delivery::answered || response.status != 200) {
      return explain_refusal(arguments, response);
    } else {
      std::error_code error;
      const json::value status = json::parse(response.body, error);
      screen = arguments.json ? json::serialize(status) + "\n" : status_screen(status);
      if (!is_terminal && screen != shown) {
        std::printf("%s%s", is_drawn && !arguments.json ? "\n" : "", screen.c_str());
        std::fflush(stdout);
      }
      shown = screen;
    }
    if (is_terminal) {
      if (!is_drawn) std::fputs("\x1b[2J", stdout);
      redraw(screen);
    }
    is_drawn = true;
    std::this_thread::sleep_for(watch_interval);
  }
}

std::string revision_text(const json::value& body) {
  std::string text = "revision " + text_at(body, "/revision");
  if (const std::string before = text_at(body, "/based_on"); !before.empty() && before != "0")
    text += ", made from " + before;
  if (const std::string restores = text_at(body, "/restores"); !restores.empty() && restores != "0")
    text += ", brings back " + restores;
  text += "\n" + text_at(body, "/time") + " by " + text_at(body, "/actor") + ": " + text_at(body, "/reason") +
          "\n";
  const json::array& plugins = list_at(body, "/plugins");
  if (!plugins.empty()) {
    report::TextTable table({{"plugin"}, {"version"}, {"sha256"}});
    for (const json::value& plugin : plugins)
      table.add_row(
          {text_at(plugin, "/id"), text_at(plugin, "/version"), text_at(plugin, "/sha256").substr(0, 12)});
    text += "\n" + table.to_string();
  }
  if (const json::value* config = base::find(body, "/config"); config != nullptr)
    text += "\n" + base::pretty(*config) + "\n";
  return text;
}

/// A difference of simple returns in basis points; "-" where it is undefined.
std::string basis_points(const json::value& comparison, const char* pointer) {
  const json::value* value = base::find(comparison, pointer);
  return value != nullptr && value->is_number() ? report::decimals(value->to_number<double>() * 1e4, 3) : "-";
}

std::string comparison_text(const std::string& name, const json::value& comparison) {
  const std::string reason = text_at(comparison, "/reason");
  std::string text =
      name + ": " + text_at(comparison, "/verdict") + (reason.empty() ? "" : ": " + reason) + "\n";
  report::TextTable table({{"bp a period"},
                           {"difference", report::Align::right},
                           {"from", report::Align::right},
                           {"to", report::Align::right}});
  for (const char* test : {"sequential", "newey_west"}) {
    const std::string at = "/" + std::string(test);
    table.add_row({test, basis_points(comparison, "/mean_difference"),
                   basis_points(comparison, (at + "/ci_low").c_str()),
                   basis_points(comparison, (at + "/ci_high").c_str())});
  }
  text += table.to_string() + text_at(comparison, "/n") + " periods";
  if (const std::string needed = text_at(comparison, "/periods_needed"); !needed.empty())
    text += ", " + needed + " needed";
  return text + "\n";
}

int exit_code_of_verdict(const std::string& verdict) {
  if (verdict == "worse") return exit_difference;
  return verdict == "invalid" ? exit_invalid_input : exit_fine;
}

base::Problems write_results(const std::filesystem::path& folder, const json::value& body) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const json::value* comparison = base::find(body, "/comparison");
  const json::value* page = base::find(body, "/page");
  base::Problems problems = base::write_file_atomically(
      folder / "comparison.json", comparison == nullptr ? "null\n" : base::pretty(*comparison) + "\n");
  if (page != nullptr && page->is_string())
    problems.append(base::write_file_atomically(folder / "report.html", page->get_string()));
  return problems;
}

}  // namespace

int run_status_command(const HostArguments& arguments) {
  if (arguments.watch) return watch_status(arguments);
  const HostAnswer answer = get(arguments, "/v1/status");
  return print(arguments, answer, [&] { return status_screen(answer.body); });
}

int run_halt_command(const HostArguments& arguments) {
  const HostAnswer answer = post(
      arguments, "/v1/halt",
      change_body(arguments, {{"cancel_orders", arguments.cancel_orders}, {"flatten", arguments.flatten}}));
  return print(arguments, answer, [&] {
    return (arguments.book.empty() ? "halted" : arguments.book + " is halted") +
           std::string("; `cadre resume --reason ...` decides again\n");
  });
}

int run_resume_command(const HostArguments& arguments) {
  const HostAnswer answer = post(arguments, "/v1/resume", change_body(arguments));
  return print(arguments, answer, [&] {
    return (arguments.book.empty() ? "deciding" : arguments.book + " is deciding") + std::string(" again\n");
  });
}

int run_events_command(const HostArguments& arguments) {
  admin::HostAddress address;
  if (const int code = find_host(arguments, address); code != exit_fine) return code;
  bool is_complete = false;
  const auto hear = [&](const admin::EventParser::Item& item) {
    if (item.is_comment) {
      is_complete = item.comment == admin::end_of_remembered;
      return arguments.follow || !is_complete;
    }
    std::error_code error;
    const json::value event = json::parse(item.event.data, error);
    std::fputs(arguments.json || error ? (item.event.data + "\n").c_str() : event_line(event).c_str(),
               stdout);
    std::fflush(stdout);
    return true;
  };
  const auto lost = [](const std::string& why) { std::fprintf(stderr, "%s; trying again\n", why.c_str()); };
  const admin::ClientResponse last =
      admin::follow_events(address, {.after = arguments.after, .reconnects = arguments.follow}, hear, lost);
  return explain_refusal(arguments, last);
}

int run_revision_list_command(const HostArguments& arguments) {
  const HostAnswer answer = get(arguments, "/v1/revisions");
  return print(arguments, answer, [&] { return revisions_table(answer.body); });
}

int run_revision_show_command(const HostArguments& arguments) {
  const HostAnswer answer = get(arguments, "/v1/revisions/" + std::to_string(arguments.number));
  return print(arguments, answer, [&] { return revision_text(answer.body); });
}

int run_revision_diff_command(const HostArguments& arguments) {
  const HostAnswer answer = get(arguments, "/v1/revisions/" + std::to_string(arguments.number) + "/diff/" +
                                               std::to_string(arguments.other_number));
  const std::string text = difference_text(answer.body);
  const int code =
      print(arguments, answer, [&] { return text.empty() ? "the revisions are the same\n" : text; });
  return code == exit_fine && !text.empty() ? exit_difference : code;
}

namespace {

/// The scenario that a book of the host runs, with some values changed.
base::Result<SentDocument> running_with_changes(const json::value& revision, const std::string& book,
                                                const std::vector<config::Override>& changes) {
  base::Problems problems;
  const json::value* books = base::find(revision, "/config/books");
  const json::value* scenario = nullptr;
  const std::size_t count = books != nullptr ? books->as_array().size() : 0;
  for (std::size_t b = 0; b < count; ++b) {
    const json::value& each = books->as_array()[b];
    if (book.empty() ? count == 1 : text_at(each, "/scenario/book/id") == book)
      scenario = base::find(each, "/scenario");
  }
  if (scenario == nullptr) {
    problems.error("BOOK_NOT_NAMED", base::Place::of("--set"),
                   book.empty() ? "the host has several books" : "there is no book " + base::quote(book),
                   "name one with --book; `cadre status` lists them");
    return problems;
  }
  auto document = base::JsonDocument::parse("--set", base::canonical(*scenario));
  if (!document) return document.problems();
  for (const config::Override& change : changes)
    problems.append(document->set(change.pointer, change.value, change.origin));
  if (problems.has_errors()) return problems;
  return SentDocument{base::canonical(document->root()), "--set"};
}

}  // namespace

int run_revision_apply_command(const HostArguments& arguments) {
  std::vector<config::Override> changes;
  base::Problems problems;
  for (const std::string& text : arguments.set) {
    auto change = config::parse_override(text);
    problems.append(change.problems());
    if (change) changes.push_back(std::move(change).take());
  }
  if (arguments.file.empty() && arguments.set.empty())
    problems.error("NOTHING_TO_APPLY", base::Place::of("revision apply"),
                   "neither a file nor a change is named", "give a FILE, or --set POINTER=VALUE");
  std::optional<SentDocument> document;
  if (!problems.has_errors() && !arguments.file.empty()) {
    auto read = configuration_to_send(arguments.file, changes);
    problems.append(read.problems());
    if (read) document = std::move(read).take();
  }
  if (problems.has_errors()) {
    print_refusal(problems, arguments.json);
    return exit_invalid_input;
  }
  admin::HostAddress address;
  if (const int code = find_host(arguments, address); code != exit_fine) return code;
  std::string base = arguments.based_on ? std::to_string(*arguments.based_on) : std::string();
  if (base.empty()) {
    const HostAnswer status = ask_host(arguments, address, {.target = "/v1/status"});
    if (status.exit_code != exit_fine) return status.exit_code;
    base = text_at(status.body, "/revision/number");
  }
  if (!document) {
    const HostAnswer running = ask_host(arguments, address, {.target = "/v1/revisions/" + base});
    if (running.exit_code != exit_fine) return running.exit_code;
    auto changed = running_with_changes(running.body, arguments.book, changes);
    if (!changed) {
      print_refusal(changed.problems(), arguments.json);
      return exit_invalid_input;
    }
    document = std::move(changed).take();
  }
  const HostAnswer answer =
      ask_host(arguments, address,
               {.method = "POST",
                .target = arguments.dry_run ? "/v1/revisions:validate" : "/v1/revisions",
                .body = change_body(arguments, {{"origin", document->origin}}, "config", document->text),
                .headers = {{"If-Match", "\"" + base + "\""}}},
               &*document);
  const json::value* meanwhile = base::find(answer.body, "/difference");
  if (answer.exit_code == exit_conflict && meanwhile != nullptr)
    std::fputs(difference_text(*meanwhile).c_str(), stderr);
  return print(arguments, answer, [&] { return applied_text(answer.body); });
}

int run_revision_rollback_command(const HostArguments& arguments) {
  const std::string target =
      "/v1/revisions" + (arguments.to ? "/" + std::to_string(*arguments.to) : std::string()) + ":rollback";
  const HostAnswer answer = post(arguments, target, change_body(arguments));
  return print(arguments, answer, [&] { return applied_text(answer.body); });
}

int run_experiment_start_command(const HostArguments& arguments) {
  auto document = document_to_send(arguments.file);
  if (!document) {
    print_refusal(document.problems(), arguments.json);
    return exit_invalid_input;
  }
  const HostAnswer answer =
      post(arguments, "/v1/experiments",
           change_body(arguments, {{"origin", document->origin}}, "experiment", document->text));
  return print(arguments, answer, [&] {
    const std::string name = text_at(answer.body, "/name");
    return name.empty() ? std::string("the experiment runs\n") : "experiment " + name + " runs\n";
  });
}

int run_experiment_status_command(const HostArguments& arguments) {
  const HostAnswer answer = get(arguments, "/v1/experiments");
  return print(arguments, answer, [&] { return experiments_table(answer.body); });
}

int run_experiment_results_command(const HostArguments& arguments) {
  const HostAnswer answer = get(arguments, experiment_target(arguments, "/results"));
  if (answer.exit_code != exit_fine) return answer.exit_code;
  const json::value* found = base::find(answer.body, "/comparison");
  const json::value comparison = found == nullptr ? json::value() : *found;
  if (!arguments.out.empty()) {
    const base::Problems problems = write_results(arguments.out, answer.body);
    if (problems.has_errors()) {
      print_refusal(problems, arguments.json);
      return exit_invalid_input;
    }
  }
  if (arguments.json) {
    std::printf("%s\n", json::serialize(comparison).c_str());
  } else {
    std::printf("%s", comparison_text(arguments.name, comparison).c_str());
    if (!arguments.out.empty()) std::printf("\nReport:  %s\n", shown(arguments.out / "report.html").c_str());
  }
  return exit_code_of_verdict(text_at(comparison, "/verdict"));
}

int run_experiment_stop_command(const HostArguments& arguments) {
  const HostAnswer answer = post(arguments, experiment_target(arguments, ":stop"), change_body(arguments));
  return print(arguments, answer, [&] { return "experiment " + arguments.name + " is ended\n"; });
}

}  // namespace cadre::app
