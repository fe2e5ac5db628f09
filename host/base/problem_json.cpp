#include "host/base/problem_json.hpp"

#include <boost/json.hpp>

namespace cadre::base {

namespace json = boost::json;

namespace {

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint32_t count_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const std::int64_t* number = value == nullptr ? nullptr : value->if_int64();
  return number != nullptr && *number > 0 && *number <= UINT32_MAX ? static_cast<std::uint32_t>(*number) : 0;
}

}  // namespace

json::array to_json(const Problems& problems) {
  json::array array;
  for (const Problem& problem : problems) {
    array.push_back({{"code", problem.code},
                     {"severity", problem.severity == Severity::error ? "error" : "warning"},
                     {"file", problem.place.file},
                     {"line", problem.place.line},
                     {"column", problem.place.column},
                     {"pointer", problem.place.pointer},
                     {"message", problem.message},
                     {"next_step", problem.next_step}});
  }
  return array;
}

Problems problems_from_json(const json::value& array) {
  Problems problems;
  if (!array.is_array()) return problems;
  for (const json::value& item : array.get_array()) {
    const json::object* object = item.if_object();
    if (object == nullptr) continue;
    problems.add({.severity = text_of(*object, "severity") == "warning" ? Severity::warning : Severity::error,
                  .code = text_of(*object, "code"),
                  .place = {.file = text_of(*object, "file"),
                            .line = count_of(*object, "line"),
                            .column = count_of(*object, "column"),
                            .pointer = text_of(*object, "pointer")},
                  .message = text_of(*object, "message"),
                  .next_step = text_of(*object, "next_step")});
  }
  return problems;
}

}  // namespace cadre::base
