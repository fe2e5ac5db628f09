#include "host/revision/revision.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <map>
#include <set>
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

/// Items of a list that are compared with those of the same id, wherever they stand.
void compare_by_id(const js::array& a, const js::array& b, const std::string& pointer, std::string_view id_at,
                   std::vector<Change>& out) {
  const auto by_id = [&](const js::array& items) {
    std::map<std::string, const js::value*> found;
    for (const js::value& item : items)
      found.emplace(base::canonical(*base::find(item, id_at)), &item);
    return found;
  };
  const auto compare_with = [&](const js::array& items, const std::map<std::string, const js::value*>& others,
                                const auto& each) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto other = others.find(base::canonical(*base::find(items[i], id_at)));
      each(items[i], other != others.end() ? other->second : nullptr, pointer + "/" + std::to_string(i));
    }
  };
  compare_with(a, by_id(b), [&](const js::value& before, const js::value* after, const std::string& at) {
    compare(&before, after, at, out);
  });
  compare_with(b, by_id(a), [&](const js::value& after, const js::value* before, const std::string& at) {
    if (before == nullptr) compare(nullptr, &after, at, out);
  });
}

/// Where the id of an item stands in the list at a pointer; empty: its items have none.
std::string_view id_in(const std::string& pointer) {
  if (pointer == "/books") return "/scenario/book/id";
  return pointer.ends_with("/instruments/table") ? "/id" : "";
}

void compare_arrays(const js::array& a, const js::array& b, const std::string& pointer,
                    std::vector<Change>& out) {
  const std::string_view id_at = id_in(pointer);
  const auto have_ids = [&](const js::array& items) {
    return std::all_of(items.begin(), items.end(),
                       [&](const js::value& item) { return base::find(item, id_at) != nullptr; });
  };
  if (!id_at.empty() && have_ids(a) && have_ids(b)) return compare_by_id(a, b, pointer, id_at, out);
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

using Pins = std::map<std::string, std::vector<const PinnedPlugin*>>;

/// By id; a host may hold several versions of a plugin at once.
Pins pins_of(const Revision& revision) {
  Pins pins;
  for (const PinnedPlugin& plugin : revision.plugins)
    pins[plugin.id].push_back(&plugin);
  return pins;
}

/// Whether two lists pin the same bytes for the same books. What a revision of 0.9 does not know is no
/// difference.
bool pin_the_same(const std::vector<const PinnedPlugin*>& a, const std::vector<const PinnedPlugin*>& b) {
  const auto same = [](const PinnedPlugin* x, const PinnedPlugin* y) {
    return x->same_bytes(*y) && (x->books.empty() || y->books.empty() || x->books == y->books);
  };
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end(), same);
}

std::string plugin_text(const std::vector<const PinnedPlugin*>& pins, bool with_manifest) {
  std::vector<std::string> texts;
  for (const PinnedPlugin* pin : pins) {
    std::string text = pin->version + " " + pin->sha256.substr(0, 12);
    if (with_manifest && !pin->manifest_sha256.empty())
      text += " manifest " + pin->manifest_sha256.substr(0, 12);
    if (pins.size() > 1 && !pin->books.empty()) text += " (" + base::join(pin->books, ", ") + ")";
    texts.push_back(std::move(text));
  }
  std::sort(texts.begin(), texts.end());
  return base::join(texts, ", ");
}

PluginChange plugin_change(const std::string& id, const std::vector<const PinnedPlugin*>& before,
                           const std::vector<const PinnedPlugin*>& after) {
  PluginChange change{id, plugin_text(before, false), plugin_text(after, false)};
  if (change.before != change.after) return change;
  return {id, plugin_text(before, true), plugin_text(after, true)};
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
    if (base::find(document_.root(), "/restores_book") != nullptr)
      revision.restores_book = text("/restores_book");
    if (base::find(document_.root(), "/host") != nullptr)
      revision.host = {text("/host/version"), text("/host/sha256"), text("/host/compiler")};
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
        revision.plugins.push_back(read_plugin(at));
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

  PinnedPlugin read_plugin(const std::string& at) {
    PinnedPlugin plugin{text(at + "/id"), text(at + "/version"), text(at + "/sha256")};
    if (base::find(document_.root(), at + "/manifest_sha256") != nullptr)
      plugin.manifest_sha256 = text(at + "/manifest_sha256");
    const js::value* books = base::find(document_.root(), at + "/books");
    for (std::size_t k = 0; books != nullptr && books->is_array() && k < books->get_array().size(); ++k)
      plugin.books.push_back(text(at + "/books/" + std::to_string(k)));
    return plugin;
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

bool PinnedPlugin::is_for(const std::string& book) const {
  return books.empty() || std::find(books.begin(), books.end(), book) != books.end();
}

bool PinnedPlugin::same_bytes(const PinnedPlugin& other) const {
  const bool manifests =
      manifest_sha256.empty() || other.manifest_sha256.empty() || manifest_sha256 == other.manifest_sha256;
  return version == other.version && sha256 == other.sha256 && manifests;
}

Difference difference(const Revision& a, const Revision& b) {
  Difference found{difference(a.config, b.config), {}};
  const Pins before = pins_of(a), after = pins_of(b);
  std::set<std::string> ids;
  for (const Pins* pins : {&before, &after}) {
    for (const auto& [id, list] : *pins)
      ids.insert(id);
  }
  const auto of = [](const Pins& pins, const std::string& id) {
    const auto list = pins.find(id);
    return list != pins.end() ? list->second : std::vector<const PinnedPlugin*>{};
  };
  for (const std::string& id : ids) {
    if (!pin_the_same(of(before, id), of(after, id)))
      found.plugins.push_back(plugin_change(id, of(before, id), of(after, id)));
  }
  return found;
}

js::value plugin_json(const PinnedPlugin& plugin) {
  js::object line{{"id", plugin.id}, {"version", plugin.version}, {"sha256", plugin.sha256}};
  if (!plugin.manifest_sha256.empty()) line["manifest_sha256"] = plugin.manifest_sha256;
  if (!plugin.books.empty()) line["books"] = js::value_from(plugin.books);
  return line;
}

js::value to_json(const Revision& revision) {
  js::array plugins;
  for (const PinnedPlugin& plugin : revision.plugins)
    plugins.push_back(plugin_json(plugin));
  js::object all{{"revision", revision.number}, {"based_on", revision.based_on}};
  if (revision.line) all["line"] = *revision.line;
  all["time"] = base::format_time(revision.time_ns);
  all["actor"] = revision.actor;
  all["reason"] = revision.reason;
  all["restores"] = revision.restores;
  if (!revision.restores_book.empty()) all["restores_book"] = revision.restores_book;
  all["plugins"] = std::move(plugins);
  all["config"] = revision.config;
  const base::Build& host = revision.host;
  if (!host.version.empty())
    all["host"] = js::object{{"version", host.version}, {"sha256", host.sha256}, {"compiler", host.compiler}};
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
