#include "host/revision/revision_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <fstream>

#include "host/base/file.hpp"

using namespace cadre::revision;
using cadre::base::Problems;
using testing::ElementsAre;
using testing::IsEmpty;

namespace fs = std::filesystem;

namespace {

class Store : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("cadre_revisions_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<RevisionStore> open() {
    auto store = RevisionStore::open(folder_ / "host");
    EXPECT_TRUE(store);
    return std::move(store).take();
  }
  /// A store with revisions 1 to `count`, of which `current` is the one to boot.
  void fill(std::uint64_t count, std::uint64_t current = 0) {
    const auto store = open();
    for (std::uint64_t n = 1; n <= count; ++n)
      ASSERT_THAT(store->append(revision(n)), IsEmpty());
    if (current != 0) {
      ASSERT_THAT(store->set_current(current), IsEmpty());
    }
  }
  static Revision revision(std::uint64_t number) {
    return {.number = number,
            .based_on = number - 1,
            .line = number - 1,
            .time_ns = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(number),
            .actor = "test",
            .reason = "because",
            .config = boost::json::parse(R"({"limit": )" + std::to_string(number) + "}")};
  }
  static std::vector<std::string> codes(const Problems& problems) {
    std::vector<std::string> all;
    for (const auto& problem : problems)
      all.push_back(problem.code);
    return all;
  }
  static std::vector<std::uint64_t> numbers(const RevisionStore& store) {
    std::vector<std::uint64_t> all;
    for (const Revision& each : store.list())
      all.push_back(each.number);
    return all;
  }
  fs::path file(const std::string& name) const { return folder_ / "host" / "revisions" / name; }
  static void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  fs::path folder_;
};

}  // namespace

TEST_F(Store, is_empty_at_first) {
  const auto store = open();
  EXPECT_EQ(store->last(), 0u);
  EXPECT_EQ(store->current(), 0u);
  EXPECT_THAT(store->list(), IsEmpty());
  EXPECT_THAT(store->problems(), IsEmpty());
}

TEST_F(Store, knows_after_a_restart_what_was_appended) {
  fill(3, 2);
  const auto store = open();
  EXPECT_THAT(store->problems(), IsEmpty());
  EXPECT_THAT(numbers(*store), ElementsAre(1, 2, 3));
  EXPECT_EQ(store->last(), 3u);
  EXPECT_EQ(store->current(), 2u);
  Revision written = revision(3);
  written.host = cadre::base::this_build();
  EXPECT_EQ(file_text(*store->get(3)), file_text(written));
  EXPECT_EQ(store->file_of(3), file("000003.json"));
}

TEST_F(Store, takes_only_the_next_number) {
  fill(2);
  const auto store = open();
  EXPECT_THAT(codes(store->append(revision(2))), ElementsAre("REVISION_EXISTS"));
  EXPECT_THAT(codes(store->append(revision(4))), ElementsAre("REVISION_OUT_OF_ORDER"));
  EXPECT_THAT(codes(store->append(revision(0))), ElementsAre("REVISION_OUT_OF_ORDER"));
  EXPECT_THAT(store->append(revision(3)), IsEmpty());
}

TEST_F(Store, does_not_overwrite_what_another_process_wrote) {
  const auto store = open();
  write(file("000001.json"), "another's");
  EXPECT_THAT(codes(store->append(revision(1))), ElementsAre("REVISION_EXISTS"));
  EXPECT_EQ(*cadre::base::read_file(file("000001.json")), "another's");
  EXPECT_EQ(std::distance(fs::directory_iterator(file("")), fs::directory_iterator()), 1);
}

TEST_F(Store, does_not_write_what_it_could_not_read_back) {
  const auto store = open();
  Revision deep = revision(1);
  for (int i = 0; i < 64; ++i)
    deep.config = boost::json::object{{"a", deep.config}};
  EXPECT_THAT(codes(store->append(deep)), ElementsAre("REVISION_NOT_STORABLE"));
  EXPECT_FALSE(fs::exists(file("000001.json")));
}

TEST_F(Store, a_damaged_file_is_named_and_hides_no_other) {
  fill(4, 4);
  fs::resize_file(file("000002.json"), 100);
  std::string text = *cadre::base::read_file(file("000004.json"));
  text.replace(text.find("\"limit\": 4"), 10, "\"limit\": 5");
  write(file("000004.json"), text);

  const auto store = open();
  EXPECT_THAT(codes(store->problems()), ElementsAre("REVISION_DAMAGED", "REVISION_DAMAGED"));
  EXPECT_EQ(store->problems()[0].place.file, file("000002.json").string());
  EXPECT_THAT(numbers(*store), ElementsAre(1, 3));
  EXPECT_THAT(codes(store->get(4).problems()), ElementsAre("REVISION_DAMAGED"));
  EXPECT_EQ(store->last(), 4u) << "its number stays taken";
  EXPECT_EQ(store->current(), 4u) << "the host has to see that it cannot boot what it should";
  EXPECT_THAT(codes(store->set_current(2)), ElementsAre("REVISION_DAMAGED"));
  EXPECT_THAT(store->append(revision(5)), IsEmpty());
}

