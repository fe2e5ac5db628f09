#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/base/capped_problems.hpp"
#include "host/market/bar_times.hpp"
#include "host/market/csv.hpp"
#include "host/market/price_history.hpp"
#include "host/market/price_layout.hpp"

namespace cadre::market {

/// One row of a long file: a bar of one instrument. Prices are 0 where they lack.
struct PriceRow {
  BarTime when;
  std::size_t symbol = 0;
  std::int64_t open_e9 = 0, high_e9 = 0, low_e9 = 0, close_e9 = 0;
  double volume = 0;
  std::int64_t bid_e9 = 0, ask_e9 = 0, opening_bid_e9 = 0, opening_ask_e9 = 0;
};

/// When the rows of a file are: reads dates and times, in order.
class RowTimes {
 public:
  RowTimes(const BarTiming& timing, std::string file, base::CappedProblems& problems)
      : clock_(timing), file_(std::move(file)), problems_(problems) {}

  bool has_times() const { return has_times_; }
  /// The rows have a time; else a date alone.
  void expect_times() { has_times_ = true; }

  /// When a row is; `date` or `time` null: there is no such column. Nothing, and a problem, when it says
  /// nothing usable: PRICE_BAD_DATE and those of BarClock.
  std::optional<BarTime> read(std::uint32_t line, const CsvField* date, const CsvField* time);
  /// Whether it is behind the row before it of the same instrument, which is at `last_ns` (0: there is none).
  /// `at`: the field that says when. False, and a problem: PRICE_DATE_ORDER, PRICE_DATE_REPEATED,
  /// PRICE_TIME_ORDER, PRICE_TIME_REPEATED.
  bool follows(const BarTime& when, std::int64_t last_ns, const std::string& instrument, std::uint32_t line,
               const CsvField& at);
  /// Whether the row is in the session; those that are not are counted.
  bool counts(const BarTime& when);
  /// Says how many rows were outside of the session: PRICE_OUTSIDE_SESSION.
  void tell_outside();

 private:
  base::Place place(std::uint32_t line, const CsvField& field) const {
    return {.file = file_, .line = line, .column = field.column};
  }
  std::optional<std::int32_t> read_date(std::uint32_t line, const CsvField& field);

  BarClock clock_;
  std::string file_;
  base::CappedProblems& problems_;
  bool has_times_ = false;
  std::size_t rows_ = 0, outside_ = 0;
};

/// Appends an empty row to the history, for all of its columns.
void append_row(PriceHistory& history, const BarTime& when, bool has_times);

/// Fills the matrices of a history, whose instruments are there, with the rows of a file. `slots`: by symbol
/// of a row, its column in the history.
void place_rows(const std::vector<PriceRow>& rows, const std::vector<std::size_t>& slots,
                const BarColumns& columns, PriceHistory& history);

}  // namespace cadre::market
