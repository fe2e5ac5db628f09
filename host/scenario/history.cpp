#include "host/scenario/history.hpp"

#include <cmath>

namespace cadre::scenario {

History::History(std::size_t columns, std::size_t expected_rows, bool carry)
    : columns_(columns), carry_(carry), last_close_(columns, std::nan("")) {
  returns_.reserve(columns * expected_rows);
  closes_.reserve(columns * expected_rows);
  volumes_.reserve(columns * expected_rows);
}

void History::add(const journal::BarRecord& bar) {
  const double nan = std::nan("");
  for (std::size_t c = 0; c < columns_; ++c) {
    const bool traded = bar.valid[c] != 0;
    const double close = traded ? static_cast<double>(bar.close_e9[c]) * 1e-9 : nan;
    const double before = last_close_[c];
    double change = close / before - 1;
    if (!traded) change = carry_ && !std::isnan(before) ? 0 : nan;
    returns_.push_back(change);
    closes_.push_back(traded || !carry_ ? close : before);
    if (bar.has_volume) volumes_.push_back(traded ? bar.volume[c] : nan);
    if (traded) last_close_[c] = close;
  }
  ++rows_;
}

}  // namespace cadre::scenario
