#include "host/base/durable_lines.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "host/base/file.hpp"
#include "host/base/temporary_folder.hpp"

namespace cadre::base {
namespace {

class Lines : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "lines"; }
  void write(int count) const {
    auto lines = DurableLines::open(path());
    ASSERT_TRUE(lines);
    for (int i = 0; i < count; ++i)
      ASSERT_FALSE(lines->append({{"number", i}, {"text", "a \"quoted\"\nline"}}).has_errors());
  }
  std::string bytes() const { return read_file(path()).take(); }
  void put(const std::string& bytes) const { std::ofstream(path(), std::ios::binary) << bytes; }

  TemporaryFolder folder_;
};

TEST_F(Lines, are_found_again_in_their_order) {
  write(3);
  const auto lines = DurableLines::open(path());
  ASSERT_TRUE(lines);
  EXPECT_TRUE(lines.problems().empty());
  ASSERT_EQ(lines->found().size(), 3u);
  EXPECT_EQ(lines->found()[2].at("number"), 2);
  EXPECT_EQ(lines->found()[0].at("text"), "a \"quoted\"\nline");
}

TEST_F(Lines, that_were_cut_off_at_any_byte_of_the_last_one_lose_it_alone_and_go_on) {
  write(3);
  const std::string whole = bytes();
  const std::size_t third = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t size = third + 1; size < whole.size(); ++size) {
    put(whole.substr(0, size));
    auto lines = DurableLines::open(path());
    ASSERT_TRUE(lines) << size;
    ASSERT_EQ(lines.problems().size(), 1u);
    EXPECT_EQ(lines.problems()[0].code, "STATE_LINE_CUT");
    EXPECT_EQ(lines->found().size(), 2u);
    ASSERT_FALSE(lines->append({{"number", 9}}).has_errors());
    const auto again = DurableLines::open(path());
    ASSERT_TRUE(again);
    EXPECT_TRUE(again.problems().empty());
    EXPECT_EQ(again->found().size(), 3u);
  }
}

TEST_F(Lines, that_are_damaged_are_refused_with_their_place) {
  write(3);
  const std::string whole = bytes();
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    if (at == whole.size() - 1) continue;
    std::string damaged = whole;
    damaged[at] = damaged[at] == '7' ? '8' : '7';
    put(damaged);
    const auto lines = DurableLines::open(path());
    ASSERT_FALSE(lines) << at;
    EXPECT_EQ(lines.problems()[0].code, "STATE_LINE_DAMAGED");
    EXPECT_GE(lines.problems()[0].place.line, 1u);
    EXPECT_EQ(bytes(), damaged) << "what is damaged is not written to";
  }
}

TEST_F(Lines, whose_last_one_has_a_hole_lose_it_alone_and_others_are_damaged) {
  write(3);
  const std::string whole = bytes();
  const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  std::string torn = whole;
  torn.replace(last, 5, std::string(5, '\0'));
  put(torn);
  {
    const auto lines = DurableLines::open(path());
    ASSERT_TRUE(lines);
    EXPECT_EQ(lines->found().size(), 2u);
    EXPECT_EQ(lines.problems()[0].code, "STATE_LINE_CUT");
  }
  torn = whole;
  torn.replace(0, 5, std::string(5, '\0'));
  put(torn);
  EXPECT_EQ(DurableLines::open(path()).problems()[0].code, "STATE_LINE_DAMAGED");
}

TEST_F(Lines, cannot_be_added_to_a_file_that_was_deleted) {
  auto lines = DurableLines::open(path());
  ASSERT_TRUE(lines);
  std::filesystem::remove(path());
  EXPECT_EQ(lines->append({{"number", 1}})[0].code, "FILE_NOT_WRITABLE");
}

}  // namespace
}  // namespace cadre::base
