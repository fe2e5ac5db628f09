#include "host/market/posted_bars.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/capped_problems.hpp"
#include "host/base/date.hpp"
#include "host/base/decimal.hpp"
#include "host/base/json.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/market/price_checks.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

namespace cadre::market {

namespace json = boost::json;

namespace {

const json::value& bar_schema() {
  static const json::value schema = json::parse(R"json({
    "type": "object",
    "required": ["date", "bars"],
    "properties": {"date": {"type": "string"}, "bars": {"type": "object", "additionalProperties": true},
                   "confirmed": {"type": "boolean"}}
  })json");
  return schema;
}

/// Reads one bar; what it cannot use becomes a problem.
class BarReader {
 public:
  BarReader(const base::JsonDocument& document, const BarShape& shape, base::CappedProblems& problems)
      : document_(document), shape_(shape), instruments_(shape.instruments), problems_(problems) {}

  /// Later than `previous`, the date of the bar before it in the same post.
  model::Bar read(std::int32_t previous) {
    const json::object& root = document_.root().as_object();
    const std::string text(root.at("date").as_string());
    const auto date = base::parse_date(text);
    if (!date) {
      const bool beyond = base::is_beyond_dates(text);
      error("BAR_BAD_DATE", "/date",
            base::quote(text) + std::string(beyond ? base::beyond_dates : " is not a date"),
            beyond ? "" : "write it as YYYY-MM-DD");
    } else if (*date <= previous) {
      not_newer("the bar before it has " + base::format_date(previous));
    }
    bar_.date = date.value_or(previous);
    bar_.time_ns = base::close_time_ns(date.value_or(19700101));
    const std::size_t n = instruments_.size();
    bar_.close_e9.assign(n, 0);
    bar_.valid.assign(n, 0);
    bar_.has_volume = shape_.has_volume;
    if (bar_.has_volume) bar_.volume.assign(n, 0);
    const json::object& bars = root.at("bars").as_object();
    for (const auto& [id, value] : bars) {
      if (problems_.is_enough()) break;
      read_instrument(std::string(id), value);
    }
    if (bars.empty()) error("BAR_EMPTY", "/bars", "there is no instrument in it", "");
    check_missing();
    return std::move(bar_);
  }

  /// Its suspect moves; none when the sender says that they are right.
  std::vector<SuspectMove> moves(const model::Bar& bar, const std::vector<std::int64_t>& closes_e9,
                                 double suspect_move) {
    const json::value* confirmed = document_.root().as_object().if_contains("confirmed");
    if (confirmed != nullptr && confirmed->is_bool() && confirmed->get_bool()) return {};
    std::vector<SuspectMove> found = find_moves(closes_e9, bar, suspect_move);
    if (shape_.on_suspect_move != MovePolicy::refuse) return found;
    for (const SuspectMove& move : found)
      error("BAR_SUSPECT_MOVE", "/bars/" + base::pointer_token(instruments_[move.instrument]),
            move_text(move, instruments_),
            R"(send the right price, or say "confirmed": true beside the date when it is right)");
    return found;
  }

  void not_newer(std::string message) {
    error("BAR_NOT_NEWER", "/date", std::move(message), "bars come in the order of their dates, each once");
  }

  void far_ahead(std::int32_t date, std::int32_t today) {
    error("BAR_FAR_AHEAD", "/date",
          base::format_date(date) + " is still to come, today is " + base::format_date(today) +
              ": after it the book would take no bar of a day before",
          "is the date right, and the clock of this machine?");
  }

 private:
  void error(std::string code, const std::string& pointer, std::string message, std::string next) {
    problems_.error(std::move(code), document_.place(pointer), std::move(message), std::move(next));
  }

