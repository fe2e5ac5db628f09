#include "host/trial/trial_state.hpp"

#include <sodium.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "host/base/date.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/model/bar.hpp"
#include "host/model/order.hpp"

namespace cadre::trial {

namespace json = boost::json;

namespace {

// A price column is either the bar that just closed (one number per instrument) or a history (one row per
// period, oldest first).
constexpr std::string_view schema_text = R"json({
  "type": "object",
  "required": ["instruments"],
  "properties": {
    "time": {"type": "string", "description": "date or date-time of the state, UTC"},
    "currency": {"type": "string", "default": "USD"},
    "periods_per_year": {"type": "number", "exclusiveMinimum": 0, "default": 252},
    "long_only": {"type": "boolean", "default": true},
    "instruments": {"type": "array", "minItems": 1, "items": {"type": ["string", "object"], "required": ["id"], "properties": {
      "id": {"type": "string", "minLength": 1}, "group": {"type": "string"}, "currency": {"type": "string"},
      "tick": {"type": "number", "exclusiveMinimum": 0}, "lot": {"type": "number", "exclusiveMinimum": 0},
      "multiplier": {"type": "number", "exclusiveMinimum": 0}, "average_daily_volume": {"type": "number", "minimum": 0}}}},
    "open": {"type": "array"}, "high": {"type": "array"}, "low": {"type": "array"}, "close": {"type": "array"}, "volume": {"type": "array"},
    "returns": {"type": "array", "items": {"type": "array", "items": {"type": ["number", "null"]}}},
    "portfolio": {"type": "object", "properties": {"cash": {"type": "number"}, "quantity": {"type": "array", "items": {"type": "number"}}}},
    "open_orders": {"type": "array", "items": {"type": "object", "required": ["instrument", "side", "quantity"], "properties": {
      "instrument": {"type": "string"}, "side": {"type": "string", "enum": ["buy", "sell"]}, "quantity": {"type": "number", "exclusiveMinimum": 0},
      "type": {"type": "string", "enum": @order_types@, "default": "market"}, "limit_price": {"type": "number", "exclusiveMinimum": 0}}}},
    "signals": {"type": "array", "items": {"type": "object", "required": ["instrument", "direction"], "properties": {
      "strategy": {"type": "string", "default": "strategy"}, "instrument": {"type": "string"}, "direction": {"type": "integer", "minimum": -1, "maximum": 1},
      "strength": {"type": "number", "minimum": 0, "default": 1}, "confidence": {"type": "number", "minimum": 0, "maximum": 1, "default": 1},
      "horizon_days": {"type": "number", "exclusiveMinimum": 0, "default": 1}, "time": {"type": "string"}}}},
    "views": {"type": "object", "properties": {"score": {"type": "array", "items": {"type": ["number", "null"]}}, "confidence": {"type": "array", "items": {"type": ["number", "null"]}}}},
    "target_weight": {"type": "array", "items": {"type": "number"}},
    "agent_state": {"type": "string", "description": "base64"}
  }
})json";

class StateReader {
 public:
  explicit StateReader(const base::JsonDocument& document)
      : document_(document), root_(document.root().as_object()) {}

  base::Result<TrialState> run() {
    read_instruments();
    read_time();
    read_bars();
    read_returns();
    read_portfolio();
    read_orders();
    read_signals();
    read_views();
    if (const json::value* bytes = root_.if_contains("agent_state"))
      read_bytes(std::string(bytes->as_string()));
    if (problems_.has_errors()) return problems_;
    return state_;
  }

 private:
  std::size_t n() const { return state_.universe.size(); }
  void error(std::string code, const std::string& pointer, std::string message, std::string next = {}) {
    problems_.error(std::move(code), document_.place(pointer), std::move(message), std::move(next));
  }
  static double number(const json::value& value) {
    return value.is_null() ? std::nan("") : value.to_number<double>();
  }

  template <class Decimal>
  Decimal decimal(const json::value& value, const std::string& pointer) {
    const auto parsed = Decimal::parse(base::canonical(value));
    if (!parsed)
      error("CONFIG_OUT_OF_RANGE", pointer, base::canonical(value) + " does not fit a fixed-point number");
    return parsed.value_or(Decimal{});
  }

