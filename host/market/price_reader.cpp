#include "host/market/price_reader.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "host/base/capped_problems.hpp"
#include "host/base/date.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/market/csv.hpp"
#include "host/market/price_checks.hpp"
#include "host/market/price_rows.hpp"

namespace cadre::market {
namespace {

constexpr const char* kExpectedHeader =
    "expected wide closes, date,AAPL,IBM,..., or long bars, date,symbol,open,high,low,close,volume";

constexpr const char* kExpectedTimes =
    "expected wide closes, time,AAPL,IBM,..., or long bars, time,symbol,open,high,low,close,volume";

constexpr size_t kNone = no_column;

class PriceReader {
 public:
  PriceReader(const PriceOptions& options, std::string_view text)
      : options_(options),
        file_(options.file.string()),
        rows_(text),
        problems_(file_),
        times_(options.timing, file_, problems_) {}

  base::Result<PriceHistory> read() {
    rows_.next();
    const std::vector<CsvField> header = rows_.fields();
    history_.adjustment = options_.adjustment;
    history_.period_ns = options_.timing.period_ns;
    const RowKey key = options_.timing.is_intraday()    ? RowKey::time
                       : options_.timing.period_ns != 0 ? RowKey::either
                                                        : RowKey::date;
    const LayoutOptions layout{options_.columns, options_.instruments, file_, key};
    if (check_header(header, rows_.following(), file_, problems_)) {
      if (is_long(header, layout))
        read_long(header, layout);
      else
        read_wide(header, layout);
    }
    if (!problems_.has_errors()) check_rows();
    if (!problems_.has_errors()) check_gaps(history_, options_.missing, file_, problems_);
    times_.tell_outside();
    if (problems_.has_errors()) return problems_.take();
    if (options_.missing == MissingPolicy::carry) carry_closes(history_);
    return {std::move(history_), problems_.take()};
  }

 private:
  base::Place here(const CsvField& field) const {
    return {.file = file_, .line = rows_.line(), .column = field.column};
  }

  // ---- wide closes

  void read_wide(const std::vector<CsvField>& header, const LayoutOptions& layout) {
    const std::vector<size_t> slots = choose_columns(header, layout);
    if (problems_.has_errors()) return;
    MoveWatch moves(history_.columns(), options_.suspect_move);
    const bool has_times = times_.has_times();
    int64_t last_ns = 0;
    while (rows_.next()) {
      if (!has_all_fields(header.size())) continue;
      const CsvField& first = rows_.fields()[0];
      const auto when = times_.read(rows_.line(), has_times ? nullptr : &first, has_times ? &first : nullptr);
      if (!when || !times_.follows(*when, last_ns, "", rows_.line(), first)) continue;
      last_ns = when->time_ns;
      if (note_date(when->date) && times_.counts(*when)) read_closes(*when, slots, moves);
    }
  }

  // The slot in the sorted instruments of every column of the file; kNone for those nobody asked for.
  std::vector<size_t> choose_columns(const std::vector<CsvField>& header, const LayoutOptions& layout) {
    std::vector<size_t> slots(header.size(), kNone);
    const bool has_times = layout.key != RowKey::date && find_column(header, "time") == 0;
    if (has_times) times_.expect_times();
    const bool is_known = has_times || (layout.key != RowKey::time && find_column(header, "date") == 0);
    if (!is_known || header.size() < 2) {
      problems_.error("CSV_HEADER", here(header[0]), "the header is not one that is known",
                      layout.key == RowKey::time ? kExpectedTimes : kExpectedHeader);
      return slots;
    }
    refuse_fields_as_instruments(header, layout, problems_);
    if (problems_.has_errors()) return slots;
    if (options_.volume == VolumeDeclared::shares) refuse_missing_volume();
    std::map<std::string, size_t> columns;
    for (size_t i = 1; i < header.size(); ++i) {
      const std::string name(trimmed(header[i].text));
      if (name.empty()) {
        problems_.error("CSV_HEADER", here(header[i]), "column " + std::to_string(i + 1) + " has no name");
      } else if (!columns.try_emplace(name, i).second) {
        problems_.error("CSV_HEADER", here(header[i]), "the column \"" + name + "\" stands here again");
      }
    }
    std::vector<std::string> known;
    known.reserve(columns.size());
    for (const auto& [name, column] : columns)
      known.push_back(name);
    choose_instruments(known);
    for (size_t slot = 0; slot < history_.columns(); ++slot)
      slots[columns.at(history_.instruments[slot])] = slot;
    return slots;
  }

