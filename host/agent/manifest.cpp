#include "host/agent/manifest.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "cadre/abi.h"
#include "host/agent/roles.hpp"
#include "host/base/file.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"

namespace cadre::agent {

namespace {

namespace json = boost::json;

constexpr std::string_view schema_text = R"json({
  "type": "object",
  "required": ["manifest_version", "id", "version", "name", "description", "library", "abi", "agents"],
  "properties": {
    "manifest_version": {"const": 1, "description": "the form of this file"},
    "id": {"type": "string", "pattern": "^[a-z0-9]+([._-][a-z0-9]+)+$", "description": "reverse-DNS, or cadre.*"},
    "version": {"type": "string", "description": "a semantic version"},
    "name": {"type": "string", "minLength": 1},
    "vendor": {"type": "string"},
    "license": {"type": "string", "description": "an SPDX expression"},
    "description": {"type": "string", "minLength": 1},
    "status": {"type": "string", "enum": ["stable", "experimental", "deprecated"], "default": "stable"},
    "library": {
      "type": "object",
      "required": ["path", "sha256"],
      "properties": {
        "path": {"type": "string", "minLength": 1, "description": "relative to the manifest, without .."},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}
      }
    },
    "abi": {
      "type": "object",
      "required": ["min", "max"],
      "properties": {
        "min": {"type": "string", "pattern": "^[0-9]+\\.[0-9]+$"},
        "max": {"type": "string", "pattern": "^[0-9]+\\.[0-9]+$"}
      }
    },
    "agents": {
      "type": "array",
      "minItems": 1,
      "items": {
        "type": "object",
        "required": ["id", "roles", "config_schema"],
        "properties": {
          "id": {"type": "string", "pattern": "^[a-z0-9]+([._-][a-z0-9]+)+$"},
          "roles": {"type": "array", "minItems": 1, "maxItems": 4, "uniqueItems": true, "items": {"type": "string", "pattern": "^[a-z0-9._-]+/[1-9][0-9]*$"}, "description": "every revision of its role that it answers to; the host takes the newest it knows"},
          "kinds": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"type": "string", "enum": ["equity", "fund", "future", "option", "fx_spot", "crypto_spot", "index"]}, "default": ["equity", "fund", "crypto_spot"], "description": "kinds of instruments it can work with; a chain whose instruments are of another kind is refused"},
          "description": {"type": "string"},
          "config_schema": {"type": "object", "additionalProperties": true},
          "hot_keys": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
          "simulated": {"type": "boolean", "description": "of an execution environment: it touches no market, and is made anew with the host"},
          "provides": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
          "requires": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["service"],
              "properties": {"service": {"type": "string"}, "optional": {"type": "boolean", "default": false}}
            }
          },
          "state": {
            "type": "object",
            "required": ["schema_version"],
            "properties": {
              "schema_version": {"type": "integer", "minimum": 1, "maximum": 4294967295},
              "reads": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 4294967295}}
            }
          },
          "reasons": {"type": "object", "additionalProperties": true, "description": "code (from 1000) to sentence"}
        }
      }
    },
    "limits": {
      "type": "object",
      "properties": {
        "deadline_us": {"type": "integer", "minimum": 1, "maximum": 4294967295},
        "memory_mb": {"type": "integer", "minimum": 1, "maximum": 4294967295}
      }
    },
    "isolation": {"type": "string", "enum": ["none", "process"], "default": "none"},
    "deterministic": {"type": "boolean", "default": true},
    "examples": {"type": "array", "items": {"type": "string"}}
  }
})json";

std::string text_of(const json::object& object, std::string_view key, std::string_view otherwise = {}) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string(otherwise);
}

std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  if (const json::value* value = object.if_contains(key)) {
    for (const json::value& item : value->as_array())
      texts.emplace_back(item.as_string());
  }
  return texts;
}

