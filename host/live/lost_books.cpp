// Books that should have a journal, and have none.

#include "host/live/lost_books.hpp"

#include <boost/json.hpp>

#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/live/journal_tools.hpp"

namespace cadre::live {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string text_at(const json::value& line, const char* pointer) {
  const json::value* found = base::find(line, pointer);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

}  // namespace

std::set<std::string> living_books(const fs::path& state) {
  std::set<std::string> living;
  const auto bytes = base::read_file(state / "incarnations");
  if (!bytes) return living;
  std::string_view rest = *bytes;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    // Behind the object stands its checksum, which whoever starts on the folder looks at.
    std::error_code error;
    const json::value said = json::parse(line.substr(0, line.rfind('}') + 1), error);
    const std::string book = error ? std::string() : text_at(said, "/book");
    if (book.empty()) continue;
    const std::string kind = text_at(said, "/kind");
    if (kind == "left" || kind == "given_up")
      living.erase(book);
    else
      living.insert(book);
  }
  return living;
}

std::set<std::string> books_without_journal(const fs::path& state) {
  std::set<std::string> without;
  std::error_code error;
  for (fs::directory_iterator at(state / "books", error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code failed;
    if (name.find('.') == std::string::npos && !fs::is_regular_file(at->path() / "journal", failed))
      without.insert(name);
  }
  return without;
}

base::Problems lost_journals(const fs::path& path, const std::string& book) {
  base::Problems problems;
  for (const std::string& each : living_books(path)) {
    const fs::path journal = path / "books" / each / "journal";
    std::error_code error;
    if ((!book.empty() && each != book) || fs::is_regular_file(journal, error)) continue;
    problems.error("BOOK_JOURNAL_LOST", base::Place::of(journal),
                   "the book " + base::quote(each) + " has lived in this state folder, and its journal is " +
                       (fs::exists(journal, error) ? "no file" : "not there"),
                   "put it back: `cadre journal restore`");
  }
  return problems;
}

}  // namespace cadre::live
