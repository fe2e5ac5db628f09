#pragma once

#include <cstdint>
#include <memory>

#include "host/book/book.hpp"

namespace cadre::book {

/// A checkpoint of a whole book in memory: how it stood between two of its events. It never changes, so that
/// any thread may read it, and shares the rows of history with the book, so that making it takes the same
/// time however old the book is.
struct BookImage {
  std::unique_ptr<const Book> book;   ///< stands there without a chain: nothing of it can be called
  journal::CheckpointRecord learned;  ///< by the agents of the running chain, until then
  std::uint64_t journal_bytes = 0;    ///< where in its journal what happened afterwards begins
  std::uint64_t decisions = 0;        ///< made until then
};

}  // namespace cadre::book
