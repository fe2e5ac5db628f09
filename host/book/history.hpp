#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "host/journal/records.hpp"
#include "host/model/bar.hpp"

namespace cadre::book {

/// The bars a book has seen, for all instruments of its data: what windows are rebuilt from when the universe
/// or the needs of the agents change.
class History {
 public:
  /// `carry`: a day without a price counts as a return of zero, since the last price stays the mark; else it
  /// has no return.
  History(std::size_t columns, std::size_t expected_rows, bool carry);

  /// Forgets the oldest rows once there are twice as many as these: for a book without an end.
  void keep_most(std::size_t rows) { keep_ = rows; }

  void add(const model::Bar& bar);
  /// Room for so many rows, touched, so that taking them is a matter of copying alone.
  void make_room(std::size_t rows);
  /// Becomes what another one of the same columns is, with so many of its newest rows.
  void take_newest(const History& other, std::size_t rows);
  /// Rows that are remembered; row 0 is the oldest of them.
  std::size_t rows() const { return rows_; }
  /// Whether the instrument traded on the newest bar.
  bool traded(std::size_t column) const { return traded_[column] != 0; }
  /// The last price it traded at; NaN: it never did.
  double last_close(std::size_t column) const { return last_close_[column]; }

  /// Row `row` of all columns: simple returns since the last valid close, closes, volumes; NaN: there is
  /// none. Empty without volumes.
  std::span<const double> returns(std::size_t row) const { return at(returns_, row); }
  std::span<const double> closes(std::size_t row) const { return at(closes_, row); }
  std::span<const double> volumes(std::size_t row) const {
    return volumes_.empty() ? std::span<const double>() : at(volumes_, row);
  }

 private:
  std::span<const double> at(const std::vector<double>& values, std::size_t row) const {
    return {values.data() + row * columns_, columns_};
  }

  std::size_t columns_;
  void forget(std::size_t rows);

  std::size_t rows_ = 0;
  std::size_t keep_ = std::numeric_limits<std::size_t>::max() / 2;
  bool carry_;
  std::vector<double> returns_, closes_, volumes_;  ///< NaN: none
  std::vector<double> last_close_;
  std::vector<std::uint8_t> traded_;  ///< on the newest bar
};

}  // namespace cadre::book
