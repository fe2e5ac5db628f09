#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace cadre::report {

/// One line of a progress bar of `width` columns: label, bar, share, rate, time left.
std::string progress_line(const std::string& label, uint64_t done, uint64_t total, double elapsed_seconds,
                          std::size_t width);

/// A progress bar that draws itself over and over on one line and is gone when it ends. On what is not a
/// terminal it writes nothing at all.
class Progress {
 public:
  Progress(std::string label, uint64_t total, int descriptor = STDERR_FILENO);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Cheap: draws at most ten times a second.
  void update(uint64_t done);
  /// Erases the bar, for good.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  std::string label_;
  uint64_t total_;
  int descriptor_;
  bool shown_on_terminal_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_draw_ = start_;
};

}  // namespace cadre::report
