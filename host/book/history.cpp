#include "host/book/history.hpp"

#include <algorithm>
#include <cmath>

#include "host/model/bar.hpp"

namespace cadre::book {

History::History(std::size_t columns, std::size_t expected_rows, bool carry)
    : columns_(columns), carry_(carry), last_close_(columns, std::nan("")), traded_(columns, 0) {
  returns_.reserve(columns * expected_rows);
  closes_.reserve(columns * expected_rows);
  volumes_.reserve(columns * expected_rows);
}

void History::add(const model::Bar& bar) {
  const double nan = std::nan("");
  const std::size_t at = rows_ * columns_;
  returns_.resize(at + columns_);
  closes_.resize(at + columns_);
  if (bar.has_volume) volumes_.resize(at + columns_);
  for (std::size_t c = 0; c < columns_; ++c) {
    const bool traded = bar.valid[c] != 0;
    const double close = traded ? static_cast<double>(bar.close_e9[c]) * 1e-9 : nan;
    const double before = last_close_[c];
    const bool carries = carry_ && before == before;
    returns_[at + c] = traded ? close / before - 1 : carries ? 0 : nan;
    closes_[at + c] = traded || !carry_ ? close : before;
    if (bar.has_volume) volumes_[at + c] = traded ? bar.volume[c] : nan;
    if (traded) last_close_[c] = close;
  }
  traded_ = bar.valid;
  ++rows_;
  if (rows_ >= 2 * keep_) forget(rows_ - keep_);
}

void History::make_room(std::size_t rows) {
  for (std::vector<double>* values : {&returns_, &closes_, &volumes_}) {
    const std::vector<double> kept = *values;
    values->resize(std::max(kept.size(), rows * columns_));
    *values = kept;
  }
}

void History::take_newest(const History& other, std::size_t rows) {
  const std::size_t passed_over = (other.rows_ - std::min(rows, other.rows_)) * columns_;
  const auto take = [&](std::vector<double>& to, const std::vector<double>& from) {
    const auto begin = static_cast<std::ptrdiff_t>(std::min(passed_over, from.size()));
    to.assign(from.begin() + begin, from.end());
  };
  take(returns_, other.returns_);
  take(closes_, other.closes_);
  take(volumes_, other.volumes_);
  rows_ = std::min(rows, other.rows_);
  last_close_ = other.last_close_;
  traded_ = other.traded_;
}

void History::forget(std::size_t rows) {
  const auto cut = [&](std::vector<double>& values) {
    const std::size_t count = std::min(values.size(), rows * columns_);
    values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
  };
  cut(returns_);
  cut(closes_);
  cut(volumes_);
  rows_ -= rows;
}

}  // namespace cadre::book
