#include "host/admin/http_message.hpp"

#include <algorithm>
#include <charconv>

#include "host/base/hash.hpp"

namespace cadre::admin {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::string_view Request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

std::string_view reason_phrase(unsigned status) {
  constexpr std::pair<unsigned, std::string_view> phrases[] = {{200, "OK"},
                                                               {201, "Created"},
                                                               {202, "Accepted"},
                                                               {400, "Bad Request"},
                                                               {401, "Unauthorized"},
                                                               {404, "Not Found"},
                                                               {405, "Method Not Allowed"},
                                                               {409, "Conflict"},
                                                               {412, "Precondition Failed"},
                                                               {413, "Content Too Large"},
                                                               {415, "Unsupported Media Type"},
                                                               {422, "Unprocessable Content"},
                                                               {428, "Precondition Required"},
                                                               {429, "Too Many Requests"},
                                                               {431, "Request Header Fields Too Large"},
                                                               {500, "Internal Server Error"},
                                                               {501, "Not Implemented"},
                                                               {503, "Service Unavailable"}};
  for (const auto& [code, phrase] : phrases) {
    if (code == status) return phrase;
  }
  return {};
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  const std::string left = base::sha256_hex(a);
  const std::string right = base::sha256_hex(b);
  unsigned difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i)
    difference |= static_cast<unsigned>(left[i] ^ right[i]);
  return difference == 0;
}

bool is_bearer(std::string_view authorization, std::string_view token) {
  constexpr std::string_view scheme = "bearer ";
  return authorization.size() > scheme.size() &&
         lower_case(authorization.substr(0, scheme.size())) == scheme &&
         equal_secrets(authorization.substr(scheme.size()), token);
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += digits[byte >> 4];
    encoded += digits[byte & 15];
  }
  return encoded;
}

std::optional<std::map<std::string, std::string>> query_members(std::string_view query) {
  std::map<std::string, std::string> members;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decoded(pair.substr(0, equals));
    auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value || !members.emplace(std::move(*name), std::move(*value)).second) return std::nullopt;
  }
  return members;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || text.empty() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string to_frame(const ServerSentEvent& event) {
  std::string frame;
  if (!event.id.empty()) frame += "id: " + event.id + "\n";
  if (!event.event.empty()) frame += "event: " + event.event + "\n";
  std::string_view rest = event.data;
  while (true) {
    const std::size_t end = rest.find('\n');
    frame += "data: ";
    frame += rest.substr(0, end);
    frame += '\n';
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return frame + "\n";
}

std::vector<EventParser::Item> EventParser::feed(std::string_view bytes) {
  std::vector<Item> items;
  for (const char c : bytes) {
    if (c != '\n') {
      line_ += c;
      continue;
    }
    const std::string line = std::exchange(line_, {});
    if (line.empty()) {
      if (has_data_) items.push_back({false, event_, {}});
      event_ = {};
      has_data_ = false;
      continue;
    }
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view field = std::string_view(line).substr(0, colon);
    std::string_view value = std::string_view(line).substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (colon == 0) {
      items.push_back({true, {}, std::string(value)});
    } else if (field == "id") {
      event_.id = value;
    } else if (field == "event") {
      event_.event = value;
    } else if (field == "data") {
      if (has_data_) event_.data += '\n';
      event_.data += value;
      has_data_ = true;
    }
  }
  return items;
}

}  // namespace cadre::admin
