#pragma once

#include <cstddef>

namespace cadre::model {

/// Memory that the host writes and that others are shown: the same pages twice, once to be written and once
/// to be read alone. Who writes what it was shown faults. In a memory file, so that other processes can map
/// it too.
class ShownPages {
 public:
  ShownPages() = default;
  /// All zero. Throws std::system_error when there is no memory.
  explicit ShownPages(std::size_t bytes);
  ShownPages(ShownPages&& other) noexcept;
  ShownPages& operator=(ShownPages&& other) noexcept;
  ~ShownPages();

  std::byte* data() const { return data_; }
  const std::byte* shown() const { return shown_; }
  std::size_t bytes() const { return bytes_; }
  int descriptor() const { return descriptor_; }
  /// Where the same byte is shown.
  template <class T>
  const T* shown(const T* inside) const {
    return reinterpret_cast<const T*>(shown_ + (reinterpret_cast<const std::byte*>(inside) - data_));
  }

 private:
  std::byte* data_ = nullptr;
  const std::byte* shown_ = nullptr;
  std::size_t bytes_ = 0;
  int descriptor_ = -1;
};

}  // namespace cadre::model
