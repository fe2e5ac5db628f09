#include "host/journal/stream_head.hpp"

#include <boost/json.hpp>
#include <charconv>

#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace cadre::journal {

namespace json = boost::json;

namespace {

std::string text_at(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t number_at(const json::object& from, std::string_view name, std::uint64_t otherwise) {
  const json::value* value = from.if_contains(name);
  if (value == nullptr || !value->is_number()) return otherwise;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  return error ? otherwise : number;
}

}  // namespace

json::object to_json(const StreamHead& head) {
  return {{"host", head.host},
          {"book", head.book},
          {"beginning", head.beginning},
          {"incarnation", head.incarnation},
          {"segment", head.segment},
          {"begins_at", head.begins_at},
          {"before", base::hexadecimal(head.before)}};
}

StreamHead read_stream_head(std::string_view text) {
  StreamHead head;
  boost::system::error_code error;
  const json::value said = json::parse(text, error);
  const json::value* stream = error ? nullptr : base::find(said, "/stream");
  if (stream == nullptr || !stream->is_object()) return head;
  const json::object& from = stream->get_object();
  head.host = text_at(from, "host");
  head.book = text_at(from, "book");
  head.beginning = number_at(from, "beginning", 0);
  head.incarnation = number_at(from, "incarnation", 0);
  head.segment = number_at(from, "segment", 1);
  head.begins_at = number_at(from, "begins_at", 0);
  const std::string before = text_at(from, "before");
  (void)std::from_chars(before.data(), before.data() + before.size(), head.before, 16);
  return head;
}

}  // namespace cadre::journal
