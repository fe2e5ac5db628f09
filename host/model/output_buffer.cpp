#include "host/model/output_buffer.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace cadre::model {

namespace {

constexpr std::byte pattern{0xc5};

std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace

GuardedPages::GuardedPages(std::size_t bytes, Guard guard) {
  constexpr std::size_t alignment = 64;
  const std::size_t page = page_bytes();
  const std::size_t room = (bytes + alignment - 1) / alignment * alignment;
  const std::size_t strip = guard == Guard::strip ? strip_bytes : 0;
  const std::size_t writable = (room + strip + page - 1) / page * page;
  mapped_ = writable + page;
  void* pages = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "room for an output");
  mapping_ = static_cast<std::byte*>(pages);
  if (mprotect(mapping_ + writable, page, PROT_NONE) != 0) {
    const int error = errno;
    munmap(mapping_, mapped_);
    throw std::system_error(error, std::generic_category(), "guard page of an output");
  }
  data_ = mapping_ + writable - strip - room;
  strip_ = data_ + bytes;
  strip_size_ = strip + room - bytes;
  std::memset(strip_, static_cast<int>(pattern), strip_size_);
}

GuardedPages::GuardedPages(GuardedPages&& other) noexcept {
  *this = std::move(other);
}

GuardedPages& GuardedPages::operator=(GuardedPages&& other) noexcept {
  std::swap(mapping_, other.mapping_);
  std::swap(mapped_, other.mapped_);
  std::swap(data_, other.data_);
  std::swap(strip_, other.strip_);
  std::swap(strip_size_, other.strip_size_);
  return *this;
}

GuardedPages::~GuardedPages() {
  if (mapping_ != nullptr) munmap(mapping_, mapped_);
}

bool GuardedPages::intact() {
  // The first byte is the pattern's, and each is as the one before it.
  const bool is_whole =
      strip_size_ == 0 || (*strip_ == pattern && std::memcmp(strip_, strip_ + 1, strip_size_ - 1) == 0);
  if (!is_whole) std::memset(strip_, static_cast<int>(pattern), strip_size_);
  return is_whole;
}

}  // namespace cadre::model
