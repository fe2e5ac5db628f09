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

namespace cadre::market {
namespace {

constexpr const char* kExpectedHeader =
    "expected wide closes, date,AAPL,IBM,..., or long bars, date,symbol,open,high,low,close,volume";

constexpr size_t kNone = no_column;

// One row of a long file. Prices are 0 where the bar is missing.
struct Bar {
  int32_t date = 0;
  size_t symbol = 0;
  int64_t open_e9 = 0, high_e9 = 0, low_e9 = 0, close_e9 = 0;
  double volume = 0;
};

class PriceReader {
 public:
  PriceReader(const PriceOptions& options, std::string_view text)
      : options_(options), file_(options.file.string()), rows_(text), problems_(file_) {}

  base::Result<PriceHistory> read() {
    rows_.next();
    const std::vector<CsvField> header = rows_.fields();
    history_.adjustment = options_.adjustment;
    const LayoutOptions layout{options_.columns, options_.instruments, file_};
    if (check_header(header, rows_.following(), file_, problems_)) {
      if (is_long(header, layout))
        read_long(header, layout);
      else
        read_wide(header, layout);
    }
    if (!problems_.has_errors()) check_rows();
    if (!problems_.has_errors()) check_gaps(history_, options_.missing, file_, problems_);
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
    int32_t last_date = 0;
    while (rows_.next()) {
      if (!has_all_fields(header.size())) continue;
      const auto date = read_date(rows_.fields()[0]);
      if (!date || !follows(*date, last_date, "", rows_.fields()[0])) continue;
      last_date = *date;
      if (note_date(*date)) read_closes(*date, slots, moves);
    }
  }

