#include "host/live/halt_file.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/book/state_commands.hpp"

namespace cadre::live {

namespace json = boost::json;

using execution::TradingState;

namespace {

json::object to_json(const HaltOrder& order) {
  json::object line{{"number", order.number},
                    {"kind", order.kind()},
                    {"books", json::value_from(order.books)},
                    {"time", order.time},
                    {"actor", order.actor},
                    {"reason", order.reason},
                    {"cancel_orders", order.cancel_orders},
                    {"flatten", order.flatten}};
  if (order.state == TradingState::killed) line["kill"] = true;
  if (order.rearms) line["rearm"] = true;
  if (order.every_book) line["every_book"] = true;
  if (!order.scope.instrument.empty()) line["instrument"] = order.scope.instrument;
  if (!order.scope.agent.empty()) line["agent"] = order.scope.agent;
  return line;
}

std::string text_of(const json::object& line, std::string_view name) {
  const json::value* value = line.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag_of(const json::object& line, std::string_view name) {
  const json::value* value = line.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::uint64_t number_of(const json::object& line) {
  const json::value* value = line.if_contains("number");
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  return error ? 0 : number;
}

HaltOrder order_of(const json::object& line) {
  HaltOrder order;
  order.number = number_of(line);
  const std::string kind = text_of(line, "kind");
  order.state = kind == "reduce"        ? TradingState::reducing
                : kind != "halt"        ? TradingState::active
                : flag_of(line, "kill") ? TradingState::killed
                                        : TradingState::halted;
  order.scope = {text_of(line, "instrument"), text_of(line, "agent")};
  order.every_book = flag_of(line, "every_book");
  order.rearms = flag_of(line, "rearm");
  if (const json::value* books = line.if_contains("books"); books != nullptr && books->is_array()) {
    for (const json::value& book : books->get_array())
      if (book.is_string()) order.books.emplace_back(book.get_string());
  }
  order.time = text_of(line, "time");
  order.actor = text_of(line, "actor");
  order.reason = text_of(line, "reason");
  order.cancel_orders = flag_of(line, "cancel_orders");
  order.flatten = flag_of(line, "flatten");
  return order;
}

}  // namespace

bool HaltOrder::concerns(std::string_view book) const {
  return every_book || std::find(books.begin(), books.end(), book) != books.end();
}

const char* HaltOrder::kind() const {
  if (halts()) return "halt";
  return restricts() ? "reduce" : "resume";
}

journal::CommandRecord HaltOrder::command(std::int32_t date) const {
  if (!scope.is_book() || state == TradingState::reducing)
    return book::command_of({state, scope, {}, actor, reason, rearms}, date, number);
  json::object said{{"number", number}};
  if (halts()) {
    said["cancel_orders"] = cancel_orders;
    said["flatten"] = flatten;
  }
  if (state == TradingState::killed) said["kill"] = true;
  if (rearms) said["rearm"] = true;
  return {kind(), date, actor, reason, json::serialize(said)};
}

base::Result<std::unique_ptr<HaltFile>> HaltFile::open(const std::filesystem::path& file) {
  auto lines = base::DurableLines::open(file, "a halt that a stuck book has not heard of holds no more");
  if (!lines) return lines.problems();
  const base::Problems warnings = lines.problems();
  std::unique_ptr<HaltFile> halts(new HaltFile(std::move(lines).take()));
  for (const json::object& line : halts->lines_.found()) {
    halts->orders_.push_back(order_of(line));
    halts->last_ = std::max(halts->last_, halts->orders_.back().number);
  }
  return {std::move(halts), warnings};
}

base::Problems HaltFile::write(HaltOrder& order) {
  const std::lock_guard lock(mutex_);
  order.number = ++last_;
  order.time = base::now_text();
  base::Problems problems = lines_.append(to_json(order));
  if (order.restricts() || !problems.has_errors()) orders_.push_back(order);
  return problems;
}

std::vector<HaltOrder> HaltFile::of_book(std::string_view book, std::uint64_t after) const {
  const std::lock_guard lock(mutex_);
  std::vector<HaltOrder> orders;
  for (const HaltOrder& order : orders_) {
    if (order.number > after && order.concerns(book)) orders.push_back(order);
  }
  return orders;
}

TradingState HaltFile::state_of(std::string_view book, const execution::StateScope& scope) const {
  const std::lock_guard lock(mutex_);
  TradingState state = TradingState::active;
  for (const HaltOrder& order : orders_) {
    if (order.scope == scope && order.concerns(book)) state = state_after(state, order.state, order.rearms);
  }
  return state;
}

std::uint64_t HaltFile::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

void HaltFile::number_above(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  last_ = std::max(last_, number);
}

}  // namespace cadre::live
