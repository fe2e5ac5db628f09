#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cadre::agent {

/// A semantic version (semver.org 2.0.0). Build metadata is accepted and ignored.
struct Version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  std::string pre_release;  ///< "" sorts after any

  static std::optional<Version> parse(std::string_view text);
  std::string to_string() const;
  std::strong_ordering operator<=>(const Version& other) const;
  bool operator==(const Version& other) const { return (*this <=> other) == std::strong_ordering::equal; }
};

/// A range as package managers write it: "*", "1.2.3" or "=1.2.3" (exactly), "^1.2" (compatible: below the
/// next major, or below the next minor under 1.0), "~1.2" (below 1.3), ">=1.0 <2". A pre-release is only in a
/// range that names it exactly.
class VersionRange {
 public:
  static std::optional<VersionRange> parse(std::string_view text);
  bool contains(const Version& version) const;
  const std::string& text() const { return text_; }

 private:
  enum class Relation { equal, at_least, above, at_most, below };
  struct Bound {
    Relation relation;
    Version version;
  };
  static bool parse_part(std::string_view part, std::vector<Bound>& bounds);

  std::string text_;
  std::vector<Bound> bounds_;
};

}  // namespace cadre::agent