  void read_closes(const BarTime& when, const std::vector<size_t>& slots, MoveWatch& moves) {
    append_row(history_, when, times_.has_times());
    const size_t start = history_.close_e9.size();
    history_.close_e9.resize(start + history_.columns(), 0);
    history_.valid.resize(start + history_.columns(), 0);
    for (size_t i = 1; i < slots.size(); ++i) {
      if (slots[i] == kNone) continue;
      const std::string& instrument = history_.instruments[slots[i]];
      const CsvField& field = rows_.fields()[i];
      const auto close_e9 = read_price(field, name_of(instrument, when));
      if (!close_e9) continue;
      history_.close_e9[start + slots[i]] = *close_e9;
      history_.valid[start + slots[i]] = 1;
      moves.see(slots[i], instrument, when.date, *close_e9, here(field), problems_);
    }
  }

  // ---- long bars

  void read_long(const std::vector<CsvField>& header, const LayoutOptions& layout) {
    BarColumns columns = find_bar_columns(header, layout, problems_);
    if (options_.volume == VolumeDeclared::none) columns.volume = kNone;
    if (options_.volume == VolumeDeclared::shares && columns.volume == kNone) refuse_missing_volume();
    if (problems_.has_errors()) return;
    if (columns.time != kNone) times_.expect_times();
    std::map<std::string, size_t, std::less<>> symbols;
    std::vector<int64_t> last_ns;
    std::vector<PriceRow> bars;
    // As many as an instrument may appear: the symbols are known only at the end.
    MoveWatches moves(options_.suspect_move);
    while (rows_.next()) {
      if (!has_all_fields(header.size())) continue;
      const CsvField name =
          columns.symbol == kNone ? CsvField{options_.instruments.front()} : rows_.fields()[columns.symbol];
      const auto when = times_.read(rows_.line(), field_at(columns.date), field_at(columns.time));
      if (trimmed(name.text).empty()) problems_.error("CSV_EMPTY_FIELD", here(name), "the symbol is empty");
      if (!when || trimmed(name.text).empty()) continue;
      auto found = symbols.find(trimmed(name.text));
      if (found == symbols.end()) {
        found = symbols.emplace(trimmed(name.text), symbols.size()).first;
        last_ns.push_back(0);
      }
      const CsvField& at = rows_.fields()[columns.time != kNone ? columns.time : columns.date];
      if (!times_.follows(*when, last_ns[found->second], found->first, rows_.line(), at)) continue;
      last_ns[found->second] = when->time_ns;
      if (!is_asked_for(found->first) || !note_date(when->date) || !times_.counts(*when)) continue;
      bars.push_back(read_bar(columns, *when, found->second, found->first, moves.of(found->second)));
    }
    std::vector<std::string> known;
    known.reserve(symbols.size());
    for (const auto& [symbol, index] : symbols)
      known.push_back(symbol);
    choose_instruments(known);
    if (problems_.has_errors()) return;
    std::vector<size_t> slots(symbols.size(), kNone);
    for (size_t slot = 0; slot < history_.columns(); ++slot)
      slots[symbols.at(history_.instruments[slot])] = slot;
    place_rows(bars, slots, columns, history_);
  }

  const CsvField* field_at(size_t column) const {
    return column == kNone ? nullptr : &rows_.fields()[column];
  }

  std::string name_of(const std::string& instrument, const BarTime& when) const {
    return whose(instrument, when.date, when.time_ns, times_.has_times());
  }

  // One watch an instrument, made when it first appears.
  class MoveWatches {
   public:
    explicit MoveWatches(double suspect_move) : suspect_move_(suspect_move) {}
    MoveWatch& of(size_t symbol) {
      while (watches_.size() <= symbol)
        watches_.emplace_back(1, suspect_move_);
      return watches_[symbol];
    }

   private:
    double suspect_move_;
    std::vector<MoveWatch> watches_;
  };

