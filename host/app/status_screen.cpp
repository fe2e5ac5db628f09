#include "host/app/status_screen.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <vector>

#include "host/app/status_faults.hpp"
#include "host/base/decimal.hpp"
#include "host/base/json.hpp"
#include "host/base/problem_json.hpp"
#include "host/base/text.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace json = boost::json;

namespace {

using report::Align;
using report::display_width;
using report::wrapped;

constexpr std::size_t stage_columns_max = 21;
constexpr std::size_t process_columns_max = 42;
constexpr std::size_t agent_columns_max = 34;
constexpr std::size_t name_columns_max = 10;
constexpr std::size_t value_columns_max = 24;

/// The text, or its beginning and an ellipsis.
std::string shortened(std::string text, std::size_t columns) {
  if (display_width(text) <= columns) return text;
  while (!text.empty() && display_width(text) >= columns) {
    // A character of UTF-8 as a whole.
    while (text.size() > 1 && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
      text.pop_back();
    text.pop_back();
  }
  return text + "…";
}

/// Whole units of a currency.
std::string amount(const std::string& decimal) {
  const auto money = base::Money::parse(decimal);
  return money ? report::decimals(money->to_double(), 0) : decimal;
}

std::string count(const std::string& number) {
  const bool is_number = !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? report::with_thousands(std::string_view(number)) : number;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

constexpr double mebibyte = 1 << 20;

/// "3 days", "12 min": the largest unit of a time.
std::string span_text(double seconds) {
  const std::pair<double, const char*> units[] = {{86400, " days"}, {3600, " h"}, {60, " min"}};
  for (const auto& [length, name] : units) {
    if (seconds >= 2 * length) return std::to_string(std::llround(seconds / length)) + name;
  }
  return std::to_string(std::llround(seconds)) + " s";
}

std::string head_of(const json::value& status, std::size_t width) {
  std::string line = text_at(status, "/name");
  line += (line.empty() ? "" : ": ") + or_dash(text_at(status, "/state"));
  if (const std::string since = text_at(status, "/since"); !since.empty())
    line += " since " + moment(since) + " UTC";
  if (const double up = number_at(status, "/uptime_seconds"); up > 0) line += " (up " + span_text(up) + ")";
  if (text_at(status, "/ready") == "false") line += ", not ready";
  if (const double own = number_at(status, "/own_bytes"); own > 0)
    line += ", " + std::to_string(std::llround(own / mebibyte)) + " MiB (grown by " +
            std::to_string(std::llround(number_at(status, "/grown_bytes") / mebibyte)) + ")";
  std::string details;
  const std::pair<const char*, const char*> members[] = {
      {"/host_version", "cadre "}, {"/pid", "process "}, {"/state_folder", "state in "}};
  for (const auto& [pointer, words] : members) {
    const std::string text = text_at(status, pointer);
    if (!text.empty()) details += (details.empty() ? "" : ", ") + (words + text);
  }
  std::string lines = wrapped(line, width, 2);
  if (!details.empty()) lines += wrapped(details, width, 2);
  const std::string number = text_at(status, "/revision/number");
  if (number.empty()) return lines;
  std::string revision = "revision " + number;
  if (const std::string before = text_at(status, "/revision/based_on"); !before.empty() && before != "0")
    revision += ", made from " + before;
  if (const std::string since = text_at(status, "/revision/since"); !since.empty())
    revision += ", since " + moment(since);
  if (const std::string actor = text_at(status, "/revision/actor"); !actor.empty())
    revision += " by " + actor;
  if (const std::string reason = text_at(status, "/revision/reason"); !reason.empty())
    revision += ": " + reason;
  return lines + wrapped(revision, width, 2);
}

/// ", last bar 3 s ago"; nothing where there has been none.
std::string age_text(const json::value& book, const char* pointer, const char* what) {
  const json::value* age = base::find(book, pointer);
  if (age == nullptr || !age->is_number()) return {};
  return std::string(", ") + what + " " + span_text(age->to_number<double>()) + " ago";
}

std::string books_table(const json::array& books, std::size_t width) {
  std::string currency = books.empty() ? "" : text_at(books[0], "/currency");
  for (const json::value& book : books) {
    if (text_at(book, "/currency") != currency) currency.clear();
  }
  const std::string unit = currency.empty() ? "" : " " + currency;
  report::TextTable table({{"book"},
                           {"state"},
                           {"date"},
                           {"equity" + unit, Align::right},
                           {"profit", Align::right},
                           {"open", Align::right},
                           {"queue", Align::right},
                           {"decided", Align::right}});
  for (const json::value& book : books) {
    table.add_row(
        {shortened(or_dash(text_at(book, "/book")), name_columns_max), or_dash(text_at(book, "/state")),
         or_dash(text_at(book, "/date")), or_dash(amount(text_at(book, "/equity"))),
         or_dash(amount(text_at(book, "/profit"))), or_dash(count(text_at(book, "/open_orders"))),
         or_dash(count(text_at(book, "/queue/depth"))), or_dash(count(text_at(book, "/decisions")))});
  }
  return table.to_string(width);
}

std::string chain_table(const json::array& stages, std::size_t width) {
  report::TextTable table(
      {{"stage"}, {"agent"}, {"version"}, {"since", Align::right}, {"failures", Align::right}});
  for (const json::value& stage : stages) {
    const std::string isolation = text_at(stage, "/isolation");
    const bool is_weak = text_at(stage, "/sandbox") == "weak";
    const std::string where =
        isolation.starts_with("process") ? " (" + isolation + (is_weak ? ", weak sandbox)" : ")") : "";
    const std::string agent = text_at(stage, "/agent") + where;
    table.add_row({shortened(or_dash(text_at(stage, "/stage")), stage_columns_max),
                   shortened(or_dash(agent), agent_columns_max),
                   shortened(or_dash(text_at(stage, "/version")), name_columns_max),
                   or_dash(text_at(stage, "/since_revision")), or_dash(count(text_at(stage, "/failures")))});
  }
  return table.to_string(width);
}

std::string processes_table(const json::array& processes, std::size_t width) {
  report::TextTable table({{"process", Align::right},
                           {"its agents"},
                           {"seconds", Align::right},
                           {"MiB", Align::right},
                           {"grown", Align::right}});
  for (const json::value& process : processes) {
    std::vector<std::string> stages;
    for (const json::value& stage : list_at(process, "/stages"))
      stages.push_back(text_at(stage, ""));
    const auto rounded = [&](const char* pointer, double unit) {
      return std::to_string(std::llround(number_at(process, pointer) / unit));
    };
    table.add_row({text_at(process, "/pid"), shortened(base::join(stages, ", "), process_columns_max),
                   rounded("/processor_seconds", 1), rounded("/own_bytes", mebibyte),
                   rounded("/grown_bytes", mebibyte)});
  }
  return table.to_string(width);
}

/// "main: revision 4, 3 of 20 decisions, 1 of 5 minutes" of every book on trial.
std::string trials_text(const json::array& books, std::size_t width) {
  std::string lines;
  for (const json::value& book : books) {
    const std::string number = text_at(book, "/trial/revision");
    if (number.empty()) continue;
    std::string line = "  " + text_at(book, "/book") + ": revision " + number + ", " +
                       text_at(book, "/trial/decisions") + " of " + text_at(book, "/trial/of_decisions") +
                       " decisions, " + text_at(book, "/trial/minutes") + " of " +
                       text_at(book, "/trial/of_minutes") + " minutes; back to revision " +
                       text_at(book, "/trial/confirmed") + " if it fails";
    lines += wrapped(line, width, 4);
  }
  return lines.empty() ? lines : "\non trial\n" + lines;
}

/// How a source of changes stands to what runs.
std::string source_text(const json::value& source) {
  const std::string state = text_at(source, "/state"), count = text_at(source, "/differing");
  std::string text = text_at(source, "/source") + ": " + state;
  if (state == "differs") text += " in " + count + ", `cadre revision diff --files` shows how";
  return text;
}

/// A member for a line of text: words as they are, the rest as JSON.
std::string shown_value(const json::value& value) {
  const std::string text = text_at(value, "");
  return text.find(' ') != std::string::npos && value.is_string() ? base::quote(text) : text;
}

}  // namespace

std::string text_at(const json::value& value, std::string_view pointer) {
  const json::value* found = base::find(value, pointer);
  if (found == nullptr || found->is_null()) return {};
  if (!found->is_string()) return base::canonical(*found);
  // What others wrote must not steer a terminal.
  std::string text(found->get_string());
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

std::string count_at(const json::value& value, std::string_view pointer) {
  const json::value* found = base::find(value, pointer);
  const std::string text = text_at(value, pointer);
  return found != nullptr && found->is_number() ? report::with_thousands(std::string_view(text)) : text;
}

double number_at(const json::value& value, const char* pointer) {
  const json::value* found = base::find(value, pointer);
  return found != nullptr && found->is_number() ? found->to_number<double>() : 0;
}

std::string moment(std::string time) {
  if (time.size() < 20 || time[10] != 'T') return time;
  return time.substr(0, 10) + " " + time.substr(11, 8);
}

const json::array& list_at(const json::value& value, std::string_view pointer) {
  static const json::array none;
  const json::value* found = base::find(value, pointer);
  return found != nullptr && found->is_array() ? found->get_array() : none;
}

/// What is wrong, and what to do about it.
static std::string faults_text(const json::value& status, std::size_t width) {
  const std::vector<std::string> faults = faults_of(status);
  std::string text = faults.empty() ? "\nnothing is wrong\n" : "\nwhat is wrong\n";
  for (const std::string& fault : faults)
    text += wrapped("  " + fault, width, fault.starts_with(' ') ? 2 : 4);
  if (text_at(status, "/last_run/end") == "killed")
    text += wrapped(
        "\nthe host before this one was killed, or its machine stopped: what it had acknowledged is here",
        width, 2);
  for (const json::value& suspect : list_at(status, "/last_run/suspects"))
    text += wrapped("\nunder way when the host before this one ended: " + text_at(suspect, ""), width, 2);
  const json::array& steps = list_at(status, "/next_steps");
  if (!steps.empty()) text += "\nwhat to do next\n";
  for (const json::value& step : steps)
    text += wrapped("  " + text_at(step, ""), width, 4);
  return text;
}

/// Books with their chains, experiments, trials, sources.
static std::string parts_text(const json::value& status, std::size_t width) {
  std::string text;
  const json::array& books = list_at(status, "/books");
  if (!books.empty()) text += "\n" + books_table(books, width);
  for (const json::value& book : books) {
    const json::array& stages = list_at(book, "/stages");
    if (stages.empty()) continue;
    std::string head = "chain of " + text_at(book, "/book");
    if (const std::string revision = text_at(book, "/revision"); !revision.empty())
      head += ", revision " + revision;
    if (text_at(book, "/state") == "warming up")
      head += ", " + text_at(book, "/bars") + " of " + text_at(book, "/warm_up_bars") + " bars of warm-up";
    if (const std::string scheduled = count_at(book, "/scheduled_orders");
        !scheduled.empty() && scheduled != "0")
      head += ", " + scheduled + " in parts or waiting (" + count_at(book, "/waiting_orders") + " waiting, " +
              amount(text_at(book, "/unsent_value")) + " unsent)";
    head += age_text(book, "/last_bar_seconds", "last bar");
    head += age_text(book, "/last_decision_seconds", "last decision");
    text += "\n" + wrapped(head, width, 2) + chain_table(stages, width);
    if (const json::array& processes = list_at(book, "/processes"); !processes.empty())
      text += "\n" + processes_table(processes, width);
  }
  if (const json::array& experiments = list_at(status, "/experiments"); !experiments.empty())
    text += "\nexperiments\n" + experiments_table(json::value(experiments), width);
  text += trials_text(books, width);
  if (const json::array& sources = list_at(status, "/sources"); !sources.empty()) {
    text += "\nsources\n";
    for (const json::value& source : sources)
      text += wrapped("  " + source_text(source), width, 4);
  }
  return text;
}

std::string status_screen(const json::value& status, std::size_t width) {
  return head_of(status, width) + parts_text(status, width) + faults_text(status, width);
}

/// Rows that a terminal needs for a line.
static std::size_t rows_of_line(std::string_view line, std::size_t width) {
  return std::max<std::size_t>(1, (display_width(line) + width - 1) / width);
}

static std::size_t rows_of(std::string_view text, std::size_t width) {
  std::size_t rows = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    rows += rows_of_line(text.substr(at, end - at), width);
    at = end + 1;
  }
  return rows;
}

/// The lines that go into so many rows, the last of which says how many are left out.
static std::string first_rows(std::string_view text, std::size_t width, std::size_t rows) {
  if (rows_of(text, width) <= rows) return std::string(text);
  std::size_t at = 0, used = 1;  // the last one says what is left out
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
    used += rows_of_line(text.substr(at, end - at), width);
    if (used > rows) break;
    at = end + 1;
  }
  const auto left_out = static_cast<std::uint64_t>(
      std::count(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), '\n'));
  return std::string(text.substr(0, at)) + "... " + report::with_thousands(left_out) +
         (left_out == 1 ? " more line: `cadre status`\n" : " more lines: `cadre status`\n");
}

