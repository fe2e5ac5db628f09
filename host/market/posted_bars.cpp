#include "host/market/posted_bars.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "host/base/capped_problems.hpp"
#include "host/base/date.hpp"
#include "host/base/decimal.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/market/bar_times.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

namespace cadre::market {

namespace json = boost::json;

namespace {

enum class Said { whole, row, end };

/// What an object says: a bar, one instrument of a bar, or that a bar is complete.
Said said_by(const json::value& root) {
  if (!root.is_object() || root.get_object().contains("bars")) return Said::whole;
  if (root.get_object().contains("symbol")) return Said::row;
  return root.get_object().contains("complete") ? Said::end : Said::whole;
}

/// `when`: the member that says when a bar is, in quotation marks with a comma behind it; empty: one of two.
json::value make_schema(const std::string& when, bool has_times, Said said) {
  const std::string what = said == Said::whole ? "bars" : said == Said::row ? "symbol" : "complete";
  json::value schema = json::parse(R"({"type": "object", "required": [)" + when + "\"" + what + "\"]}");
  const json::object text{{"type", "string"}}, flag{{"type", "boolean"}};
  json::object properties{{"date", text}};
  if (has_times) properties["time"] = text;
  if (said == Said::whole) properties["bars"] = {{"type", "object"}, {"additionalProperties", true}};
  if (said == Said::row) properties["symbol"] = text;
  if (said != Said::end) properties["confirmed"] = flag;
  if (said != Said::whole) properties["complete"] = flag;
  schema.as_object()["properties"] = std::move(properties);
  if (said == Said::row) schema.as_object()["additionalProperties"] = true;
  return schema;
}

json::value schema_of(const BarTiming& timing, Said said) {
  const std::string when = timing.period_ns == 0 ? "\"date\", " : timing.is_intraday() ? "\"time\", " : "";
  return make_schema(when, timing.period_ns != 0, said);
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
    const auto when = read_when();
    if (when && previous.date != 0 && when->time_ns <= previous.time_ns)
      not_newer("the bar before it has " + shown(previous));
    BarFields fields(document_, shape_, problems_);
    model::Bar bar =
        begin(when.value_or(BarTime{previous.date, base::close_time_ns(19700101), false, true}), fields);
    is_in_session_ = !when || when->is_in_session;
    const json::object& bars = root_.at("bars").as_object();
    for (const auto& [id, value] : bars) {
      if (problems_.is_enough()) break;
      fields.read(std::string(id), value, "/bars/" + base::pointer_token(id), {}, bar);
    }
    const bool may_be_empty = has_time() && shape_.allows_missing;
    if (bars.empty() && !may_be_empty) error("BAR_EMPTY", "/bars", "there is no instrument in it", "");
    check_missing(bar, "/bars");
    return bar;
  }

  bool is_in_session() const { return is_in_session_; }
  bool says(const char* key) const {
    const json::value* value = root_.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
  }

