#include "host/revision/folder_watch.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <mutex>

#include "host/base/file.hpp"

using cadre::revision::FolderWatch;
using cadre::revision::WatchOptions;
using testing::ElementsAre;

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto long_enough = 30s;

class Watch : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) / ("cadre_watch_" + std::to_string(::getpid()));
    fs::remove_all(root_);
    folder_ = root_ / "agents";
    fs::create_directories(folder_);
  }
  void TearDown() override {
    watch_.reset();
    fs::remove_all(root_);
  }

  /// Without the poll unless asked for, so that it is the events that are tested.
  void start(std::chrono::milliseconds debounce, std::chrono::milliseconds poll = 0ms, bool events = true) {
    watch_.emplace(WatchOptions{{folder_}, debounce, poll, events}, [this] {
      const std::lock_guard lock(mutex_);
      saw_sentinel_.push_back(fs::exists(folder_ / "sentinel"));
      called_.notify_all();
    });
  }
  bool wait_for_calls(std::size_t count, std::chrono::milliseconds longest = long_enough) {
    std::unique_lock lock(mutex_);
    return called_.wait_for(lock, longest, [&] { return saw_sentinel_.size() >= count; });
  }
  std::size_t calls() {
    const std::lock_guard lock(mutex_);
    return saw_sentinel_.size();
  }
  /// Changes something else, and waits until that is told: whatever was to be told before has been.
  std::vector<bool> calls_up_to_a_sentinel() {
    write(folder_ / "sentinel", "x");
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(
        called_.wait_for(lock, long_enough, [&] { return !saw_sentinel_.empty() && saw_sentinel_.back(); }));
    return saw_sentinel_;
  }
  /// That what was just done is told by exactly one call.
  void expect_one_call() {
    EXPECT_TRUE(wait_for_calls(1));
    EXPECT_THAT(calls_up_to_a_sentinel(), ElementsAre(false, true));
  }
  static void write(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
  }

  fs::path root_, folder_;
  std::mutex mutex_;
  std::condition_variable called_;
  std::vector<bool> saw_sentinel_;
  std::optional<FolderWatch> watch_;
};

}  // namespace

TEST_F(Watch, tells_a_new_file_once) {
  start(300ms);
  write(folder_ / "new", "1");
  expect_one_call();
}

TEST_F(Watch, tells_nothing_of_what_was_there_before) {
  write(folder_ / "old", "1");
  start(50ms, 20ms);
  EXPECT_THAT(calls_up_to_a_sentinel(), ElementsAre(true));
}

TEST_F(Watch, tells_an_overwrite_in_place_once) {
  write(folder_ / "file", "1");
  start(300ms);
  const int file = ::open((folder_ / "file").c_str(), O_WRONLY);
  EXPECT_EQ(::pwrite(file, "2", 1, 0), 1);
  ::close(file);
  expect_one_call();
}

TEST_F(Watch, tells_a_truncation_by_path_once) {
  write(folder_ / "file", "many bytes");
  start(300ms);
  EXPECT_EQ(::truncate((folder_ / "file").c_str(), 3), 0);
  expect_one_call();
}

TEST_F(Watch, tells_a_replacement_by_rename_once) {
  write(folder_ / "file", "1");
  start(300ms);
  EXPECT_TRUE(cadre::base::write_file_atomically(folder_ / "file", "2").empty());
  expect_one_call();
}

TEST_F(Watch, tells_a_symbolic_link_put_over_a_file_once) {
  write(root_ / "outside", "1");
  write(folder_ / "file", "0");
  start(300ms);
  fs::create_symlink(root_ / "outside", folder_ / "link");
  fs::rename(folder_ / "link", folder_ / "file");
  expect_one_call();
}

TEST_F(Watch, tells_a_slow_write_once_and_at_its_end) {
  start(500ms);
  std::ofstream file(folder_ / "library.so", std::ios::binary);
  for (int piece = 0; piece < 50; ++piece) {
    file << std::string(1000, 'x') << std::flush;
    EXPECT_FALSE(wait_for_calls(1, 20ms)) << "told at piece " << piece << " of 50";
  }
  file.close();
  expect_one_call();
}

TEST_F(Watch, tells_a_steady_stream_before_it_ends) {
  start(50ms);
  const auto give_up = std::chrono::steady_clock::now() + long_enough;
  while (calls() == 0 && std::chrono::steady_clock::now() < give_up)
    write(folder_ / "log", "again");
  EXPECT_GE(calls(), 1u);
}

TEST_F(Watch, tells_that_a_file_went_and_that_it_came_back) {
  write(folder_ / "file", "1");
  start(50ms);
  fs::remove(folder_ / "file");
  EXPECT_TRUE(wait_for_calls(1));
  write(folder_ / "file", "1");
  EXPECT_TRUE(wait_for_calls(2));
}

TEST_F(Watch, tells_a_thousand_files_once) {
  start(500ms);
  for (int i = 0; i < 1000; ++i)
    write(folder_ / ("file" + std::to_string(i)), "1");
  expect_one_call();
}

TEST_F(Watch, tells_once_when_events_and_comparison_both_find_it) {
  start(300ms, 10ms);
  write(folder_ / "new", "1");
  expect_one_call();
}