std::string watched_screen(const json::value& status, std::size_t width, std::size_t rows,
                           const std::string& notice) {
  const std::string above = notice.empty() ? notice : wrapped(notice, width, 2) + "\n";
  std::string whole = above + status_screen(status, width);
  if (rows_of(whole, width) < rows) return whole;
  return first_rows(above + head_of(status, width) + faults_text(status, width) + parts_text(status, width),
                    width, rows - 1);
}

std::string revisions_table(const json::value& body, std::size_t width) {
  report::TextTable table(
      {{"revision", Align::right}, {"from", Align::right}, {"time"}, {"by"}, {"reason"}, {""}});
  const json::array& list = list_at(body, "/revisions");
  for (auto each = list.rbegin(); each != list.rend(); ++each) {
    table.add_row({text_at(*each, "/revision"), or_dash(text_at(*each, "/based_on")),
                   moment(text_at(*each, "/time")), shortened(text_at(*each, "/actor"), name_columns_max),
                   shortened(text_at(*each, "/reason"), value_columns_max),
                   text_at(*each, "/current") == "true" ? "current" : ""});
  }
  return table.to_string(width);
}

std::string difference_text(const json::value& difference) {
  std::string lines;
  const auto line = [&](const std::string& name, const json::value& change) {
    lines +=
        name + ": " + or_dash(text_at(change, "/before")) + " → " + or_dash(text_at(change, "/after")) + "\n";
  };
  for (const json::value& change : list_at(difference, "/changes"))
    line(text_at(change, "/pointer"), change);
  for (const json::value& change : list_at(difference, "/plugins"))
    line("plugin " + text_at(change, "/id"), change);
  return lines;
}