  /// A row, into the bar whose rows are coming: that of its time. False: it has come before.
  bool read_row(const BarTime& when, OpenBar& open, const TakenBars& taken,
                const std::vector<std::int64_t>& closes_e9) {
    BarFields fields(document_, shape_, problems_);
    const std::size_t n = shape_.instruments.size();
    if (!open.is_open())
      open = {begin(when, fields), std::vector<std::uint64_t>(n, 0), std::vector<std::uint8_t>(n, 0), n};
    const std::string id(root_.at("symbol").as_string());
    const auto found = std::lower_bound(shape_.instruments.begin(), shape_.instruments.end(), id);
    const auto place = static_cast<std::size_t>(found - shape_.instruments.begin());
    const std::string text = base::canonical(document_.root());
    const std::uint64_t sum = base::checksum64(text.data(), text.size()) | 1;
    if (found != shape_.instruments.end() && *found == id && open.rows[place] != 0) {
      if (open.rows[place] == sum) return false;
      error("BAR_ROW_REPEATED", "/symbol", base::quote(id) + " has come already for this bar, and otherwise",
            "send each instrument of a bar once");
      return true;
    }
    if (open.has_prices) fields.go_on(open.bar.has_intraday);
    fields.read(id, document_.root(), "", {"date", "time", "symbol", "confirmed", "complete"}, open.bar);
    if (problems_.has_errors()) return true;
    open.rows[place] = sum;
    open.confirmed[place] = says("confirmed") ? 1 : 0;
    open.has_prices = open.has_prices || open.bar.valid[place] != 0;
    --open.left;
    model::Bar alone = open.bar;
    for (std::size_t i = 0; i < n; ++i)
      alone.valid[i] = i == place ? alone.valid[i] : 0;
    (void)moves(alone, closes_e9, taken.suspect_move());  // refused now, or told when the bar is complete
    return true;
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

  void late(const When& newest) {
    error(
        "BAR_LATE", has_time() ? "/time" : "/date", "its bar is complete, the book is at " + shown(newest),
        "a row that comes late is left out: give the rows more time with /data/prices/bar_grace_seconds, or "
        "send the bar whole");
  }

  void check_missing(const model::Bar& bar, const char* at) {
    if (shape_.allows_missing) return;
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < shape_.instruments.size(); ++i) {
      if (bar.valid[i] == 0) missing.push_back(shape_.instruments[i]);
    }
    if (missing.empty()) return;
    error("BAR_MISSING", at, "no price for " + base::join(missing, ", "),
          R"(the data declare "missing": "refuse"; "carry" or "leave" allow it)");
  }

