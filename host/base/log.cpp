#include "host/base/log.hpp"

#include <fcntl.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/base/log_output.hpp"
#include "host/base/log_sinks.hpp"
#include "host/base/text.hpp"

namespace cadre::base {
namespace {

constexpr std::size_t value_bytes_max = 8192;

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

LogPart part_of(std::string_view event) {
  const auto all = log_events();
  const auto found =
      std::lower_bound(all.begin(), all.end(), event,
                       [](const LogEvent& row, std::string_view name) { return row.name < name; });
  return found != all.end() && found->name == event ? found->part : LogPart::host;
}

std::atomic<LogStyle> log_style{LogStyle::json};
std::array<std::atomic<LogLevel>, log_parts> levels = {LogLevel::warn, LogLevel::warn, LogLevel::warn,
                                                       LogLevel::warn, LogLevel::warn, LogLevel::warn};
LogTally tally;

void append(spdlog::memory_buf_t& line, std::string_view text) {
  line.append(text.data(), text.data() + text.size());
}

/// "2026-11-25T02:04:39.125Z": as long in every line, so that lines stand below each other and sort.
std::string time_of_line(spdlog::log_clock::time_point time) {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  const std::int64_t whole = since_epoch.count() / 1'000 * 1'000'000'000;
  std::string text = format_time(whole);
  const std::string fraction = std::to_string(1'000 + since_epoch.count() % 1'000);
  return text.replace(text.size() - 1, 1, "." + fraction.substr(1) + "Z");
}

/// A line of the style that is set: the payload has its event and fields apart.
class LineFormatter final : public spdlog::formatter {
 public:
  /// `is_timed`: whether lines of text begin with their time. Those of JSON have it in any case.
  explicit LineFormatter(bool is_timed) : is_timed_(is_timed) {}
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const std::string_view payload(message.payload.data(), message.payload.size());
    const auto level = spdlog::level::to_string_view(message.level);
    const std::string text = log_style == LogStyle::json
                                 ? json_line(message.time, {level.data(), level.size()}, payload)
                                 : text_line({level.data(), level.size()}, payload);
    if (is_timed_ && log_style == LogStyle::text) append(line, time_of_line(message.time) + ' ');
    append(line, text);
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(is_timed_);
  }

 private:
  const bool is_timed_;

  static std::string json_line(spdlog::log_clock::time_point time, std::string_view level,
                               std::string_view payload) {
    const auto since_epoch = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
    std::string line =
        "{\"time\":\"" + format_time(since_epoch.count()) + "\",\"level\":\"" + std::string(level) + '"';
    for_each_field(payload, [&](std::string_view name, std::string_view value) {
      if (name.empty()) line += ",\"part\":" + quote(log_part_name(part_of(value)));
      line += "," + quote(name.empty() ? "event" : name) + ":" + quote(value);
    });
    return printable_json(line) + "}\n";
  }
  static std::string text_line(std::string_view level, std::string_view payload) {
    std::string line(level);
    const char* separator = ": ";
    for_each_field(payload, [&](std::string_view name, std::string_view value) {
      if (name.empty()) {
        line += ": " + std::string(value);
        return;
      }
      if (value.empty()) return;
      line += separator + std::string(name) + ' ' + std::string(value);
      separator = ", ";
    });
    return printable(line) + "\n";
  }
};

/// The thread that writes. Never destroyed, as nothing of the log: destructors of statics may still log, and
/// one that is blocked in a write must not hold up the end of the process.
std::atomic<spdlog::details::thread_pool*> writer{nullptr};

std::shared_ptr<spdlog::logger> with_lines(std::shared_ptr<spdlog::logger> made, bool is_timed) {
  made->set_formatter(std::make_unique<LineFormatter>(is_timed));
  made->set_level(spdlog::level::trace);
  made->flush_on(spdlog::level::trace);
  made->set_error_handler([](const std::string&) { ++tally.dropped; });
  return made;
}

std::atomic<spdlog::logger*> current{nullptr};

spdlog::logger& logger() {
  static auto* const at_start = new std::shared_ptr<spdlog::logger>(with_lines(
      std::make_shared<spdlog::logger>("cadre", std::make_shared<spdlog::sinks::stderr_sink_mt>()), false));
  spdlog::logger* now = current;
  return now != nullptr ? *now : **at_start;
}

/// Without zero bytes, which stand between fields, and not longer than it may be.
std::string fitting(std::string_view value) {
  std::string text(value.substr(0, value_bytes_max));
  if (value.size() > value_bytes_max) {
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
      text.pop_back();
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
    text += "... (" + std::to_string(value.size()) + " bytes)";
  }
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

Problems not_possible(const std::filesystem::path& where, const std::string& why) {
  Problems problems;
  problems.error("LOG_NOT_POSSIBLE", Place::of(where), "the log cannot be written there: " + why,
                 "choose another /log/output of the host file, or mend it");
  return problems;
}

/// Whether a descriptor is what the service manager connected to the journal: $JOURNAL_STREAM is its device
/// and inode.
bool is_connected_to_journal(int descriptor) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat about {};
  if (stream == nullptr || ::fstat(descriptor, &about) != 0) return false;
  return std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino) == stream;
}

