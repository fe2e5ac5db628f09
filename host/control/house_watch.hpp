#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "host/control/event_ids.hpp"
#include "host/control/host_parts.hpp"

namespace cadre::control {

/// Looks once a second at what nobody else looks at: the room of the disk, the queues of the books, the lines
/// that the log dropped, the ids of events. What crosses a mark is logged once, and told. On a thread of its
/// own.
class HouseWatch {
 public:
  HouseWatch(HostParts& host, EventIds& ids);
  ~HouseWatch();
  HouseWatch(const HouseWatch&) = delete;
  HouseWatch& operator=(const HouseWatch&) = delete;

 private:
  void run();
  void look_at_disk();
  void look_at_queues();
  void look_at_log();

  HostParts& host_;
  EventIds& ids_;
  bool disk_is_low_ = false;
  std::map<std::string, bool> queue_is_high_;
  std::uint64_t dropped_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ends_ = false;
  std::thread thread_;
};

/// Bytes that the host's user may still write where its state is, and how many the disk has. [any-thread]
struct DiskRoom {
  std::uint64_t free_bytes = 0, all_bytes = 0;
  /// Less than 1 GiB and less than a twentieth of it.
  bool is_low() const { return free_bytes < (std::uint64_t{1} << 30) && free_bytes < all_bytes / 20; }
};
DiskRoom disk_room(const std::filesystem::path& folder);

}  // namespace cadre::control
