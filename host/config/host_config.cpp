#include "host/config/host_config.hpp"

#include <array>
#include <boost/json.hpp>

#include "host/base/schema.hpp"
#include "host/config/agent_files.hpp"
#include "host/config/file_kind.hpp"
#include "host/config/instrument_table.hpp"
#include "host/config/key_reader.hpp"
#include "host/config/key_sections.hpp"
#include "host/config/order_limits.hpp"

namespace cadre::config {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view schema_text = R"json({
  "type": "object",
  "required": ["books"],
  "properties": {
    "name": {"type": "string", "default": "host", "description": "shown in status"},
    "description": {"type": "string"},
    "books": {
      "type": "array",
      "minItems": 1,
      "description": "each runs on a thread of its own",
      "items": {
        "type": "object",
        "required": ["scenario"],
        "properties": {
          "scenario": {"additionalProperties": true, "description": "a scenario file, relative to this file, or the scenario itself; its data name the instruments"},
          "folder": {"type": "string", "description": "where relative paths of a scenario begin that stands here itself"},
          "set": {"type": "object", "additionalProperties": true, "default": {}, "description": "JSON pointer to value: what this book has otherwise, its /book/id for instance"}
        }
      }
    },
    "probe_timeout_ms": {"type": "integer", "minimum": 100, "maximum": 600000, "default": 10000, "description": "how long trying a change may take before it enters the host, all of its agents together (at a start those of each book); whoever is asked when it is over is refused"},
    "queue": {"type": "object", "default": {}, "properties": {@queue_keys@}},
    "journal": {"type": "object", "default": {}, "properties": {@journal_keys@}},
    "checkpoint": {"type": "object", "default": {}, "properties": {@checkpoint_keys@}},
    "confirm": {"type": "object", "default": {}, "properties": {@confirm_keys@}},
    "watch": {"type": "object", "default": {}, "properties": {@watch_keys@}},
    "trust": {"type": "object", "default": {}, "description": "which agents run in the host's process, and what is done without Landlock", "properties": {@trust_keys@}},
    "admin": {"type": "object", "default": {}, "properties": {@admin_keys@}},
    "limits": {"type": "array", "default": [], "description": "bounds on the orders of all books, beside those of each", "items": {"type": "object", "additionalProperties": false, "properties": {@limit_keys@}}},
    "log": {"type": "object", "default": {}, "description": "what the host writes of what happens, and where", "properties": {@log_keys@}}
  }
})json";

#define KEY(name, type, schema) reader.read(at + #name, config.name);
void read_queue(KeyReader& reader, const std::string& at, QueueConfig& config) {
#include "host/config/keys/queue.inc"
}
void read_journal(KeyReader& reader, const std::string& at, JournalConfig& config) {
#include "host/config/keys/journal.inc"
}
void read_checkpoint(KeyReader& reader, const std::string& at, CheckpointConfig& config) {
#include "host/config/keys/checkpoint.inc"
}
void read_confirm(KeyReader& reader, const std::string& at, ConfirmConfig& config) {
#include "host/config/keys/confirm.inc"
}
void read_watch(KeyReader& reader, const std::string& at, WatchConfig& config) {
#include "host/config/keys/watch.inc"
}
void read_trust(KeyReader& reader, const std::string& at, TrustConfig& config) {
#include "host/config/keys/trust.inc"
}
void read_admin(KeyReader& reader, const std::string& at, AdminConfig& config) {
#include "host/config/keys/admin.inc"
}
void read_log(KeyReader& reader, const std::string& at, LogConfig& config) {
#include "host/config/keys/log.inc"
}
#undef KEY

/// What is not in a book. `root` has its defaults filled in.
HostConfig read_head(const json::value& root, const PlaceOf& place, base::Problems& problems) {
  HostConfig host;
  KeyReader reader(root, place, {}, problems);
  host.name = reader.text("/name");
  reader.read("/probe_timeout_ms", host.probe_timeout_ms);
  read_queue(reader, "/queue/", host.queue);
  read_journal(reader, "/journal/", host.journal);
  read_checkpoint(reader, "/checkpoint/", host.checkpoint);
  read_confirm(reader, "/confirm/", host.confirm);
  read_watch(reader, "/watch/", host.watch);
  read_trust(reader, "/trust/", host.trust);
  read_admin(reader, "/admin/", host.admin);
  read_log(reader, "/log/", host.log);
  reader.read("/limits", host.limits);
  return host;
}

