#include "host/report/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/report/table.hpp"

namespace cadre::report {
namespace {

constexpr std::chrono::milliseconds draw_every{100};

// "12 s", "3 min 05 s", "1 h 02 min"
std::string duration(double seconds) {
  const auto whole = static_cast<long>(std::min(std::ceil(seconds), 3.6e8));
  char text[48];
  if (whole < 60) {
    std::snprintf(text, sizeof text, "%ld s", whole);
  } else if (whole < 3600) {
    std::snprintf(text, sizeof text, "%ld min %02ld s", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
  }
  return text;
}

// A bar that cannot be drawn is no reason to stop.
void write_text(int descriptor, const std::string& text) {
  [[maybe_unused]] const ssize_t written = ::write(descriptor, text.data(), text.size());
}

}  // namespace

std::string progress_line(const std::string& label, uint64_t done, uint64_t total, double elapsed_seconds,
                          std::size_t width) {
  const double share =
      total == 0 ? 1.0 : static_cast<double>(std::min(done, total)) / static_cast<double>(total);
  std::string after = " " + percent(share, 0);
  if (elapsed_seconds > 0.0 && done > 0) {
    const double rate = static_cast<double>(done) / elapsed_seconds;
    after += "  " + decimals(rate, rate < 10.0 ? 1 : 0) + "/s";
    if (done < total) after += "  " + duration(static_cast<double>(total - done) / rate) + " left";
  }
  const std::size_t taken = display_width(label) + 1 + 2 + display_width(after);
  if (width < taken + 5) return label + after;
  const std::size_t cells = std::min<std::size_t>(width - taken, 40);
  const auto full = static_cast<std::size_t>(share * static_cast<double>(cells));
  return label + " [" + std::string(full, '#') + std::string(cells - full, '.') + "]" + after;
}

Progress::Progress(std::string label, uint64_t total, int descriptor)
    : label_(std::move(label)),
      total_(total),
      descriptor_(descriptor),
      shown_on_terminal_(::isatty(descriptor) == 1) {}

Progress::~Progress() {
  finish();
}

void Progress::update(uint64_t done) {
  if (!shown_on_terminal_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + draw_every;
  const double elapsed_seconds = std::chrono::duration<double>(now - start_).count();
  // One column stays free: some terminals wrap when the last one is written.
  write_text(descriptor_, "\r" +
                              progress_line(label_, done, total_, elapsed_seconds,
                                            terminal_width(descriptor_).value_or(80) - 1) +
                              "\x1b[K");
  drawn_ = true;
}

void Progress::finish() {
  if (drawn_) write_text(descriptor_, "\r\x1b[K");
  drawn_ = shown_on_terminal_ = false;
}

}  // namespace cadre::report