  PriceRow read_bar(const BarColumns& columns, const BarTime& when, size_t symbol, const std::string& name,
                    MoveWatch& moves) {
    const auto& fields = rows_.fields();
    const std::string what = name_of(name, when);
    PriceRow bar{.when = when, .symbol = symbol};
    read_quotes(columns.bid, columns.ask, what, bar.bid_e9, bar.ask_e9);
    read_quotes(columns.bid_open, columns.ask_open, what, bar.opening_bid_e9, bar.opening_ask_e9);
    const auto close_e9 = read_price(fields[columns.close], what);
    if (!columns.closes_only()) {
      const auto open_e9 = read_price(fields[columns.open], what),
                 high_e9 = read_price(fields[columns.high], what),
                 low_e9 = read_price(fields[columns.low], what);
      if (!open_e9 || !high_e9 || !low_e9) return bar;
      bar.open_e9 = *open_e9, bar.high_e9 = *high_e9, bar.low_e9 = *low_e9;
    }
    if (!close_e9) return bar;
    bar.close_e9 = *close_e9;
    if (!columns.closes_only()) check_bracket(bar, columns, what);
    moves.see(0, name, when.date, *close_e9, here(fields[columns.close]), problems_);
    if (columns.volume != kNone) bar.volume = read_volume(fields[columns.volume], what);
    return bar;
  }

  // A quote may lack: the cell is empty then, and the number stays 0.
  void read_quotes(size_t bid, size_t ask, const std::string& what, int64_t& bid_e9, int64_t& ask_e9) {
    if (bid == kNone) return;
    const auto& fields = rows_.fields();
    bid_e9 = read_price(fields[bid], what, true).value_or(0);
    ask_e9 = read_price(fields[ask], what, true).value_or(0);
    if (bid_e9 == 0 || ask_e9 == 0 || bid_e9 <= ask_e9) return;
    problems_.error("QUOTE_CROSSED", here(fields[bid]),
                    what + ": the bid " + std::string(trimmed(fields[bid].text)) + " is above the ask " +
                        std::string(trimmed(fields[ask].text)),
                    "correct them, or leave both cells empty: the bar has no quotes then");
  }

  void check_bracket(const PriceRow& bar, const BarColumns& columns, const std::string& what) {
    const auto& fields = rows_.fields();
    if (bar.low_e9 > std::min(bar.open_e9, bar.close_e9))
      problems_.warning("PRICE_NOT_BRACKETED", here(fields[columns.low]),
                        what + ": the low is above open or close");
    if (bar.high_e9 < std::max(bar.open_e9, bar.close_e9))
      problems_.warning("PRICE_NOT_BRACKETED", here(fields[columns.high]),
                        what + ": the high is below open or close");
  }

  double read_volume(const CsvField& field, const std::string& what) {
    const double volume = parse_volume(field.text);
    if (volume >= 0) return volume;
    const bool is_empty = trimmed(field.text).empty();
    if (is_empty && options_.missing != MissingPolicy::refuse) return 0;
    const bool is_negative = trimmed(field.text).starts_with('-');
    problems_.error(
        "VOLUME_BAD", here(field),
        what + ": " + (is_empty ? "the volume is empty" : base::quote(field.text) + " is no volume"),
        is_empty      ? kMissingNextStep
        : is_negative ? ""
                      : "write it as a number, as in 1250000");
    return 0;
  }

  // ---- what both have in common

  bool is_asked_for(const std::string& instrument) const {
    const auto& asked = options_.instruments;
    return asked.empty() || std::find(asked.begin(), asked.end(), instrument) != asked.end();
  }

  void choose_instruments(const std::vector<std::string>& known) {
    for (const std::string& asked : options_.instruments) {
      if (std::find(known.begin(), known.end(), asked) != known.end()) continue;
      problems_.error("INSTRUMENT_UNKNOWN", {.file = file_},
                      "\"" + asked + "\" is not in the file" + base::did_you_mean(asked, known));
    }
    for (const std::string& name : known) {
      if (is_asked_for(name)) history_.instruments.push_back(name);
    }
    std::sort(history_.instruments.begin(), history_.instruments.end());
  }

