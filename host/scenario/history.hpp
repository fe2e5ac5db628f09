#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/journal/records.hpp"

namespace cadre::scenario {

/// All bars a book has seen, for all instruments of its data: what windows are rebuilt from when the universe
/// or the needs of the agents change.
class History {
 public:
  /// `carry`: a day without a price counts as a return of zero, since the last price stays the mark; else it
  /// has no return.
  History(std::size_t columns, std::size_t expected_rows, bool carry);

  void add(const journal::BarRecord& bar);
  std::size_t rows() const { return rows_; }

  /// Row `row` of one column: the simple return since the last valid close, the close, the volume. False:
  /// there is none.
  bool simple_return(std::size_t row, std::size_t column, double& out) const {
    return at(returns_, row, column, out);
  }
  bool close(std::size_t row, std::size_t column, double& out) const { return at(closes_, row, column, out); }
  bool volume(std::size_t row, std::size_t column, double& out) const {
    return !volumes_.empty() && at(volumes_, row, column, out);
  }

 private:
  bool at(const std::vector<double>& values, std::size_t row, std::size_t column, double& out) const {
    out = values[row * columns_ + column];
    return out == out;
  }

  std::size_t columns_;
  std::size_t rows_ = 0;
  bool carry_;
  std::vector<double> returns_, closes_, volumes_;  ///< NaN: none
  std::vector<double> last_close_;
};

}  // namespace cadre::scenario
