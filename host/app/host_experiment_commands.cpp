// The commands about the experiments of a running host: start, status, results, stop.

#include <boost/json.hpp>
#include <cstdio>

#include "host/admin/http_message.hpp"
#include "host/app/command.hpp"
#include "host/app/host_connection.hpp"
#include "host/app/status_screen.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace json = boost::json;

namespace {

std::string experiment_target(const HostArguments& arguments, const char* rest) {
  return "/v1/experiments/" + admin::percent_encoded(arguments.name) + rest;
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
  text += table.to_string(width_of_output()) + count_at(comparison, "/n") + " periods";
  if (const std::string needed = count_at(comparison, "/periods_needed"); !needed.empty())
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

int start(const HostArguments& arguments) {
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

int status(const HostArguments& arguments) {
  const HostAnswer answer = get(arguments, "/v1/experiments");
  return print(arguments, answer, [&] { return experiments_table(answer.body, width_of_output()); });
}

int results(const HostArguments& arguments) {
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
    print_json(json::serialize(comparison));
  } else {
    const std::string state = text_at(answer.body, "/state");
    if (state == "ended" || state == "failed")
      std::printf("%s is over: %s\n", arguments.name.c_str(), text_at(answer.body, "/reason").c_str());
    print_text(comparison_text(arguments.name, comparison));
    if (!arguments.out.empty()) std::printf("\nReport:  %s\n", shown(arguments.out / "report.html").c_str());
  }
  return exit_code_of_verdict(text_at(comparison, "/verdict"));
}

int stop(const HostArguments& arguments) {
  const HostAnswer answer = post(arguments, experiment_target(arguments, ":stop"), change_body(arguments));
  return print(arguments, answer, [&] {
    if (text_at(answer.body, "/had_ended") != "true") return "experiment " + arguments.name + " is ended\n";
    const std::string why = text_at(answer.body, "/reason");
    return "experiment " + arguments.name + " had ended already" + (why.empty() ? "" : ": " + why) + "\n";
  });
}

}  // namespace

std::span<const HostCommand> host_experiment_commands() {
  using Kind = HostCommand::Kind;
  using A = HostArguments;
  const HostOption name{"NAME", &A::name, "the experiment's name", "", true};
  static const HostCommand rows[] = {
      {"experiment start",
       "start an experiment in a running host",
       Kind::changes,
       start,
       {{"FILE", &A::file, "experiment file", "", true}, book_option()}},
      {"experiment status", "the experiments of a running host", Kind::reads, status},
      {"experiment results",
       "the comparison so far of an experiment in a running host",
       Kind::reads,
       results,
       {name, {"--out", &A::out, "folder for report.html and comparison.json", "DIR"}},
       "Exit codes as those of run, and 7 when the host cannot be reached."},
      {"experiment stop", "end an experiment in a running host", Kind::changes, stop, {name}}};
  return rows;
}

}  // namespace cadre::app
