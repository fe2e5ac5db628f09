#include "host/agent/call_ring.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "host/base/ticks.hpp"

namespace cadre::agent {

namespace {

constexpr std::int64_t slice_ns = 1'000'000;  // between two looks at whether the other process is there
constexpr int looks_per_clock = 16;
// A look that takes so long was interrupted: somebody else needs the processor, the other side perhaps.
constexpr std::uint64_t interrupted_us = 25;
constexpr std::uint32_t waits_without_looking = 64;
constexpr unsigned seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

void pause_processor() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Not a private futex: it is the file's word that both sides know, wherever they have mapped it.
long futex(const std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* time = nullptr) {
  return syscall(SYS_futex, &word, operation, value, time, nullptr, 0);
}

/// Puts a piece where the other side reads it, and wakes it where it sleeps.
void put_piece(const RingPages& mine, const RingPages& theirs, std::uint32_t sequence,
               std::span<const std::byte> piece, bool has_more) {
  RingHead& head = mine.head();
  if (!piece.empty()) std::memcpy(mine.area(), piece.data(), piece.size());
  head.bytes.store(static_cast<std::uint32_t>(piece.size()), std::memory_order_relaxed);
  head.has_more.store(has_more ? 1 : 0, std::memory_order_relaxed);
  // In one order with the other side's "I sleep" and its look at the sequence: one of the two sees the other.
  head.sequence.store(sequence, std::memory_order_seq_cst);
  if (theirs.head().sleeps.load(std::memory_order_seq_cst) != 0) futex(head.sequence, FUTEX_WAKE, 1);
}

}  // namespace

bool Spinner::sees_change(const std::atomic<std::uint32_t>& word, std::uint32_t old, std::uint32_t time_us) {
  if (word.load(std::memory_order_acquire) != old) return true;
  if (time_us == 0) return false;
  if (resting_ != 0) {
    --resting_;
    return false;
  }
  static const double ticks_per_us = base::ticks_per_second() / 1e6;
  const auto most = static_cast<std::uint64_t>(time_us * ticks_per_us);
  const auto interrupted = static_cast<std::uint64_t>(interrupted_us * ticks_per_us);
  const std::uint64_t begun = base::ticks();
  for (std::uint64_t before = begun, now = begun; now - begun < most; before = now) {
    for (int look = 0; look < looks_per_clock; ++look) {
      if (word.load(std::memory_order_acquire) != old) {
        next_rest_ = std::max(next_rest_ / 2, 1u);
        return true;
      }
      pause_processor();
    }
    now = base::ticks();
    if (now - before > interrupted) {
      next_rest_ = waits_without_looking;
      break;
    }
  }
  resting_ = next_rest_;
  next_rest_ = std::min(next_rest_ * 2, waits_without_looking);
  return word.load(std::memory_order_acquire) != old;
}

int Deadline::left_ms() const {
  if (!at_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*at_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
}

RingPages::RingPages(int descriptor, bool is_written) {
  void* pages =
      mmap(nullptr, ring_bytes, is_written ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, descriptor, 0);
  if (pages != MAP_FAILED) data_ = pages;
}

RingPages::RingPages(RingPages&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}

RingPages& RingPages::operator=(RingPages&& other) noexcept {
  std::swap(data_, other.data_);
  return *this;
}

RingPages::~RingPages() {
  if (data_ != nullptr) munmap(data_, ring_bytes);
}

bool CallRing::create() {
  const auto make = [] {
    const int file = memfd_create("cadre-calls", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file >= 0 && ftruncate(file, ring_bytes) == 0) return file;
    if (file >= 0) close(file);
    return -1;
  };
  requests_file_ = make();
  replies_file_ = requests_file_ >= 0 ? make() : -1;
  if (replies_file_ < 0) return false;
  requests_ = RingPages(requests_file_, true);
  // The magic number is the only thing the host puts into the replies, and it does so before anybody is
  // there.
  RingPages once(replies_file_, true);
  if (!requests_.is_mapped() || !once.is_mapped()) return false;
  new (&requests_.head()) RingHead{ring_magic, {}, {}, {}, {}, {}, {}};
  new (&once.head()) RingHead{ring_magic, {}, {}, {}, {}, {}, {}};
  replies_ = RingPages(replies_file_, false);
  return replies_.is_mapped() && fcntl(requests_file_, F_ADD_SEALS, seals | F_SEAL_FUTURE_WRITE) == 0 &&
         fcntl(replies_file_, F_ADD_SEALS, seals) == 0;
}

void CallRing::forget_files() {
  for (int* file : {&requests_file_, &replies_file_}) {
    if (*file >= 0) close(*file);
    *file = -1;
  }
}

CallRing::End CallRing::wait(Deadline deadline, Spin spin, CallWatch& watch) {
  const std::uint32_t before = sequence_ - 1;
  const std::atomic<std::uint32_t>& answered = replies_.head().sequence;
  if (!spinner_.sees_change(answered, before, spin.host_us)) {
    RingHead& mine = requests_.head();
    mine.sleeps.store(1, std::memory_order_seq_cst);
    End end = End::answered;
    std::uint32_t shown = 0;
    while (answered.load(std::memory_order_seq_cst) == before) {
      if (deadline.left_ms() == 0) end = End::late;
      if (watch.has_hung_up() && answered.load(std::memory_order_acquire) == before) end = End::gone;
      if (end != End::answered) break;
      if (const std::uint32_t now = place(); now != shown) watch.in_call_of(shown = now);
      const timespec slice{0, slice_ns};
      futex(answered, FUTEX_WAIT, before, &slice);
    }
    mine.sleeps.store(0, std::memory_order_relaxed);
    if (end != End::answered) return end;
  }
  return answered.load(std::memory_order_acquire) == sequence_ ? End::answered : End::damaged;
}

CallRing::End CallRing::cross(std::span<const std::byte> piece, bool has_more, Deadline deadline, Spin spin,
                              CallWatch& watch) {
  // What was answered before it was asked is no answer.
  if (replies_.head().sequence.load(std::memory_order_acquire) != sequence_) return End::damaged;
  requests_.head().spin_us.store(spin.child_us, std::memory_order_relaxed);
  put_piece(requests_, replies_, ++sequence_, piece, has_more);
  return wait(deadline, spin, watch);
}

std::optional<bool> CallRing::take(std::vector<std::byte>& reply) {
  const std::size_t bytes = replies_.head().bytes.load(std::memory_order_relaxed);
  const bool has_more = replies_.head().has_more.load(std::memory_order_relaxed) != 0;
  if (bytes > ring_piece_bytes_most || bytes > ring_message_bytes_most - reply.size()) return std::nullopt;
  if (has_more && bytes == 0) return std::nullopt;  // it would never come to an end
  const std::size_t have = reply.size();
  reply.resize(have + bytes);
  if (bytes != 0) std::memcpy(reply.data() + have, replies_.area(), bytes);
  return has_more;
}

CallRing::End CallRing::call(std::span<const std::byte> request, std::vector<std::byte>& reply,
                             Deadline deadline, Spin spin, CallWatch& watch) {
  reply.clear();
  for (bool has_more = true; has_more;) {
    const auto piece = request.first(std::min(request.size(), ring_piece_bytes_most));
    request = request.subspan(piece.size());
    has_more = !request.empty();
    const End end = cross(piece, has_more, deadline, spin, watch);
    if (end != End::answered) return end;
    // Until it has all of the request there is nothing to say.
    if (has_more && replies_.head().bytes.load(std::memory_order_relaxed) != 0) return End::damaged;
  }
  for (;;) {
    const auto has_more = take(reply);
    if (!has_more) return End::damaged;
    if (!*has_more) return End::answered;
    if (deadline.left_ms() == 0) return End::late;  // pieces that come at once are not waited for
    const End end = cross({}, false, deadline, spin, watch);
    if (end != End::answered) return end;
  }
}

std::optional<Flight> CallRing::last_flight() const {
  const FlightSlot& slot = replies_.flight();
  if (slot.serial.load(std::memory_order_acquire) == 0) return std::nullopt;
  return static_cast<Flight>(slot.flight.load(std::memory_order_relaxed));
}

bool CallDesk::open(int requests_file, int replies_file) {
  requests_ = RingPages(requests_file, false);
  replies_ = RingPages(replies_file, true);
  close(requests_file);
  close(replies_file);
  return requests_.is_mapped() && replies_.is_mapped() && requests_.head().magic == ring_magic;
}

bool CallDesk::wait() {
  const RingHead& theirs = requests_.head();
  if (!spinner_.sees_change(theirs.sequence, sequence_, theirs.spin_us.load(std::memory_order_relaxed))) {
    RingHead& mine = replies_.head();
    mine.sleeps.store(1, std::memory_order_seq_cst);
    while (theirs.sequence.load(std::memory_order_seq_cst) == sequence_) {
      if (has_hung_up_.load(std::memory_order_relaxed)) return false;
      futex(theirs.sequence, FUTEX_WAIT, sequence_);
    }
    mine.sleeps.store(0, std::memory_order_relaxed);
  }
  sequence_ = theirs.sequence.load(std::memory_order_acquire);
  return true;
}

bool CallDesk::receive(std::vector<std::byte>& request) {
  request.clear();
  for (;;) {
    if (!wait()) return false;
    const std::size_t bytes = requests_.head().bytes.load(std::memory_order_relaxed);
    if (bytes > ring_piece_bytes_most) return false;
    request.insert(request.end(), requests_.area(), requests_.area() + bytes);
    if (requests_.head().has_more.load(std::memory_order_relaxed) == 0) return true;
    put_piece(replies_, requests_, sequence_, {}, false);
  }
}

bool CallDesk::send(std::span<const std::byte> reply) {
  for (;;) {
    const auto piece = reply.first(std::min(reply.size(), ring_piece_bytes_most));
    reply = reply.subspan(piece.size());
    put_piece(replies_, requests_, sequence_, piece, !reply.empty());
    if (reply.empty()) return true;
    if (!wait()) return false;
  }
}

void CallDesk::hang_up() {
  has_hung_up_ = true;
  futex(requests_.head().sequence, FUTEX_WAKE, 1);
}

}  // namespace cadre::agent
