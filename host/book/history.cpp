#include "host/book/history.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "host/model/bar.hpp"

namespace cadre::book {

History::History(std::size_t columns, std::size_t expected_rows, bool carry)
    : columns_(columns), carry_(carry), last_close_(columns, std::nan("")) {
  const std::size_t blocks = (expected_rows + block_rows - 1) / block_rows;
  blocks_.reserve(blocks);
  spare_.reserve(blocks);
  while (spare_.size() < blocks)
    spare_.push_back(std::make_shared_for_overwrite<double[]>(block_size()));
}

History::History(const History& other)
    : columns_(other.columns_),
      rows_(other.rows_),
      skipped_(other.skipped_),
      keep_(other.keep_),
      carry_(other.carry_),
      has_volumes_(other.has_volumes_),
      blocks_(other.blocks_),
      last_close_(other.last_close_) {
  own_newest();
}

History& History::operator=(const History& other) {
  if (this != &other) *this = History(other);
  return *this;
}

/// The original goes on writing into its newest block.
void History::own_newest() {
  const std::size_t used = (skipped_ + rows_) % block_rows;
  if (blocks_.empty() || used == 0) return;
  const Block shared = std::exchange(blocks_.back(), std::make_shared_for_overwrite<double[]>(block_size()));
  std::copy_n(shared.get(), used * columns_ * 3, blocks_.back().get());
}

History::Block History::fresh_block() {
  if (spare_.empty()) return std::make_shared_for_overwrite<double[]>(block_size());
  Block block = std::move(spare_.back());
  spare_.pop_back();
  return block;
}

void History::add(const model::Bar& bar) {
  const double nan = std::nan("");
  if ((skipped_ + rows_) % block_rows == 0) blocks_.push_back(fresh_block());
  double* const returns = part(rows_, 0);
  double* const closes = part(rows_, 1);
  double* const volumes = part(rows_, 2);
  for (std::size_t c = 0; c < columns_; ++c) {
    const bool traded = bar.valid[c] != 0;
    const double close = traded ? static_cast<double>(bar.close_e9[c]) * 1e-9 : nan;
    const double before = last_close_[c];
    const bool carries = carry_ && before == before;
    returns[c] = traded ? close / before - 1 : carries ? 0 : nan;
    closes[c] = traded || !carry_ ? close : before;
    volumes[c] = bar.has_volume && traded ? bar.volume[c] : nan;
    if (traded) last_close_[c] = close;
  }
  has_volumes_ = has_volumes_ || bar.has_volume;
  ++rows_;
  if (rows_ >= 2 * keep_) forget(rows_ - keep_);
}

void History::forget(std::size_t rows) {
  skipped_ += rows;
  rows_ -= rows;
  const std::size_t gone = skipped_ / block_rows;
  skipped_ %= block_rows;
  for (std::size_t k = 0; k < gone; ++k) {
    if (blocks_[k].use_count() != 1) continue;  // a copy still reads it
    std::atomic_thread_fence(std::memory_order_acquire);
    spare_.push_back(std::move(blocks_[k]));
  }
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(gone));
}

}  // namespace cadre::book
