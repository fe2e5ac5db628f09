// What is wrong with a host, from its status.

#include "host/app/status_faults.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "host/app/status_screen.hpp"
#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/base/problem_json.hpp"
#include "host/base/text.hpp"

namespace cadre::app {

namespace json = boost::json;

namespace {

constexpr double mebibyte = 1 << 20;

/// An agent that has not failed in so many days of its book fails no more, whatever it did before.
constexpr std::int64_t forgotten_after_days = 30;

bool is_long_ago(const std::string& failure, const std::string& book_date) {
  const auto failed = base::parse_date(std::string_view(failure).substr(0, 10));
  const auto now = base::parse_date(book_date);
  return failed && now &&
         base::days_since_epoch(*now) - base::days_since_epoch(*failed) > forgotten_after_days;
}

/// What is wrong with the processes of a book's isolated agents.
void add_faults_of_processes(const json::value& book, std::vector<std::string>& faults) {
  for (const json::value& process : list_at(book, "/processes")) {
    std::vector<std::string> stages;
    for (const json::value& stage : list_at(process, "/stages"))
      stages.push_back(text_at(stage, ""));
    const std::string who = text_at(book, "/book") + ": the process of " + base::join(stages, ", ");
    const double used = number_at(process, "/data_bytes"), most = number_at(process, "/data_bytes_most");
    constexpr double nearly = 0.8;
    if (most > 0 && used >= nearly * most)
      faults.push_back(who + " has " + std::to_string(std::llround(used / mebibyte)) + " of the " +
                       std::to_string(std::llround(most / mebibyte)) +
                       " MiB that it may have (memory_mb): it will fail when it asks for more");
    if (const std::string lines = count_at(process, "/output_left_out"); !lines.empty() && lines != "0")
      faults.push_back(
          base::join({who, " writes more than the log takes: ", lines, " lines are left out"}, ""));
  }
}

std::uint64_t whole_at(const json::value& value, const char* pointer) {
  const json::value* found = base::find(value, pointer);
  return found != nullptr && found->is_number() ? found->to_number<std::uint64_t>() : 0;
}

/// What is wrong with one stage of a book.
void add_faults_of_stage(const json::value& book, const json::value& stage,
                         std::vector<std::string>& faults) {
  const std::string name = text_at(book, "/book");
  if (const std::string left_out = text_at(stage, "/left_out"); !left_out.empty())
    faults.push_back(base::join(
        {name, " is without ", text_at(stage, "/stage"), ", which is in quarantine: ", left_out}, ""));
  std::string not_restarted = text_at(stage, "/not_restarted");
  if (!not_restarted.empty()) not_restarted.insert(0, "; it was not restarted: ");
  if (const std::string why = text_at(stage, "/quarantined"); !why.empty())
    faults.push_back(base::join({name, " goes on without ", text_at(stage, "/stage"),
                                 ", which is called no more: ", why, not_restarted},
                                ""));
  if (const std::string misses = count_at(stage, "/deadline_misses"); !misses.empty() && misses != "0")
    faults.push_back(
        base::join({name, ": ", text_at(stage, "/stage"), " missed its deadline of ",
                    count_at(stage, "/deadline_us"), " us ", misses, misses == "1" ? " time" : " times"},
                   ""));
  if (text_at(stage, "/sandbox") == "weak")
    faults.push_back(name + ": the process of " + text_at(stage, "/stage") +
                     " bounds no files, since this kernel cannot (allow_weak_sandbox)");
  const std::string failures = count_at(stage, "/failures");
  const std::string last = text_at(stage, "/last_failure");
  // What an agent did that another version or other settings have replaced is wrong no more.
  const bool is_past = base::find(stage, "/last_failure_revision") != nullptr &&
                       whole_at(stage, "/last_failure_revision") < whole_at(stage, "/since_revision");
  if (!failures.empty() && failures != "0" && !is_past && !is_long_ago(last, text_at(book, "/date")))
    faults.push_back(
        base::join({name, ": ", text_at(stage, "/stage"), " (", text_at(stage, "/agent"), ") failed ",
                    failures, failures == "1" ? " time" : " times", last.empty() ? "" : "; last ", last,
                    " (told until another version or other settings come, or the book is ",
                    std::to_string(forgotten_after_days), " days further)"},
                   ""));
}

bool is_half_full(const json::value& book) {
  const json::value* depth = base::find(book, "/queue/depth");
  const json::value* capacity = base::find(book, "/queue/capacity");
  if (depth == nullptr || capacity == nullptr || !depth->is_number() || !capacity->is_number()) return false;
  return capacity->to_number<double>() > 0 && depth->to_number<double>() * 2 >= capacity->to_number<double>();
}

void add_faults_of_positions(const json::value& book, const std::string& name,
                             std::vector<std::string>& faults) {
  if (const std::string breaks = text_at(book, "/venue_breaks"); !breaks.empty())
    faults.push_back(base::join({name, " does not agree with its venue: ", breaks}, ""));
  if (const std::string left = text_at(book, "/not_closed"); !left.empty())
    faults.push_back(base::join({name, " was to be closed, and these were not: ", left}, ""));
  if (const std::string exposure = text_at(book, "/exposure"); !exposure.empty())
    faults.push_back(base::join({name, " holds more than it may: ", exposure}, ""));
  if (const std::string unpriced = text_at(book, "/unpriced"); !unpriced.empty())
    faults.push_back(base::join({name, " holds what has no price any more: ", unpriced}, ""));
}

}  // namespace

std::string state_line(const json::value& standing) {
  const std::string scope = text_at(standing, "/instrument") + text_at(standing, "/agent");
  const std::string code = text_at(standing, "/code");
  return base::join(
      {scope.empty() ? text_at(standing, "/book") : scope + " in " + text_at(standing, "/book"), " is ",
       text_at(standing, "/state"), code.empty() ? "" : ", " + code, ": ", text_at(standing, "/why")},
      "");
}

std::vector<std::string> faults_of(const json::value& status) {
  std::vector<std::string> faults;
  for (const json::value& book : list_at(status, "/books")) {
    const std::string name = text_at(book, "/book");
    const std::string state = text_at(book, "/state");
    const std::string reason = text_at(book, "/reason");
    if (state == "halted" || state == "stopped" || state == "stuck")
      faults.push_back(base::join({name, " is ", state, reason.empty() ? "" : ": ", reason}, ""));
    for (const json::value& standing : list_at(book, "/states")) {
      const std::string line = state_line(standing);
      if (text_at(standing, "/why") != reason || state != "halted") faults.push_back(line);
    }
    if (is_half_full(book))
      faults.push_back(name + " has " + count_at(book, "/queue/depth") + " of " +
                       count_at(book, "/queue/capacity") + " inputs waiting");
    if (text_at(book, "/halt_is_due") == "true" && state == "stuck")
      faults.push_back(name + " is halted: no order leaves it, and its journal says so when it comes back");
    if (const std::string moves = text_at(book, "/suspect_move"); !moves.empty())
      faults.push_back(base::join({name, ": ", moves}, ""));
    if (const std::string waiting = text_at(book, "/long_waiting"); !waiting.empty())
      faults.push_back(base::join({name, ": orders wait for too long: ", waiting}, ""));
    if (const std::string reports = count_at(book, "/ignored_reports"); !reports.empty() && reports != "0")
      faults.push_back(base::join(
          {name, " ignored ", reports,
           reports == "1" ? " report that contradicts its order" : " reports that contradict their orders",
           ": ask the execution environment what it did (`cadre events`)"},
          ""));
    if (const std::string gap = text_at(book, "/bar_gap"); !gap.empty())
      faults.push_back(base::join({name, ": ", gap}, ""));
    if (const std::string refusals = text_at(book, "/refusals"); !refusals.empty())
      faults.push_back(base::join({name, ": ", refusals}, ""));
    add_faults_of_positions(book, name, faults);
    if (const std::string why = text_at(book, "/checkpoint_failed"); !why.empty())
      faults.push_back(
          base::join({name, " takes no checkpoints, and a start begins at the last one: ", why}, ""));
    add_faults_of_processes(book, faults);
    for (const json::value& stage : list_at(book, "/stages")) {
      add_faults_of_stage(book, stage, faults);
    }
  }
  for (const json::value& experiment : list_at(status, "/experiments")) {
    if (text_at(experiment, "/state") == "failed")
      faults.push_back("experiment " + text_at(experiment, "/name") +
                       " failed: " + text_at(experiment, "/reason"));
  }
  for (const json::value& hanging : list_at(status, "/hanging")) {
    const std::string call = text_at(hanging, "");
    const auto says_it = [&](const std::string& fault) { return fault.find(call) != std::string::npos; };
    if (std::none_of(faults.begin(), faults.end(), says_it)) faults.push_back("hanging: " + call);
  }
  if (text_at(status, "/last_run/end") == "crashed")
    faults.push_back("the host before this one crashed: " + text_at(status, "/last_run/what"));
  for (const json::value& refusal : list_at(status, "/refused")) {
    faults.push_back("refused " + moment(text_at(refusal, "/time")) + ", by " + text_at(refusal, "/actor") +
                     ", from " + text_at(refusal, "/source"));
    for (const base::Problem& problem : base::problems_from_json(json::value(list_at(refusal, "/problems"))))
      faults.push_back("  " + base::to_line(problem));
  }
  for (const json::value& waiting : list_at(status, "/waiting"))
    faults.push_back("waiting for " + text_at(waiting, ""));
  for (const json::value& retained : list_at(status, "/retained"))
    faults.push_back("RETAINED " + text_at(retained, "/library") + ": " + text_at(retained, "/reason"));
  for (const json::value& reason : list_at(status, "/not_ready")) {
    std::string text = text_at(reason, "");
    if (std::find(faults.begin(), faults.end(), text) == faults.end()) faults.push_back(std::move(text));
  }
  return faults;
}

std::string status_line(const json::value& status) {
  constexpr std::size_t bytes_most = 900;
  const std::size_t books = list_at(status, "/books").size();
  std::string line = "revision " + text_at(status, "/revision/number") + ", " + std::to_string(books) +
                     (books == 1 ? " book: " : " books: ");
  const std::vector<std::string> faults = faults_of(status);
  if (faults.empty()) return line + "nothing is wrong";
  std::size_t said = 0;
  for (; said < faults.size(); ++said) {
    const std::string fault = base::printable(faults[said]);
    if (said > 0 && line.size() + fault.size() > bytes_most) break;
    line += said > 0 ? "; " + fault : fault;
  }
  if (line.size() > bytes_most) {
    line.resize(bytes_most);
    while ((static_cast<unsigned char>(line.back()) & 0xc0U) == 0x80U)  // not within a character
      line.pop_back();
    line.back() = ' ';
    line += "...";
  }
  if (said < faults.size()) line += "; and " + std::to_string(faults.size() - said) + " more";
  return line;
}

}  // namespace cadre::app
