#include "host/agent/semver.hpp"

#include <algorithm>
#include <charconv>

namespace cadre::agent {

namespace {

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t value = 0;
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t dot = text.find(at);
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

bool is_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= '0' && c <= '9'; });
}

std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) {
  const bool number_a = is_digits(a);
  const bool number_b = is_digits(b);
  if (number_a != number_b) return number_a ? std::strong_ordering::less : std::strong_ordering::greater;
  // Without leading zeros the longer number is the greater one, of whatever length.
  if (number_a && a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

/// "1", "1.2" or "1.2.3-rc.1": how many numbers were written, and the version with zeros for the rest.
struct PartialVersion {
  Version version;
  std::size_t numbers = 0;
};

std::optional<PartialVersion> parse_partial(std::string_view text) {
  PartialVersion result;
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    for (const std::string_view part : split(text.substr(plus + 1), '.')) {
      if (!is_identifier(part)) return std::nullopt;
    }
    text = text.substr(0, plus);
  }
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos) {
    const std::string_view pre = text.substr(dash + 1);
    for (const std::string_view part : split(pre, '.')) {
      if (!is_identifier(part) || (is_digits(part) && part.size() > 1 && part[0] == '0')) return std::nullopt;
    }
    result.version.pre_release = pre;
    text = text.substr(0, dash);
  }
  const auto parts = split(text, '.');
  if (parts.size() > 3 || (dash != std::string_view::npos && parts.size() != 3)) return std::nullopt;
  std::uint32_t* const fields[] = {&result.version.major, &result.version.minor, &result.version.patch};
  for (const std::string_view part : parts) {
    const auto number = parse_number(part);
    if (!number) return std::nullopt;
    *fields[result.numbers++] = *number;
  }
  return result;
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  const auto partial = parse_partial(text);
  if (!partial || partial->numbers != 3) return std::nullopt;
  return partial->version;
}

std::string Version::to_string() const {
  std::string text = std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch);
  return pre_release.empty() ? text : text + '-' + pre_release;
}

std::strong_ordering Version::operator<=>(const Version& other) const {
  if (const auto order = major <=> other.major; order != 0) return order;
  if (const auto order = minor <=> other.minor; order != 0) return order;
  if (const auto order = patch <=> other.patch; order != 0) return order;
  if (pre_release.empty() || other.pre_release.empty())
    return pre_release.empty() <=> other.pre_release.empty();
  const auto mine = split(pre_release, '.');
  const auto theirs = split(other.pre_release, '.');
  for (std::size_t i = 0; i < std::min(mine.size(), theirs.size()); ++i) {
    if (const auto order = compare_identifiers(mine[i], theirs[i]); order != 0) return order;
  }
  return mine.size() <=> theirs.size();
}

bool VersionRange::parse_part(std::string_view part, std::vector<Bound>& bounds) {
  if (part == "*") return true;
  const std::size_t digits = part.find_first_not_of("^~<>=");
  if (digits == std::string_view::npos) return false;
  const std::string_view sign = part.substr(0, digits);
  const auto partial = parse_partial(part.substr(digits));
  if (!partial) return false;
  const Version& from = partial->version;
  Version below{from.major, from.minor, from.patch, {}};
  if (sign == "^") {
    if (from.major > 0 || partial->numbers == 1) {
      below = {from.major + 1, 0, 0, {}};
    } else if (from.minor > 0 || partial->numbers == 2) {
      below = {0, from.minor + 1, 0, {}};
    } else {
      below = {0, 0, from.patch + 1, {}};
    }
  } else if (sign == "~" || ((sign == "=" || sign.empty()) && partial->numbers < 3)) {
    below = partial->numbers == 1 ? Version{from.major + 1, 0, 0, {}}
                                  : Version{from.major, from.minor + 1, 0, {}};
  } else if (sign == "=" || sign.empty()) {
    bounds.push_back({Relation::equal, from});
    return true;
  } else {
    if (sign == ">=")
      bounds.push_back({Relation::at_least, from});
    else if (sign == ">")
      bounds.push_back({Relation::above, from});
    else if (sign == "<=")
      bounds.push_back({Relation::at_most, from});
    else if (sign == "<")
      bounds.push_back({Relation::below, from});
    else
      return false;
    return true;
  }
  bounds.push_back({Relation::at_least, from});
  bounds.push_back({Relation::below, below});
  return true;
}

std::optional<VersionRange> VersionRange::parse(std::string_view text) {
  VersionRange range;
  range.text_ = text;
  bool any = false;
  for (const std::string_view part : split(text, ' ')) {
    if (part.empty()) continue;
    any = true;
    if (!parse_part(part, range.bounds_)) return std::nullopt;
  }
  return any ? std::optional(range) : std::nullopt;
}

bool VersionRange::contains(const Version& version) const {
  bool named = version.pre_release.empty();
  for (const Bound& bound : bounds_) {
    const auto order = version <=> bound.version;
    const bool inside = (bound.relation == Relation::equal && order == 0) ||
                        (bound.relation == Relation::at_least && order >= 0) ||
                        (bound.relation == Relation::above && order > 0) ||
                        (bound.relation == Relation::at_most && order <= 0) ||
                        (bound.relation == Relation::below && order < 0);
    if (!inside) return false;
    named = named || bound.version == version;
  }
  return named;
}

}  // namespace cadre::agent