  // The slot in the sorted instruments of every column of the file; kNone for those nobody asked for.
  std::vector<size_t> choose_columns(const std::vector<CsvField>& header, const LayoutOptions& layout) {
    std::vector<size_t> slots(header.size(), kNone);
    if (find_column(header, "date") != 0 || header.size() < 2) {
      problems_.error("CSV_HEADER", here(header[0]), "the header is not one that is known", kExpectedHeader);
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

  void read_closes(int32_t date, const std::vector<size_t>& slots, MoveWatch& moves) {
    history_.dates.push_back(date);
    const size_t start = history_.close_e9.size();
    history_.close_e9.resize(start + history_.columns(), 0);
    history_.valid.resize(start + history_.columns(), 0);
    for (size_t i = 1; i < slots.size(); ++i) {
      if (slots[i] == kNone) continue;
      const std::string& instrument = history_.instruments[slots[i]];
      const CsvField& field = rows_.fields()[i];
      const auto close_e9 = read_price(field, instrument + " on " + base::format_date(date));
      if (!close_e9) continue;
      history_.close_e9[start + slots[i]] = *close_e9;
      history_.valid[start + slots[i]] = 1;
      moves.see(slots[i], instrument, date, *close_e9, here(field), problems_);
    }
  }

  // ---- long bars

  void read_long(const std::vector<CsvField>& header, const LayoutOptions& layout) {
    BarColumns columns = find_bar_columns(header, layout, problems_);
    if (options_.volume == VolumeDeclared::none) columns.volume = kNone;
    if (options_.volume == VolumeDeclared::shares && columns.volume == kNone) refuse_missing_volume();
    if (problems_.has_errors()) return;
    std::map<std::string, size_t, std::less<>> symbols;
    std::vector<int32_t> last_dates;
    std::vector<Bar> bars;
    // As many as an instrument may appear: the symbols are known only at the end.
    MoveWatches moves(options_.suspect_move);
    while (rows_.next()) {
      if (!has_all_fields(header.size())) continue;
      const CsvField name =
          columns.symbol == kNone ? CsvField{options_.instruments.front()} : rows_.fields()[columns.symbol];
      const auto date = read_date(rows_.fields()[columns.date]);
      if (trimmed(name.text).empty()) problems_.error("CSV_EMPTY_FIELD", here(name), "the symbol is empty");
      if (!date || trimmed(name.text).empty()) continue;
      auto found = symbols.find(trimmed(name.text));
      if (found == symbols.end()) {
        found = symbols.emplace(trimmed(name.text), symbols.size()).first;
        last_dates.push_back(0);
      }
      int32_t& last_date = last_dates[found->second];
      if (!follows(*date, last_date, found->first, rows_.fields()[columns.date])) continue;
      last_date = *date;
      if (!is_asked_for(found->first) || !note_date(*date)) continue;
      bars.push_back(read_bar(columns, *date, found->second, found->first, moves.of(found->second)));
    }
    std::vector<std::string> known;
    known.reserve(symbols.size());
    for (const auto& [symbol, index] : symbols)
      known.push_back(symbol);
    choose_instruments(known);
    if (!problems_.has_errors()) place_bars(bars, symbols, columns);
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

  Bar read_bar(const BarColumns& columns, int32_t date, size_t symbol, const std::string& name,
               MoveWatch& moves) {
    const auto& fields = rows_.fields();
    const std::string what = name + " on " + base::format_date(date);
    Bar bar{.date = date, .symbol = symbol};
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
    moves.see(0, name, date, *close_e9, here(fields[columns.close]), problems_);
    if (columns.volume != kNone) bar.volume = read_volume(fields[columns.volume], what);
    return bar;
  }

  void check_bracket(const Bar& bar, const BarColumns& columns, const std::string& what) {
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

  void place_bars(const std::vector<Bar>& bars, const std::map<std::string, size_t, std::less<>>& symbols,
                  const BarColumns& columns) {
    const bool has_volume = columns.volume != kNone;
    for (const Bar& bar : bars)
      history_.dates.push_back(bar.date);
    std::sort(history_.dates.begin(), history_.dates.end());
    history_.dates.erase(std::unique(history_.dates.begin(), history_.dates.end()), history_.dates.end());
    std::vector<size_t> slots(symbols.size(), kNone);
    for (size_t slot = 0; slot < history_.columns(); ++slot)
      slots[symbols.at(history_.instruments[slot])] = slot;
    const size_t cells = history_.rows() * history_.columns();
    history_.close_e9.assign(cells, 0);
    if (!columns.closes_only()) {
      for (auto* prices : {&history_.open_e9, &history_.high_e9, &history_.low_e9})
        prices->assign(cells, 0);
    }
    history_.valid.assign(cells, 0);
    if (has_volume) history_.volume.assign(cells, 0);
    for (const Bar& bar : bars) {
      if (bar.close_e9 == 0) continue;
      const auto row =
          std::lower_bound(history_.dates.begin(), history_.dates.end(), bar.date) - history_.dates.begin();
      const size_t at = static_cast<size_t>(row) * history_.columns() + slots[bar.symbol];
      history_.close_e9[at] = bar.close_e9;
      if (!columns.closes_only()) {
        history_.open_e9[at] = bar.open_e9;
        history_.high_e9[at] = bar.high_e9;
        history_.low_e9[at] = bar.low_e9;
      }
      history_.valid[at] = 1;
      if (has_volume) history_.volume[at] = bar.volume;
    }
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

  std::optional<int32_t> read_date(const CsvField& field) {
    const auto date = parse_day(field.text);
    if (!date) {
      const bool is_beyond = base::is_beyond_dates(trimmed(field.text));
      problems_.error(
          "PRICE_BAD_DATE", here(field),
          base::quote(field.text) +
              std::string(is_beyond ? base::beyond_dates : " is no date, expected 1991-01-02"),
          field.text.find('/') != std::string_view::npos ? "which number is the month is not known" : "");
    }
    return date;
  }

  bool follows(int32_t date, int32_t last_date, const std::string& instrument, const CsvField& field) {
    if (date > last_date) return true;
    const std::string whose = instrument.empty() ? "" : " of " + instrument;
    if (date == last_date) {
      problems_.error("PRICE_DATE_REPEATED", here(field),
                      "the date " + base::format_date(date) + whose + " stands here again");
    } else {
      problems_.error(
          "PRICE_DATE_ORDER", here(field),
          "the date " + base::format_date(date) + whose + " follows " + base::format_date(last_date),
          "sort the rows by date");
    }
    return false;
  }

  // Remembers what the file covers; true when the date is asked for.
  bool note_date(int32_t date) {
    first_date_ = first_date_ == 0 ? date : std::min(first_date_, date);
    last_date_ = std::max(last_date_, date);
    return date >= options_.from && (options_.to == 0 || date <= options_.to);
  }

  // Nothing when the price is missing and may be, or when a problem says why.
  std::optional<int64_t> read_price(const CsvField& field, const std::string& what) {
    const ParsedPrice price = parse_price(field.text);
    const std::string shown = "\"" + std::string(field.text) + "\"";
    switch (price.state) {
      case PriceField::fine:
        return price.raw_e9;
      case PriceField::missing:
        if (options_.missing == MissingPolicy::refuse) {
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
      problems_.error("PRICE_ONE_DAY", {.file = file_}, "only one day, at least two days are needed");
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
