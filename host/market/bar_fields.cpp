#include "host/market/bar_fields.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/market/price_checks.hpp"

namespace cadre::market {

namespace json = boost::json;

namespace {

constexpr std::string_view known_members[] = {"open", "high", "low",      "close",   "volume",
                                              "bid",  "ask",  "bid_open", "ask_open"};

bool has_any(const json::object& members, std::initializer_list<std::string_view> keys) {
  return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) { return members.contains(key); });
}

}  // namespace

void BarFields::begin(model::Bar& bar) const {
  const std::size_t n = instruments_.size();
  bar.close_e9.assign(n, 0);
  bar.valid.assign(n, 0);
  bar.has_volume = shape_.has_volume;
  if (bar.has_volume) bar.volume.assign(n, 0);
}

void BarFields::read(const std::string& id, const json::value& value, const std::string& at,
                     const std::vector<std::string_view>& passed_over, model::Bar& bar) {
  const auto found = std::lower_bound(instruments_.begin(), instruments_.end(), id);
  if (found == instruments_.end() || *found != id) {
    error("INSTRUMENT_UNKNOWN", at, base::quote(id) + " is not an instrument of this book",
          base::did_you_mean(id, instruments_));
    return;
  }
  const auto place = static_cast<std::size_t>(found - instruments_.begin());
  if (value.is_number()) {
    bar.valid[place] = 1;
    bar.close_e9[place] = price(value, at);
    note_intraday(false, at, bar);
    return;
  }
  if (!value.is_object()) {
    error("CONFIG_WRONG_TYPE", at, "expected a close, or an object with one", "");
    return;
  }
  check_members(value.as_object(), at, passed_over);
  if (!problems_.is_enough()) read_object(value.as_object(), place, at, bar);
}

void BarFields::check_members(const json::object& members, const std::string& at,
                              const std::vector<std::string_view>& passed_over) {
  const auto is_among = [](const auto& names, std::string_view name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
  };
  for (const auto& [key, unused] : members) {
    if (problems_.is_enough()) return;
    const std::string_view name = key;
    if (is_among(known_members, name) || is_among(passed_over, name)) continue;
    error("CONFIG_UNKNOWN_KEY", at + '/' + base::pointer_token(name), "unknown key " + base::quote(name),
          "there is open, high, low, close, volume, bid, ask, bid_open, ask_open");
  }
}

void BarFields::read_object(const json::object& members, std::size_t place, const std::string& at,
                            model::Bar& bar) {
  const bool has_quotes = has_any(members, {"bid", "ask", "bid_open", "ask_open"});
  if (has_quotes) read_quotes(members, place, at, bar);
  // Nothing was traded, and there are quotes all the same.
  if (has_quotes && shape_.allows_missing && !has_any(members, {"open", "high", "low", "close"})) return;
  bar.valid[place] = 1;
  bar.close_e9[place] = price_of(members, "close", at);
  const bool intraday = has_any(members, {"open", "high", "low"});
  note_intraday(intraday, at, bar);
  if (intraday && bar.has_intraday) read_range(members, place, at, bar);
  if (bar.has_volume) read_volume(members, place, at, bar);
}

void BarFields::read_range(const json::object& members, std::size_t place, const std::string& at,
                           model::Bar& bar) {
  bar.open_e9[place] = price_of(members, "open", at);
  bar.high_e9[place] = price_of(members, "high", at);
  bar.low_e9[place] = price_of(members, "low", at);
  const std::int64_t lowest = std::min(bar.open_e9[place], bar.close_e9[place]);
  const std::int64_t highest = std::max(bar.open_e9[place], bar.close_e9[place]);
  const bool complete = lowest > 0 && bar.high_e9[place] > 0 && bar.low_e9[place] > 0;
  if (complete && (bar.low_e9[place] > lowest || bar.high_e9[place] < highest))
    error("BAR_OUT_OF_RANGE", at, "open and close do not lie between low and high", "");
}

void BarFields::read_volume(const json::object& members, std::size_t place, const std::string& at,
                            model::Bar& bar) {
  const json::value* volume = members.if_contains("volume");
  if (volume == nullptr || !volume->is_number() || volume->to_number<double>() < 0) {
    error("BAR_BAD_VOLUME", at, "the data declare volumes: expected a \"volume\" of at least 0",
          R"(or declare "volume": "none")");
    return;
  }
  bar.volume[place] = volume->to_number<double>();
}

void BarFields::read_quotes(const json::object& members, std::size_t place, const std::string& at,
                            model::Bar& bar) {
  const auto read_pair = [&](const char* bid, const char* ask, std::vector<std::int64_t>& bids,
                             std::vector<std::int64_t>& asks) {
    if (!has_any(members, {bid, ask})) return;
    bids.resize(instruments_.size(), 0);
    asks.resize(instruments_.size(), 0);
    if (members.contains(bid)) bids[place] = price_of(members, bid, at);
    if (members.contains(ask)) asks[place] = price_of(members, ask, at);
    if (bids[place] > 0 && asks[place] > 0 && bids[place] > asks[place])
      error("QUOTE_CROSSED", at + '/' + bid,
            "the bid " + base::canonical(members.at(bid)) + " is above the ask " +
                base::canonical(members.at(ask)),
            "correct them, or leave both out");
  };
  read_pair("bid", "ask", bar.bid_e9, bar.ask_e9);
  read_pair("bid_open", "ask_open", bar.opening_bid_e9, bar.opening_ask_e9);
}

std::int64_t BarFields::price_of(const json::object& members, const char* key, const std::string& at) {
  const json::value* value = members.if_contains(key);
  if (value != nullptr) return price(*value, at + '/' + key);
  error("BAR_INCOMPLETE", at, std::string("there is no ") + key,
        "open, high and low come together with the close");
  return 0;
}

std::int64_t BarFields::price(const json::value& value, const std::string& at) {
  const ParsedPrice parsed =
      value.is_number() ? scaled(parse_price(base::canonical(value)), shape_.scale) : ParsedPrice{};
  if (parsed.state == PriceField::fine) return parsed.raw_e9;
  const PriceFault fault = fault_of(parsed.state);
  error("BAR_BAD_PRICE", at, base::canonical(value) + fault.what, fault.next_step);
  return 0;
}

void BarFields::note_intraday(bool intraday, const std::string& at, model::Bar& bar) {
  if (!intraday) {
    for (const IntradayNeed& need : shape_.needs)
      error("BAR_INCOMPLETE", at, "there is no " + need.field + ", and " + need.who + " needs it",
            "send open, high and low together with the close");
    if (!shape_.needs.empty()) return;
  }
  if (is_first_) {
    is_first_ = false;
    is_intraday_ = bar.has_intraday = intraday;
    const std::size_t n = intraday ? instruments_.size() : 0;
    for (auto* column : {&bar.open_e9, &bar.high_e9, &bar.low_e9})
      column->assign(n, 0);
  } else if (intraday != is_intraday_) {
    error("BAR_INCOMPLETE", at, "some instruments have open, high and low, others a close alone", "");
  }
}

}  // namespace cadre::market