  void read_instruments() {
    std::size_t k = 0;
    for (const json::value& item : root_.at("instruments").as_array()) {
      const std::string at = "/instruments/" + std::to_string(k++);
      model::Instrument about;
      if (item.is_string()) {
        about.id = std::string(item.as_string());
      } else {
        const json::object& o = item.as_object();
        about.id = std::string(o.at("id").as_string());
        if (const auto* v = o.if_contains("group")) about.group = std::string(v->as_string());
        if (const auto* v = o.if_contains("currency")) about.currency = std::string(v->as_string());
        if (const auto* v = o.if_contains("tick")) about.tick = decimal<base::Price>(*v, at + "/tick");
        if (const auto* v = o.if_contains("lot")) about.lot = decimal<base::Quantity>(*v, at + "/lot");
        if (const auto* v = o.if_contains("multiplier"))
          about.multiplier = decimal<base::Quantity>(*v, at + "/multiplier");
        if (const auto* v = o.if_contains("average_daily_volume")) about.average_daily_volume = number(*v);
      }
      if (index_of(about.id)) error("STATE_INSTRUMENT_TWICE", at, base::quote(about.id) + " is there twice");
      state_.universe.instruments.push_back(about);
    }
  }

  std::optional<std::uint32_t> index_of(std::string_view id) const {
    for (std::uint32_t i = 0; i < n(); ++i) {
      if (state_.universe.instruments[i].id == id) return i;
    }
    return std::nullopt;
  }
  std::uint32_t instrument_at(const json::value& value, const std::string& pointer) {
    const std::string id(value.as_string());
    if (const auto index = index_of(id)) return *index;
    std::vector<std::string> known;
    for (const auto& i : state_.universe.instruments)
      known.push_back(i.id);
    error("INSTRUMENT_UNKNOWN", pointer,
          "the state has no instrument " + base::quote(id) + base::did_you_mean(id, known));
    return 0;
  }

  void read_time() {
    if (const auto* v = root_.if_contains("currency")) state_.currency = std::string(v->as_string());
    if (const auto* v = root_.if_contains("periods_per_year")) state_.periods_per_year = number(*v);
    if (const auto* v = root_.if_contains("long_only")) state_.long_only = v->as_bool();
    state_.time_ns = base::close_time_ns(20000103);
    const json::value* time = root_.if_contains("time");
    if (time == nullptr) return;
    const std::string text(time->as_string());
    if (const auto date = base::parse_date(text))
      state_.time_ns = base::close_time_ns(*date);
    else if (const auto parsed = base::parse_time(text))
      state_.time_ns = *parsed;
    else if (base::is_beyond_dates(text))
      error("CONFIG_BAD_DATE", "/time", base::quote(text) + std::string(base::beyond_dates));
    else
      error("CONFIG_BAD_DATE", "/time", base::quote(text) + " is no time",
            "write it as YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ");
  }

  /// One row as a history of one, or the rows of a history; nothing when the key is missing.
  std::vector<std::vector<double>> rows_of(const std::string& key) {
    std::vector<std::vector<double>> rows;
    const json::value* value = root_.if_contains(key);
    if (value == nullptr) return rows;
    const json::array& array = value->as_array();
    const bool history = !array.empty() && array[0].is_array();
    const auto read_row = [&](const json::array& row, const std::string& at) {
      std::vector<double> numbers;
      for (const json::value& v : row) {
        if (!v.is_number() && !v.is_null()) {
          error("CONFIG_WRONG_TYPE", at + '/' + std::to_string(numbers.size()),
                base::canonical(v) + " is not a number or null");
          return;
        }
        numbers.push_back(number(v));
      }
      if (numbers.size() != n()) {
        error("CONFIG_WRONG_LENGTH", at,
              "has " + std::to_string(numbers.size()) +
                  " numbers, expected one per instrument: " + std::to_string(n()));
        return;
      }
      for (std::size_t i = 0; i < numbers.size() && key != "returns"; ++i) {
        if (numbers[i] < 0 || (numbers[i] == 0 && key != "volume")) {
          error("CONFIG_OUT_OF_RANGE", at + '/' + std::to_string(i),
                base::format_double(numbers[i]) + " is no " + (key == "volume" ? "volume" : "price"),
                "write null where there is none");
        }
      }
      rows.push_back(std::move(numbers));
    };
    if (!history) {
      read_row(array, "/" + key);
      return rows;
    }
    for (std::size_t r = 0; r < array.size(); ++r) {
      const std::string at = "/" + key + "/" + std::to_string(r);
      if (array[r].is_array())
        read_row(array[r].as_array(), at);
      else
        error("CONFIG_WRONG_TYPE", at, "is not a row of numbers");
    }
    return rows;
  }

