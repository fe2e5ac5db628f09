#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/market/bar_times.hpp"
#include "host/market/price_history.hpp"
#include "host/market/price_layout.hpp"

namespace cadre::market {

enum class VolumeDeclared { shares, none };
enum class MissingPolicy { refuse, carry, leave };

struct PriceOptions {
  // The words are reachable as PriceOptions::raw and the like too.
  using Adjustment = market::Adjustment;
  using enum market::Adjustment;
  using enum VolumeDeclared;
  using enum MissingPolicy;

  std::filesystem::path file;
  Adjustment adjustment = Adjustment::raw;        ///< passed on, nothing is adjusted
  VolumeDeclared volume = VolumeDeclared::none;   ///< none drops a volume column
  MissingPolicy missing = MissingPolicy::refuse;  ///< carry = the last close, leave = price 0; both valid 0
  std::vector<std::string> instruments{};         ///< empty = all in the file
  int32_t from = 0;                               ///< first date, 0 = the file's
  int32_t to = 0;                                 ///< last date, 0 = the file's
  double suspect_move = 0.25;                     ///< absolute simple return of one day's closes, 0.25 = 25 %
  ColumnNames columns{};                          ///< empty: the file calls its fields as this host does
  BarTiming timing{};
  double scale = 1;  ///< what prices and quotes are multiplied with, rounded to billionths
};

/// Reads wide closes (`date,AA,AXP,...`) or long bars (`date,symbol,open,high,low,close[,volume]`, columns in
/// any order, rows of an instrument in the order of their dates), told apart by the header. Bars may be
/// without a symbol where one instrument is asked for, and go by other names where `columns` says so; without
/// open, high and low in it they are closes alone. With a period in `timing` the rows have a time, beside the
/// date or in its place, and rows outside of the hours of the session are left out, counted in one warning.
/// Quotes may lack anywhere: an empty cell is no quote. CRLF, a byte order mark and quoted fields are
/// accepted, and dates as parse_day takes them. Prices are exact decimals. Rows outside of from and to, and
/// columns not asked for, are not looked into. All problems at once, at most 50 errors and 50 warnings in
/// full.
///
/// Errors: FILE_..., CSV_EMPTY, CSV_BINARY, CSV_NOT_UTF8, CSV_LINE_ENDS, CSV_HEADER, CSV_RAGGED_ROW,
/// PRICE_BAD_DATE, PRICE_DATE_ORDER, PRICE_DATE_REPEATED, PRICE_NOT_A_NUMBER, PRICE_NOT_POSITIVE,
/// PRICE_OUT_OF_RANGE, PRICE_TOO_FINE, PRICE_MISSING, VOLUME_BAD, VOLUME_MISSING, INSTRUMENT_UNKNOWN,
/// PRICE_NO_ROWS, PRICE_ONE_DAY, PRICE_OPTIONS, QUOTE_CROSSED, those of BarClock. Warnings:
/// SUSPECTED_CORPORATE_ACTION, PRICE_NOT_BRACKETED, PRICE_OUTSIDE_SESSION.
base::Result<PriceHistory> read_prices(const PriceOptions& options);

}  // namespace cadre::market
