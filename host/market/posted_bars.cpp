#include "host/market/posted_bars.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/capped_problems.hpp"
#include "host/base/date.hpp"
#include "host/base/decimal.hpp"
#include "host/base/json.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/market/bar_times.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

namespace cadre::market {

namespace json = boost::json;

namespace {

/// `when`: the member that says when a bar is, in quotation marks with a comma behind it; empty: one of two.
json::value schema_of_bar(const std::string& when, const std::string& times) {
  return json::parse(R"json({"type": "object", "required": [)json" + when + R"json("bars"],
    "properties": {"date": {"type": "string"}, )json" + times + R"json("bars": {"type": "object", "additionalProperties": true},
                   "confirmed": {"type": "boolean"}}})json");
}

const json::value& bar_schema(const BarTiming& timing) {
  static const std::string times = R"("time": {"type": "string"}, )";
  static const json::value days = schema_of_bar("\"date\", ", ""), within_days = schema_of_bar("\"time\", ", times),
                           either = schema_of_bar("", times);
  return timing.period_ns == 0 ? days : timing.is_intraday() ? within_days : either;
}

/// Where a bar is told from others.
struct When {
  std::int64_t time_ns = 0;
  std::int32_t date = 0;
};

/// Reads one bar; what it cannot use becomes a problem.
class BarReader {
 public:
  BarReader(const base::JsonDocument& document, const BarShape& shape, const BarClock& clock,
            base::CappedProblems& problems)
      : document_(document),
        root_(document.root().as_object()),
        shape_(shape),
        clock_(clock),
        problems_(problems) {}

  /// Later than `previous`, the bar before it in the same post.
  model::Bar read(const When& previous) {
    model::Bar bar;
    const auto when = read_when();
    if (when && previous.date != 0 && when->time_ns <= previous.time_ns)
      not_newer("the bar before it has " + shown(previous));
    bar.date = when ? when->date : previous.date;
    bar.time_ns = when ? when->time_ns : base::close_time_ns(19700101);
    bar.ends_session = when && when->ends_session;
    bar.period_ns = shape_.timing.period_ns;
    is_in_session_ = !when || when->is_in_session;
    BarFields fields(document_, shape_, problems_);
    fields.begin(bar);
    const json::object& bars = root_.at("bars").as_object();
    for (const auto& [id, value] : bars) {
      if (problems_.is_enough()) break;
      fields.read(std::string(id), value, "/bars/" + base::pointer_token(id), {}, bar);
    }
    const bool may_be_empty = has_time() && shape_.allows_missing;
    if (bars.empty() && !may_be_empty) error("BAR_EMPTY", "/bars", "there is no instrument in it", "");
    check_missing(bar);
    return bar;
  }

  bool is_in_session() const { return is_in_session_; }

  /// Its suspect moves; none when the sender says that they are right.
  std::vector<SuspectMove> moves(const model::Bar& bar, const std::vector<std::int64_t>& closes_e9,
                                 double suspect_move) {
    const json::value* confirmed = root_.if_contains("confirmed");
    if (confirmed != nullptr && confirmed->is_bool() && confirmed->get_bool()) return {};
    std::vector<SuspectMove> found = find_moves(closes_e9, bar, suspect_move);
    if (shape_.on_suspect_move != MovePolicy::refuse) return found;
    for (const SuspectMove& move : found)
      error("BAR_SUSPECT_MOVE", "/bars/" + base::pointer_token(shape_.instruments[move.instrument]),
            move_text(move, shape_.instruments),
            R"(send the right price, or say "confirmed": true beside the date when it is right)");
    return found;
  }

  void not_newer(std::string message) {
    error("BAR_NOT_NEWER", has_time() ? "/time" : "/date", std::move(message),
          has_time() ? "bars come in the order of their times, each once"
                     : "bars come in the order of their dates, each once");
  }

