#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "host/agent/manifest.hpp"
#include "host/base/file.hpp"

namespace cadre::agent {

/// A folder that goes away with the object.
class TestFolder {
 public:
  TestFolder() {
    static int count = 0;
    path_ = std::filesystem::path(testing::TempDir()) /
            ("cadre_agent_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view bytes) const {
    std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    EXPECT_TRUE(base::write_file_atomically(file, bytes).empty());
    return file;
  }

 private:
  std::filesystem::path path_;
};

/// The folders of the stamped plugins of this build: tests/agents, and the real ones.
inline std::filesystem::path test_agents() {
  return std::filesystem::path(CADRE_BINARY_DIR) / "test_agents";
}
inline std::filesystem::path real_agents() {
  return std::filesystem::path(CADRE_BINARY_DIR) / "agents";
}

/// The manifest of one of tests/agents.
inline std::shared_ptr<const Manifest> test_manifest(const std::string& name) {
  auto read = read_manifest(test_agents() / (name + ".json"));
  EXPECT_TRUE(read) << name;
  return std::make_shared<const Manifest>(std::move(read).take());
}

inline std::string library_bytes(const Manifest& manifest) {
  auto bytes = base::read_file(manifest.library);
  EXPECT_TRUE(bytes);
  return std::move(bytes).take();
}

inline std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

/// "CODE CODE": the codes of all problems in order.
inline std::string codes_of(const base::Problems& problems) {
  std::string text;
  for (const base::Problem& problem : problems)
    text += (text.empty() ? "" : " ") + problem.code;
  return text;
}

/// All problems as the user sees them.
inline std::string lines_of(const base::Problems& problems) {
  std::string text;
  for (const base::Problem& problem : problems)
    text += to_line(problem) + "\n";
  return text;
}

}  // namespace cadre::agent