std::string stages_table(const json::value& stages, std::size_t width) {
  if (!stages.is_array() || stages.get_array().empty()) return {};
  report::TextTable table({{"stage"}, {"agent"}, {"version"}, {"before"}, {"how"}});
  for (const json::value& stage : stages.get_array()) {
    const std::string book = text_at(stage, "/book");
    table.add_row({(book.empty() ? "" : book + "/") + text_at(stage, "/stage"), text_at(stage, "/agent"),
                   text_at(stage, "/version"), or_dash(text_at(stage, "/before")), text_at(stage, "/how")});
  }
  return table.to_string(width);
}

std::string experiments_table(const json::value& experiments, std::size_t width) {
  const json::array& list =
      experiments.is_array() ? experiments.get_array() : list_at(experiments, "/experiments");
  if (list.empty()) return "no experiments\n";
  report::TextTable table({{"name"}, {"book"}, {"state"}, {"since"}, {"periods", Align::right}, {"verdict"}});
  for (const json::value& each : list) {
    table.add_row({shortened(text_at(each, "/name"), value_columns_max),
                   shortened(or_dash(text_at(each, "/book")), name_columns_max),
                   or_dash(text_at(each, "/state")), or_dash(text_at(each, "/since").substr(0, 10)),
                   or_dash(count(text_at(each, "/periods"))), or_dash(text_at(each, "/verdict"))});
  }
  return table.to_string(width);
}

