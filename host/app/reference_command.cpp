// reference: writes the pages of docs/reference and the schemas of manifests/schema from the tables the
// program itself uses.

#include <boost/json.hpp>
#include <cstdio>
#include <utility>
#include <vector>

#include "host/admin/routes.hpp"
#include "host/agent/catalog.hpp"
#include "host/app/command.hpp"
#include "host/app/published_schema.hpp"
#include "host/app/reference_page.hpp"
#include "host/backtest/experiment_run.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/problem_codes.hpp"
#include "host/base/text.hpp"
#include "host/chain/stage.hpp"
#include "host/config/changeability.hpp"
#include "host/config/host_config.hpp"
#include "host/config/scenario_schema.hpp"
#include "host/execution/pre_trade_gate.hpp"
#include "host/journal/description.hpp"
#include "host/metrics/metrics.hpp"
#include "host/trial/trial_state.hpp"

namespace cadre::app {

namespace {

namespace json = boost::json;

std::string type_of(const json::object& property) {
  if (const json::value* choices = property.if_contains("enum")) {
    std::vector<std::string> words;
    for (const json::value& word : choices->as_array())
      words.push_back("`" + std::string(word.as_string()) + "`");
    return base::join(words, ", ");
  }
  if (const json::value* constant = property.if_contains("const"))
    return "`" + base::canonical(*constant) + "`";
  const json::value* type = property.if_contains("type");
  std::string text = type == nullptr     ? "any"
                     : type->is_string() ? std::string(type->as_string())
                                         : base::canonical(*type);
  constexpr std::pair<const char*, const char*> bounds[] = {
      {"minimum", " ≥ "}, {"exclusiveMinimum", " > "}, {"maximum", " ≤ "}, {"exclusiveMaximum", " < "}};
  for (const auto& [key, sign] : bounds) {
    if (const json::value* bound = property.if_contains(key)) text += sign + base::canonical(*bound);
  }
  return text;
}

bool is_instance(const json::object& property) {
  const json::value* inner = property.if_contains("properties");
  return inner != nullptr && inner->as_object().contains("on_failure");
}

/// One row per key, depth first; keys of agents' instances are described once, elsewhere.
void add_rows(std::string& page, const json::object& schema, const std::string& pointer) {
  const json::value* properties = schema.if_contains("properties");
  if (properties == nullptr) return;
  const json::value* required = schema.if_contains("required");
  for (const auto& [key, value] : properties->as_object()) {
    const json::object& p = value.as_object();
    const std::string at = pointer + "/" + std::string(key);
    const json::value* description = p.if_contains("description");
    const json::value* otherwise = p.if_contains("default");
    bool needed = false;
    for (const json::value& name : required != nullptr ? required->as_array() : json::array())
      needed = needed || name.as_string() == key;
    const json::value* items = p.if_contains("items");
    const bool instances = items != nullptr && is_instance(items->as_object());
    std::string type = is_instance(p) ? "instance" : instances ? "array of instances" : type_of(p);
    const bool plain = otherwise != nullptr && !otherwise->is_object();
    page += "| `" + at + "` | " + cell(type) + " | " +
            (needed  ? "required"
             : plain ? "`" + base::canonical(*otherwise) + "`"
                     : "") +
            " | " + cell(description != nullptr ? std::string(description->as_string()) : "") + " |\n";
    if (is_instance(p) || at == "/chain") continue;
    add_rows(page, p, at);
    if (items != nullptr && !instances && items->as_object().contains("properties"))
      add_rows(page, items->as_object(), at + "/N");
  }
}

/// One row of what may change, and when.
void add_change_rows(std::string& page, std::span<const config::ChangeRule> rules) {
  for (const config::ChangeRule& rule : rules) {
    page += "| `" + std::string(rule.pointer) + "` | " + std::string(config::changes_name(rule.changes)) +
            " | " + (rule.decides ? "yes" : "") + " | " + cell(std::string(rule.why)) + " |\n";
  }
}

std::string changes_section() {
  std::string page =
      "\n## What may change, and when\n\n*live*: while a host runs, by file, command or HTTP. *restart*: "
      "with a start that accepts it (`cadre run --accept-changes`). *never*: within a "
      "book's life; it takes a new state folder. What decides and is live may also differ in the dated "
      "`/changes` of a backtest and in the arms of an experiment. A pointer covers all that is below "
      "it.\n\n| of a scenario | changes | decides | because |\n|---|---|---|---|\n";
  add_change_rows(page, config::scenario_change_rules());
  page += "\n| of a host file | changes | decides | because |\n|---|---|---|---|\n";
  add_change_rows(page, config::host_change_rules());
  return page;
}

std::string configuration_page() {
  constexpr const char* head = "| key | type | default | meaning |\n|---|---|---|---|\n";
  std::string page = "# Configuration\n\n";
  page += generated_note;
  page +=
      "A scenario file names a chain file (or holds the chain itself) at `/chain`. Every key can be changed "
      "for one run with "
      "`--set /json/pointer=value`. Unknown keys are errors; keys that begin with `x-` are private and "
      "ignored.\n\n## Scenario\n\n";
  page += head;
  add_rows(page, config::scenario_schema().as_object(), "");
  page += "\n## Host\n\nWhat `cadre run` takes: a host file, or a scenario file as a host of one book.\n\n";
  page += head;
  add_rows(page, config::host_schema().as_object(), "");
  page += "\n## Chain\n\nPointers are relative to the chain; in a scenario they begin with `/chain`.\n\n";
  page += head;
  add_rows(page, config::chain_schema().as_object(), "");
  page += "\n## Instance\n\nOne agent that fills one stage.\n\n";
  page += head;
  add_rows(page, config::chain_schema().at("properties").at("position_sizer").as_object(), "");
  page += changes_section();
  return page;
}

std::string checks_page() {
  std::string page = "# Pre-trade checks\n\n";
  page += generated_note;
  page +=
      "The host's own gate between any chain and any environment. All failures are recorded, any one rejects "
      "the order. Orders that strictly reduce a "
      "position skip the checks marked *increases only*.\n\n| code | refuses when | applies to "
      "|\n|---|---|---|\n";
  for (const execution::PreTradeCheck& check : execution::pre_trade_checks()) {
    page += "| `" + std::string(check.code) + "` | " + std::string(check.text) + " | " +
            (check.skipped_when_reducing ? "increases only" : "every order") + " |\n";
  }
  return page;
}

std::string problems_page() {
  std::string page = "# Problems\n\n";
  page += generated_note;
  page +=
      "What Cadre has to say about its input. A problem is printed as `FILE:LINE:COLUMN POINTER: MESSAGE; "
      "NEXT "
      "STEP [CODE]`, without what is missing, and with `--json` and over HTTP as an object. The message is "
      "about "
      "the case at hand and may change; the code stays.\n\n| code | means | what to do |\n|---|---|---|\n";
  for (const base::ProblemCode& row : base::problem_codes()) {
    page += "| `" + std::string(row.code) + "` | " + cell(std::string(row.meaning)) + " | " +
            cell(std::string(row.what_to_do)) + " |\n";
  }
  return page;
}

std::string routes_page() {
  std::string page = "# HTTP\n\n";
  page += generated_note;
  page +=
      "A running host listens at `admin.sock` in its state folder, or where --socket says, and, with "
      "`/admin/port` in its host file, "
      "at "
      "127.0.0.1 with `Authorization: Bearer` and the token in the file `token` there. Refusals are "
      "`application/problem+json` (RFC 9457) with all problems in `problems`. Every change names `actor` and "
      "`reason`; both are journaled.\n\n| method | path | query | what it does |\n|---|---|---|---|\n";
  for (const admin::RouteDescription& route : admin::routes()) {
    page += "| " + std::string(route.method) + " | `" + std::string(route.pattern) + "` | " +
            std::string(route.query) + " | " + cell(std::string(route.description)) + " |\n";
  }
  return page;
}

std::string log_page() {
  std::string page =
      std::string("# The log\n\n") + generated_note +
      "Every event that a host logs, with the part whose level decides whether it does: /log of the "
      "host file, or `cadre log set`.\n\n| event | part | meaning |\n|---|---|---|\n";
  for (const base::LogEvent& event : base::log_events())
    page += "| `" + std::string(event.name) + "` | " + std::string(base::log_part_name(event.part)) + " | " +
            cell(std::string(event.meaning)) + " |\n";
  return page;
}

std::string metrics_page() {
  return std::string("# Metrics\n\n") + generated_note +
         "At `/metrics` of a running host, in the text format of Prometheus.\n\n" + metrics::reference_text();
}

std::string stages_page() {
  std::string page = "# Stages\n\n";
  page += generated_note;
  page += "In the order of a decision.\n\n| key in the chain | role | what its agent does |\n|---|---|---|\n";
  for (const agent::Role& row : agent::roles()) {
    page += "| `" + std::string(row.key) + "` | `" + std::string(row.id) + "` | " + std::string(row.text) +
            " |\n";
  }
  return page;
}

std::string agents_page(const agent::Catalog& catalog) {
  std::string page = "# Agents\n\n";
  page += generated_note;
  page +=
      "The agents that come with Cadre. Formulas, and when not to use them, are in the README of each "
      "plugin's folder.\n";
  for (const agent::CatalogEntry& entry : catalog.entries()) {
    const agent::AgentDeclaration& a = *entry.agent;
    page += "\n## " + a.id + "\n\n" + (a.description.empty() ? entry.manifest->description : a.description) +
            ".\n\nRole `" + a.role + "`";
    std::vector<std::string> needs;
    for (const agent::ServiceNeed& need : a.needs)
      needs.push_back("`" + need.service + "`" + (need.optional ? " (optional)" : ""));
    if (!needs.empty()) page += ", requires " + base::join(needs, ", ");
    if (!a.provides.empty()) page += ", provides `" + base::join(a.provides, "`, `") + "`";
    page += a.state_schema != 0 ? ", has state (schema " + std::to_string(a.state_schema) + ").\n" : ".\n";
    const json::value* properties = base::find(a.config_schema, "/properties");
    if (properties != nullptr && !properties->as_object().empty()) {
      page += "\n| setting | type | default | meaning |\n|---|---|---|---|\n";
      add_rows(page, a.config_schema.as_object(), "");
    }
    if (!a.reasons.empty()) {
      page += "\n| reason code | meaning |\n|---|---|\n";
      for (const auto& [code, sentence] : a.reasons)
        page += "| " + std::to_string(code) + " | " + cell(sentence) + " |\n";
    }
  }
  return page;
}

/// One row per field of a record, depth first.
void add_field_rows(std::string& page, const json::array& fields, const std::string& before) {
  for (const json::value& each : fields) {
    const json::object& field = each.as_object();
    const std::string name = before + std::string(field.at("name").as_string());
    std::string kind(field.at("kind").as_string());
    if (const json::value* of = field.if_contains("of")) kind += " of `" + std::string(of->as_string()) + "`";
    std::string meaning(field.at("meaning").as_string());
    if (const json::value* first = field.if_contains("first_format"))
      meaning.append("; from format ").append(base::canonical(*first)).append(" on");
    if (const json::value* last = field.if_contains("last_format"))
      meaning.insert(0, "up to format " + base::canonical(*last) + " only: ");
    page.append("| `").append(name).append("` | ").append(kind).append(" | ");
    page.append(cell(meaning)).append(" |\n");
    if (const json::value* inner = field.if_contains("fields"))
      add_field_rows(page, inner->as_array(), name + "[].");
  }
}

/// What host/journal/compact.hpp writes.
constexpr const char* compact_kinds =
    "| kind | bytes |\n|---|---|\n"
    "| bool, u8 | a byte; bool is 0 or 1 |\n"
    "| u32, u64 | varint: seven bits a byte, the lowest first; the highest bit says that one follows |\n"
    "| i32 | varint of its zigzag: 0, -1, 1, -2 ... are 0, 1, 2, 3 ... |\n"
    "| i64, money | a byte `e + 16 w`, and the lowest `w` bytes of the zigzag of the number / 10^e; money "
    "is "
    "millionths |\n"
    "| f64 | a byte `w`, and its highest `w` bytes; the others are zero |\n"
    "| text, bytes | varint length, bytes; text is UTF-8 |\n"
    "| texts | varint count, texts |\n"
    "| array | varint count, column |\n"
    "| struct | its fields, one behind the other |\n"
    "| structs | varint count, and of every field a column; of an id, texts |\n"
    "| list | varint count, elements field by field |\n"
    "| id | as text, without the zeros at its end |\n\n"
    "A column has a number of each of many things. Nothing stands for one that is empty; else its first "
    "byte "
    "says its form, and form 0 is that all are the number that follows.\n\n"
    "| column of | first byte | what follows |\n|---|---|---|\n"
    "| integers | `w + 16 m + 32 s` | where `m` is 1, a bit a number that says which ones are not zero; "
    "then "
    "`w` bytes of each of these: of the number when its kind has no sign, else of the zigzag of the number "
    "/ "
    "10^n, where n is 0, 2, 3, 4, 5, 6, 7, 9 for `s` from 0 on |\n"
    "| f64 | 1 | nothing: it is as its reference, the column of f64 before the one before it in the same "
    "record, if that has as many numbers |\n"
    "| f64 | `2 + 16 w` | two bits a number: 0, it is zero; 1, the same as the last one with 3; 2, the "
    "same as "
    "that of the reference; 3, its highest `w` bytes follow, all of them behind the bits |\n"
    "| f64 | `3 + 16 w` | the highest `w` bytes of each |\n\n";

std::string journal_page(const json::value& format) {
  std::string page = "# Journal\n\n";
  page += generated_note;
  page +=
      "Format " + base::canonical(format.at("format_version")) + "; formats from " +
      base::canonical(format.at("oldest_format_read")) +
      " on are read. A host that goes on with a state folder of format 4 begins a segment of this one, and "
      "writes journals of earlier ones anew first. The only truth of a run: an append-only file, `journal` "
      "in "
      "a run folder and in the folder of a book of a state folder. For programs the same is in "
      "`manifests/schema/journal.json`.\n\n"
      "```text\nfile head   \"CADREJOURNAL\" u32 format\n"
      "frame       u32 payload length | u32 type | u64 sequence | payload | u64 XXH3 of all of the frame "
      "before\n```\n\nLittle-endian, no padding. Every record can be read alone.\n\n" +
      compact_kinds + "Bits begin with the lowest. Formats up to " +
      base::canonical(format.at("compact").at("last_plain_format")) +
      " had:\n\n| kind | bytes |\n|---|---|\n"
      "| bool, u8, u32, u64, i32, i64, f64 | a number as it lies in memory; bool is a byte, 0 or 1 |\n"
      "| money | i64, millionths |\n"
      "| text, bytes | u32 length, bytes; text is UTF-8 |\n"
      "| texts | u32 count, texts |\n"
      "| array | u32 count, numbers |\n"
      "| struct | u32 size, the struct; a newer host's may be larger |\n"
      "| structs | u32 size of one, u32 count, structs |\n"
      "| list | u32 count, elements field by field |\n"
      "| id | in a struct: 32 bytes of text, filled up with zeros |\n";
  for (const json::value& record : format.at("records").as_array()) {
    page += "\n## " + std::string(record.at("name").as_string()) + "\n\nType " +
            base::canonical(record.at("type")) + ". " + std::string(record.at("meaning").as_string()) + "\n";
    const json::array& fields = record.at("fields").as_array();
    if (fields.empty()) continue;
    page += "\n| field | kind | meaning |\n|---|---|---|\n";
    add_field_rows(page, fields, "");
  }
  page += "\n## Structs of the ABI\n\nWhat their fields mean is in `sdk/include/cadre`.\n";
  for (const auto& [name, about] : format.at("structs").as_object()) {
    page += "\n### " + std::string(name) + "\n\n" + base::canonical(about.at("bytes")) +
            " bytes.\n\n| field | kind | byte |\n|---|---|---|\n";
    for (const json::value& field : about.at("fields").as_array()) {
      page += "| `" + std::string(field.at("name").as_string()) + "` | " +
              std::string(field.at("kind").as_string()) + " | " + base::canonical(field.at("offset")) +
              " |\n";
    }
  }
  return page;
}

}  // namespace

namespace {

using Files = std::vector<std::pair<std::filesystem::path, std::string>>;

/// Pages in Markdown.
void add_pages(const std::filesystem::path& folder, const agent::Catalog& catalog, Files& files) {
  const std::pair<const char*, std::string> pages[] = {
      {"commands.md", commands_page()},
      {"configuration.md", configuration_page()},
      {"pre_trade_checks.md", checks_page()},
      {"stages.md", stages_page()},
      {"http.md", routes_page()},
      {"log.md", log_page()},
      {"metrics.md", metrics_page()},
      {"problems.md", problems_page()},
      {"audit.md", audit_page()},
      {"agents.md", agents_page(catalog)},
      {"journal.md", journal_page(journal::describe_format())}};
  for (const auto& [name, text] : pages)
    files.emplace_back(folder / name, text);
}

void add_schemas(const std::filesystem::path& folder, Files& files) {
  const std::pair<const char*, json::value> schemas[] = {
      {"scenario", config::scenario_schema()},
      {"host", config::host_schema()},
      {"chain", config::chain_schema()},
      {"manifest", json::parse(agent::manifest_schema())},
      {"experiment", json::parse(experiment::experiment_schema())},
      {"state", json::parse(trial::trial_state_schema())}};
  for (const auto& [name, schema] : schemas)
    files.emplace_back(folder / (std::string(name) + ".schema.json"),
                       base::pretty(published_schema(schema, name)) + "\n");
  files.emplace_back(folder / "journal.json", base::pretty(journal::describe_format()) + "\n");
}

}  // namespace

int run_reference_command(const GlobalOptions& global, const ReferenceArguments& arguments) {
  if (arguments.pages.empty() && arguments.schemas.empty() && arguments.man.empty()) {
    base::Problems problems;
    problems.error("COMMAND_USAGE", {}, "there is nothing to write",
                   "name a folder with --pages, --schemas or --man");
    print_problems(problems);
    return exit_usage;
  }
  const agent::Catalog catalog = agent::Catalog::discover(global.agent_folders);
  // Only the pages tell of agents.
  base::Problems problems = arguments.pages.empty() ? base::Problems{} : catalog.problems();
  Files files;
  if (!arguments.pages.empty()) add_pages(arguments.pages, catalog, files);
  if (!arguments.schemas.empty()) add_schemas(arguments.schemas, files);
  if (!arguments.man.empty()) {
    for (ManPage& page : man_pages())
      files.emplace_back(arguments.man / page.file, std::move(page.text));
  }
  for (const auto& [path, text] : files) {
    std::error_code ignored;
    std::filesystem::create_directories(path.parent_path(), ignored);
    problems.append(base::write_file_atomically(path, text));
  }
  print_problems(problems);
  return problems.has_errors() ? exit_invalid_input : exit_fine;
}

}  // namespace cadre::app