TEST_F(Store, a_copied_file_is_damaged_and_a_missing_one_is_named) {
  fill(4);
  fs::copy_file(file("000001.json"), file("000002.json"), fs::copy_options::overwrite_existing);
  fs::remove(file("000003.json"));
  EXPECT_THAT(codes(open()->problems()), ElementsAre("REVISION_DAMAGED", "REVISION_MISSING"));
}

TEST_F(Store, passes_over_leftovers_and_strange_names) {
  fill(1);
  for (const char* name :
       {".000002.json.new", ".000002.json.new.Ab12Cd", "2.json", "000000.json", "notes.txt"})
    write(file(name), "{");
  const auto store = open();
  EXPECT_THAT(store->problems(), IsEmpty());
  EXPECT_EQ(store->last(), 1u);
  EXPECT_THAT(store->append(revision(2)), IsEmpty());
}

TEST_F(Store, current_is_a_revision_there_is) {
  fill(2, 1);
  EXPECT_THAT(codes(open()->set_current(3)), ElementsAre("REVISION_UNKNOWN"));
  EXPECT_EQ(open()->current(), 1u);
  for (const char* text : {"", "2", "two\n", "3\n", "-1\n"}) {
    write(folder_ / "host" / "CURRENT", text);
    EXPECT_THAT(codes(open()->problems()), ElementsAre("STATE_FILE_CHANGED")) << text;
    std::filesystem::remove(folder_ / "host" / "CURRENT.seal");  // as an earlier version left it
    const auto store = open();
    EXPECT_THAT(codes(store->problems()), ElementsAre("CURRENT_DAMAGED")) << text;
    EXPECT_EQ(store->current(), 0u);
    EXPECT_THAT(numbers(*store), ElementsAre(1, 2));
    write(folder_ / "host" / "CURRENT", "1\n");
    EXPECT_THAT(open()->set_current(1), IsEmpty());
  }
}

TEST_F(Store, names_the_revision_that_there_is_not) {
  fill(2);
  EXPECT_THAT(codes(open()->get(3).problems()), ElementsAre("REVISION_UNKNOWN"));
  EXPECT_THAT(codes(open()->get(0).problems()), ElementsAre("REVISION_UNKNOWN"));
}

TEST_F(Store, refuses_a_place_where_no_folder_can_be) {
  write(folder_, "a file");
  EXPECT_THAT(codes(RevisionStore::open(folder_ / "host").problems()),
              ElementsAre("REVISION_STORE_NOT_USABLE"));
}

TEST_F(Store, knows_the_line_of_revisions_that_say_none) {
  const auto of_0_9 = [](std::uint64_t number, std::uint64_t restores) {
    Revision each = revision(number);
    each.line.reset();
    each.restores = restores;
    return each;
  };
  {
    const auto store = open();
    for (const auto& [number, restores] : {std::pair{1, 0}, {2, 0}, {3, 0}, {4, 2}, {5, 0}, {6, 5}})
      ASSERT_THAT(store->append(of_0_9(number, restores)), IsEmpty());
  }
  const auto store = open();
  std::vector<std::uint64_t> lines;
  for (const Revision& each : store->list()) {
    lines.push_back(each.line.value());
    EXPECT_EQ(store->get(each.number)->line, each.line) << each.number;
  }
  EXPECT_THAT(lines, ElementsAre(0, 1, 2, 1, 4, 4));
}

TEST_F(Store, prepares_what_becomes_current_and_changes_nothing_before) {
  fill(3, 1);
  {
    const auto store = open();
    ASSERT_THAT(store->prepare_current(2), IsEmpty());
    EXPECT_EQ(open()->current(), 1u);
    ASSERT_THAT(store->set_current(2), IsEmpty());
  }
  EXPECT_EQ(open()->current(), 2u);
  const auto store = open();
  ASSERT_THAT(store->prepare_current(1), IsEmpty());
  ASSERT_THAT(store->set_current(3), IsEmpty()) << "another one than was prepared";
  EXPECT_EQ(open()->current(), 3u);
  EXPECT_THAT(codes(store->prepare_current(9)), ElementsAre("REVISION_UNKNOWN"));
  fs::remove(folder_ / "host" / "CURRENT");
  fs::create_directory(folder_ / "host" / "CURRENT");
  EXPECT_THAT(codes(store->prepare_current(2)), ElementsAre("FILE_NOT_WRITABLE"));
}
