#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "host/live/answer.hpp"
#include "host/live/book_runner.hpp"

namespace cadre::live {

/// The books of a host, in the order in which they came. They come and go while it runs: whoever has got one
/// from here keeps it alive, not in charge. [any-thread]
class BookList {
 public:
  using Books = std::vector<std::shared_ptr<BookRunner>>;

  /// Those there are now.
  Books now() const;
  std::size_t size() const;
  void add(std::shared_ptr<BookRunner> book);
  void remove(std::string_view id);

 private:
  mutable std::mutex mutex_;
  Books books_;
};

/// Null when there is none of that id.
std::shared_ptr<BookRunner> find_book(const BookList& books, std::string_view id);
/// All of them when the id is empty.
BookList::Books chosen_books(const BookList& books, std::string_view id);
/// The answer to a request about a book that is not there: BOOK_UNKNOWN, with those that are.
Answer unknown_book(const BookList& books, std::string_view id);

}  // namespace cadre::live
