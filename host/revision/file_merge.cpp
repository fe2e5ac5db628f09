#include "host/revision/file_merge.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace cadre::revision {

namespace json = boost::json;

namespace {

/// The text of a value; nothing when there is none.
std::optional<std::string> text_at(const json::value& document, const std::string& pointer) {
  const json::value* value = base::find(document, pointer);
  if (value == nullptr) return std::nullopt;
  return base::canonical(*value);
}

/// Up to the outermost array that has another length in the two documents, or to the table of instruments,
/// whose rows may stand elsewhere; the pointer itself when there is none.
std::string widened(const std::string& pointer, const json::value& a, const json::value& b) {
  for (std::size_t end = pointer.find('/', 1); end != std::string::npos; end = pointer.find('/', end + 1)) {
    std::string above = pointer.substr(0, end);
    const json::value* before = base::find(a, above);
    const json::value* after = base::find(b, above);
    if (before == nullptr || after == nullptr || !before->is_array() || !after->is_array()) continue;
    if (before->get_array().size() != after->get_array().size() || above.ends_with("/instruments/table"))
      return above;
  }
  return pointer;
}

/// Pointers of all that differs.
std::set<std::string> changed_pointers(const json::value& a, const json::value& b) {
  std::set<std::string> pointers;
  for (const Change& change : difference(a, b))
    pointers.insert(widened(change.pointer, a, b));
  return pointers;
}

bool is_above_or_same(const std::string& above, const std::string& pointer) {
  return pointer.starts_with(above) && (pointer.size() == above.size() || pointer[above.size()] == '/');
}

bool concern_the_same(const std::string& a, const std::string& b) {
  return is_above_or_same(a, b) || is_above_or_same(b, a);
}

/// Makes the value at the pointer that of another document, or takes it out. What is above it is there.
void take(json::value& document, const std::string& pointer, const json::value& from) {
  const json::value* value = base::find(from, pointer);
  const std::size_t slash = pointer.rfind('/');
  json::value& above = document.at_pointer(pointer.substr(0, slash));
  if (!above.is_object()) {
    above.at_pointer(pointer.substr(slash)) = *value;
    return;
  }
  std::string key = pointer.substr(slash + 1);
  for (const auto& [escaped, plain] : {std::pair{"~1", "/"}, {"~0", "~"}}) {
    for (std::size_t at = key.find(escaped); at != std::string::npos; at = key.find(escaped, at + 1))
      key.replace(at, 2, plain);
  }
  if (value != nullptr)
    above.get_object()[key] = *value;
  else
    above.get_object().erase(key);
}

/// What a revision pins of a plugin for a book.
std::vector<const PinnedPlugin*> pins_of(const Revision& revision, const std::string& book,
                                         const std::string& id) {
  std::vector<const PinnedPlugin*> pins;
  for (const PinnedPlugin& plugin : revision.plugins) {
    if (plugin.id == id && plugin.is_for(book)) pins.push_back(&plugin);
  }
  return pins;
}

bool are_same(const std::vector<const PinnedPlugin*>& a, const std::vector<const PinnedPlugin*>& b) {
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end(),
                             [](const PinnedPlugin* x, const PinnedPlugin* y) { return x->same_bytes(*y); });
}

std::optional<std::string> text_of(const std::vector<const PinnedPlugin*>& pins) {
  std::vector<std::string> texts;
  texts.reserve(pins.size());
  for (const PinnedPlugin* pin : pins)
    texts.push_back(pin->version + " " + pin->sha256.substr(0, 12));
  if (texts.empty()) return std::nullopt;
  return base::join(texts, ", ");
}

/// The document with its books by their ids: then a book that comes or goes moves none of the others. Nothing
/// where they have none.
std::optional<json::value> with_books_by_id(const json::value& document) {
  const json::value* books = base::find(document, "/books");
  if (books == nullptr || !books->is_array()) return std::nullopt;
  json::object by_id;
  for (const json::value& book : books->get_array()) {
    const json::value* id = base::find(book, "/scenario/book/id");
    if (id == nullptr || !id->is_string()) return std::nullopt;
    by_id[id->get_string()] = book;
  }
  json::value changed = document;
  changed.as_object()["books"] = std::move(by_id);
  return changed;
}