  void refuse_missing_volume() {
    problems_.error("VOLUME_MISSING", {.file = file_, .line = 1},
                    "volume: shares is declared, the file has no volume column",
                    "declare volume: none, and volume checks do not apply");
  }

  bool has_all_fields(size_t expected) {
    const size_t found = rows_.fields().size();
    if (found == expected && !rows_.is_blank()) return true;
    problems_.error(
        "CSV_RAGGED_ROW", {.file = file_, .line = rows_.line()},
        rows_.is_blank()
            ? (found == 1 ? "a blank line between the rows" : "a row of empty cells between the rows")
            : "the row has " + std::to_string(found) + " fields, the header has " + std::to_string(expected));
    return false;
  }

  // Remembers what the file covers; true when the date is asked for.
  bool note_date(int32_t date) {
    first_date_ = first_date_ == 0 ? date : std::min(first_date_, date);
    last_date_ = std::max(last_date_, date);
    return date >= options_.from && (options_.to == 0 || date <= options_.to);
  }

  // Nothing when the price is missing and may be, or when a problem says why.
  std::optional<int64_t> read_price(const CsvField& field, const std::string& what, bool may_lack = false) {
    const ParsedPrice price = scaled(parse_price(field.text), options_.scale);
    const std::string shown = "\"" + std::string(field.text) + "\"";
    switch (price.state) {
      case PriceField::fine:
        return price.raw_e9;
      case PriceField::missing:
        if (options_.missing == MissingPolicy::refuse && !may_lack) {
          problems_.error("PRICE_MISSING", here(field),
                          what + ": the price is " + (trimmed(field.text).empty() ? "empty" : shown),
                          kMissingNextStep);
        }
        break;
      default: {
        const PriceFault fault = fault_of(price.state);
        problems_.error(fault.code, here(field), what + ": " + shown + fault.what, next_step(field, fault));
      }
    }
    return std::nullopt;
  }

  static std::string next_step(const CsvField& field, const PriceFault& fault) {
    const std::string_view text = trimmed(field.text);
    if (text.find(',') != std::string_view::npos) return "take the commas out: numbers are written as 1100.5";
    const bool is_zero = !text.empty() && text.find_first_not_of("0.") == std::string_view::npos;
    if (is_zero)
      return "feeds write 0 for a price they do not know: leave the cell empty, and the bar is missing "
             "(missing: "
             "carry or leave); or read the closes alone with data.prices.columns";
    return fault.next_step;
  }

  void check_rows() {
    if (history_.rows() >= 2) return;
    if (first_date_ == 0) {
      problems_.error("PRICE_NO_ROWS", {.file = file_}, "the file has a header and no rows");
    } else if (history_.rows() == 1) {
      problems_.error("PRICE_ONE_DAY", {.file = file_},
                      times_.has_times() ? "only one bar, at least two bars are needed"
                                         : "only one day, at least two days are needed");
    } else {
      problems_.error("PRICE_NO_ROWS", {.file = file_},
                      "from and to leave no rows, the file covers " + base::format_date(first_date_) +
                          " to " + base::format_date(last_date_));
    }
  }

  const PriceOptions& options_;
  std::string file_;
  CsvRows rows_;
  base::CappedProblems problems_;
  RowTimes times_;
  PriceHistory history_;
  int32_t first_date_ = 0;
  int32_t last_date_ = 0;
};

base::Problems check_options(const PriceOptions& options) {
  base::Problems problems;
  if (options.to != 0 && options.from > options.to) {
    problems.error(
        "PRICE_OPTIONS", {.file = options.file.string()},
        "from " + base::format_date(options.from) + " is after to " + base::format_date(options.to));
  }
  if (!(options.suspect_move > 0)) {
    problems.error(
        "PRICE_OPTIONS", {.file = options.file.string()},
        "suspect_move is " + base::format_double(options.suspect_move) + ", expected a number above 0");
  }
  return problems;
}

}  // namespace

base::Result<PriceHistory> read_prices(const PriceOptions& options) {
  base::Problems problems = check_options(options);
  const auto text = base::read_file(options.file);
  problems.append(text.problems());
  if (text) problems.append(check_text(options.file.string(), *text));
  if (problems.has_errors()) return problems;
  return PriceReader(options, *text).read();
}

}  // namespace cadre::market
