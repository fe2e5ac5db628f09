#include "host/agent/process_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <utility>

#include "host/agent/secrets.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"

namespace cadre::agent {

namespace {

std::atomic<OutputStyle> output_style{OutputStyle::plain};

// As many as say what went wrong, in a sentence that is still one.
constexpr std::size_t last_lines_most = 3;
constexpr std::size_t last_words_most = 300;
// What one who floods its pipe while it ends can keep us reading.
constexpr std::size_t reads_at_end_most = 64;

std::int64_t seconds_now() {
  using std::chrono::steady_clock;
  return std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now().time_since_epoch()).count();
}

void close_once(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

}  // namespace

void set_output_style(OutputStyle style) {
  output_style = style;
}

ProcessOutput::ProcessOutput(std::string book, const std::vector<std::string>& agents)
    : book_(std::move(book)), agents_(base::join(agents, ", ")), style_(output_style) {}

ProcessOutput::~ProcessOutput() {
  finish();
  close_once(read_end_);
  close_once(write_end_);
  close_once(stop_);
}

bool ProcessOutput::open() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  read_end_ = ends[0];
  write_end_ = ends[1];
  fcntl(read_end_, F_SETFL, O_NONBLOCK);  // of this end only: the process writes as to any pipe
  stop_ = eventfd(0, EFD_CLOEXEC);
  return stop_ >= 0;
}

bool ProcessOutput::start() {
  close_once(write_end_);
  second_ = seconds_now();
  // Signals are for those who wait for them.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    reader_ = std::thread([this] { read_all(); });
  } catch (const std::system_error&) {
    // Said by what this gives.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return reader_.joinable();
}

void ProcessOutput::finish() {
  if (!reader_.joinable()) return;
  const std::uint64_t once = 1;
  while (write(stop_, &once, sizeof once) < 0 && errno == EINTR) {
  }
  reader_.join();
  for (std::size_t read = 0; read < reads_at_end_most && read_some() > 0; ++read) {
  }
  if (!line_.empty() || bytes_left_out_ > 0) end_line();
  begin_second(-1);
}

void ProcessOutput::hide(const std::map<std::string, std::string>& secrets) {
  const std::lock_guard lock(hidden_lock_);
  for (const auto& [pointer, value] : secrets)
    hidden_.emplace(value, value);
}

std::string ProcessOutput::last_words() const {
  std::string words;
  for (const std::string& line : last_)
    words += (words.empty() ? "" : " | ") + line;
  if (words.size() > last_words_most)
    words = "..." + base::printable(std::string_view(words).substr(words.size() - last_words_most));
  return words.empty() ? words : '"' + words + '"';
}

void ProcessOutput::read_all() {
  for (bool is_open = true;;) {
    // A pipe that nobody writes to any more is always ready.
    std::array<pollfd, 2> ends{{{stop_, POLLIN, 0}, {is_open ? read_end_ : -1, POLLIN, 0}}};
    constexpr int second_ms = 1000;
    const int ready = poll(ends.data(), ends.size(), left_out_in_second_ > 0 ? second_ms : -1);
    if (ends[0].revents != 0) return;
    if (ready > 0 && ends[1].revents != 0) is_open = read_some() != 0;
    if (left_out_in_second_ > 0) begin_second(seconds_now());
  }
}

ssize_t ProcessOutput::read_some() {
  constexpr std::size_t bytes_at_once = 16384;
  std::array<char, bytes_at_once> bytes;
  const ssize_t got = read(read_end_, bytes.data(), bytes.size());
  if (got > 0) take({bytes.data(), static_cast<std::size_t>(got)});
  return got;
}

void ProcessOutput::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    const std::size_t room = line_bytes_most - line_.size();
    line_ += part.substr(0, room);
    bytes_left_out_ += part.size() - std::min(part.size(), room);
    if (end == std::string_view::npos) return;
    end_line();
    bytes.remove_prefix(end + 1);
  }
}

void ProcessOutput::end_line() {
  std::string text;
  {
    const std::lock_guard lock(hidden_lock_);
    text = base::printable(without_secrets(std::exchange(line_, {}), hidden_));
  }
  if (const std::uint64_t left = std::exchange(bytes_left_out_, 0); left > 0)
    text += " ... (" + std::to_string(left) + " bytes more)";
  last_.push_back(text);
  if (last_.size() > last_lines_most) last_.pop_front();
  show(std::move(text));
}

void ProcessOutput::show(std::string line) {
  counts_->lines.fetch_add(1, std::memory_order_relaxed);
  if (style_ == OutputStyle::plain) {
    line = agents_ + ": " + line + '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
    return;
  }
  begin_second(seconds_now());
  if (++in_second_ > lines_a_second) {
    ++left_out_in_second_;
    counts_->left_out.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  base::log_event(base::LogLevel::warn, "agent_output",
                  {{"book", book_}, {"agents", agents_}, {"line", std::move(line)}});
}

/// Says how many lines of the second before were not shown. Another second than any: the last one is over.
void ProcessOutput::begin_second(std::int64_t second) {
  if (second == second_) return;
  second_ = second;
  in_second_ = 0;
  if (const std::uint64_t count = std::exchange(left_out_in_second_, 0); count > 0)
    base::log_event(base::LogLevel::warn, "agent_output_left_out",
                    {{"book", book_}, {"agents", agents_}, {"lines", std::to_string(count)}});
}

}  // namespace cadre::agent
