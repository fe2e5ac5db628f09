#include "host/base/durable_lines.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "host/base/file.hpp"
#include "host/base/seal.hpp"
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

TEST_F(Lines, whose_next_one_was_cut_off_at_any_byte_lose_it_alone_and_go_on) {
  write(3);
  const std::string whole = bytes();
  const std::size_t third = whole.rfind('\n', whole.size() - 2) + 1;
  const std::string seal = read_file(seal_of(path())).take();
  // Nobody was told of a fourth line: the seal is of three.
  for (std::size_t size = 1; size < whole.size() - third - 1; ++size) {
    put(whole + whole.substr(third, size));
    ASSERT_FALSE(write_file_atomically(seal_of(path()), seal).has_errors());
    auto lines = DurableLines::open(path());
    ASSERT_TRUE(lines) << size;
    ASSERT_EQ(lines.problems().size(), 1u);
    EXPECT_EQ(lines.problems()[0].code, "STATE_LINE_CUT");
    EXPECT_EQ(lines->found().size(), 3u);
    ASSERT_FALSE(lines->append({{"number", 9}}).has_errors());
    const auto again = DurableLines::open(path());
    ASSERT_TRUE(again);
    EXPECT_TRUE(again.problems().empty());
    EXPECT_EQ(again->found().size(), 4u);
  }
}

TEST_F(Lines, that_lack_only_their_last_end_are_whole_where_no_seal_says_more) {
  write(3);
  const std::string whole = bytes();
  std::filesystem::remove(seal_of(path()));  // as an earlier version left them
  put(whole.substr(0, whole.size() - 1));
  {
    const auto lines = DurableLines::open(path());
    ASSERT_TRUE(lines);
    EXPECT_EQ(lines->found().size(), 3u);
  }
  EXPECT_EQ(bytes(), whole);
}

TEST_F(Lines, that_were_acknowledged_and_are_cut_lost_or_older_are_refused) {
  write(2);
  const std::string older = bytes();
  {
    auto lines = DurableLines::open(path());
    ASSERT_TRUE(lines);
    ASSERT_FALSE(lines->append({{"number", 2}}).has_errors());
  }
  const std::string whole = bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(whole.substr(0, size));
    const auto lines = DurableLines::open(path());
    ASSERT_FALSE(lines) << size;
    EXPECT_TRUE(lines.problems()[0].code == "STATE_FILE_CHANGED" ||
                lines.problems()[1].code == "STATE_FILE_CHANGED");
    EXPECT_EQ(bytes(), whole.substr(0, size)) << "what is refused is not written to";
  }
  put(older);
  EXPECT_EQ(DurableLines::open(path()).problems()[0].code, "STATE_FILE_CHANGED");
  std::filesystem::remove(path());
  EXPECT_EQ(DurableLines::open(path()).problems()[0].code, "STATE_FILE_LOST");
  EXPECT_FALSE(std::filesystem::exists(path()));
  put(whole);
  EXPECT_TRUE(DurableLines::open(path()));
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

TEST_F(Lines, whose_next_one_has_a_hole_lose_it_alone_and_others_are_damaged) {
  write(3);
  const std::string whole = bytes();
  const std::string seal = read_file(seal_of(path())).take();
  const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  std::string next = whole.substr(last);
  next.replace(0, 5, std::string(5, '\0'));
  put(whole + next);
  {
    const auto lines = DurableLines::open(path());
    ASSERT_TRUE(lines);
    EXPECT_EQ(lines->found().size(), 3u);
    EXPECT_EQ(lines.problems()[0].code, "STATE_LINE_CUT");
  }
  std::string torn = whole;
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
