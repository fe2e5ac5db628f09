#pragma once

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace cadre::base {

// A payload is the event, then names and values in turn, with a zero byte between them.

/// Calls with the event and an empty name first, then with each name and value.
void for_each_field(std::string_view payload,
                    const std::function<void(std::string_view name, std::string_view value)>& visit);

/// What happened to the lines that were logged.
struct LogTally {
  std::atomic<std::uint64_t> taken{0}, done{0}, dropped{0};
  std::atomic<bool> gives_up{false};  ///< what cannot be written at once is dropped
};

/// Writes to a descriptor in pieces that a pipe takes whole, and only when it takes them.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  DescriptorSink(int descriptor, LogTally& tally) : descriptor_(descriptor), tally_(tally) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  bool write(std::string_view text);
  const int descriptor_;
  LogTally& tally_;
};

/// Sends to journald: PRIORITY, MESSAGE, SYSLOG_IDENTIFIER, CADRE_EVENT, and a field for each of an event's.
class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// `descriptor`: a datagram socket that is connected to journald. Owned.
  JournalSink(int descriptor, LogTally& tally) : descriptor_(descriptor), tally_(tally) {}
  ~JournalSink() override;

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  const int descriptor_;
  LogTally& tally_;
};

/// A socket that is connected to journald, or -1 with errno.
int connect_journal(const std::filesystem::path& socket);

/// Counts what another sink is done with, written or not.
class CountedSink final : public spdlog::sinks::sink {
 public:
  CountedSink(std::shared_ptr<spdlog::sinks::sink> counted, LogTally& tally)
      : sink_(std::move(counted)), tally_(tally) {}
  void log(const spdlog::details::log_msg& message) override;
  void flush() override { sink_->flush(); }
  void set_pattern(const std::string& pattern) override { sink_->set_pattern(pattern); }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    sink_->set_formatter(std::move(formatter));
  }

 private:
  const std::shared_ptr<spdlog::sinks::sink> sink_;
  LogTally& tally_;
};

}  // namespace cadre::base
