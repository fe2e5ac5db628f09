#include "host/agent/semver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cadre::agent {
namespace {

bool in_range(const char* range, const char* version) {
  const auto parsed = VersionRange::parse(range);
  EXPECT_TRUE(parsed) << range;
  return parsed && parsed->contains(*Version::parse(version));
}

TEST(Version, prints_as_it_was_written) {
  for (const char* text :
       {"0.0.0", "1.2.3", "10.20.30", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-0.3.7", "1.0.0-x-y.z"}) {
    const auto version = Version::parse(text);
    ASSERT_TRUE(version) << text;
    EXPECT_EQ(version->to_string(), text);
  }
}

TEST(Version, leaves_out_build_metadata) {
  ASSERT_TRUE(Version::parse("1.2.3+20260101.x"));
  EXPECT_EQ(Version::parse("1.2.3+20260101.x")->to_string(), "1.2.3");
  EXPECT_EQ(*Version::parse("1.2.3+a"), *Version::parse("1.2.3+b"));
}

TEST(Version, refuses_what_is_no_semantic_version) {
  for (const char* text :
       {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "1.2.x", "v1.2.3", "1.2.3-", "1.2.3-a..b", "1.2.3-a_b",
        " 1.2.3", "1.2.3 ", "-1.2.3", "1.2.4294967296", "1.2.3-01", "1.2.3+", "1.2.3+a..b"}) {
    EXPECT_FALSE(Version::parse(text)) << text;
  }
}

TEST(Version, sorts_in_the_order_of_the_specification) {
  const std::vector<std::string> order = {"0.9.0",      "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
                                          "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
                                          "1.0.0",      "1.0.1",        "1.2.0",         "1.10.0",
                                          "2.0.0"};
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    EXPECT_LT(*Version::parse(order[i]), *Version::parse(order[i + 1])) << order[i] << " " << order[i + 1];
    EXPECT_FALSE(*Version::parse(order[i + 1]) < *Version::parse(order[i]));
  }
}

TEST(Version, compares_numbers_of_any_length_as_numbers) {
  EXPECT_LT(*Version::parse("1.0.0-9"), *Version::parse("1.0.0-99999999999"));
  EXPECT_LT(*Version::parse("1.0.0-99999999999"), *Version::parse("1.0.0-100000000000"));
  EXPECT_LT(*Version::parse("1.0.0-99999999999"), *Version::parse("1.0.0-a"));
}

TEST(VersionRange, a_star_has_every_release) {
  EXPECT_TRUE(in_range("*", "0.0.1"));
  EXPECT_TRUE(in_range("*", "99.0.0"));
  EXPECT_FALSE(in_range("*", "1.0.0-rc.1"));
}

TEST(VersionRange, a_bare_version_is_exactly_that_one) {
  for (const char* range : {"1.2.3", "=1.2.3"}) {
    EXPECT_TRUE(in_range(range, "1.2.3"));
    EXPECT_FALSE(in_range(range, "1.2.4"));
  }
  EXPECT_TRUE(in_range("1.2", "1.2.9"));
  EXPECT_FALSE(in_range("1.2", "1.3.0"));
  EXPECT_TRUE(in_range("1", "1.9.9"));
  EXPECT_FALSE(in_range("1", "2.0.0"));
}

TEST(VersionRange, a_caret_stays_below_the_next_breaking_version) {
  EXPECT_TRUE(in_range("^1.2", "1.9.0"));
  EXPECT_FALSE(in_range("^1.2", "1.1.9"));
  EXPECT_FALSE(in_range("^1.2", "2.0.0"));
  EXPECT_TRUE(in_range("^0.9", "0.9.7"));
  EXPECT_FALSE(in_range("^0.9", "0.10.0"));
  EXPECT_TRUE(in_range("^0.0.3", "0.0.3"));
  EXPECT_FALSE(in_range("^0.0.3", "0.0.4"));
  EXPECT_TRUE(in_range("^0", "0.99.0"));
  EXPECT_FALSE(in_range("^0", "1.0.0"));
}

TEST(VersionRange, a_tilde_stays_below_the_next_minor_version) {
  EXPECT_TRUE(in_range("~1.2", "1.2.9"));
  EXPECT_TRUE(in_range("~1.2.3", "1.2.3"));
  EXPECT_FALSE(in_range("~1.2.3", "1.2.2"));
  EXPECT_FALSE(in_range("~1.2", "1.3.0"));
}

TEST(VersionRange, all_parts_have_to_hold) {
  EXPECT_TRUE(in_range(">=1.0 <2", "1.5.0"));
  EXPECT_FALSE(in_range(">=1.0 <2", "2.0.0"));
  EXPECT_FALSE(in_range(">1.0.0 <=1.5", "1.0.0"));
  EXPECT_TRUE(in_range(">1.0.0 <=1.5", "1.5.0"));
  EXPECT_FALSE(in_range(">=2 <1", "1.5.0"));
}

TEST(VersionRange, a_pre_release_is_only_in_a_range_that_names_it) {
  EXPECT_TRUE(in_range("1.0.0-rc.1", "1.0.0-rc.1"));
  EXPECT_TRUE(in_range(">=1.0.0-rc.1", "1.0.0-rc.1"));
  EXPECT_FALSE(in_range(">=0.9", "1.0.0-rc.1"));
  EXPECT_FALSE(in_range(">=1.0.0-rc.1", "1.0.0-rc.2"));
}

TEST(VersionRange, refuses_what_is_no_range) {
  for (const char* text :
       {"", " ", "x", "1.x", "^", ">=", "=>1", "1..2", "^^1", "1.2.3.4", "latest", ">= 1.0", "1.2-rc"}) {
    EXPECT_FALSE(VersionRange::parse(text)) << text;
  }
}

}  // namespace
}  // namespace cadre::agent
