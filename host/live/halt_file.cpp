#include "host/live/halt_file.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/date.hpp"
#include "host/base/json.hpp"

namespace cadre::live {

namespace json = boost::json;

namespace {

json::object to_json(const HaltOrder& order) {
  return {{"number", order.number},
          {"kind", order.halts ? "halt" : "resume"},
          {"books", json::value_from(order.books)},
          {"time", order.time},
          {"actor", order.actor},
          {"reason", order.reason},
          {"cancel_orders", order.cancel_orders},
          {"flatten", order.flatten}};
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
  order.halts = text_of(line, "kind") == "halt";
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
  return std::find(books.begin(), books.end(), book) != books.end();
}

journal::CommandRecord HaltOrder::command(std::int32_t date) const {
  json::object said{{"number", number}};
  if (halts) {
    said["cancel_orders"] = cancel_orders;
    said["flatten"] = flatten;
  }
  return {halts ? "halt" : "resume", date, actor, reason, json::serialize(said)};
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
  if (order.halts || !problems.has_errors()) orders_.push_back(order);
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

bool HaltFile::is_halted(std::string_view book) const {
  const std::lock_guard lock(mutex_);
  const auto newest = std::find_if(orders_.rbegin(), orders_.rend(),
                                   [&](const HaltOrder& order) { return order.concerns(book); });
  return newest != orders_.rend() && newest->halts;
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
