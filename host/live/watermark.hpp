#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "host/base/result.hpp"

namespace cadre::live {

/// How far a book's journal was acknowledged: a small file beside it, so that a journal that was put back
/// from an older copy, or lost its end, is told from one that is whole. One thread at a time.
class Watermark {
 public:
  struct Mark {
    std::uint64_t incarnation = 0;
    std::uint64_t bytes = 0;     ///< of the stream, up to its last commit
    std::uint64_t sequence = 0;  ///< of the last event in it
  };

  /// Opens the file, or makes it; the folder must exist. Errors: FILE_NOT_WRITABLE.
  static base::Result<Watermark> open(const std::filesystem::path& file);
  /// What a file says; nothing when there is none, or none that is whole.
  static std::optional<Mark> read(const std::filesystem::path& file);

  Watermark() = default;
  Watermark(Watermark&& other) noexcept;
  Watermark& operator=(Watermark&& other) noexcept;
  ~Watermark();

  /// After the journal has become durable as far as that: outlives the process at once, and the machine
  /// within a second of further commits. One that cannot be written is left as it was: it then says too
  /// little, which harms nobody.
  void set(const Mark& mark);
  /// Outlives the machine from here on.
  void sync();

 private:
  explicit Watermark(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
  std::uint64_t writes_ = 0;
  std::chrono::steady_clock::time_point synced_{};
};

}  // namespace cadre::live