int descriptor_of(const LogOutput& output) {
  return output.kind == LogOutput::Kind::standard_output ? STDOUT_FILENO : STDERR_FILENO;
}

/// Whoever keeps a file or reads a stream has no time but that of the line; journald adds its own.
bool has_timed_lines(const LogOutput& output) {
  if (output.kind == LogOutput::Kind::journal) return false;
  return output.kind == LogOutput::Kind::file || !is_connected_to_journal(descriptor_of(output));
}

Result<std::shared_ptr<spdlog::sinks::sink>> sink_of(const LogOutput& output) {
  using Kind = LogOutput::Kind;
  using Sink = std::shared_ptr<spdlog::sinks::sink>;
  const bool is_journal = output.kind == Kind::journal ||
                          (output.kind == Kind::automatic && is_connected_to_journal(STDERR_FILENO));
  if (is_journal) {
    const int descriptor = connect_journal(output.journal_socket);
    if (descriptor >= 0) return Sink(std::make_shared<JournalSink>(descriptor, tally));
    if (output.kind == Kind::journal) return not_possible(output.journal_socket, std::strerror(errno));
  }
  if (output.kind == Kind::file) {
    try {
      return Sink(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
          output.file.string(), output.file_bytes_max, output.files_max));
    } catch (const std::exception& thrown) {
      return not_possible(output.file, thrown.what());
    }
  }
  return Sink(std::make_shared<DescriptorSink>(descriptor_of(output), tally));
}

}  // namespace

void set_log_level(LogLevel level) {
  for (auto& each : levels)
    each = level;
}

void set_log_level(LogPart part, LogLevel level) {
  levels[static_cast<std::size_t>(part)] = level;
}

LogLevel log_level(LogPart part) {
  return levels[static_cast<std::size_t>(part)];
}

void set_log_style(LogStyle style) {
  log_style = style;
}

void log_event(LogLevel level, std::string_view event,
               std::initializer_list<std::pair<std::string_view, std::string>> fields) {
  if (level == LogLevel::off || level < log_level(part_of(event))) return;
  std::string payload(event);
  for (const auto& [name, value] : fields) {
    payload += '\0';
    payload += name;
    payload += '\0';
    payload += fitting(value);
  }
  if (current != nullptr) ++tally.taken;
  logger().log(spdlog_level(level), spdlog::string_view_t(payload.data(), payload.size()));
}

Problems open_log(const LogOutput& output) {
  auto sink = sink_of(output);
  if (!sink) return sink.problems();
  static auto* const pool = new std::shared_ptr<spdlog::details::thread_pool>(
      std::make_shared<spdlog::details::thread_pool>(log_lines_max, 1));
  writer = pool->get();
  // What was given to the one before is written there.
  static auto* const all = new std::vector<std::shared_ptr<spdlog::logger>>;
  all->push_back(with_lines(std::make_shared<spdlog::async_logger>(
                                "cadre", std::make_shared<CountedSink>(std::move(sink).take(), tally), *pool,
                                spdlog::async_overflow_policy::overrun_oldest),
                            has_timed_lines(output)));
  tally.gives_up = false;
  current = all->back().get();
  return {};
}

void close_log(std::chrono::milliseconds patience) {
  if (writer == nullptr) return;
  const auto end = std::chrono::steady_clock::now() + patience;
  while (tally.done + writer.load()->overrun_counter() < tally.taken &&
         std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  tally.gives_up = true;
}

std::uint64_t log_dropped() {
  const spdlog::details::thread_pool* pool = writer;
  return tally.dropped +
         (pool != nullptr ? const_cast<spdlog::details::thread_pool*>(pool)->overrun_counter() : 0);
}

}  // namespace cadre::base
