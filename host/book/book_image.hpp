#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/book/book.hpp"
#include "host/book/journal_facts.hpp"

namespace cadre::book {

/// A checkpoint of a whole book in memory: how it stood between two of its events. It never changes, so that
/// any thread may read it, and shares the rows of history with the book, so that making it takes the same
/// time however old the book is.
struct BookImage {
  std::unique_ptr<const Book> book;   ///< stands there without a chain: nothing of it can be called
  journal::CheckpointRecord learned;  ///< by the agents of the running chain, until then
  std::uint64_t journal_bytes = 0;    ///< where in its journal what happened afterwards begins
  std::uint64_t decisions = 0;        ///< made until then

  // What a start has to know besides.
  JournalFacts facts;      ///< of the journal until then
  std::string order_hash;  ///< how far it got, as OrderHash::save
  std::string door;        ///< what its inputs are compared with, as whoever takes them saved it
  std::vector<journal::CommandRecord> standing;  ///< quarantines_of, states_of
};

/// What a file holds of an image: all but the full blocks of history, which are files of their own, named by
/// their numbers and sums.
struct StoredImage {
  std::uint64_t sequence = 0;       ///< of the last event before it
  std::uint64_t journal_bytes = 0;  ///< as in BookImage
  JournalFacts facts;
  journal::CheckpointRecord learned;
  std::string order_hash;
  std::string door;
  std::vector<journal::CommandRecord> standing;
  std::uint64_t first_block = 0;
  std::vector<std::uint64_t> block_sums;  ///< XXH3 of each full block from the first on
  std::string orders;                     ///< both for load_book
  std::string book;
  std::uint32_t record_format = 0;  ///< of the journal that its records are written as those of
};

/// Format of the files; others are passed over, and the journal is read from further back.
inline constexpr std::uint32_t image_format = 1;

/// The bytes of a file. `orders`: as save_orders gave them then; `block_sums`: of the full blocks of its
/// history.
std::string encode_image(const BookImage& image, const std::string& orders,
                         const std::vector<std::uint64_t>& block_sums);
/// Errors: CHECKPOINT_DAMAGED, and what is wrong; of another format too.
base::Result<StoredImage> decode_image(const std::filesystem::path& file, const std::string& bytes);

}  // namespace cadre::book
