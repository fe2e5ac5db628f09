#include "host/live/incarnations.hpp"

#include <gtest/gtest.h>

#include "host/base/temporary_folder.hpp"

namespace cadre::live {
namespace {

class IncarnationsTest : public ::testing::Test {
 protected:
  std::unique_ptr<Incarnations> open(const std::string& host = "") const {
    return Incarnations::open(folder_.path() / "incarnations", host).take();
  }

  base::TemporaryFolder folder_;
};

TEST_F(IncarnationsTest, a_host_keeps_the_name_that_it_was_given_first) {
  const std::string name = open()->host();
  EXPECT_EQ(name.size(), 32u);
  EXPECT_EQ(open("another")->host(), name);
}

TEST_F(IncarnationsTest, a_host_whose_file_was_lost_takes_the_name_of_its_journals) {
  EXPECT_EQ(open("0123456789abcdef0123456789abcdef")->host(), "0123456789abcdef0123456789abcdef");
}

TEST_F(IncarnationsTest, a_book_that_was_opened_has_lived_also_for_the_next_host) {
  EXPECT_FALSE(open()->has_lived("main"));
  ASSERT_FALSE(open()->opened("main", 1).has_errors());
  ASSERT_FALSE(open()->opened("main", 2).has_errors());
  EXPECT_TRUE(open()->has_lived("main"));
  EXPECT_EQ(open()->last("main"), 2u);
  EXPECT_FALSE(open()->has_lived("other"));
}

TEST_F(IncarnationsTest, a_book_that_left_need_not_have_a_journal_and_is_counted_on_when_it_has) {
  const auto all = open();
  ASSERT_FALSE(all->opened("main", 3).has_errors());
  ASSERT_FALSE(all->left("main").has_errors());
  EXPECT_FALSE(all->has_lived("main"));
  EXPECT_EQ(all->last("main"), 3u);
}

TEST_F(IncarnationsTest, a_book_that_was_given_up_begins_another_time) {
  const auto all = open();
  ASSERT_FALSE(all->opened("main", 3).has_errors());
  ASSERT_FALSE(all->given_up("main", "anna").has_errors());
  EXPECT_FALSE(all->has_lived("main"));
  EXPECT_EQ(all->last("main"), 0u);
  EXPECT_EQ(all->beginnings("main"), 1u);
  ASSERT_FALSE(all->restored("main", 3, 0, "anna").has_errors());
  EXPECT_TRUE(all->has_lived("main"));
  EXPECT_EQ(all->beginnings("main"), 0u);
}

}  // namespace
}  // namespace cadre::live
