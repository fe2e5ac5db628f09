#include "host/base/invariant.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/base/result.hpp"

namespace cadre::base {
namespace {

TEST(Invariant, that_holds_does_nothing) {
  EXPECT_NO_THROW(CADRE_INVARIANT(1 + 1 == 2, "test.sums", "sums are right"));
}

TEST(Invariant, that_is_broken_names_itself_its_claim_the_book_the_event_and_the_place) {
  occasion() = {"main", 12};
  try {
    CADRE_INVARIANT(1 + 1 == 3, "test.sums", "sums are right");
    FAIL() << "nothing was thrown";
  } catch (const InvariantBroken& broken) {
    EXPECT_EQ(broken.name(), "test.sums");
    EXPECT_THAT(
        broken.what(),
        testing::MatchesRegex("the invariant test.sums is broken: sums are right \\(book main, event 12, "
                              "invariant_test.cpp:[0-9]+\\)"));
  }
  occasion() = {};
}

TEST(Invariant, keeps_the_value_of_a_result_that_has_none_from_being_taken) {
  Problems problems;
  problems.error("TEST_PROBLEM", {}, "there is no value");
  const Result<int> none = problems;
  EXPECT_THROW(static_cast<void>(*none), InvariantBroken);
}

}  // namespace
}  // namespace cadre::base
