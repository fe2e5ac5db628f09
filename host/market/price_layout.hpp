#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/capped_problems.hpp"
#include "host/market/csv.hpp"

namespace cadre::market {

inline constexpr size_t no_column = std::numeric_limits<size_t>::max();

/// Where the fields of a bar stand in a row; no_column: nowhere. Without open, high and low the file has
/// closes only; without a symbol all rows are of one instrument. Quotes come in pairs: those at the close of
/// the bar, and those at its open.
struct BarColumns {
  size_t date = no_column, time = no_column, symbol = no_column;
  size_t open = no_column, high = no_column, low = no_column, close = no_column;
  size_t volume = no_column;
  size_t bid = no_column, ask = no_column, bid_open = no_column, ask_open = no_column;

  bool closes_only() const { return open == no_column; }
  bool has_quotes() const { return bid != no_column; }
  bool has_opening_quotes() const { return bid_open != no_column; }
};

/// What says when a bar is: a date, for bars of days, or a time.
enum class RowKey { date, time, either };

/// Field (symbol, date, time, open, high, low, close, volume, bid, ask, bid_open, ask_open) to the name of
/// its column in the file.
using ColumnNames = std::map<std::string, std::string>;

/// What decides how a header is read.
struct LayoutOptions {
  const ColumnNames& columns;                   ///< not empty: these, and nothing else of the file
  const std::vector<std::string>& instruments;  ///< the ones asked for; empty: all
  std::string file;                             ///< as problems name it
  RowKey key = RowKey::date;
};

/// What makes the first rows of a file no header that could be read, whatever its layout: data in the first
/// row, tabs or semicolons between the fields, a header of three rows. `second`: the row behind the header.
/// False, and a problem: CSV_HEADER.
bool check_header(const std::vector<CsvField>& header, std::string_view second, const std::string& file,
                  base::CappedProblems& problems);

/// Whether the header is that of bars, one row for an instrument and a day, rather than of wide closes.
bool is_long(const std::vector<CsvField>& header, const LayoutOptions& options);

/// The columns of a file of bars. What is not as it should be becomes a problem for each column, with what to
/// rename, add or drop: CSV_HEADER.
BarColumns find_bar_columns(const std::vector<CsvField>& header, const LayoutOptions& options,
                            base::CappedProblems& problems);

/// Refuses columns of wide closes that are called like fields of a bar, unless they are asked for.
void refuse_fields_as_instruments(const std::vector<CsvField>& header, const LayoutOptions& options,
                                  base::CappedProblems& problems);

}  // namespace cadre::market