json::value with_books_in_a_list(json::value document) {
  json::array books;
  for (auto& [id, book] : document.at("books").as_object())
    books.push_back(std::move(book));
  document.as_object()["books"] = std::move(books);
  return document;
}

/// "/books/second/scenario/seed" as the place in a list of books by id.
std::string place_in_list(const std::string& pointer, const json::value& by_id) {
  constexpr std::string_view books = "/books/";
  if (!pointer.starts_with(books)) return pointer;
  const std::size_t end = std::min(pointer.find('/', books.size()), pointer.size());
  const std::string_view id = std::string_view(pointer).substr(books.size(), end - books.size());
  std::size_t at = 0;
  for (const auto& [other, book] : by_id.at("books").as_object()) {
    if (base::pointer_token(other) == id) break;
    ++at;
  }
  return std::string(books) + std::to_string(at) + pointer.substr(end);
}

FileMerge merge_documents(const json::value& taken, const json::value& file, const json::value& running) {
  FileMerge merged{running, {}};
  const std::set<std::string> others = changed_pointers(taken, running);
  for (const std::string& pointer : changed_pointers(taken, file)) {
    if (text_at(file, pointer) == text_at(running, pointer)) continue;  // it is that already
    const bool is_disputed = std::any_of(others.begin(), others.end(), [&](const std::string& other) {
      return concern_the_same(pointer, other);
    });
    if (is_disputed)
      merged.conflicts.push_back(
          {pointer, text_at(taken, pointer), text_at(file, pointer), text_at(running, pointer)});
    else
      take(merged.config, pointer, file);
  }
  return merged;
}

}  // namespace

FileMerge merge_files(const json::value& taken, const json::value& file, const json::value& running) {
  const auto by_id_taken = with_books_by_id(taken), by_id_file = with_books_by_id(file),
             by_id_running = with_books_by_id(running);
  if (!by_id_taken || !by_id_file || !by_id_running) return merge_documents(taken, file, running);
  FileMerge merged = merge_documents(*by_id_taken, *by_id_file, *by_id_running);
  for (FileConflict& conflict : merged.conflicts)
    conflict.pointer = place_in_list(conflict.pointer, *by_id_running);
  merged.config = with_books_in_a_list(std::move(merged.config));
  return merged;
}

agent::Catalog merged_catalog(const std::string& book, const Revision& taken, const Revision& file,
                              const Revision& running, const agent::Catalog& installed,
                              const agent::Catalog& pinned, std::vector<FileConflict>& conflicts) {
  std::set<std::string> stay;
  for (const PinnedPlugin& plugin : running.plugins) {
    if (!plugin.is_for(book)) continue;
    const auto before = pins_of(taken, book, plugin.id), says = pins_of(file, book, plugin.id),
               runs = pins_of(running, book, plugin.id);
    if (are_same(says, runs)) continue;
    if (are_same(before, says))
      stay.insert(plugin.id);
    else if (!are_same(before, runs))
      conflicts.push_back({"plugin " + plugin.id, text_of(before), text_of(says), text_of(runs)});
  }
  std::vector<std::shared_ptr<const agent::Manifest>> manifests;
  for (const auto& manifest : installed.manifests()) {
    if (!stay.contains(manifest->id)) manifests.push_back(manifest);
  }
  for (const auto& manifest : pinned.manifests()) {
    if (stay.contains(manifest->id)) manifests.push_back(manifest);
  }
  agent::Catalog catalog = agent::Catalog::discover(std::move(manifests), {}, agent::Twins::refused);
  catalog.add_problems(installed.problems());
  return catalog;
}

}  // namespace cadre::revision
