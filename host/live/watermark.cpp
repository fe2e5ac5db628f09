#include "host/live/watermark.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "host/base/file.hpp"
#include "host/base/hash.hpp"

namespace cadre::live {

namespace {

/// Two of them lie in the file and are written in turn: one that is torn leaves the other.
struct Slot {
  std::uint64_t incarnation = 0, bytes = 0, sequence = 0, checksum = 0;

  std::uint64_t sum() const { return base::checksum64(this, offsetof(Slot, checksum)); }
};

}  // namespace

base::Result<Watermark> Watermark::open(const std::filesystem::path& file) {
  Watermark mark(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (mark.descriptor_ >= 0 && base::sync_folder_of(file)) return mark;
  base::Problems problems;
  problems.error("FILE_NOT_WRITABLE", base::Place::of(file),
                 std::string("it cannot be opened for writing (") + std::strerror(errno) + ")");
  return problems;
}

std::optional<Watermark::Mark> Watermark::read(const std::filesystem::path& file) {
  const auto bytes = base::read_part(file, 0, 2 * sizeof(Slot));
  std::optional<Mark> newest;
  for (std::size_t at = 0; bytes && at + sizeof(Slot) <= bytes->size(); at += sizeof(Slot)) {
    Slot slot;
    std::memcpy(&slot, bytes->data() + at, sizeof slot);
    if (slot.checksum != slot.sum()) continue;
    if (!newest || slot.bytes > newest->bytes) newest = Mark{slot.incarnation, slot.bytes, slot.sequence};
  }
  return newest;
}

Watermark::Watermark(Watermark&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), writes_(other.writes_), synced_(other.synced_) {}

Watermark& Watermark::operator=(Watermark&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(writes_, other.writes_);
  std::swap(synced_, other.synced_);
  return *this;
}

Watermark::~Watermark() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Watermark::set(const Mark& mark) {
  if (descriptor_ < 0) return;
  Slot slot{mark.incarnation, mark.bytes, mark.sequence, 0};
  slot.checksum = slot.sum();
  (void)!::pwrite(descriptor_, &slot, sizeof slot, static_cast<off_t>(writes_++ % 2 * sizeof slot));
  const auto now = std::chrono::steady_clock::now();
  if (now - synced_ < std::chrono::seconds(1)) return;
  synced_ = now;
  sync();
}

void Watermark::sync() {
  if (descriptor_ >= 0) ::fdatasync(descriptor_);
}

}  // namespace cadre::live
