#include "host/model/shown_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace cadre::model {

ShownPages::ShownPages(std::size_t bytes) : bytes_(bytes) {
  descriptor_ = memfd_create("cadre-shown", MFD_CLOEXEC);
  if (descriptor_ < 0 && errno == EPERM) {
    // In a sandbox, where there is nobody to protect: once.
    void* once = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (once == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "memory");
    data_ = static_cast<std::byte*>(once);
    shown_ = data_;
    return;
  }
  const bool is_sized = descriptor_ >= 0 && ftruncate(descriptor_, static_cast<off_t>(bytes)) == 0;
  void* written =
      is_sized ? mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0) : MAP_FAILED;
  void* read =
      written != MAP_FAILED ? mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor_, 0) : MAP_FAILED;
  if (read == MAP_FAILED) {
    const int error = errno;
    if (written != MAP_FAILED) munmap(written, bytes);
    if (descriptor_ >= 0) close(descriptor_);
    throw std::system_error(error, std::generic_category(), "shared memory");
  }
  data_ = static_cast<std::byte*>(written);
  shown_ = static_cast<const std::byte*>(read);
}

ShownPages::ShownPages(ShownPages&& other) noexcept {
  *this = std::move(other);
}

ShownPages& ShownPages::operator=(ShownPages&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(shown_, other.shown_);
  std::swap(bytes_, other.bytes_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

ShownPages::~ShownPages() {
  if (data_ == nullptr) return;
  munmap(data_, bytes_);
  if (descriptor_ < 0) return;
  munmap(const_cast<std::byte*>(shown_), bytes_);
  close(descriptor_);
}

}  // namespace cadre::model
