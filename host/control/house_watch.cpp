#include "host/control/house_watch.hpp"

#include <sys/statvfs.h>

#include <boost/json.hpp>
#include <chrono>

#include "host/base/log.hpp"
#include "host/base/log_output.hpp"

namespace cadre::control {

namespace {

constexpr std::chrono::seconds look_interval{1};

bool is_above(std::size_t depth, std::size_t capacity, std::size_t fifths) {
  return depth * 5 > capacity * fifths;
}

}  // namespace

HouseWatch::HouseWatch(HostParts& host, EventIds& ids)
    : host_(host), ids_(ids), dropped_(base::log_dropped()), thread_([this] { run(); }) {}

HouseWatch::~HouseWatch() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void HouseWatch::run() {
  std::unique_lock lock(mutex_);
  while (!ends_) {
    lock.unlock();
    ids_.reserve();
    look_at_disk();
    look_at_queues();
    look_at_log();
    lock.lock();
    changed_.wait_for(lock, look_interval, [&] { return ends_; });
  }
}

void HouseWatch::look_at_disk() {
  const DiskRoom room = disk_room(host_.options.state);
  if (room.all_bytes == 0 || room.is_low() == disk_is_low_) return;
  disk_is_low_ = room.is_low();
  const char* event = disk_is_low_ ? "disk_low" : "disk_recovered";
  base::log_event(disk_is_low_ ? base::LogLevel::error : base::LogLevel::info, event,
                  {{"folder", host_.options.state.string()},
                   {"free_bytes", std::to_string(room.free_bytes)},
                   {"all_bytes", std::to_string(room.all_bytes)}});
  host_.feed.say(event, {{"free_bytes", room.free_bytes}, {"all_bytes", room.all_bytes}});
}

/// High above four fifths, and no more below half: a queue at the mark is told once.
void HouseWatch::look_at_queues() {
  for (const auto& book : host_.books.now()) {
    const live::BookSnapshot now = book->snapshot();
    bool& is_high = queue_is_high_[book->id()];
    const bool changes =
        is_high ? 2 * now.queue_depth < now.queue_capacity : is_above(now.queue_depth, now.queue_capacity, 4);
    if (!changes) continue;
    is_high = !is_high;
    base::log_event(is_high ? base::LogLevel::warn : base::LogLevel::info,
                    is_high ? "queue_high" : "queue_recovered",
                    {{"book", book->id()},
                     {"depth", std::to_string(now.queue_depth)},
                     {"capacity", std::to_string(now.queue_capacity)}});
  }
}

void HouseWatch::look_at_log() {
  const std::uint64_t dropped = base::log_dropped();
  if (dropped == dropped_) return;
  base::log_event(base::LogLevel::warn, "log_dropped",
                  {{"lines", std::to_string(dropped - dropped_)}, {"in_all", std::to_string(dropped)}});
  dropped_ = dropped;
}

DiskRoom disk_room(const std::filesystem::path& folder) {
  struct statvfs about {};
  if (::statvfs(folder.c_str(), &about) != 0) return {};
  return {static_cast<std::uint64_t>(about.f_bavail) * about.f_frsize,
          static_cast<std::uint64_t>(about.f_blocks) * about.f_frsize};
}

}  // namespace cadre::control
