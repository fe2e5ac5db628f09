#include "host/market/feed_lines.hpp"

#include <algorithm>
#include <utility>

#include "host/base/capped_problems.hpp"
#include "host/base/date.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/market/price_checks.hpp"

namespace cadre::market {

namespace {

/// A cell as JSON: a plain number as it is written, anything else as a text, for the host to refuse.
std::string json_of(std::string_view cell) {
  const std::string_view text = trimmed(cell);
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t digits = text.find_first_not_of("0123456789", at);
  const std::size_t whole = std::min(digits, text.size()) - at;
  bool is_number = whole > 0 && (whole == 1 || text[at] != '0');
  if (is_number && digits != std::string_view::npos) {
    is_number = text[digits] == '.' && digits + 1 < text.size() &&
                text.find_first_not_of("0123456789", digits + 1) == std::string_view::npos;
  }
  return is_number ? std::string(text) : base::quote(text);
}

void add_member(std::string& object, std::string_view name, const std::string& value) {
  object += (object.empty() ? "" : ",") + base::quote(name) + ":" + value;
}

}  // namespace

void FeedLines::push(std::string_view bytes) {
  while (!problems_.has_errors() && !bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    pending_ += bytes.substr(0, end);
    if (pending_.size() > line_bytes_most) {
      ++line_;
      return refuse("CSV_LINE_LONG", 0, "no line end in " + std::to_string(line_bytes_most) + " bytes",
                    "one row or one JSON object to a line");
    }
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    const std::string line = std::exchange(pending_, {});
    take_line(line);
  }
}

void FeedLines::pause() {
  if (!problems_.has_errors() && pending_.empty()) end_bar();
}

void FeedLines::finish() {
  if (!problems_.has_errors() && !pending_.empty()) {
    const std::string line = std::exchange(pending_, {});
    const bool is_row = layout_ != Layout::unknown && layout_ != Layout::objects && !trimmed(line).empty();
    take_line(line);
    if (is_row && !problems_.has_errors())
      problems_.warning("FEED_LAST_LINE", {.file = file_, .line = line_},
                        "the last line has no end, and is taken as it is",
                        "is it whole? write an end of line behind each row");
  }
  if (problems_.has_errors()) return;
  end_bar();
  if (layout_ == Layout::unknown) refuse("CSV_EMPTY", 0, "there is nothing in it", "");
}

std::vector<FeedLine> FeedLines::take() {
  return std::exchange(ready_, {});
}

void FeedLines::take_line(std::string_view line) {
  ++line_;
  if (line_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (trimmed(line).empty()) return;
  // One line of text at a time, with the place of this one.
  for (const base::Problem& problem : check_text(file_, line))
    return refuse(problem.code, problem.place.column, problem.message, problem.next_step);
  if (layout_ == Layout::unknown) return take_header(line);
  if (layout_ == Layout::objects) return take_object(line);
  if (!read_row(line)) return;
  if (layout_ == Layout::wide) return take_wide();
  if (layout_ == Layout::rows) return take_row();
  take_signal();
}

void FeedLines::take_header(std::string_view line) {
  const char first = trimmed(line).front();
  if (first == '{') {
    layout_ = Layout::objects;
    return take_object(line);
  }
  if (first == '[')
    return refuse("FEED_NOT_LINES", 1, "this is a JSON array, expected one object to a line",
                  "write it with a line for each of its objects: jq -c '.[]'");
  row_text_ = line;
  CsvRows rows(row_text_);
  rows.next();
  const std::vector<CsvField> header = rows.fields();
  const bool is_signals = find_column(header, "strategy") && find_column(header, "instrument");
  kind_ = is_signals ? Kind::signals : Kind::bars;
  for (const CsvField& field : header) {
    const std::string_view name = trimmed(field.text);
    if (std::find(header_.begin(), header_.end(), name) != header_.end())
      refuse("CSV_HEADER", field.column, "the column " + base::quote(name) + " is there twice", "keep one");
    header_.emplace_back(name);
  }
  if (is_signals) {
    layout_ = Layout::signals;
    return;
  }
  static const ColumnNames no_names;
  static const std::vector<std::string> no_instruments;
  base::CappedProblems found(file_);
  const bool has_time = find_column(header, "time").has_value();
  const LayoutOptions options{no_names, no_instruments, file_, has_time ? RowKey::time : RowKey::date};
  layout_ = is_long(header, options) ? Layout::rows : Layout::wide;
  if (!check_header(header, {}, file_, found)) {
    // Said already.
  } else if (layout_ == Layout::wide && header.size() < 2) {
    refuse("CSV_HEADER", 1, base::quote(header_.front()) + " alone is no header of prices or signals",
           "begin with a header such as date,AAPL,MSFT or time,strategy,instrument,direction, or with a JSON "
           "object");
  } else if (layout_ == Layout::rows) {
    columns_ = find_bar_columns(header, options, found);
  } else {
    refuse_fields_as_instruments(header, options, found);
  }
  problems_.append(found.take());
}

void FeedLines::take_object(std::string_view line) {
  if (kind_ == Kind::bars) {
    ready_.push_back({std::string(line), line_});
    return;
  }
  const auto document = base::JsonDocument::parse(file_, std::string(line));
  if (!document) {
    for (const base::Problem& problem : document.problems())
      refuse(problem.code, problem.place.column, problem.message, problem.next_step);
    return;
  }
  if (kind_ == Kind::unknown)
    kind_ = base::find(document->root(), "/strategy") != nullptr ? Kind::signals : Kind::bars;
  if (kind_ == Kind::bars)
    ready_.push_back({std::string(line), line_});
  else
    add_signal(std::string(trimmed(line)), base::find(document->root(), "/id") != nullptr);
}

void FeedLines::add_signal(std::string object, bool has_id) {
  if (!has_id && object.ends_with('}')) {
    const std::string id = "feed-" + base::hexadecimal(base::checksum64(object.data(), object.size()));
    object.pop_back();
    object += (trimmed(object) == "{" ? "" : ",") + std::string(R"("id":")") + id + "\"}";
  }
  ready_.push_back({std::move(object), line_});
}

bool FeedLines::read_row(std::string_view line) {
  row_text_ = line;
  CsvRows rows(row_text_);
  rows.next();
  row_ = rows.fields();
  if (row_.size() == header_.size()) return !rows.is_blank();
  refuse("CSV_RAGGED_ROW", 1,
         std::to_string(row_.size()) + " fields, the header has " + std::to_string(header_.size()), "");
  return false;
}

/// The members that say when a bar is. Times are passed on as they are written: the book knows their zone.
std::string FeedLines::when_of(const CsvField* date, const CsvField* time) {
  std::string when;
  if (date != nullptr) {
    const auto day = parse_day(date->text);
    if (!day) {
      refuse("PRICE_BAD_DATE", date->column, base::quote(date->text) + " is not a date",
             "write it as YYYY-MM-DD");
      return {};
    }
    add_member(when, "date", base::quote(base::format_date(*day)));
  }
  if (time != nullptr) add_member(when, "time", base::quote(trimmed(time->text)));
  return when;
}

void FeedLines::take_wide() {
  const bool has_time = find_column({CsvField{header_.front()}}, "time").has_value();
  const std::string when = when_of(has_time ? nullptr : &row_.front(), has_time ? &row_.front() : nullptr);
  if (when.empty()) return;
  std::string closes;
  for (std::size_t i = 1; i < row_.size(); ++i) {
    if (!trimmed(row_[i].text).empty()) add_member(closes, header_[i], json_of(row_[i].text));
  }
  ready_.push_back({"{" + when + R"(,"bars":{)" + closes + "}}", line_});
}

void FeedLines::take_row() {
  const auto field_at = [&](std::size_t column) { return column == no_column ? nullptr : &row_[column]; };
  const std::string when = when_of(field_at(columns_.date), field_at(columns_.time));
  if (when.empty()) return;
  if (when != when_) end_bar();
  if (!has_rows_) bar_line_ = line_;
  when_ = when;
  std::string bar;
  const std::pair<const char*, std::size_t> fields[] = {
      {"open", columns_.open},   {"high", columns_.high},         {"low", columns_.low},
      {"close", columns_.close}, {"volume", columns_.volume},     {"bid", columns_.bid},
      {"ask", columns_.ask},     {"bid_open", columns_.bid_open}, {"ask_open", columns_.ask_open}};
  for (const auto& [name, column] : fields) {
    if (column != no_column && !trimmed(row_[column].text).empty())
      add_member(bar, name, json_of(row_[column].text));
  }
  // Nothing was traded and nothing quoted.
  if (columns_.time != no_column && (bar.empty() || bar.starts_with(R"("volume")"))) bar.clear();
  has_rows_ = true;
  if (bar.empty() && columns_.time != no_column) return;
  add_member(bars_, trimmed(row_[columns_.symbol].text), "{" + bar + "}");
}

void FeedLines::end_bar() {
  if (!has_rows_) return;
  ready_.push_back({"{" + when_ + R"(,"bars":{)" + bars_ + "}}", bar_line_});
  bars_.clear();
  has_rows_ = false;
}

void FeedLines::take_signal() {
  constexpr std::string_view texts[] = {"time", "strategy", "instrument", "id"};
  std::string signal;
  bool has_id = false;
  for (std::size_t i = 0; i < row_.size(); ++i) {
    const std::string_view cell = trimmed(row_[i].text);
    if (cell.empty()) continue;
    const bool is_text = std::find(std::begin(texts), std::end(texts), header_[i]) != std::end(texts);
    has_id = has_id || header_[i] == "id";
    add_member(signal, header_[i], is_text ? base::quote(cell) : json_of(cell));
  }
  add_signal("{" + signal + "}", has_id);
}

void FeedLines::refuse(std::string code, std::uint32_t column, std::string message, std::string next) {
  base::Place place = base::Place::of(file_);
  place.line = line_;
  place.column = column;
  problems_.error(std::move(code), std::move(place), std::move(message), std::move(next));
}

}  // namespace cadre::market
