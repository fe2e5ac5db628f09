#include "host/revision/revision.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <utility>

#include "host/base/date.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace cadre::revision {

namespace js = boost::json;

namespace {

constexpr std::string_view restore_the_file = "restore the file from a copy; the other revisions are usable";

void compare(const js::value* a, const js::value* b, const std::string& pointer, std::vector<Change>& out);

void compare_objects(const js::object& a, const js::object& b, const std::string& pointer,
                     std::vector<Change>& out) {
  for (const auto& member : a)
    compare(&member.value(), b.if_contains(member.key()), pointer + "/" + base::pointer_token(member.key()),
            out);
  for (const auto& member : b) {
    if (!a.contains(member.key()))
      compare(nullptr, &member.value(), pointer + "/" + base::pointer_token(member.key()), out);
  }
}

void compare_arrays(const js::array& a, const js::array& b, const std::string& pointer,
                    std::vector<Change>& out) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
    compare(i < a.size() ? &a[i] : nullptr, i < b.size() ? &b[i] : nullptr, pointer + "/" + std::to_string(i),
            out);
}

void compare(const js::value* a, const js::value* b, const std::string& pointer, std::vector<Change>& out) {
  if (a != nullptr && b != nullptr && a->is_object() && b->is_object())
    return compare_objects(a->get_object(), b->get_object(), pointer, out);
  if (a != nullptr && b != nullptr && a->is_array() && b->is_array())
    return compare_arrays(a->get_array(), b->get_array(), pointer, out);
  Change change{pointer, {}, {}};
  if (a != nullptr) change.before = base::canonical(*a);
  if (b != nullptr) change.after = base::canonical(*b);
  if (change.before != change.after) out.push_back(std::move(change));
}

/// What each id has; a chain may hold two versions of a plugin at once.
std::map<std::string, std::string> plugin_texts(const Revision& revision) {
  std::map<std::string, std::vector<std::string>> parts;
  for (const PinnedPlugin& plugin : revision.plugins)
    parts[plugin.id].push_back(plugin.version + " " + plugin.sha256.substr(0, 12));
  std::map<std::string, std::string> texts;
  for (auto& [id, versions] : parts) {
    std::sort(versions.begin(), versions.end());
    texts[id] = base::join(versions, ", ");
  }
  return texts;
}

js::value text_or_null(const std::optional<std::string>& text) {
  return text ? js::value(*text) : js::value(nullptr);
}
js::value text_or_null(const std::string& text) {
  return text.empty() ? js::value(nullptr) : js::value(text);
}

/// Reads the members of a revision's file; every fault is a problem at its place.
class FileReader {
 public:
  explicit FileReader(const base::JsonDocument& document) : document_(document) {}

  base::Result<Revision> read() {
    if (!document_.root().is_object()) {
      fault("", "expected an object");
      return problems_;
    }
    Revision revision;
    revision.number = number("/revision");
    revision.based_on = number("/based_on");
    revision.restores = number("/restores");
    if (base::find(document_.root(), "/line") != nullptr) revision.line = number("/line");
    revision.actor = text("/actor");
    revision.reason = text("/reason");
    if (const auto time = base::parse_time(text("/time"))) {
      revision.time_ns = *time;
    } else {
      fault("/time", "expected a time");
    }
    if (const js::value* config = find("/config")) revision.config = *config;
    if (const js::value* plugins = find("/plugins"); plugins != nullptr && plugins->is_array()) {
      for (std::size_t i = 0; i < plugins->get_array().size(); ++i) {
        const std::string at = "/plugins/" + std::to_string(i);
        revision.plugins.push_back({text(at + "/id"), text(at + "/version"), text(at + "/sha256")});
      }
    } else {
      fault("/plugins", "expected an array");
    }
    check_hash();
    if (problems_.has_errors()) return problems_;
    return revision;
  }

 private:
  void fault(const std::string& pointer, const std::string& message) {
    problems_.error("REVISION_DAMAGED", document_.place(pointer), message, std::string(restore_the_file));
  }

  const js::value* find(const std::string& pointer) {
    const js::value* value = base::find(document_.root(), pointer);
    if (value == nullptr) fault(pointer, "is missing");
    return value;
  }

  std::uint64_t number(const std::string& pointer) {
    const js::value* value = find(pointer);
    if (value == nullptr) return 0;
    if (value->is_uint64()) return value->get_uint64();
    if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
    fault(pointer, "expected a whole number from 0");
    return 0;
  }

  std::string text(const std::string& pointer) {
    const js::value* value = find(pointer);
    if (value == nullptr) return {};
    if (value->is_string()) return std::string(value->get_string());
    fault(pointer, "expected text");
    return {};
  }

  void check_hash() {
    const std::string stored = text("/sha256");
    js::object content = document_.root().get_object();
    content.erase("sha256");
    if (stored != base::sha256_hex(base::canonical(content)))
      fault("/sha256", "the content does not have this SHA-256: the file was changed after it was written");
  }

  const base::JsonDocument& document_;
  base::Problems problems_;
};

}  // namespace

std::vector<Change> difference(const js::value& a, const js::value& b) {
  std::vector<Change> changes;
  compare(&a, &b, "", changes);
  return changes;
}

Difference difference(const Revision& a, const Revision& b) {
  Difference found{difference(a.config, b.config), {}};
  std::map<std::string, std::string> before = plugin_texts(a), after = plugin_texts(b);
  std::map<std::string, PluginChange> changes;
  for (const auto& [id, text] : before)
    changes[id] = {id, text, {}};
  for (const auto& [id, text] : after) {
    changes[id].id = id;
    changes[id].after = text;
  }
  for (auto& [id, change] : changes) {
    if (change.before != change.after) found.plugins.push_back(std::move(change));
  }
  return found;
}

js::value to_json(const Revision& revision) {
  js::array plugins;
  for (const PinnedPlugin& plugin : revision.plugins)
    plugins.push_back(js::object{{"id", plugin.id}, {"version", plugin.version}, {"sha256", plugin.sha256}});
  js::object all{{"revision", revision.number}, {"based_on", revision.based_on}};
  if (revision.line) all["line"] = *revision.line;
  all["time"] = base::format_time(revision.time_ns);
  all["actor"] = revision.actor;
  all["reason"] = revision.reason;
  all["restores"] = revision.restores;
  all["plugins"] = std::move(plugins);
  all["config"] = revision.config;
  return all;
}

js::value to_json(const Difference& found) {
  js::array changes, plugins;
  for (const Change& change : found.changes)
    changes.push_back(js::object{{"pointer", change.pointer},
                                 {"before", text_or_null(change.before)},
                                 {"after", text_or_null(change.after)}});
  for (const PluginChange& change : found.plugins)
    plugins.push_back(js::object{
        {"id", change.id}, {"before", text_or_null(change.before)}, {"after", text_or_null(change.after)}});
  return js::object{{"changes", std::move(changes)}, {"plugins", std::move(plugins)}};
}

std::string file_text(const Revision& revision) {
  js::value content = to_json(revision);
  const std::string digest = base::sha256_hex(base::canonical(content));
  content.as_object()["sha256"] = digest;
  return base::pretty(content) + "\n";
}

base::Result<Revision> parse_file(const std::string& file, std::string text) {
  const auto document = base::JsonDocument::parse(file, std::move(text));
  if (document) return FileReader(*document).read();
  base::Problems problems;
  for (const base::Problem& problem : document.problems()) {
    if (problem.severity == base::Severity::error)
      problems.error("REVISION_DAMAGED", problem.place, problem.message, std::string(restore_the_file));
  }
  return problems;
}

}  // namespace cadre::revision
