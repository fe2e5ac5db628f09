#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "host/base/codec.hpp"
#include "host/journal/records.hpp"
#include "host/model/bar.hpp"

namespace cadre::book {

/// The bars a book has seen, for all instruments of its data: what windows are rebuilt from when the universe
/// or the needs of the agents change. A copy shares all rows but the newest few with its original, which
/// nobody writes any more: it takes the same time however long the history is, and another thread may read it
/// while the original grows.
class History {
 public:
  /// `carry`: on a day without a price the close is the last price there was; else there is none. Either way
  /// that day has no return, and the return of the next price spans the gap.
  History(std::size_t columns, std::size_t expected_rows, bool carry);
  History(const History& other);
  History& operator=(const History& other);
  History(History&&) = default;
  History& operator=(History&&) = default;
  ~History() = default;

  /// Forgets the oldest rows once there are twice as many as these: for a book without an end.
  void keep_most(std::size_t rows) { keep_ = rows; }

  void add(const model::Bar& bar);

  // For a checkpoint. Blocks are numbered through the life of a book; one that is full never changes again.

  /// Of the oldest row that is remembered.
  std::uint64_t first_block() const { return forgotten_blocks_; }
  /// How many from there on are full.
  std::size_t full_blocks() const { return (skipped_ + rows_) / block_rows; }
  /// The rows of the k-th of them, in the form that load() takes.
  std::span<const double> block(std::size_t k) const { return {blocks_[k].get(), block_size()}; }
  /// All of it but the full blocks.
  void save(base::Encoder& to) const;
  /// `full`: the blocks that save() left out, in order. False: they do not fit what was saved; the history is
  /// then of no use.
  [[nodiscard]] bool load(base::Decoder& from, const std::vector<std::vector<double>>& full);
  /// Rows that are remembered; row 0 is the oldest of them.
  std::size_t rows() const { return rows_; }
  /// The last price it traded at; NaN: it never did.
  double last_close(std::size_t column) const { return last_close_[column]; }

  /// Row `row` of all columns: simple returns since the last valid close, closes, volumes; NaN: there is
  /// none. Empty without volumes.
  std::span<const double> returns(std::size_t row) const { return {part(row, 0), columns_}; }
  std::span<const double> closes(std::size_t row) const { return {part(row, 1), columns_}; }
  std::span<const double> volumes(std::size_t row) const {
    return has_volumes_ ? std::span<const double>(part(row, 2), columns_) : std::span<const double>();
  }

 private:
  static constexpr std::size_t block_rows = 64;
  /// Row by row: returns, closes, volumes.
  using Block = std::shared_ptr<double[]>;

  std::size_t block_size() const { return block_rows * columns_ * 3; }
  double* part(std::size_t row, std::size_t which) const {
    const std::size_t at = skipped_ + row;
    return blocks_[at / block_rows].get() + (at % block_rows * 3 + which) * columns_;
  }
  void own_newest();
  Block fresh_block();
  void forget(std::size_t rows);

  std::size_t columns_;
  std::size_t rows_ = 0;
  std::uint64_t forgotten_blocks_ = 0;
  std::size_t skipped_ = 0;  ///< rows of the first block that are forgotten
  std::size_t keep_ = std::numeric_limits<std::size_t>::max() / 2;
  bool carry_;
  bool has_volumes_ = false;
  std::vector<Block> blocks_;
  std::vector<Block> spare_;  ///< without an owner beside this
  std::vector<double> last_close_;
};

}  // namespace cadre::book