void add_book(HostConfig& host, base::JsonDocument document, const fs::path& folder, const base::Place& at,
              base::Problems& problems) {
  auto scenario = read_scenario(std::move(document), folder);
  problems.append(scenario.problems());
  if (!scenario) return;
  for (const BookConfig& other : host.books) {
    if (other.scenario.book.id != scenario->book.id) continue;
    problems.error("CONFIG_BOOK_TWICE", at, "two books have the id " + base::quote(scenario->book.id),
                   R"(give this one another with "set": {"/book/id": "second"})");
  }
  if (!scenario->changes.empty())
    problems.error("CONFIG_NOT_LIVE", scenario->document.place("/changes"),
                   "dated changes belong to a backtest", "apply them with `cadre revision apply`");
  ScenarioConfig config = std::move(scenario).take();
  config.pre_trade_checks.limits.insert(config.pre_trade_checks.limits.end(), host.limits.begin(),
                                        host.limits.end());
  host.books.push_back({std::move(config), folder});
}

/// The document that says all of it.
json::value complete_form(const json::value& head, const HostConfig& host) {
  json::object complete = head.as_object();
  json::array books;
  for (const BookConfig& book : host.books)
    books.push_back({{"scenario", book.scenario.document.root()}, {"folder", book.folder.string()}});
  complete["books"] = books;
  return complete;
}

std::vector<Override> overrides_of(const json::value& book, const std::string& origin) {
  std::vector<Override> overrides;
  const json::value* set = book.as_object().if_contains("set");
  if (set == nullptr) return overrides;
  for (const auto& [pointer, value] : set->as_object())
    overrides.push_back({std::string(pointer), base::canonical(value), origin});
  return overrides;
}

base::Result<HostConfig> finish(HostConfig host, const json::value& root, base::Problems problems) {
  if (problems.has_errors()) return problems;
  host.complete = complete_form(root, host);
  return {std::move(host), std::move(problems)};
}

/// The files that a scenario names and that become part of it.
void note_named_files(const fs::path& scenario_file, std::vector<fs::path>& files) {
  const auto raw = base::JsonDocument::load(scenario_file);
  if (!raw) return;
  const json::value* chain = base::find(raw->root(), "/chain");
  const fs::path folder = scenario_file.parent_path();
  const bool is_named = chain != nullptr && chain->is_string();
  if (is_named) files.push_back((folder / std::string(chain->as_string())).lexically_normal());
  // Paths in the file of a chain are those of the scenario that names it.
  const auto named = is_named ? base::JsonDocument::load(files.back()) : raw;
  if (const auto table = instruments_file(raw->root(), folder)) files.push_back(*table);
  note_agent_files(raw->root(), folder, files);
  if (is_named && named) note_agent_files(json::object{{"chain", named->root()}}, folder, files);
}

}  // namespace

const json::value& host_schema() {
  static const json::value schema = json::parse(with_keys(schema_text));
  return schema;
}