  /// Its suspect moves; none when the sender says that they are right.
  std::vector<SuspectMove> moves(const model::Bar& bar, const std::vector<std::int64_t>& closes_e9,
                                 double suspect_move) {
    if (says("confirmed")) return {};
    std::vector<SuspectMove> found = find_moves(closes_e9, bar, suspect_move);
    if (shape_.on_suspect_move != MovePolicy::refuse) return found;
    for (const SuspectMove& move : found)
      error("BAR_SUSPECT_MOVE",
            root_.contains("bars") ? "/bars/" + base::pointer_token(shape_.instruments[move.instrument])
                                   : std::string("/close"),
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

  model::Bar begin(const BarTime& when, const BarFields& fields) const {
    model::Bar bar;
    bar.date = when.date;
    bar.time_ns = when.time_ns;
    bar.ends_session = when.ends_session;
    bar.period_ns = shape_.timing.period_ns;
    fields.begin(bar);
    return bar;
  }

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

/// Reads what was posted together, in order.
class PostReader {
 public:
  PostReader(const BarShape& shape, const TakenBars& taken, std::int32_t today, const OpenBar& open)
      : shape_(shape), taken_(taken), today_(today), clock_(shape.timing), closes_e9_(taken.closes_e9()) {
    posted_.open = open;
  }

  base::Result<PostedBars> read(std::span<const std::string> texts) {
    for (std::size_t i = 0; i < texts.size() && !problems_.is_enough(); ++i) {
      const auto document = base::JsonDocument::parse("bars[" + std::to_string(i) + "]", texts[i]);
      base::Problems malformed = document.problems();
      const Said said = document ? said_by(document->root()) : Said::whole;
      if (document) {
        base::validate(
            document->root(), schemas_[static_cast<std::size_t>(said)], "",
            [&](std::string_view at) { return document->place(at); }, malformed);
      }
      if (malformed.has_errors()) {
        problems_.append(malformed);
        continue;
      }
      base::CappedProblems found(document->file());
      BarReader reader(*document, shape_, clock_, found);
      if (said == Said::whole)
        take_whole(reader, found);
      else
        take_part(reader, said, found);
      problems_.append(found.take());
    }
    if (problems_.has_errors()) return problems_.take();
    return {std::move(posted_), problems_.take()};
  }

 private:
  void take_whole(BarReader& reader, base::CappedProblems& found) {
    model::Bar bar = reader.read(previous_);
    check_ahead(reader, bar.date);
    if (!found.has_errors() && !reader.is_in_session()) {
      ++posted_.outside;
      return;
    }
    previous_ = {bar.time_ns, bar.date};
    if (!found.has_errors() && !taken_.is_newer(bar.time_ns)) {
      if (taken_.has(bar)) {
        ++posted_.duplicates;
        return;
      }
      reader.not_newer("the book is at " + reader.shown({taken_.newest_ns(), taken_.newest()}) + " already" +
                       (taken_.has_time(bar.time_ns)
                            ? ", and the bar it took for this " +
                                  std::string(shape_.timing.is_intraday() ? "time" : "date") + " is another"
                            : ""));
    }
    OpenBar& open = posted_.open;
    if (open.is_open() && open.bar.time_ns < bar.time_ns && !found.has_errors())
      finish(reader, model::Completion::later_came);
    // What comes whole takes the place of the rows that have come of it.
    if (open.is_open() && open.bar.time_ns == bar.time_ns) open = {};
    if (open.is_open() && open.bar.time_ns > bar.time_ns && !found.has_errors())
      reader.not_newer("rows of a later bar have come, of " +
                       reader.shown({open.bar.time_ns, open.bar.date}));
    if (!found.has_errors()) {
      std::vector<SuspectMove> moves = reader.moves(bar, closes_e9_, taken_.suspect_move());
      add(std::move(bar), std::move(moves));
    }
  }

  /// A row, or the word that a bar is complete.
  void take_part(BarReader& reader, Said said, base::CappedProblems& found) {
    const auto when = reader.read_when();
    if (!when) return;
    check_ahead(reader, when->date);
    if (!when->is_in_session) {
      ++posted_.outside;
      return;
    }
    OpenBar& open = posted_.open;
    const bool is_old = open.is_open() ? when->time_ns < open.bar.time_ns : !is_newest(when->time_ns);
    if (is_old) return reader.late(newest());
    if (open.is_open() && when->time_ns > open.bar.time_ns) finish(reader, model::Completion::later_came);
    if (said == Said::row && !reader.read_row(*when, open, taken_, closes_e9_)) ++posted_.duplicates;
    if (found.has_errors()) return;
    if (said == Said::row) ++posted_.rows;
    if (open.is_open() && open.left == 0)
      finish(reader, model::Completion::all_there);
    else if (open.is_open() && reader.says("complete"))
      finish(reader, model::Completion::said_so);
  }

  void finish(BarReader& reader, model::Completion completion) {
    const std::vector<std::uint8_t> confirmed = posted_.open.confirmed;
    model::Bar bar = posted_.open.finish(completion);
    reader.check_missing(bar, "");
    std::vector<SuspectMove> moves = find_moves(closes_e9_, bar, taken_.suspect_move());
    std::erase_if(moves, [&](const SuspectMove& move) { return confirmed[move.instrument] != 0; });
    previous_ = {bar.time_ns, bar.date};
    add(std::move(bar), std::move(moves));
  }

  void add(model::Bar bar, std::vector<SuspectMove> moves) {
    carry(bar, closes_e9_);
    posted_.moves.push_back(std::move(moves));
    posted_.bars.push_back(std::move(bar));
  }

  void check_ahead(BarReader& reader, std::int32_t date) const {
    if (date > latest_after(std::max(previous_.date, taken_.newest()), today_))
      reader.far_ahead(date, today_);
  }
  bool is_newest(std::int64_t time_ns) const {
    return taken_.is_newer(time_ns) && (previous_.date == 0 || time_ns > previous_.time_ns);
  }
  When newest() const {
    if (posted_.open.is_open()) return {posted_.open.bar.time_ns, posted_.open.bar.date};
    return previous_.date != 0 ? previous_ : When{taken_.newest_ns(), taken_.newest()};
  }

  const BarShape& shape_;
  const TakenBars& taken_;
  std::int32_t today_;
  BarClock clock_;
  std::array<json::value, 3> schemas_{schema_of(shape_.timing, Said::whole),
                                      schema_of(shape_.timing, Said::row),
                                      schema_of(shape_.timing, Said::end)};
  // What 100,000 bars may have against them is no answer to anyone.
  base::CappedProblems problems_{"bars"};
  PostedBars posted_;
  When previous_;                        ///< the newest complete bar of this post
  std::vector<std::int64_t> closes_e9_;  ///< as of the bar before
};

}  // namespace

base::Result<PostedBars> read_bars(std::span<const std::string> texts, const BarShape& shape,
                                   const TakenBars& taken, std::int32_t today, const OpenBar& open) {
  return PostReader(shape, taken, today, open).read(texts);
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
