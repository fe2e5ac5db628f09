#include "host/base/version.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

TEST(Version, is_three_numbers) {
  EXPECT_THAT(std::string(cadre::base::version()), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}
