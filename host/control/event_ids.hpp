#pragma once

#include <cstdint>
#include <filesystem>

#include "host/base/problem.hpp"
#include "host/live/event_feed.hpp"

namespace cadre::control {

/// Keeps the ids of events from being given twice, whatever ends the process: a file in the state folder
/// holds the greatest that may have been given. At a start after a crash some ids are passed over.
class EventIds {
 public:
  EventIds(std::filesystem::path file, live::EventFeed& feed) : file_(std::move(file)), feed_(feed) {}

  /// Before any event. Errors: those of writing the file, EVENT_IDS_NOT_READABLE.
  base::Problems begin();
  /// Every second or so: so many may be given until then.
  void reserve();
  /// What was given is all there is.
  void end();

  static constexpr std::uint64_t reserved = 1'000'000;

 private:
  const std::filesystem::path file_;
  live::EventFeed& feed_;
  std::uint64_t most_ = 0;
};

}  // namespace cadre::control
