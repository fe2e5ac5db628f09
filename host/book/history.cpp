#include "host/book/history.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

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
      forgotten_blocks_(other.forgotten_blocks_),
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
    returns[c] = traded ? close / before - 1 : nan;  // over the gap, where the last price is older
    closes[c] = traded || !carry_ ? close : before;
    volumes[c] = bar.has_volume && traded ? bar.volume[c] : nan;
    if (traded) last_close_[c] = close;
  }
  has_volumes_ = has_volumes_ || bar.has_volume;
  ++rows_;
  if (rows_ >= 2 * keep_) forget(rows_ - keep_);
}

void History::save(base::Encoder& to) const {
  to.put<std::uint64_t>(rows_);
  to.put<std::uint64_t>(skipped_);
  to.put(forgotten_blocks_);
  to.put(has_volumes_);
  to.put_array(last_close_);
  const std::size_t used = (skipped_ + rows_) % block_rows;
  to.put_array(used == 0 ? std::span<const double>()
                         : std::span<const double>(blocks_.back().get(), used * columns_ * 3));
}

bool History::load(base::Decoder& from, const std::vector<std::vector<double>>& full) {
  rows_ = from.get<std::uint64_t>();
  skipped_ = from.get<std::uint64_t>();
  from.get(forgotten_blocks_);
  from.get(has_volumes_);
  from.get_array(last_close_);
  std::vector<double> newest;
  from.get_array(newest);
  const std::size_t used = (skipped_ + rows_) % block_rows;
  bool fits = from.ok() && skipped_ < block_rows && full_blocks() == full.size() &&
              last_close_.size() == columns_ && newest.size() == used * columns_ * 3;
  for (const std::vector<double>& block : full)
    fits = fits && block.size() == block_size();
  if (!fits) return false;
  blocks_.clear();
  for (const std::vector<double>& block : full)
    blocks_.push_back(fresh_block()), std::copy(block.begin(), block.end(), blocks_.back().get());
  if (used != 0) {
    blocks_.push_back(fresh_block());
    std::copy(newest.begin(), newest.end(), blocks_.back().get());
  }
  return true;
}

void History::forget(std::size_t rows) {
  skipped_ += rows;
  rows_ -= rows;
  const std::size_t gone = skipped_ / block_rows;
  skipped_ %= block_rows;
  forgotten_blocks_ += gone;
  for (std::size_t k = 0; k < gone; ++k) {
    if (blocks_[k].use_count() != 1) continue;  // a copy still reads it
    std::atomic_thread_fence(std::memory_order_acquire);
    spare_.push_back(std::move(blocks_[k]));
  }
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(gone));
}

}  // namespace cadre::book
