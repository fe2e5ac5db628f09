#include "host/shadow/beginning.hpp"

#include <span>
#include <utility>

#include "host/base/codec.hpp"

namespace cadre::shadow {

namespace {

/// A book out of a file, with what it is configured by.
struct Restored {
  explicit Restored(const config::ScenarioConfig& scenario, const std::vector<std::string>& instruments)
      : config(scenario), book(config, instruments, 0) {}
  config::ScenarioConfig config;
  book::Book book;
};

}  // namespace

Beginning beginning_at(std::shared_ptr<const book::BookImage> image, std::uint64_t revision) {
  const book::BookImage& at = *image;
  return {std::shared_ptr<const book::Book>(std::move(image), at.book.get()),
          at.learned,
          revision,
          at.book->ledger().sequence(),
          at.journal_bytes,
          at.facts.halted};
}

base::Result<Beginning> stored_beginning(const live::CheckpointFiles& files, std::uint64_t sequence,
                                         std::uint64_t revision, const config::ScenarioConfig& config,
                                         const std::vector<std::string>& instruments) {
  auto image = live::CheckpointFiles::read(files.file_of(sequence));
  if (!image) return image.problems();
  const auto rows = files.rows_of(*image);
  if (!rows) return rows.problems();
  auto restored = std::make_shared<Restored>(config, instruments);
  base::Decoder from(std::as_bytes(std::span(image->book)));
  base::Decoder orders(std::as_bytes(std::span(image->orders)));
  if (!book::load_book(from, orders, restored->book, *rows, image->record_format)) {
    base::Problems problems;
    problems.error("CHECKPOINT_DAMAGED", base::Place::of(files.file_of(sequence)),
                   "it is whole, and not of this book as it is configured now");
    return problems;
  }
  const book::Book& book = restored->book;
  return Beginning{std::shared_ptr<const book::Book>(std::move(restored), &book),
                   std::move(image->learned),
                   revision,
                   sequence,
                   image->journal_bytes,
                   image->facts.halted};
}

}  // namespace cadre::shadow
