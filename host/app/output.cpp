#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>

#include "host/app/command.hpp"
#include "host/base/log.hpp"
#include "host/base/problem_json.hpp"
#include "host/base/text.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

std::span<const ExitCodeRow> exit_codes() {
  static constexpr ExitCodeRow rows[] = {
      {exit_fine, "fine"},         {exit_difference, "a difference or a negative verdict"},
      {exit_usage, "usage"},       {exit_invalid_input, "invalid input"},
      {exit_conflict, "conflict"}, {exit_rolled_back, "rolled back"},
      {exit_time_out, "time-out"}, {exit_not_reachable, "host not reachable"}};
  return rows;
}

void print_problems(const base::Problems& problems) {
  // Where there are errors nothing was run, and what only might be wrong would hide them.
  const bool errors_only = problems.has_errors();
  const bool without_warnings = errors_only || base::log_level(base::LogPart::host) > base::LogLevel::warn;
  for (const base::Problem& problem : problems) {
    if (without_warnings && problem.severity != base::Severity::error) continue;
    std::fprintf(stderr, "%s\n", base::printable_lines(base::to_line(problem)).c_str());
  }
}

void print_refusal(const base::Problems& problems, bool as_json) {
  print_problems(problems);
  if (!as_json) return;
  const boost::json::object object{{"problems", base::to_json(problems)}};
  print_json(boost::json::serialize(object));
}

void print_text(std::string_view text) {
  std::fputs(base::printable_lines(text).c_str(), stdout);
}

constexpr std::size_t columns_without_terminal = 80;

std::size_t width_of_output() {
  return report::terminal_width(STDOUT_FILENO).value_or(columns_without_terminal);
}

void print_json(std::string_view json) {
  std::fputs((base::printable_json(json) + "\n").c_str(), stdout);
}

std::string shown(const std::filesystem::path& path) {
  std::error_code error;
  const auto relative = std::filesystem::relative(path, error);
  const std::string text = error || relative.empty() ? path.string() : relative.string();
  return text.size() < path.string().size() ? text : path.string();
}

}  // namespace cadre::app
