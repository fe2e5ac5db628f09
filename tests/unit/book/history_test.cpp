#include <gtest/gtest.h>

#include <cmath>

#include "host/book/history.hpp"
#include "host/model/bar.hpp"

namespace cadre::book {
namespace {

model::Bar bar(int day) {
  model::Bar record;
  record.close_e9 = {(100 + day) * 1'000'000'000LL, (200 + 2 * day) * 1'000'000'000LL};
  record.valid = {1, 1};
  return record;
}

TEST(History, that_forgets_keeps_its_newest_rows_as_they_were) {
  History whole(2, 16, false), bounded(2, 16, false);
  bounded.keep_most(10);
  for (int day = 0; day < 95; ++day) {
    whole.add(bar(day));
    bounded.add(bar(day));
    ASSERT_LT(bounded.rows(), 20u);
    ASSERT_GE(bounded.rows(), std::min<std::size_t>(10, whole.rows()));
    for (std::size_t back = 1; back <= std::min<std::size_t>(10, whole.rows()); ++back) {
      for (std::size_t column = 0; column < 2; ++column) {
        ASSERT_EQ(bounded.closes(bounded.rows() - back)[column], whole.closes(whole.rows() - back)[column]);
        const double a = bounded.returns(bounded.rows() - back)[column];
        const double b = whole.returns(whole.rows() - back)[column];
        ASSERT_TRUE(a == b || (std::isnan(a) && std::isnan(b)));
      }
    }
  }
  EXPECT_EQ(bounded.last_close(0), 194.0);
}

TEST(History, taken_from_another_one_has_its_newest_rows_and_no_more) {
  History whole(2, 16, false);
  for (int day = 0; day < 20; ++day)
    whole.add(bar(day));
  History taken(2, 4, false);
  taken.add(bar(50));
  taken.take_newest(whole, 3);
  ASSERT_EQ(taken.rows(), 3u);
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_EQ(taken.closes(row)[1], whole.closes(17 + row)[1]);
    EXPECT_EQ(taken.returns(row)[0], whole.returns(17 + row)[0]);
  }
  EXPECT_DOUBLE_EQ(taken.last_close(0), 119.0);
  taken.add(bar(20));
  EXPECT_NEAR(taken.returns(3)[0], 120.0 / 119.0 - 1, 1e-12);
  taken.take_newest(whole, 1000);
  EXPECT_EQ(taken.rows(), 20u);
}

}  // namespace
}  // namespace cadre::book