  void read_bars() {
    const auto close = rows_of("close");
    const auto open = rows_of("open"), high = rows_of("high"), low = rows_of("low"),
               volume = rows_of("volume");
    const std::size_t rows = std::max<std::size_t>(close.size(), 1);
    const auto fits = [&](const std::vector<std::vector<double>>& column, const char* key) {
      if (!column.empty() && column.size() != rows)
        error("CONFIG_WRONG_LENGTH", std::string("/") + key,
              "has " + std::to_string(column.size()) + " rows, close has " + std::to_string(rows));
    };
    fits(open, "open");
    fits(high, "high");
    fits(low, "low");
    fits(volume, "volume");
    if (problems_.has_errors()) return;
    const auto price = [](double value) {
      return base::Price::from_double(value).value_or(base::Price{}).raw();
    };
    std::int64_t day =
        base::days_since_epoch(base::date_of_time(state_.time_ns)) - static_cast<std::int64_t>(rows) + 1;
    for (std::size_t r = 0; r < rows; ++r, ++day) {
      model::Bar bar;
      bar.date = base::date_of_days(day);
      bar.time_ns = r + 1 == rows ? state_.time_ns : base::close_time_ns(bar.date);
      bar.has_intraday = !open.empty() && !high.empty() && !low.empty();
      bar.has_volume = !volume.empty();
      for (std::size_t i = 0; i < n(); ++i) {
        const double c = close.empty() ? std::nan("") : close[r][i];
        const bool valid = std::isfinite(c) && c > 0;
        bar.valid.push_back(valid);
        bar.close_e9.push_back(valid ? price(c) : 0);
        if (bar.has_intraday) {
          bar.open_e9.push_back(valid ? price(open[r][i]) : 0);
          bar.high_e9.push_back(valid ? price(high[r][i]) : 0);
          bar.low_e9.push_back(valid ? price(low[r][i]) : 0);
        }
        if (bar.has_volume) bar.volume.push_back(valid ? volume[r][i] : 0);
      }
      state_.bars.push_back(std::move(bar));
    }
  }

  void read_returns() { state_.returns = rows_of("returns"); }

  void read_portfolio() {
    state_.cash = *base::Money::parse("1000000");
    state_.quantity_e9.assign(n(), 0);
    const json::value* portfolio = root_.if_contains("portfolio");
    if (portfolio == nullptr) return;
    const json::object& o = portfolio->as_object();
    if (const auto* cash = o.if_contains("cash"))
      state_.cash = decimal<base::Money>(*cash, "/portfolio/cash");
    const json::value* quantity = o.if_contains("quantity");
    if (quantity == nullptr) return;
    if (quantity->as_array().size() != n()) {
      error("CONFIG_WRONG_LENGTH", "/portfolio/quantity",
            "has " + std::to_string(quantity->as_array().size()) +
                " numbers, expected one per instrument: " + std::to_string(n()));
      return;
    }
    for (std::size_t i = 0; i < n(); ++i) {
      state_.quantity_e9[i] =
          decimal<base::Quantity>(quantity->as_array()[i], "/portfolio/quantity/" + std::to_string(i)).raw();
    }
  }

  void read_orders() {
    const json::value* orders = root_.if_contains("open_orders");
    if (orders == nullptr) return;
    std::size_t k = 0;
    for (const json::value& item : orders->as_array()) {
      const std::string at = "/open_orders/" + std::to_string(k);
      const json::object& o = item.as_object();
      cadre_order order{};
      order.size = sizeof order;
      order.instrument = instrument_at(o.at("instrument"), at + "/instrument");
      order.side = o.at("side").as_string() == "buy" ? CADRE_SIDE_BUY : CADRE_SIDE_SELL;
      const json::value* type = o.if_contains("type");
      const std::string word = type != nullptr ? std::string(type->as_string()) : "market";
      order.type = model::find_order_type(word)->type;  // the schema lets accepted names through
      order.time_in_force = CADRE_TIF_DAY;
      order.quantity_e9 = decimal<base::Quantity>(o.at("quantity"), at + "/quantity").raw();
      if (const auto* limit = o.if_contains("limit_price"))
        order.limit_price_e9 = decimal<base::Price>(*limit, at + "/limit_price").raw();
      order.client_id = model::make_id("try." + std::to_string(k++));
      state_.open_orders.push_back({order});
    }
  }

