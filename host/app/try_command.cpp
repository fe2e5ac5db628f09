// agent try: what came out of one agent, as tables or JSON.

#include <boost/json.hpp>
#include <cstdio>

#include "host/app/command.hpp"
#include "host/base/json.hpp"
#include "host/report/table.hpp"
#include "host/trial/trial.hpp"

namespace cadre::app {

namespace {

namespace json = boost::json;

std::string cell(const json::value& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return std::string(value.as_string());
  return base::canonical(value);
}

/// Rows of equal objects as a table.
void print_rows(const char* title, const json::array& rows) {
  std::printf("\n%s\n", title);
  if (rows.empty()) {
    std::printf("  none\n");
    return;
  }
  std::vector<report::TextTable::Column> columns;
  for (const auto& [key, value] : rows[0].as_object())
    columns.push_back({std::string(key), value.is_number() ? report::Align::right : report::Align::left});
  report::TextTable table(columns);
  for (const json::value& row : rows) {
    std::vector<std::string> cells;
    for (const auto& column : columns) {
      const json::value* value = row.as_object().if_contains(column.heading);
      cells.push_back(value != nullptr ? cell(*value) : "");
    }
    table.add_row(cells);
  }
  print_text(table.to_string(width_of_output()));
}

void print_tables(const json::object& out) {
  std::printf("status: %s\n", std::string(out.at("status").as_string()).c_str());
  if (const json::value* why = out.if_contains("unusable"))
    std::printf("a host does not use this answer: %s\n", std::string(why->as_string()).c_str());
  for (const auto& [key, value] : out) {
    const std::string title(key);
    if (title == "status" || title == "unusable" || title == "agent_state") continue;
    if (value.is_array() && (value.as_array().empty() || value.as_array()[0].is_object())) {
      print_rows(title.c_str(), value.as_array());
    } else if (value.is_object()) {
      std::printf("\n%s\n", title.c_str());
      for (const auto& [name, inner] : value.as_object()) {
        if (inner.is_array() && !inner.as_array().empty() && inner.as_array()[0].is_object())
          print_rows(std::string(name).c_str(), inner.as_array());
        else
          std::printf("  %s: %s\n", std::string(name).c_str(), cell(inner).c_str());
      }
    } else {
      std::printf("\n%s: %s\n", title.c_str(), cell(value).c_str());
    }
  }
}

}  // namespace

int run_agent_try_command(const GlobalOptions& global, const TryArguments& arguments) {
  const auto out = trial::try_agent({arguments.id, arguments.config, arguments.state, arguments.services,
                                     global.agent_folders, arguments.probe_timeout_ms});
  if (!out) {
    print_refusal(out.problems(), arguments.json);
    return exit_invalid_input;
  }
  print_problems(out.problems());
  if (arguments.json)
    print_json(base::canonical(*out));
  else
    print_tables(*out);
  const bool is_usable = out->at("status").as_string() == "ok" && !out->contains("unusable");
  return is_usable ? exit_fine : exit_difference;
}

}  // namespace cadre::app