/// Only settings there are can change while an agent is live.
void check_hot_keys(const base::JsonDocument& document, const AgentDeclaration& agent,
                    const std::string& pointer, base::Problems& problems) {
  std::vector<std::string> settings;
  const json::value* properties = base::find(agent.config_schema, "/properties");
  if (properties != nullptr && properties->is_object()) {
    for (const auto& [key, property] : properties->as_object())
      settings.emplace_back(key);
  }
  for (std::size_t i = 0; i < agent.hot_keys.size(); ++i) {
    const std::string& key = agent.hot_keys[i];
    if (std::find(settings.begin(), settings.end(), key) != settings.end()) continue;
    problems.error(
        "MANIFEST_HOT_KEY", document.place(pointer + "/hot_keys/" + std::to_string(i)),
        base::quote(key) + " is not a setting in config_schema" + base::did_you_mean(key, settings), "");
  }
}

/// What it is for this host: the newest revision of its role that both know. Two roles are two agents.
void take_role(const base::JsonDocument& document, AgentDeclaration& agent, const std::string& pointer,
               base::Problems& problems) {
  const auto name_of = [](std::string_view role) { return role.substr(0, role.find('/')); };
  const auto revision_of = [](std::string_view role) {
    unsigned long revision = 0;
    const std::string_view digits = role.substr(role.find('/') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), revision);
    return revision;
  };
  agent.role = agent.roles.front();
  for (std::size_t i = 1; i < agent.roles.size(); ++i) {
    const std::string& role = agent.roles[i];
    if (name_of(role) != name_of(agent.role)) {
      problems.error("MANIFEST_ROLES", document.place(pointer + "/roles/" + std::to_string(i)),
                     base::quote(role) + " is another role than " + base::quote(agent.roles.front()),
                     "describe an agent for each role");
      continue;
    }
    const bool is_known = find_role(role) != nullptr;
    const bool knows_better = find_role(agent.role) != nullptr;
    if (is_known != knows_better ? is_known : revision_of(role) > revision_of(agent.role)) agent.role = role;
  }
  // A revision that is gone is an ABI that is gone.
  for (const Role& known : roles()) {
    if (name_of(known.id) != name_of(agent.role) || revision_of(agent.role) >= revision_of(known.id))
      continue;
    problems.error("ABI_MISMATCH", document.place(pointer + "/roles/0"),
                   "the role " + agent.role + " is gone, this host offers " + std::string(known.id),
                   "build the plugin against this SDK");
  }
}

/// Services of shapes that are not published yet.
void refuse_shape(const base::JsonDocument& document, std::string_view service, const std::string& pointer,
                  base::Problems& problems) {
  if (service != CADRE_SERVICE_EXPECTED_RETURNS && service != CADRE_SERVICE_RISK_FREE_RATE) return;
  problems.error("MANIFEST_SERVICE", document.place(pointer),
                 base::quote(service) + " is no matrix, and this host publishes nothing else yet",
                 "leave it out, or use a newer host");
}

