#include "host/config/file_kind.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <fstream>

#include "host/base/json.hpp"

namespace cadre::config {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

struct KindRow {
  FileKind kind;
  std::string_view noun, takes_it;
};

constexpr KindRow rows[] = {
    {FileKind::scenario, "a scenario", "`cadre backtest`, `cadre run` and `cadre check` take it"},
    {FileKind::host, "a host file", "`cadre run` and `cadre check` take it"},
    {FileKind::chain, "a chain", "a scenario names it at /chain"},
    {FileKind::experiment, "an experiment", "`cadre experiment run` and `cadre experiment start` take it"},
    {FileKind::manifest, "a manifest of agents", "name its folder with --agents; `cadre check` looks at it"},
    {FileKind::state, "an execution state", "`cadre agent try --state` takes it"},
    {FileKind::settings, "settings of an agent", "`cadre agent try --config` takes it"},
    {FileKind::result, "the result of a run",
     "`cadre replay` and `cadre explain` take the folder it lies in"},
    {FileKind::schema, "a JSON schema", "editors check files with it"},
    {FileKind::table, "a CSV file", "a scenario names prices at /data/prices/file"},
    {FileKind::journal, "a journal",
     "`cadre journal show` reads it, `cadre replay` and `cadre explain` take the folder it lies in"},
    {FileKind::library, "a library", "name the folder of its manifest with --agents"},
    {FileKind::page, "a page for a browser", "`cadre replay` and `cadre explain` take the folder of a run"},
    {FileKind::run_folder, "a run folder",
     "`cadre replay`, `cadre explain` and `cadre journal` take it; its series is equity.csv"},
    {FileKind::state_folder, "the state folder of a host", "`cadre run --state` and `cadre journal` take it"},
    {FileKind::unknown, "something unknown", ""}};

const KindRow& row_of(FileKind kind) {
  return *std::find_if(std::begin(rows), std::end(rows),
                       [&](const KindRow& row) { return row.kind == kind; });
}

FileKind kind_of_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder / "books", error) && fs::is_directory(folder / "revisions", error))
    return FileKind::state_folder;
  if (fs::is_regular_file(folder / "journal", error)) return FileKind::run_folder;
  return FileKind::unknown;
}

/// Whether the text begins as a table does: a line of several cells without quotes, braces or tags.
bool begins_as_table(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  if (line.size() == text.size() || line.find_first_of("{}<>:\"") != std::string_view::npos) return false;
  if (text.find('\0') != std::string_view::npos) return false;
  return line.find_first_of(",;\t") != std::string_view::npos;
}

}  // namespace

bool says_scenario(const json::value& root) {
  const json::object* object = root.if_object();
  return object != nullptr && object->contains("scenario");
}

FileKind file_kind(const json::value& root) {
  const json::object* object = root.if_object();
  if (object == nullptr) return FileKind::unknown;
  const auto has = [&](std::string_view key) { return object->contains(key); };
  if (has("manifest_version")) return FileKind::manifest;
  if (has("candidate")) return FileKind::experiment;
  if (has("scenario")) return FileKind::scenario;
  if (has("books")) return FileKind::host;
  if (has("position_sizer")) return FileKind::chain;
  if (has("final_equity")) return FileKind::result;
  if (has("properties") && has("type")) return FileKind::schema;
  const json::value* instruments = object->if_contains("instruments");
  if (instruments != nullptr && instruments->is_array()) return FileKind::state;
  return FileKind::unknown;
}

FileKind file_kind(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return kind_of_folder(path);
  if (!fs::is_regular_file(status)) return FileKind::unknown;
  std::array<char, 4096> first{};
  std::ifstream file(path, std::ios::binary);
  file.read(first.data(), first.size());
  const std::string_view text(first.data(), static_cast<std::size_t>(file.gcount()));
  if (text.starts_with("CADREJOURNAL")) return FileKind::journal;
  if (text.starts_with("\x7f"
                       "ELF"))
    return FileKind::library;
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return FileKind::unknown;
  if (text.substr(begin).starts_with("<!") || text.substr(begin).starts_with("<html")) return FileKind::page;
  if (text[begin] != '{') return begins_as_table(text) ? FileKind::table : FileKind::unknown;
  const auto document = base::JsonDocument::load(path);
  return document ? file_kind(document->root()) : FileKind::unknown;
}

std::string_view noun_of(FileKind kind) {
  return row_of(kind).noun;
}

base::Problems expect_kind(const fs::path& path, std::span<const FileKind> expected) {
  base::Problems problems;
  const FileKind kind = file_kind(path);
  if (kind == FileKind::unknown || std::find(expected.begin(), expected.end(), kind) != expected.end())
    return problems;
  std::string nouns;
  for (const FileKind& each : expected)
    nouns += (nouns.empty() ? "" : &each == &expected.back() ? " or " : ", ") + std::string(noun_of(each));
  problems.error("FILE_OTHER_KIND", base::Place::of(path),
                 "this is " + std::string(noun_of(kind)) + ", expected " + nouns,
                 std::string(row_of(kind).takes_it));
  return problems;
}

}  // namespace cadre::config