  void read_instrument(const std::string& id, const json::value& value) {
    const std::string at = "/bars/" + base::pointer_token(id);
    const auto found = std::lower_bound(instruments_.begin(), instruments_.end(), id);
    if (found == instruments_.end() || *found != id) {
      error("INSTRUMENT_UNKNOWN", at, base::quote(id) + " is not an instrument of this book",
            base::did_you_mean(id, instruments_));
      return;
    }
    const auto place = static_cast<std::size_t>(found - instruments_.begin());
    bar_.valid[place] = 1;
    if (value.is_number()) {
      bar_.close_e9[place] = price(value, at);
      note_intraday(false, at);
      return;
    }
    if (!value.is_object()) {
      error("CONFIG_WRONG_TYPE", at, "expected a close, or an object with one", "");
      return;
    }
    const json::object& members = value.as_object();
    for (const auto& [key, unused] : members) {
      if (problems_.is_enough()) return;
      constexpr std::string_view known[] = {"open", "high", "low", "close", "volume"};
      if (std::find(std::begin(known), std::end(known), std::string_view(key)) == std::end(known))
        error("CONFIG_UNKNOWN_KEY", at + '/' + base::pointer_token(key), "unknown key " + base::quote(key),
              "there is open, high, low, close, volume");
    }
    bar_.close_e9[place] = price_of(members, "close", at);
    const bool intraday = members.contains("open") || members.contains("high") || members.contains("low");
    note_intraday(intraday, at);
    if (intraday && bar_.has_intraday) {
      bar_.open_e9[place] = price_of(members, "open", at);
      bar_.high_e9[place] = price_of(members, "high", at);
      bar_.low_e9[place] = price_of(members, "low", at);
      const std::int64_t lowest = std::min(bar_.open_e9[place], bar_.close_e9[place]);
      const std::int64_t highest = std::max(bar_.open_e9[place], bar_.close_e9[place]);
      const bool complete = lowest > 0 && bar_.high_e9[place] > 0 && bar_.low_e9[place] > 0;
      if (complete && (bar_.low_e9[place] > lowest || bar_.high_e9[place] < highest))
        error("BAR_OUT_OF_RANGE", at, "open and close do not lie between low and high", "");
    }
    if (bar_.has_volume) read_volume(members, place, at);
  }

  void read_volume(const json::object& members, std::size_t place, const std::string& at) {
    const json::value* volume = members.if_contains("volume");
    if (volume == nullptr || !volume->is_number() || volume->to_number<double>() < 0) {
      error("BAR_BAD_VOLUME", at, "the data declare volumes: expected a \"volume\" of at least 0",
            R"(or declare "volume": "none")");
      return;
    }
    bar_.volume[place] = volume->to_number<double>();
  }

  std::int64_t price_of(const json::object& members, const char* key, const std::string& at) {
    const json::value* value = members.if_contains(key);
    if (value != nullptr) return price(*value, at + '/' + key);
    error("BAR_INCOMPLETE", at, std::string("there is no ") + key,
          "open, high and low come together with the close");
    return 0;
  }

  std::int64_t price(const json::value& value, const std::string& at) {
    const ParsedPrice parsed = value.is_number() ? parse_price(base::canonical(value)) : ParsedPrice{};
    if (parsed.state == PriceField::fine) return parsed.raw_e9;
    const PriceFault fault = fault_of(parsed.state);
    error("BAR_BAD_PRICE", at, base::canonical(value) + fault.what, fault.next_step);
    return 0;
  }

  void note_intraday(bool intraday, const std::string& at) {
    if (!intraday) {
      for (const IntradayNeed& need : shape_.needs)
        error("BAR_INCOMPLETE", at, "there is no " + need.field + ", and " + need.who + " needs it",
              "send open, high and low together with the close");
      if (!shape_.needs.empty()) return;
    }
    if (first_) {
      first_ = false;
      bar_.has_intraday = intraday;
      const std::size_t n = intraday ? instruments_.size() : 0;
      for (auto* column : {&bar_.open_e9, &bar_.high_e9, &bar_.low_e9})
        column->assign(n, 0);
    } else if (intraday != bar_.has_intraday) {
      error("BAR_INCOMPLETE", at, "some instruments have open, high and low, others a close alone", "");
    }
  }

