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

TEST(History, a_copy_stays_as_it_was_while_the_original_grows_and_grows_by_itself) {
  for (const int copied_at : {0, 1, 63, 64, 65, 130}) {
    History original(2, 0, false);
    original.keep_most(100);
    for (int day = 0; day < copied_at; ++day)
      original.add(bar(day));
    History copy(original);
    for (int day = copied_at; day < 400; ++day)
      original.add(bar(day));
    ASSERT_EQ(copy.rows(), static_cast<std::size_t>(copied_at));
    copy.add(bar(1000));
    for (int day = 0; day <= copied_at; ++day) {
      const int shown = day == copied_at ? 1000 : day;
      ASSERT_DOUBLE_EQ(copy.closes(static_cast<std::size_t>(day))[1], 200.0 + 2 * shown) << copied_at;
    }
    EXPECT_DOUBLE_EQ(original.closes(original.rows() - 1)[0], 499.0);
  }
}

TEST(History, a_return_spans_its_gap_and_a_day_without_a_price_has_none_whether_the_mark_is_carried_or_not) {
  for (const bool carry : {false, true}) {
    History history(2, 0, carry);
    for (const std::int64_t price : {100, 0, 0, 60}) {
      model::Bar day = bar(0);
      day.close_e9[0] = price * 1'000'000'000;
      day.valid[0] = price != 0;
      history.add(day);
    }
    EXPECT_TRUE(std::isnan(history.returns(1)[0]));
    EXPECT_TRUE(std::isnan(history.returns(2)[0]));
    EXPECT_DOUBLE_EQ(history.returns(3)[0], -0.4);
    EXPECT_EQ(history.returns(2)[1], 0.0);
    EXPECT_EQ(history.closes(2)[0] == 100.0, carry);
    EXPECT_EQ(std::isnan(history.closes(2)[0]), !carry);
  }
}

TEST(History, has_no_volume_where_a_bar_has_none) {
  History history(2, 0, false);
  history.add(bar(0));
  EXPECT_TRUE(history.volumes(0).empty());
  model::Bar with = bar(1);
  with.has_volume = true;
  with.volume = {5, 7};
  history.add(with);
  EXPECT_TRUE(std::isnan(history.volumes(0)[1]));
  EXPECT_EQ(history.volumes(1)[1], 7.0);
}

}  // namespace
}  // namespace cadre::book
