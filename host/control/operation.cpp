#include "host/control/operation.hpp"

#include <boost/json.hpp>
#include <charconv>

namespace cadre::control {

std::string Call::text(std::string_view name) const {
  const boost::json::value* value = members.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool Call::flag(std::string_view name) const {
  const boost::json::value* value = members.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::optional<std::uint64_t> Call::count(std::string_view name) const {
  const boost::json::value* value = members.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto count = value->to_number<std::uint64_t>(error);
  return error ? std::nullopt : std::optional(count);
}

std::string Call::document(std::string_view name) const {
  const auto found = documents.find(name);
  return found == documents.end() ? std::string() : found->second;
}

std::optional<std::uint64_t> Call::number(std::size_t index) const {
  const std::string& text = path.at(index);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::span<const Operation* const> operations() {
  static const std::vector<const Operation*> all = [] {
    std::vector<const Operation*> rows;
    for (const auto kind :
         {book_operations(), halt_operations(), revision_operations(), experiment_operations(),
          quarantine_operations(), agent_operations(), log_operations(), venue_operations()}) {
      for (const Operation& row : kind)
        rows.push_back(&row);
    }
    return rows;
  }();
  return all;
}

}  // namespace cadre::control
