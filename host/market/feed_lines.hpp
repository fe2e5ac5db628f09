#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/problem.hpp"
#include "host/market/price_layout.hpp"

namespace cadre::market {

/// One input as it is posted to a host: a bar of all instruments, or a signal.
struct FeedLine {
  std::string json;        ///< one object, as posted_bars.hpp reads it
  std::uint32_t line = 0;  ///< where it begins in its source, from 1
};

/// Makes inputs of the lines of a price file, of a file of signals, or of JSON lines, as they come: from a
/// file, a pipe, or a file that is still written. What a source is follows from its first line. A price is
/// passed on as it is written; whether it is right is for the host to say, which knows its book. A signal
/// without an id gets one that follows from what it says: said again, it is the same signal.
class FeedLines {
 public:
  enum class Kind { unknown, bars, signals };
  /// A line may have so many bytes.
  static constexpr std::size_t line_bytes_most = std::size_t{16} << 20;

  /// `file` is only the name that problems show.
  explicit FeedLines(std::string file) : file_(std::move(file)) {}

  /// Takes the next bytes, cut anywhere. After a problem nothing is taken any more.
  void push(std::string_view bytes);
  /// Nothing more came for a while: where a bar has a row for each instrument, it is over, unless a line has
  /// begun.
  void pause();
  /// Nothing more comes: the last line may be without an end.
  void finish();

  /// The inputs that are complete and were not taken yet, in the order of their lines.
  std::vector<FeedLine> take();
  Kind kind() const { return kind_; }
  /// The columns of a header that has one for each instrument; empty of any other source.
  std::span<const std::string> instrument_columns() const {
    return layout_ == Layout::wide ? std::span(header_).subspan(1) : std::span<const std::string>();
  }
  /// Warnings (after finish): FEED_LAST_LINE, of a row that may be cut. Errors: CSV_EMPTY (after finish),
  /// CSV_BINARY, CSV_NOT_UTF8, CSV_HEADER, CSV_RAGGED_ROW, CSV_LINE_LONG, PRICE_BAD_DATE, FEED_NOT_LINES.
  const base::Problems& problems() const { return problems_; }

 private:
  enum class Layout { unknown, objects, wide, rows, signals };

  void take_line(std::string_view line);
  void take_header(std::string_view line);
  void take_object(std::string_view line);
  void take_wide();
  void take_row();
  void take_signal();
  void add_signal(std::string object, bool has_id);
  void end_bar();
  bool read_row(std::string_view line);
  std::string when_of(const CsvField* date, const CsvField* time);
  void refuse(std::string code, std::uint32_t column, std::string message, std::string next);

  std::string file_;
  Layout layout_ = Layout::unknown;
  Kind kind_ = Kind::unknown;
  std::string pending_;  ///< of a line whose end has not come
  std::uint32_t line_ = 0;
  std::string row_text_;
  std::vector<CsvField> row_;  ///< into row_text_
  std::vector<std::string> header_;
  BarColumns columns_;
  std::string when_, bars_;  ///< of the bar whose rows are coming; JSON
  bool has_rows_ = false;    ///< of that bar
  std::uint32_t bar_line_ = 0;
  std::vector<FeedLine> ready_;
  base::Problems problems_;
};

}  // namespace cadre::market
