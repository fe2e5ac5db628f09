#include "host/revision/book_part.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/json.hpp"

namespace cadre::revision {

namespace json = boost::json;

namespace {

/// Where a document has a book; null when it has none of this id.
const json::value* find_book(const json::value& config, const std::string& book) {
  const json::value* books = base::find(config, "/books");
  if (books == nullptr || !books->is_array()) return nullptr;
  for (const json::value& each : books->get_array()) {
    const json::value* id = base::find(each, "/scenario/book/id");
    if (id != nullptr && id->is_string() && id->get_string() == book) return &each;
  }
  return nullptr;
}

/// The revision that the book's part of this one was taken from, or lay on.
std::uint64_t before(const Revision& revision, const std::string& book) {
  if (revision.restores_book.empty()) return revision.line.value_or(0);
  return revision.restores_book == book ? revision.restores : revision.based_on;
}

}  // namespace

std::string part_of(const Revision& revision, const std::string& book) {
  const json::value* found = find_book(revision.config, book);
  if (found == nullptr) return {};
  std::vector<std::string> plugins;
  for (const PinnedPlugin& plugin : revision.plugins) {
    if (plugin.is_for(book))
      plugins.push_back(plugin.id + " " + plugin.version + " " + plugin.sha256 + " " +
                        plugin.manifest_sha256);
  }
  std::sort(plugins.begin(), plugins.end());
  std::string text = base::canonical(*found);
  for (const std::string& plugin : plugins)
    text += "\n" + plugin;
  return text;
}

std::vector<std::string> books_of(const Revision& revision) {
  std::vector<std::string> ids;
  const json::value* books = base::find(revision.config, "/books");
  if (books == nullptr || !books->is_array()) return ids;
  for (const json::value& each : books->get_array()) {
    const json::value* id = base::find(each, "/scenario/book/id");
    if (id != nullptr && id->is_string()) ids.emplace_back(id->get_string());
  }
  return ids;
}

base::Result<Revision> revision_before(const RevisionStore& revisions, const Revision& current,
                                       const std::string& book) {
  const std::string now = part_of(current, book);
  std::uint64_t at = current.number, next = before(current, book);
  while (next != 0 && next < at) {  // numbers only fall
    auto stored = revisions.get(next);
    if (!stored || part_of(*stored, book) != now) return stored;
    at = next;
    next = before(*stored, book);
  }
  return Revision{};
}

bool is_still_on_trial(const BookTrial& trial, const RevisionStore& revisions, const Revision& current) {
  if (trial.revision == 0 || trial.revision > current.number) return false;
  const auto tried = revisions.get(trial.revision);
  const std::string part = part_of(current, trial.book);
  return tried && !part.empty() && part_of(*tried, trial.book) == part;
}

Revision with_part_of(const Revision& current, const Revision& target, const std::string& book,
                      const std::vector<std::string>& books) {
  Revision next = current;
  json::array others;
  for (const json::value& each : next.config.at("books").as_array()) {
    const json::value* id = base::find(each, "/scenario/book/id");
    const bool is_it = id != nullptr && id->is_string() && id->get_string() == book;
    if (!is_it) others.push_back(each);
    if (is_it && find_book(target.config, book) != nullptr) others.push_back(*find_book(target.config, book));
  }
  if (find_book(current.config, book) == nullptr) others.push_back(*find_book(target.config, book));
  next.config.at("books") = std::move(others);
  for (PinnedPlugin& plugin : next.plugins) {
    if (plugin.books.empty()) plugin.books = books;
    std::erase(plugin.books, book);
  }
  std::erase_if(next.plugins, [](const PinnedPlugin& plugin) { return plugin.books.empty(); });
  for (PinnedPlugin plugin : target.plugins) {
    if (!plugin.is_for(book)) continue;
    plugin.books = {book};
    next.plugins.push_back(std::move(plugin));
  }
  return next;
}

}  // namespace cadre::revision