TEST_F(Watch, finds_what_happens_in_new_folders_below) {
  start(50ms);
  fs::create_directories(folder_ / "a" / "b");
  EXPECT_TRUE(wait_for_calls(1));
  EXPECT_EQ(watch_->folders_with_events(), 3u);
  write(folder_ / "a" / "b" / "deep", "1");
  EXPECT_TRUE(wait_for_calls(2));
}

TEST_F(Watch, forgets_folders_that_were_moved_away) {
  fs::create_directories(folder_ / "a" / "b");
  start(50ms);
  EXPECT_EQ(watch_->folders_with_events(), 3u);
  fs::rename(folder_ / "a", root_ / "elsewhere");
  EXPECT_TRUE(wait_for_calls(1));
  EXPECT_EQ(watch_->folders_with_events(), 1u);
  write(root_ / "elsewhere" / "b" / "file", "1");
  EXPECT_THAT(calls_up_to_a_sentinel(), ElementsAre(false, true));
}

TEST_F(Watch, finds_a_folder_that_vanished_and_came_back) {
  start(50ms, 20ms);
  fs::remove_all(folder_);
  EXPECT_TRUE(wait_for_calls(1));
  EXPECT_EQ(watch_->folders_with_events(), 0u);
  fs::create_directories(folder_);
  EXPECT_TRUE(wait_for_calls(2));
  EXPECT_EQ(watch_->folders_with_events(), 1u);
  write(folder_ / "file", "1");
  EXPECT_TRUE(wait_for_calls(3));
}

TEST_F(Watch, finds_a_folder_that_was_replaced_by_another) {
  write(folder_ / "file", "1");
  fs::copy(folder_, root_ / "next");
  start(50ms, 20ms);
  fs::rename(folder_, root_ / "last");
  fs::rename(root_ / "next", folder_);
  EXPECT_TRUE(wait_for_calls(1));
  EXPECT_THAT(calls_up_to_a_sentinel().back(), true);
}

TEST_F(Watch, finds_a_link_to_a_folder_that_was_turned) {
  fs::create_directories(root_ / "release1");
  fs::create_directories(root_ / "release2");
  fs::remove(folder_);
  fs::create_directory_symlink(root_ / "release1", folder_);
  start(50ms, 20ms);
  fs::create_directory_symlink(root_ / "release2", root_ / "turned");
  fs::rename(root_ / "turned", folder_);
  EXPECT_TRUE(wait_for_calls(1));
  write(root_ / "release2" / "sentinel", "1");
  EXPECT_TRUE(wait_for_calls(2));
}

TEST_F(Watch, compares_what_symbolic_links_point_to) {
  write(root_ / "outside", "1");
  fs::create_symlink(root_ / "outside", folder_ / "link");
  start(50ms, 20ms);
  write(root_ / "outside", "longer");
  EXPECT_TRUE(wait_for_calls(1));
}

TEST_F(Watch, finds_changes_without_any_events) {
  write(folder_ / "file", "1");
  start(20ms, 20ms, false);
  EXPECT_EQ(watch_->folders_with_events(), 0u);
  write(folder_ / "file", "longer");
  EXPECT_TRUE(wait_for_calls(1));
  fs::remove(folder_ / "file");
  EXPECT_TRUE(wait_for_calls(2));
  EXPECT_THAT(calls_up_to_a_sentinel(), ElementsAre(false, false, true));
}

TEST_F(Watch, watches_other_folders_when_told_to) {
  start(50ms);
  fs::create_directories(root_ / "other");
  watch_->set_folders({root_ / "other", root_ / "not_there"});
  write(folder_ / "file", "1");
  write(root_ / "other" / "file", "1");
  EXPECT_TRUE(wait_for_calls(1));
  EXPECT_EQ(watch_->folders_with_events(), 1u);
}

TEST_F(Watch, ends_while_a_change_is_waiting_to_be_told) {
  start(std::chrono::milliseconds(1h));
  write(folder_ / "file", "1");
  watch_.reset();
  EXPECT_EQ(calls(), 0u);
}

TEST_F(Watch, looks_past_the_folder_that_is_excepted) {
  const fs::path state = folder_ / "state";
  fs::create_directories(state);
  watch_.emplace(WatchOptions{.folders = {folder_}, .debounce = 20ms, .poll = 50ms, .except = state}, [this] {
    const std::lock_guard lock(mutex_);
    saw_sentinel_.push_back(fs::exists(folder_ / "sentinel"));
    called_.notify_all();
  });
  EXPECT_EQ(watch_->folders_with_events(), 1u);
  write(state / "journal", "1");
  EXPECT_THAT(calls_up_to_a_sentinel(), ElementsAre(true));
}

TEST_F(Watch, may_be_told_other_folders_from_within_the_call) {
  fs::create_directories(root_ / "other");
  std::optional<FolderWatch> watch;
  std::mutex mutex;
  std::condition_variable called;
  int count = 0;
  {
    const std::lock_guard lock(mutex);
    watch.emplace(WatchOptions{{folder_}, 20ms, 0ms}, [&] {
      const std::lock_guard inner(mutex);
      watch->set_folders({root_ / "other"});
      ++count;
      called.notify_all();
    });
  }
  write(folder_ / "file", "1");
  std::unique_lock lock(mutex);
  ASSERT_TRUE(called.wait_for(lock, long_enough, [&] { return count == 1; }));
  write(root_ / "other" / "file", "1");
  EXPECT_TRUE(called.wait_for(lock, long_enough, [&] { return count == 2; }));
}