std::string quarantine_table(const json::value& body, std::size_t width) {
  const json::array& held = list_at(body, "/quarantine");
  if (held.empty()) return "nothing is in quarantine\n";
  report::TextTable table(
      {{"id", Align::right}, {"since"}, {"agent"}, {"book"}, {"stage"}, {"call"}, {"why"}});
  for (const json::value& each : held) {
    const std::string version = text_at(each, "/version");
    table.add_row({text_at(each, "/id"), moment(text_at(each, "/time")),
                   text_at(each, "/agent") + " " + version, or_dash(text_at(each, "/book")),
                   or_dash(text_at(each, "/stage")), text_at(each, "/call"), text_at(each, "/why")});
  }
  return table.to_string(width);
}

std::string event_line(const json::value& event, std::size_t width) {
  std::string line = or_dash(moment(text_at(event, "/time"))) + "  " + or_dash(text_at(event, "/event"));
  if (!event.is_object()) return line + "\n";
  std::size_t columns = display_width(line);
  std::vector<std::pair<std::string, const json::value*>> shown;
  for (const auto& [key, value] : event.get_object()) {
    const std::string name(key);
    if (name == "id" || name == "time" || name == "event" || value.is_null()) continue;
    shown.emplace_back("  " + name + " ", &value);
    columns += display_width(shown.back().first) + display_width(shown_value(value));
  }
  constexpr std::size_t least = 8;  // of a list: it is seen that there is one
  for (const auto& [name, value] : shown) {
    std::string text = shown_value(*value);
    const std::size_t own = display_width(text);
    if (value->is_structured() && columns > width && own > least) {
      text = shortened(std::move(text), std::max(least, own - std::min(own, columns - width)));
      columns -= own - display_width(text);
    }
    line += name + text;
  }
  return line + "\n";
}

}  // namespace cadre::app
