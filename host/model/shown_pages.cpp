#include "host/model/shown_pages.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace cadre::model {

ShownPages::ShownPages(std::size_t bytes) : bytes_(bytes) {
  descriptor_ = memfd_create("cadre-shown", MFD_CLOEXEC | MFD_ALLOW_SEALING);
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
  // Whoever gets the descriptor can neither write the pages nor take them away.
  constexpr unsigned seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
  const bool is_sealed = read != MAP_FAILED && fcntl(descriptor_, F_ADD_SEALS, seals) == 0;
  if (!is_sealed) {
    const int error = errno;
    if (read != MAP_FAILED) munmap(read, bytes);
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
