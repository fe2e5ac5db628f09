#include "window_covariance.hpp"

#include <algorithm>
#include <utility>

namespace cadre::sample_covariance {

// Row `row` with zeros in its holes, written to `to`.
const double* WindowCovariance::cleaned(const History& history, std::int64_t row, double* to) const {
  const double* values = history.values + row * history.stride;
  const std::uint8_t* valid = history.valid + row * history.stride;
  for (std::int64_t i = 0; i < instruments(); ++i)
    to[i] = valid[i] != 0 ? values[i] : 0.0;
  return to;
}

void WindowCovariance::count_valid(const History& history, std::int64_t row, std::int32_t step) {
  const std::uint8_t* valid = history.valid + row * history.stride;
  for (std::int64_t i = 0; i < instruments(); ++i) {
    if (valid[i] != 0) valid_count_[static_cast<std::size_t>(i)] += static_cast<std::uint32_t>(step);
  }
}

// The sums and counts of the last `rows` rows.
void WindowCovariance::refresh(const History& history, std::int64_t rows) {
  const std::int64_t n = instruments();
  std::fill(valid_count_.begin(), valid_count_.end(), 0U);
  for (std::int64_t t = 0; t < rows; ++t) {
    cleaned(history, history.rows - rows + t, rows_.data() + t * n);
    count_valid(history, history.rows - rows + t, 1);
  }
  rolling_.refresh(rows_.data(), rows, n);
}

void WindowCovariance::rebuild(std::int64_t instruments, const History& history) {
  rolling_ = quant::RollingCovariance();
  valid_count_.clear();
  if (instruments < 1) return;
  const auto n = static_cast<std::size_t>(instruments);
  rolling_.reset(instruments, window_);
  valid_count_.assign(n, 0U);
  rows_.assign(n * static_cast<std::size_t>(window_), 0.0);
  pairwise_.resize(instruments);

  std::int64_t rows = std::min(history.rows, window_);
  for (; rows > 0; --rows) {
    const std::uint8_t* valid = history.valid + (history.rows - rows) * history.stride;
    if (std::any_of(valid, valid + instruments, [](std::uint8_t v) { return v != 0; })) break;
  }
  refresh(history, rows);
}

void WindowCovariance::step(const History& history) {
  if (history.rows < 1 || instruments() < 1) return;
  const std::int64_t newest = history.rows - 1;
  const std::int64_t n = instruments();
  if (rolling_.count() == 0 || (rolling_.full() && newest < window_)) {
    rebuild(n, history);
    return;
  }
  const double* incoming = cleaned(history, newest, rows_.data());
  if (!rolling_.full()) {
    rolling_.add(incoming);
  } else {
    rolling_.replace(incoming, cleaned(history, newest - window_, rows_.data() + n));
    count_valid(history, newest - window_, -1);
  }
  count_valid(history, newest, 1);
  if (rolling_.full() && rolling_.updates_since_refresh() >= window_) refresh(history, window_);
}

bool WindowCovariance::restore(std::int64_t instruments, std::span<const double> sums,
                               std::span<const std::uint32_t> valid_counts) {
  if (static_cast<std::int64_t>(valid_counts.size()) != instruments) return false;
  WindowCovariance restored(window_, min_observations_);
  restored.rebuild(instruments, History{});
  if (instruments > 0 && !restored.rolling_.load(sums)) return false;
  for (std::size_t i = 0; i < valid_counts.size(); ++i) {
    if (std::int64_t{valid_counts[i]} > restored.rolling_.count()) return false;
    restored.valid_count_[i] = valid_counts[i];
  }
  *this = std::move(restored);
  return true;
}

}  // namespace cadre::sample_covariance
