// Files that agents' settings name.

#include "host/config/agent_files.hpp"

#include <boost/json.hpp>
#include <string>

#include "host/agent/roles.hpp"
#include "host/base/file.hpp"

namespace cadre::config {

namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

struct NamedFile {
  std::string pointer;
  fs::path file;
};

/// The file that a setting names; null: it is any other value.
const json::string* file_of(const json::value& setting) {
  const json::object* object = setting.if_object();
  if (object == nullptr || object->size() != 1) return nullptr;
  const json::value* file = object->if_contains("file");
  return file == nullptr ? nullptr : file->if_string();
}

void add_files_of(const json::value& instance, const std::string& pointer, const fs::path& folder,
                  std::vector<NamedFile>& files) {
  const json::value* settings = base::find(instance, "/config");
  if (settings == nullptr || !settings->is_object()) return;
  for (const auto& [key, setting] : settings->get_object()) {
    const json::string* file = file_of(setting);
    if (file == nullptr) continue;
    files.push_back(
        {pointer + "/config/" + base::pointer_token(key), (folder / std::string(*file)).lexically_normal()});
  }
}

std::vector<NamedFile> files_of(const json::value& scenario, const fs::path& folder) {
  std::vector<NamedFile> files;
  for (const agent::Role& role : agent::roles()) {
    const bool is_environment = role.number == agent::RoleId::execution_environment;
    const std::string pointer = (is_environment ? "/" : "/chain/") + std::string(role.key);
    const json::value* there = base::find(scenario, pointer);
    if (there == nullptr) continue;
    if (!there->is_array()) {
      add_files_of(*there, pointer, folder, files);
      continue;
    }
    for (std::size_t k = 0; k < there->get_array().size(); ++k)
      add_files_of(there->get_array()[k], pointer + "/" + std::to_string(k), folder, files);
  }
  return files;
}

}  // namespace

base::Problems embed_agent_files(base::JsonDocument& scenario, const fs::path& folder) {
  base::Problems problems;
  for (const NamedFile& named : files_of(scenario.root(), folder)) {
    const base::Place asked = scenario.place(named.pointer);
    if (named.file.extension() == ".json") {
      const auto value = base::JsonDocument::load(named.file, agent_file_bytes_most);
      problems.append(base::asked_for_at(value.problems(), asked));
      if (value) scenario.embed(named.pointer, *value);
      continue;
    }
    const auto text = base::read_file(named.file, agent_file_bytes_most);
    problems.append(base::asked_for_at(text.problems(), asked));
    if (text)
      scenario.embed(named.pointer,
                     base::JsonDocument::of(named.file.string(), json::value(json::string(*text))));
  }
  return problems;
}

void note_agent_files(const json::value& scenario, const fs::path& folder, std::vector<fs::path>& files) {
  for (const NamedFile& named : files_of(scenario, folder))
    files.push_back(named.file);
}

}  // namespace cadre::config
