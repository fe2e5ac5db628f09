#include "host/live/watermark.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "host/base/temporary_folder.hpp"

namespace cadre::live {
namespace {

class WatermarkTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "watermark"; }
  void set(std::initializer_list<Watermark::Mark> marks) {
    auto opened = Watermark::open(path()).take();
    for (const Watermark::Mark& mark : marks)
      opened.set(mark);
  }
  void damage(std::streamoff at) {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file.put('\x55');
  }

  base::TemporaryFolder folder_;
};

TEST_F(WatermarkTest, is_nothing_before_it_was_set) {
  EXPECT_FALSE(Watermark::read(path()));
  set({});
  EXPECT_FALSE(Watermark::read(path()));
}

TEST_F(WatermarkTest, says_what_was_set_last) {
  set({{1, 100, 3}, {1, 200, 5}, {2, 300, 9}});
  const auto mark = Watermark::read(path());
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->incarnation, 2u);
  EXPECT_EQ(mark->bytes, 300u);
  EXPECT_EQ(mark->sequence, 9u);
}

TEST_F(WatermarkTest, says_the_one_before_when_the_last_is_torn) {
  set({{1, 100, 3}, {1, 200, 5}});
  damage(32 + 9);  // in the second of two slots of 32 bytes
  const auto mark = Watermark::read(path());
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->bytes, 100u);
}

TEST_F(WatermarkTest, of_which_both_halves_are_torn_says_nothing) {
  set({{1, 100, 3}, {1, 200, 5}});
  damage(1);
  damage(32 + 1);
  EXPECT_FALSE(Watermark::read(path()));
}

}  // namespace
}  // namespace cadre::live
