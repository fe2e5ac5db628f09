#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "host/base/result.hpp"

namespace cadre::app {

/// Bytes of a file, of a file that is still written, or of standard input ("-").
class FeedSource {
 public:
  enum class State {
    bytes,
    quiet,  ///< nothing came within the wait; more may
    over
  };

  /// Errors: those of a file that is not there or no file.
  static base::Result<FeedSource> open(const std::filesystem::path& path, bool follows);
  FeedSource(FeedSource&& other) noexcept;
  FeedSource& operator=(FeedSource&&) = delete;
  FeedSource(const FeedSource&) = delete;
  FeedSource& operator=(const FeedSource&) = delete;
  ~FeedSource();

  /// Waits so long for more and puts it in the place of `bytes`. Errors: FILE_NOT_READABLE, and of a file
  /// that is followed FEED_SOURCE_CUT, FEED_SOURCE_REPLACED.
  base::Result<State> read(std::string& bytes, std::chrono::milliseconds wait);
  /// How large the file is; 0: not known.
  std::uint64_t size() const;
  std::uint64_t bytes_read() const { return read_; }
  const std::string& name() const { return name_; }

 private:
  /// Whether the file that is followed is still the one at its path, and what was read of it stands there
  /// still.
  base::Problems check_source() const;
  bool is_replaced() const;
  bool is_as_read(std::uint64_t from, const std::string& bytes) const;
  void remember(std::string_view bytes);

  FeedSource(int descriptor, std::string name, bool follows)
      : descriptor_(descriptor), name_(std::move(name)), follows_(follows) {}

  int descriptor_;
  std::string name_;
  bool follows_;
  std::uint64_t read_ = 0;
  std::string first_, last_;  ///< of what was read of a file that is followed
};

}  // namespace cadre::app