/// Reads one agent; the document is known to be valid against the schema.
AgentDeclaration read_agent(const base::JsonDocument& document, const json::object& object,
                            const std::string& pointer, base::Problems& problems) {
  AgentDeclaration agent;
  agent.id = text_of(object, "id");
  agent.roles = texts_of(object, "roles");
  take_role(document, agent, pointer, problems);
  agent.kinds = texts_of(object, "kinds");
  if (agent.kinds.empty()) agent.kinds = {"equity", "fund", "crypto_spot"};
  agent.description = text_of(object, "description");
  agent.config_schema = object.at("config_schema");
  agent.hot_keys = texts_of(object, "hot_keys");
  if (const auto* simulated = object.if_contains("simulated")) agent.simulated = simulated->as_bool();
  agent.provides = texts_of(object, "provides");
  agent.place = document.place(pointer);
  for (std::size_t k = 0; k < agent.provides.size(); ++k)
    refuse_shape(document, agent.provides[k], pointer + "/provides/" + std::to_string(k), problems);
  if (const json::value* needs = object.if_contains("requires")) {
    std::size_t i = 0;
    for (const json::value& need : needs->as_array()) {
      const json::value* optional = need.as_object().if_contains("optional");
      agent.needs.push_back({text_of(need.as_object(), "service"), optional != nullptr && optional->as_bool(),
                             document.place(pointer + "/requires/" + std::to_string(i++))});
      refuse_shape(document, agent.needs.back().service,
                   pointer + "/requires/" + std::to_string(i - 1) + "/service", problems);
    }
  }
  if (const json::value* state = object.if_contains("state")) {
    agent.state_schema = state->at("schema_version").to_number<std::uint32_t>();
    if (const json::value* reads = state->as_object().if_contains("reads")) {
      for (const json::value& schema : reads->as_array())
        agent.state_reads.push_back(schema.to_number<std::uint32_t>());
    }
  }
  if (const json::value* reasons = object.if_contains("reasons")) {
    for (const auto& [code, sentence] : reasons->as_object()) {
      std::uint32_t number = 0;
      const std::string_view digits(code);
      const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      const bool whole = parsed.ec == std::errc{} && parsed.ptr == digits.data() + digits.size();
      if (whole && number >= 1000 && sentence.is_string()) {
        agent.reasons[number] = std::string(sentence.as_string());
        continue;
      }
      problems.error("MANIFEST_BAD_REASON", document.place(pointer + "/reasons/" + base::pointer_token(code)),
                     base::quote(digits) + " is not a code from 1000 with a sentence",
                     "codes below 1000 are the host's");
    }
  }
  check_hot_keys(document, agent, pointer, problems);
  const std::string schema_pointer = pointer + "/config_schema";
  problems.append(base::check_schema(agent.config_schema, [&](std::string_view inside) {
    return document.place(schema_pointer + std::string(inside));
  }));
  return agent;
}

}  // namespace

std::string_view manifest_schema() {
  return schema_text;
}

std::optional<std::uint32_t> parse_abi(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto part = [](std::string_view digits) -> std::optional<std::uint32_t> {
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return number;
  };
  const auto major = part(text.substr(0, dot));
  const auto minor = part(text.substr(dot + 1));
  return major && minor ? std::optional((*major << 16) | *minor) : std::nullopt;
}

std::string abi_text(std::uint32_t abi) {
  return std::to_string(abi >> 16) + '.' + std::to_string(abi & 0xffff);
}

base::Problems check_abi(std::uint32_t min, std::uint32_t max, const base::Place& place) {
  base::Problems problems;
  const bool is_newer = min > CADRE_ABI_VERSION;
  if (!is_newer && max >= CADRE_ABI_OLDEST) return problems;
  const auto range = [](std::uint32_t from, std::uint32_t to) {
    return from == to ? abi_text(from) : abi_text(from) + " to " + abi_text(to);
  };
  problems.error(
      "ABI_MISMATCH", place,
      "built for ABI " + range(min, max) + ", this host offers " + range(CADRE_ABI_OLDEST, CADRE_ABI_VERSION),
      is_newer ? "use a newer host, or a plugin built for this one" : "build the plugin against this SDK");
  return problems;
}

namespace {

/// A manifest of an ABI that is no longer offered has another form; what is wrong with it is the ABI.
base::Problems check_form(const base::JsonDocument& document) {
  const auto abi = [&](std::string_view pointer) -> std::optional<std::uint32_t> {
    const json::value* value = base::find(document.root(), pointer);
    return value != nullptr && value->is_string() ? parse_abi(value->as_string()) : std::nullopt;
  };
  const auto min = abi("/abi/min");
  const auto max = abi("/abi/max");
  if (!min || !max || *max >= CADRE_ABI_OLDEST || *min > *max) return {};
  return check_abi(*min, *max, document.place("/abi"));
}

/// 0: none declared.
std::uint32_t limit_of(const json::object& manifest, std::string_view key) {
  const json::value* limits = manifest.if_contains("limits");
  const json::value* limit = limits != nullptr ? limits->as_object().if_contains(key) : nullptr;
  return limit != nullptr ? limit->to_number<std::uint32_t>() : 0;
}

/// Where the library is: where the manifest says, or under the same name in another folder.
std::filesystem::path library_of(const base::JsonDocument& document, const std::filesystem::path& file,
                                 const std::filesystem::path& library_folder, base::Problems& problems) {
  const std::filesystem::path path = text_of(document.root().as_object().at("library").as_object(), "path");
  const bool climbs = std::any_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
  if (path.is_absolute() || climbs) {
    problems.error("MANIFEST_LIBRARY_PATH", document.place("/library/path"),
                   base::quote(path.string()) + " leaves the manifest's folder",
                   "use a relative path without ..");
  }
  return library_folder.empty() ? std::filesystem::absolute(file).parent_path() / path
                                : std::filesystem::absolute(library_folder) / path.filename();
}

}  // namespace

