#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "host/base/file.hpp"

/// A file in a folder of its own, gone with the object.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, std::string_view bytes) {
    static int count = 0;
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("cadre_market_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    std::filesystem::create_directories(folder_);
    path_ = folder_ / name;
    EXPECT_TRUE(cadre::base::write_file_atomically(path_, bytes).empty());
  }
  ~TemporaryFile() { std::filesystem::remove_all(folder_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path folder_;
  std::filesystem::path path_;
};

/// Codes and lines of all problems, with the folder left out.
inline std::string lines_of(const cadre::base::Problems& problems) {
  std::string text;
  for (auto problem : problems) {
    problem.place.file = std::filesystem::path(problem.place.file).filename().string();
    const std::string code = std::exchange(problem.code, {});
    text += code + " " + to_line(problem) + "\n";
  }
  return text;
}
