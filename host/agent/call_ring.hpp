#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "host/agent/flight_recorder.hpp"

/// How a host and the process of its isolated agents exchange calls: two memory files, mapped by both. Each
/// has one writer: requests are the host's, and nobody else can map them to be written; replies are the
/// child's, and the host never writes there. A call is a request, then its reply; what does not fit goes in
/// pieces. Who waits looks for a bounded time, where there is a processor to look on, and then sleeps on a
/// futex.
///
/// What lies in the replies may change at any time, and is never trusted: the host reads each number once,
/// compares it with its bounds, copies the bytes away, and only then looks at them.
namespace cadre::agent {

/// When a whole exchange has to be over, by the monotonic clock, however slowly it goes; or never.
class Deadline {
 public:
  static Deadline at(std::chrono::steady_clock::time_point when) { return Deadline(when); }
  static Deadline never() { return Deadline(std::nullopt); }
  static Deadline in(std::chrono::milliseconds time) {
    return Deadline(std::chrono::steady_clock::now() + time);
  }
  /// For poll: 0 when it has passed, -1 when there is none.
  int left_ms() const;

 private:
  explicit Deadline(std::optional<std::chrono::steady_clock::time_point> at) : at_(at) {}
  std::optional<std::chrono::steady_clock::time_point> at_;
};

/// The begin of a file of requests or of replies; its bytes lie behind it. Written by one side alone.
struct alignas(64) RingHead {
  std::uint64_t magic;
  std::atomic<std::uint32_t> sequence;  ///< of the piece that lies here
  std::atomic<std::uint32_t> bytes;     ///< of the piece
  std::atomic<std::uint32_t> has_more;  ///< 1: another piece of the same message follows
  std::atomic<std::uint32_t> sleeps;    ///< 1: whoever writes here sleeps until the other side writes
  std::atomic<std::uint32_t> spin_us;   ///< of requests: how long the child looks before it sleeps
  std::atomic<std::uint32_t> place;     ///< of replies: which agent is being called, from 1; 0: none
};

inline constexpr std::size_t ring_bytes = std::size_t{1} << 20;  ///< of each file, with its head
/// The last bytes of the replies are where the child notes which function of an agent it is in.
inline constexpr std::size_t ring_piece_bytes_most = ring_bytes - sizeof(RingHead) - sizeof(FlightSlot);
inline constexpr std::size_t ring_message_bytes_most = std::size_t{1} << 28;
inline constexpr std::uint64_t ring_magic = 0x31676e6972646163;  // "cadring1"

/// A mapped memory file.
class RingPages {
 public:
  RingPages() = default;
  RingPages(int descriptor, bool is_written);
  RingPages(RingPages&& other) noexcept;
  RingPages& operator=(RingPages&& other) noexcept;
  ~RingPages();
  bool is_mapped() const { return data_ != nullptr; }
  RingHead& head() const { return *static_cast<RingHead*>(data_); }
  std::byte* area() const { return static_cast<std::byte*>(data_) + sizeof(RingHead); }
  FlightSlot& flight() const {
    return *reinterpret_cast<FlightSlot*>(static_cast<std::byte*>(data_) + ring_bytes - sizeof(FlightSlot));
  }

 private:
  void* data_ = nullptr;
};

/// Looks for a word to change before its side sleeps. When that was in vain, or was interrupted, somebody
/// needs the processor more, or nothing comes: the next waits go without looking, twice as many each time.
class Spinner {
 public:
  bool sees_change(const std::atomic<std::uint32_t>& word, std::uint32_t old, std::uint32_t time_us);

 private:
  std::uint32_t resting_ = 0;    ///< so many waits go without looking
  std::uint32_t next_rest_ = 1;  ///< after the next one in vain
};

/// Who looks at the other process while the host waits for it.
class CallWatch {
 public:
  virtual ~CallWatch() = default;
  /// Whether it has hung up: nobody waits for it any longer.
  virtual bool has_hung_up() = 0;
  /// The call has been under way for a while, and is that of this agent, as the child says; from 1, 0: none.
  virtual void in_call_of(std::uint32_t place) = 0;
};

/// The host's side. Not safe to use from two threads at once.
class CallRing {
 public:
  /// Makes the files, with no right to change their length, nor to write the requests from elsewhere. False:
  /// no memory; errno says why.
  bool create();
  /// What the child maps: requests, replies. The host's copies are closed by forget_files.
  std::array<int, 2> files() const { return {requests_file_, replies_file_}; }
  void forget_files();
  CallRing() = default;
  CallRing(CallRing&& other) = delete;
  ~CallRing() { forget_files(); }

  enum class End { answered, late, gone, damaged };
  /// One call. `spin_us`: how long each side may look before it sleeps; the host's, the child's.
  struct Spin {
    std::uint32_t host_us = 0, child_us = 0;
  };
  End call(std::span<const std::byte> request, std::vector<std::byte>& reply, Deadline deadline, Spin spin,
           CallWatch& watch);
  /// Which agent the child says it is calling; from 1, 0: none.
  std::uint32_t place() const { return replies_.head().place.load(std::memory_order_relaxed); }
  /// In which function of an agent the child says it is, or was last.
  std::optional<Flight> last_flight() const;

 private:
  End cross(std::span<const std::byte> piece, bool has_more, Deadline deadline, Spin spin, CallWatch& watch);
  End wait(Deadline deadline, Spin spin, CallWatch& watch);
  /// Copies a piece of the reply; whether more follow. Damaged: nothing.
  std::optional<bool> take(std::vector<std::byte>& reply);

  int requests_file_ = -1, replies_file_ = -1;
  RingPages requests_, replies_;
  Spinner spinner_;
  std::uint32_t sequence_ = 0;
};

/// The child's side.
class CallDesk {
 public:
  /// Maps the files and closes them; before the sandbox.
  bool open(int requests_file, int replies_file);
  /// The next request; false: the host has hung up, by what `hang_up` was told.
  bool receive(std::vector<std::byte>& request);
  bool send(std::span<const std::byte> reply);
  /// Which agent is called from here on, from 1; 0: none.
  void set_place(std::uint32_t place) { replies_.head().place.store(place, std::memory_order_relaxed); }
  /// Where the thread of calls notes in which function of an agent it is; for the life of the process.
  FlightSlot* flight() const { return &replies_.flight(); }
  /// receive returns from now on. Wakes it if it sleeps already; may have to be said again. [any-thread]
  void hang_up();

 private:
  bool wait();

  RingPages requests_, replies_;
  Spinner spinner_;
  std::uint32_t sequence_ = 0;
  std::atomic<bool> has_hung_up_{false};
};

}  // namespace cadre::agent