  void check_missing() {
    if (shape_.allows_missing) return;
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < instruments_.size(); ++i) {
      if (bar_.valid[i] == 0) missing.push_back(instruments_[i]);
    }
    if (missing.empty()) return;
    error("BAR_MISSING", "/bars", "no price for " + base::join(missing, ", "),
          R"(the data declare "missing": "refuse"; "carry" or "leave" allow it)");
  }

  const base::JsonDocument& document_;
  const BarShape& shape_;
  const std::vector<std::string>& instruments_;
  base::CappedProblems& problems_;
  model::Bar bar_;
  bool first_ = true;
};

/// The last date that is taken after `before`, the newest there is, or 0: that of a day which has begun
/// somewhere on earth, and the next ones of a series that goes on from day to day.
std::int32_t latest_after(std::int32_t before, std::int32_t today) {
  constexpr std::int64_t step_days = 7;
  const std::int64_t begun = base::days_since_epoch(today) + 1;
  if (before == 0) return base::date_of_days(begun);
  return base::date_of_days(std::max(begun, base::days_since_epoch(before) + step_days));
}

/// The closes after a bar.
void carry(const model::Bar& bar, std::vector<std::int64_t>& closes_e9) {
  closes_e9.resize(bar.close_e9.size(), 0);
  for (std::size_t i = 0; i < bar.close_e9.size(); ++i) {
    if (bar.valid[i] != 0) closes_e9[i] = bar.close_e9[i];
  }
}

}  // namespace

base::Result<PostedBars> read_bars(std::span<const std::string> texts, const BarShape& shape,
                                   const TakenBars& taken, std::int32_t today) {
  PostedBars posted;
  // What 100,000 bars may have against them is no answer to anyone.
  base::CappedProblems problems("bars");
  std::int32_t previous = 0;
  std::vector<std::int64_t> closes_e9 = taken.closes_e9();  // as of the bar before
  for (std::size_t i = 0; i < texts.size() && !problems.is_enough(); ++i) {
    const auto document = base::JsonDocument::parse("bars[" + std::to_string(i) + "]", texts[i]);
    base::Problems malformed = document.problems();
    if (document) {
      base::validate(
          document->root(), bar_schema(), "", [&](std::string_view at) { return document->place(at); },
          malformed);
    }
    if (malformed.has_errors()) {
      problems.append(malformed);
      continue;
    }
    base::CappedProblems found(document->file());
    BarReader reader(*document, shape, found);
    model::Bar bar = reader.read(previous);
    if (bar.date > latest_after(std::max(previous, taken.newest()), today)) reader.far_ahead(bar.date, today);
    previous = bar.date;
    if (!found.has_errors() && bar.date <= taken.newest()) {
      if (taken.has(bar)) {
        ++posted.duplicates;
        continue;
      }
      reader.not_newer("the book is at " + base::format_date(taken.newest()) + " already" +
                       (taken.has_date(bar.date) ? ", and the bar it took for this date is another" : ""));
    }
    if (!found.has_errors()) {
      posted.moves.push_back(reader.moves(bar, closes_e9, taken.suspect_move()));
      carry(bar, closes_e9);
    }
    problems.append(found.take());
    posted.bars.push_back(std::move(bar));
  }
  if (problems.has_errors()) return problems.take();
  return {std::move(posted), problems.take()};
}

base::Result<std::vector<model::ExternalSignal>> read_posted_signals(
    std::span<const std::string> texts, const std::vector<std::string>& instruments, std::int32_t newest,
    std::int32_t today) {
  std::string lines;
  for (const std::string& text : texts) {
    lines += text;
    lines += '\n';
  }
  return market::parse_signals("signals", lines, instruments, {latest_after(newest, today), today});
}

}  // namespace cadre::market