  void read_signals() {
    const json::value* signals = root_.if_contains("signals");
    if (signals == nullptr) return;
    std::size_t k = 0;
    for (const json::value& item : signals->as_array()) {
      const std::string at = "/signals/" + std::to_string(k++);
      const json::object& o = item.as_object();
      const auto number_or = [&](const char* key, double otherwise) {
        const json::value* v = o.if_contains(key);
        return v != nullptr ? number(*v) : otherwise;
      };
      cadre_signal signal{};
      signal.size = sizeof signal;
      signal.instrument = instrument_at(o.at("instrument"), at + "/instrument");
      signal.direction = o.at("direction").to_number<std::int32_t>();
      signal.strength = number_or("strength", 1);
      signal.confidence = number_or("confidence", 1);
      signal.horizon_days = number_or("horizon_days", 1);
      signal.time_ns = state_.time_ns;
      if (const auto* time = o.if_contains("time")) {
        const std::string text(time->as_string());
        const auto date = base::parse_date(text);
        const auto parsed = date ? std::optional(base::close_time_ns(*date)) : base::parse_time(text);
        if (parsed)
          signal.time_ns = *parsed;
        else
          error("CONFIG_BAD_DATE", at + "/time",
                base::quote(text) +
                    std::string(base::is_beyond_dates(text) ? base::beyond_dates : " is no time"));
      }
      const json::value* strategy = o.if_contains("strategy");
      signal.strategy =
          model::make_id(strategy != nullptr ? std::string_view(strategy->as_string()) : "strategy");
      state_.signals.push_back(signal);
    }
  }

  std::vector<double> per_instrument(const json::value& value, const std::string& pointer) {
    std::vector<double> numbers;
    for (const json::value& v : value.as_array())
      numbers.push_back(number(v));
    if (numbers.size() != n()) {
      error("CONFIG_WRONG_LENGTH", pointer,
            "has " + std::to_string(numbers.size()) +
                " numbers, expected one per instrument: " + std::to_string(n()));
      numbers.resize(n());
    }
    return numbers;
  }

  void read_views() {
    if (const json::value* views = root_.if_contains("views")) {
      const json::object& o = views->as_object();
      state_.has_views = true;
      const json::value* score = o.if_contains("score");
      const json::value* confidence = o.if_contains("confidence");
      state_.score =
          score != nullptr ? per_instrument(*score, "/views/score") : std::vector<double>(n(), std::nan(""));
      state_.confidence = confidence != nullptr ? per_instrument(*confidence, "/views/confidence")
                                                : std::vector<double>(n(), 1.0);
    }
    if (const json::value* target = root_.if_contains("target_weight")) {
      state_.has_target = true;
      state_.target_weight = per_instrument(*target, "/target_weight");
    }
  }

  void read_bytes(const std::string& text) {
    std::string bytes(text.size(), '\0');
    std::size_t length = 0;
    const char* end = nullptr;
    const int bad =
        sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                          text.size(), nullptr, &length, &end, sodium_base64_VARIANT_ORIGINAL);
    if (bad != 0 || end != text.data() + text.size()) {
      error("STATE_NOT_BASE64", "/agent_state", "is not base64");
      return;
    }
    bytes.resize(length);
    state_.agent_state = std::move(bytes);
  }

  const base::JsonDocument& document_;
  const json::object& root_;
  TrialState state_;
  base::Problems problems_;
};

}  // namespace

const std::string& trial_state_schema() {
  static const std::string schema = [] {
    json::array names;
    for (const model::OrderType& type : model::order_types()) {
      names.push_back(json::value(type.name));
    }
    std::string text(schema_text);
    constexpr std::string_view hole = "@order_types@";
    return text.replace(text.find(hole), hole.size(), json::serialize(names));
  }();
  return schema;
}

base::Result<TrialState> read_trial_state(const std::filesystem::path& file) {
  auto document = base::JsonDocument::load(file);
  if (!document) return document.problems();
  static const json::value schema = json::parse(trial_state_schema());
  base::Problems problems;
  base::validate(
      document->root(), schema, "", [&](std::string_view pointer) { return document->place(pointer); },
      problems);
  if (problems.has_errors()) return problems;
  return StateReader(*document).run();
}

}  // namespace cadre::trial
