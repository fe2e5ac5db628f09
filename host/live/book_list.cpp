#include "host/live/book_list.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "host/base/text.hpp"

namespace cadre::live {

BookList::Books BookList::now() const {
  const std::lock_guard lock(mutex_);
  return books_;
}

std::size_t BookList::size() const {
  const std::lock_guard lock(mutex_);
  return books_.size();
}

void BookList::add(std::shared_ptr<BookRunner> book) {
  const std::lock_guard lock(mutex_);
  books_.push_back(std::move(book));
}

void BookList::remove(std::string_view id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(books_, [&](const auto& book) { return book->id() == id; });
}

std::shared_ptr<BookRunner> find_book(const BookList& books, std::string_view id) {
  for (const auto& book : books.now()) {
    if (book->id() == id) return book;
  }
  return nullptr;
}

BookList::Books chosen_books(const BookList& books, std::string_view id) {
  BookList::Books chosen = books.now();
  if (!id.empty()) std::erase_if(chosen, [&](const auto& book) { return book->id() != id; });
  return chosen;
}

Answer unknown_book(const BookList& books, std::string_view id) {
  std::vector<std::string> ids;
  for (const auto& book : books.now())
    ids.push_back(book->id());
  base::Problems problems;
  problems.error("BOOK_UNKNOWN", {}, "there is no book " + base::quote(id),
                 "there is " + base::join(ids, ", "));
  return {Outcome::unknown, {}, problems};
}

}  // namespace cadre::live
