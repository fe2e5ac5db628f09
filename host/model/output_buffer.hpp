#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace cadre::model {

/// What a slot holds when an agent is offered it: nothing of another agent or of another call.
template <class Item>
constexpr Item empty_slot() {
  Item item{};
  item.size = sizeof(Item);
  return item;
}

/// What lies behind a room.
enum class Guard : std::uint8_t {
  strip,  ///< a strip that is filled with a pattern, and behind it the page
  tight   ///< the page at once, but for what aligns the room: an agent that is tried faults where it overruns
};

/// Room for `bytes`, aligned to 64, and behind it a strip that is filled with a pattern and a page that
/// nobody can write: what runs a little over the room is found, what runs far over it faults.
class GuardedPages {
 public:
  GuardedPages() = default;
  /// Throws std::system_error when there is no memory.
  explicit GuardedPages(std::size_t bytes, Guard guard = Guard::strip);
  GuardedPages(GuardedPages&& other) noexcept;
  GuardedPages& operator=(GuardedPages&& other) noexcept;
  ~GuardedPages();

  /// Bytes of the strip, at least, where there is one.
  static constexpr std::size_t strip_bytes = 1024;

  std::byte* data() const { return data_; }
  /// Whether nothing was written into the strip since the last time; what was is wiped out. No allocation.
  bool intact();

 private:
  std::byte* mapping_ = nullptr;
  std::size_t mapped_ = 0;
  std::byte* data_ = nullptr;
  std::byte* strip_ = nullptr;  ///< begins behind the room
  std::size_t strip_size_ = 0;
};

/// Room for an agent's output of so many elements, all zero at first. It never moves.
template <class T>
class OutputBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  OutputBuffer() = default;
  explicit OutputBuffer(std::size_t count, Guard guard = Guard::strip)
      : pages_(count * sizeof(T), guard), count_(count) {}

  T* data() const { return reinterpret_cast<T*>(pages_.data()); }
  std::size_t size() const { return count_; }
  T* begin() const { return data(); }
  T* end() const { return data() + count_; }
  T& operator[](std::size_t i) const { return data()[i]; }
  std::span<T> span() const { return {data(), count_}; }
  bool intact() { return pages_.intact(); }
  /// As one made for so many, all zero; the memory stays where it has that size already.
  void become(std::size_t count) {
    if (data() == nullptr || count_ != count)
      *this = OutputBuffer(count);
    else
      std::fill_n(data(), count_, T{});
  }

 private:
  GuardedPages pages_;
  std::size_t count_ = 0;
};

}  // namespace cadre::model
