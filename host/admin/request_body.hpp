#pragma once

#include <boost/json/object.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/admin/http_message.hpp"
#include "host/base/result.hpp"
#include "host/control/host_control.hpp"

namespace cadre::admin {

// Bodies are cut, not written anew: a price keeps its digits and a configuration its lines.

/// The texts of the elements of a JSON array. The text must be valid.
std::vector<std::string> element_texts(std::string_view array_text);
/// The text of one member of a JSON object, with the blanks before it; empty when there is none. The text
/// must be valid.
std::string member_text(std::string_view object_text, std::string_view key);

/// Objects that one request may bring.
constexpr std::size_t inputs_max = 100'000;

/// The objects of a body: one or an array of them (application/json), or one per line (application/x-ndjson).
/// Else a response: 400, 413, 415 or 422.
std::optional<Response> read_inputs(const Request& request, std::vector<std::string>& texts);

/// A change somebody asks for: an object with actor, reason, and members of its own.
class ChangeBody {
 public:
  /// `keys` are those the object may have besides actor and reason. Else a response: 400, 415 or 422.
  static std::optional<Response> read(const Request& request, std::initializer_list<std::string_view> keys,
                                      ChangeBody& out);

  const live::Mandate& mandate() const { return mandate_; }
  /// Empty when it is not there.
  std::string text(std::string_view key) const;
  bool flag(std::string_view key) const;
  /// The object as it was sent; empty when it is not there.
  std::string document(std::string_view key) const;

 private:
  live::Mandate mandate_;
  boost::json::object object_;
  std::string_view source_;  ///< the body of the request, which outlives this
};

}  // namespace cadre::admin
