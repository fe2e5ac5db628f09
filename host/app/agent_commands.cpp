// agent list and agent show.

#include <boost/json.hpp>
#include <cstdio>

#include "host/agent/catalog.hpp"
#include "host/app/command.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace {

namespace json = boost::json;

json::object describe(const agent::CatalogEntry& entry) {
  const agent::AgentDeclaration& a = *entry.agent;
  json::array needs;
  for (const agent::ServiceNeed& need : a.needs)
    needs.push_back({{"service", need.service}, {"optional", need.optional}});
  return {{"id", a.id},
          {"role", a.role},
          {"plugin", entry.manifest->id},
          {"version", entry.manifest->version.to_string()},
          {"status", entry.manifest->status},
          {"description", a.description.empty() ? entry.manifest->description : a.description},
          {"config_schema", a.config_schema},
          {"provides", json::array(a.provides.begin(), a.provides.end())},
          {"requires", needs},
          {"state_schema", a.state_schema},
          {"kinds", json::array(a.kinds.begin(), a.kinds.end())},
          {"isolation", entry.manifest->isolation},
          {"deadline_us", entry.manifest->deadline_us},
          {"memory_mb", entry.manifest->memory_mb},
          {"manifest", entry.manifest->file.string()},
          {"library", entry.manifest->library.string()},
          {"sha256", entry.manifest->sha256}};
}

std::string type_of(const json::object& property) {
  const json::value* type = property.if_contains("type");
  if (const json::value* choices = property.if_contains("enum")) {
    std::vector<std::string> words;
    for (const json::value& word : choices->as_array())
      words.push_back(word.is_string() ? std::string(word.as_string()) : base::canonical(word));
    return base::join(words, " | ");
  }
  std::string text = type != nullptr && type->is_string() ? std::string(type->as_string()) : "any";
  const json::value* low = property.if_contains("minimum");
  const json::value* above = property.if_contains("exclusiveMinimum");
  const json::value* high = property.if_contains("maximum");
  const json::value* below = property.if_contains("exclusiveMaximum");
  if (low != nullptr) text += " >= " + base::canonical(*low);
  if (above != nullptr) text += " > " + base::canonical(*above);
  if (high != nullptr) text += " <= " + base::canonical(*high);
  if (below != nullptr) text += " < " + base::canonical(*below);
  return text;
}

}  // namespace

int run_agent_list_command(const GlobalOptions& global, bool as_json) {
  const agent::Catalog catalog = agent::Catalog::discover(global.agent_folders);
  if (as_json) {
    json::array array;
    for (const agent::CatalogEntry& entry : catalog.entries())
      array.push_back(describe(entry));
    print_json(json::serialize(array));
  } else {
    report::TextTable table({{"agent"}, {"role"}, {"version"}, {"what it does"}});
    for (const agent::CatalogEntry& entry : catalog.entries()) {
      std::string role = entry.agent->role;
      if (role.rfind("cadre.", 0) == 0) role = role.substr(6);
      table.add_row({entry.agent->id, role.substr(0, role.find('/')), entry.manifest->version.to_string(),
                     entry.agent->description.empty() ? entry.manifest->name : entry.agent->description});
    }
    print_text(table.to_string(width_of_output()));
  }
  print_problems(catalog.problems());
  return catalog.problems().has_errors() ? exit_invalid_input : exit_fine;
}

int run_agent_show_command(const GlobalOptions& global, const AgentArguments& arguments) {
  const agent::Catalog catalog = agent::Catalog::discover(global.agent_folders);
  const auto found = catalog.find(arguments.id, *agent::VersionRange::parse("*"), {});
  if (!found) {
    print_refusal(found.problems(), arguments.json);
    return exit_invalid_input;
  }
  if (arguments.json) {
    print_json(json::serialize(describe(*found)));
    return exit_fine;
  }
  const agent::AgentDeclaration& a = *found->agent;
  std::printf("%s %s\n%s\n\n", a.id.c_str(), found->manifest->version.to_string().c_str(),
              (a.description.empty() ? found->manifest->description : a.description).c_str());
  report::TextTable facts({{"field"}, {"value"}});
  facts.add_row({"role", a.role});
  facts.add_row({"plugin", found->manifest->id + " (" + found->manifest->status + ")"});
  facts.add_row({"provides", a.provides.empty() ? "-" : base::join(a.provides, ", ")});
  std::vector<std::string> needs;
  for (const agent::ServiceNeed& need : a.needs)
    needs.push_back(need.service + (need.optional ? " (optional)" : ""));
  facts.add_row({"requires", needs.empty() ? "-" : base::join(needs, ", ")});
  facts.add_row({"state", a.state_schema == 0 ? "none" : "schema " + std::to_string(a.state_schema)});
  facts.add_row({"instruments", base::join(a.kinds, ", ")});
  facts.add_row({"isolation", found->manifest->isolation == "process"
                                  ? "a process of its own"
                                  : "as its stage says, or the host trusts it"});
  if (found->manifest->deadline_us != 0)
    facts.add_row({"deadline", std::to_string(found->manifest->deadline_us) + " us a call"});
  if (found->manifest->memory_mb != 0)
    facts.add_row({"memory", std::to_string(found->manifest->memory_mb) + " MiB in a process of its own"});
  facts.add_row({"manifest", shown(found->manifest->file)});
  facts.add_row({"library", shown(found->manifest->library)});
  facts.add_row({"sha256", found->manifest->sha256});
  std::printf("%s\n", facts.to_string(width_of_output()).c_str());
  const json::value* properties = base::find(a.config_schema, "/properties");
  if (properties == nullptr || properties->as_object().empty()) {
    std::printf("It has no settings.\n");
    return exit_fine;
  }
  report::TextTable settings({{"setting"}, {"type"}, {"default"}, {"meaning"}});
  for (const auto& [key, property] : properties->as_object()) {
    const json::object& p = property.as_object();
    const json::value* otherwise = p.if_contains("default");
    const json::value* meaning = p.if_contains("description");
    settings.add_row({std::string(key), type_of(p), otherwise != nullptr ? base::canonical(*otherwise) : "-",
                      meaning != nullptr ? std::string(meaning->as_string()) : ""});
  }
  print_text(settings.to_string(width_of_output()));
  return exit_fine;
}

}  // namespace cadre::app