base::Result<HostConfig> load_host(const fs::path& file) {
  base::Problems problems = expect_kind(file, std::array{FileKind::host, FileKind::scenario});
  if (problems.has_errors()) return problems;
  auto document = base::JsonDocument::load(file);
  if (!document) return document.problems();
  const fs::path folder = fs::absolute(file).lexically_normal().parent_path();
  if (says_scenario(document->root())) {
    auto scenario = load_scenario_document(file, {});
    if (!scenario) return scenario.problems();
    const json::value root = base::with_defaults(json::object{{"books", json::array{}}}, host_schema());
    HostConfig host = read_head(root, {}, problems);
    host.files = {fs::absolute(file)};
    note_named_files(fs::absolute(file), host.files);
    add_book(host, std::move(scenario).take(), folder, base::Place::of(file), problems);
    if (!problems.has_errors()) host.name = host.books.front().scenario.name;
    json::value named = root;
    named.as_object()["name"] = host.name;
    return finish(std::move(host), named, std::move(problems));
  }
  const auto place = [&](std::string_view pointer) { return document->place(pointer); };
  base::validate(document->root(), host_schema(), "", place, problems);
  if (problems.has_errors()) return problems;
  const json::value root = base::with_defaults(document->root(), host_schema());
  HostConfig host = read_head(root, place, problems);
  host.files = {fs::absolute(file)};
  const json::array& books = root.at("books").as_array();
  for (std::size_t i = 0; i < books.size(); ++i) {
    const std::string at = "/books/" + std::to_string(i);
    const json::value& scenario = books[i].at("scenario");
    const std::vector<Override> overrides = overrides_of(books[i], place(at + "/set").file);
    if (scenario.is_string()) {
      const fs::path path = (folder / std::string(scenario.as_string())).lexically_normal();
      auto loaded = load_scenario_document(path, overrides);
      problems.append(base::asked_for_at(loaded.problems(), place(at + "/scenario")));
      host.files.push_back(path);
      note_named_files(path, host.files);
      if (loaded) add_book(host, std::move(loaded).take(), path.parent_path(), place(at), problems);
      continue;
    }
    const json::value* named = books[i].as_object().if_contains("folder");
    auto inner = base::JsonDocument::parse(file.string() + " " + at + "/scenario", base::canonical(scenario));
    problems.append(inner.problems());
    if (!inner) continue;
    for (const Override& change : overrides)
      problems.append(inner->set(change.pointer, change.value, change.origin));
    const fs::path inner_folder = named != nullptr ? folder / std::string(named->as_string()) : folder;
    problems.append(embed_instruments(*inner, inner_folder));
    if (!problems.has_errors()) problems.append(embed_agent_files(*inner, inner_folder));
    add_book(host, std::move(inner).take(), inner_folder, place(at), problems);
  }
  return finish(std::move(host), root, std::move(problems));
}

std::vector<fs::path> named_files(const fs::path& file) {
  const auto raw = base::JsonDocument::load(file);
  if (!raw) return {};
  const fs::path whole = fs::absolute(file).lexically_normal();
  std::vector<fs::path> files{whole};
  note_named_files(whole, files);
  const json::value* books = base::find(raw->root(), "/books");
  if (books == nullptr || !books->is_array()) return files;
  for (const json::value& book : books->get_array()) {
    const json::value* scenario = base::find(book, "/scenario");
    if (scenario == nullptr) continue;
    if (const auto table = instruments_file(*scenario, whole.parent_path())) files.push_back(*table);
    note_agent_files(*scenario, whole.parent_path(), files);
    if (!scenario->is_string()) continue;
    files.push_back((whole.parent_path() / std::string(scenario->get_string())).lexically_normal());
    note_named_files(files.back(), files);
  }
  return files;
}

base::Result<HostConfig> read_host(const json::value& complete, const std::string& origin) {
  base::Problems problems;
  const auto place = [&](std::string_view pointer) {
    return base::Place{origin, 0, 0, std::string(pointer)};
  };
  base::validate(complete, host_schema(), "", place, problems);
  if (problems.has_errors()) return problems;
  const json::value root = base::with_defaults(complete, host_schema());
  HostConfig host = read_head(root, place, problems);
  const json::array& books = root.at("books").as_array();
  for (std::size_t i = 0; i < books.size(); ++i) {
    const std::string at = "/books/" + std::to_string(i);
    const json::value& scenario = books[i].at("scenario");
    const json::value* folder = books[i].as_object().if_contains("folder");
    if (!scenario.is_object()) {
      problems.error("CONFIG_NOT_COMPLETE", place(at + "/scenario"),
                     "expected the scenario itself, not the name of a file",
                     "`cadre revision apply` puts the files in");
      continue;
    }
    base::JsonDocument document = base::JsonDocument::of(origin, scenario);
    for (const Override& change : overrides_of(books[i], origin))
      problems.append(document.set(change.pointer, change.value, change.origin));
    add_book(host, std::move(document),
             folder != nullptr ? fs::path(std::string(folder->as_string())) : fs::path("/"), place(at),
             problems);
  }
  return finish(std::move(host), root, std::move(problems));
}

}  // namespace cadre::config