  void far_ahead(std::int32_t date, std::int32_t today) {
    error("BAR_FAR_AHEAD", has_time() ? "/time" : "/date",
          base::format_date(date) + " is still to come, today is " + base::format_date(today) +
              ": after it the book would take no bar of a day before",
          "is the date right, and the clock of this machine?");
  }

  std::string shown(const When& when) const {
    return has_time() ? base::format_time(when.time_ns) : base::format_date(when.date);
  }

 private:
  void error(std::string code, const std::string& pointer, std::string message, std::string next) {
    problems_.error(std::move(code), document_.place(pointer), std::move(message), std::move(next));
  }

  bool has_time() const { return root_.contains("time"); }

  std::optional<std::int32_t> read_date() {
    const std::string text(root_.at("date").as_string());
    const auto date = base::parse_date(text);
    if (date) return date;
    const bool beyond = base::is_beyond_dates(text);
    error("BAR_BAD_DATE", "/date",
          base::quote(text) + std::string(beyond ? base::beyond_dates : " is not a date"),
          beyond ? "" : "write it as YYYY-MM-DD");
    return std::nullopt;
  }

  std::optional<BarTime> read_when() {
    std::optional<std::int32_t> date;
    if (root_.contains("date") && !(date = read_date())) return std::nullopt;
    if (!has_time()) {
      if (!date && !root_.contains("date"))
        error("CONFIG_MISSING_KEY", "", R"("date" is missing, or "time")", "");
      return date ? std::optional(BarTime{*date, base::close_time_ns(*date), false, true}) : std::nullopt;
    }
    const std::string text(root_.at("time").as_string());
    TimeFault fault{};
    const auto when = clock_.read(text, date.value_or(0), fault);
    if (!when) error(fault.code, "/time", base::quote(text) + fault.what, fault.next_step);
    return when;
  }

  void check_missing(const model::Bar& bar) {
    if (shape_.allows_missing) return;
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < shape_.instruments.size(); ++i) {
      if (bar.valid[i] == 0) missing.push_back(shape_.instruments[i]);
    }
    if (missing.empty()) return;
    error("BAR_MISSING", "/bars", "no price for " + base::join(missing, ", "),
          R"(the data declare "missing": "refuse"; "carry" or "leave" allow it)");
  }

  const base::JsonDocument& document_;
  const json::object& root_;
  const BarShape& shape_;
  const BarClock& clock_;
  base::CappedProblems& problems_;
  bool is_in_session_ = true;
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
  const BarClock clock(shape.timing);
  When previous;
  std::vector<std::int64_t> closes_e9 = taken.closes_e9();  // as of the bar before
  for (std::size_t i = 0; i < texts.size() && !problems.is_enough(); ++i) {
    const auto document = base::JsonDocument::parse("bars[" + std::to_string(i) + "]", texts[i]);
    base::Problems malformed = document.problems();
    if (document) {
      base::validate(
          document->root(), bar_schema(shape.timing), "",
          [&](std::string_view at) { return document->place(at); }, malformed);
    }
    if (malformed.has_errors()) {
      problems.append(malformed);
      continue;
    }
    base::CappedProblems found(document->file());
    BarReader reader(*document, shape, clock, found);
    model::Bar bar = reader.read(previous);
    if (bar.date > latest_after(std::max(previous.date, taken.newest()), today))
      reader.far_ahead(bar.date, today);
    previous = {bar.time_ns, bar.date};
    if (!found.has_errors() && !reader.is_in_session()) {
      ++posted.outside;
      continue;
    }
    if (!found.has_errors() && !taken.is_newer(bar.time_ns)) {
      if (taken.has(bar)) {
        ++posted.duplicates;
        continue;
      }
      reader.not_newer("the book is at " + reader.shown({taken.newest_ns(), taken.newest()}) + " already" +
                       (taken.has_time(bar.time_ns)
                            ? ", and the bar it took for this " +
                                  std::string(shape.timing.is_intraday() ? "time" : "date") + " is another"
                            : ""));
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