base::Result<Manifest> read_manifest(const std::filesystem::path& file,
                                     const std::filesystem::path& library_folder) {
  auto bytes = base::read_file(file, manifest_bytes_most);
  if (!bytes) return bytes.problems();
  const std::string text_sha256 = base::sha256_hex(*bytes);
  auto loaded = base::JsonDocument::parse(file.string(), std::move(bytes).take());
  if (!loaded) return loaded.problems();
  const base::JsonDocument& document = *loaded;
  base::Problems problems = check_form(document);
  if (problems.has_errors()) return problems;
  static const json::value schema = json::parse(schema_text);
  const auto place = [&](std::string_view pointer) { return document.place(pointer); };
  base::validate(document.root(), schema, "", place, problems);
  if (problems.has_errors()) return problems;

  const json::object& root = document.root().as_object();
  Manifest manifest;
  manifest.file = file;
  manifest.id = text_of(root, "id");
  manifest.name = text_of(root, "name");
  manifest.vendor = text_of(root, "vendor");
  manifest.license = text_of(root, "license");
  manifest.description = text_of(root, "description");
  manifest.status = text_of(root, "status", "stable");
  manifest.isolation = text_of(root, "isolation", "none");
  const auto version = Version::parse(text_of(root, "version"));
  if (version) {
    manifest.version = *version;
  } else {
    problems.error("MANIFEST_VERSION_INVALID", document.place("/version"),
                   base::quote(text_of(root, "version")) + " is not a semantic version", "write it as 1.2.3");
  }
  manifest.library = library_of(document, file, library_folder, problems);
  manifest.text_sha256 = text_sha256;
  manifest.sha256 = text_of(root.at("library").as_object(), "sha256");
  const auto abi = [&](const char* key) {
    const std::string text = text_of(root.at("abi").as_object(), key);
    const auto parsed = parse_abi(text);
    if (!parsed) {
      problems.error("MANIFEST_ABI_INVALID", document.place(std::string("/abi/") + key),
                     base::quote(text) + " is not a version of the ABI", "write it as 0.10");
    }
    return parsed;
  };
  manifest.version_place = document.place("/version");
  manifest.library_place = document.place("/library");
  manifest.abi_place = document.place("/abi");
  const auto abi_min = abi("min");
  const auto abi_max = abi("max");
  manifest.abi_min = abi_min.value_or(0);
  manifest.abi_max = abi_max.value_or(manifest.abi_min);
  if (manifest.abi_min > manifest.abi_max) {
    problems.error("MANIFEST_ABI_RANGE", document.place("/abi"),
                   "min " + abi_text(manifest.abi_min) + " is above max " + abi_text(manifest.abi_max), "");
  }
  std::size_t i = 0;
  for (const json::value& agent : root.at("agents").as_array()) {
    const std::string pointer = "/agents/" + std::to_string(i++);
    manifest.agents.push_back(read_agent(document, agent.as_object(), pointer, problems));
    for (std::size_t k = 0; k + 1 < manifest.agents.size(); ++k) {
      if (manifest.agents[k].id != manifest.agents.back().id) continue;
      problems.error("MANIFEST_AGENT_TWICE", document.place(pointer + "/id"),
                     "agent " + base::quote(manifest.agents.back().id) + " is described twice", "");
    }
  }
  manifest.deadline_us = limit_of(root, "deadline_us");
  manifest.memory_mb = limit_of(root, "memory_mb");
  if (const json::value* v = root.if_contains("deterministic")) manifest.deterministic = v->as_bool();
  if (problems.has_errors()) return problems;
  return {std::move(manifest), problems};
}

}  // namespace cadre::agent
