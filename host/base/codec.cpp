#include "host/base/codec.hpp"

#include <limits>

#include "host/base/invariant.hpp"

namespace cadre::base {

void Encoder::put_text(std::string_view text) {
  put_count(text.size());
  put_bytes(text.data(), text.size());
}

void Encoder::put_texts(std::span<const std::string> texts) {
  put_count(texts.size());
  for (const std::string& text : texts)
    put_text(text);
}

void Encoder::put_count(std::size_t count) {
  CADRE_INVARIANT(count <= std::numeric_limits<uint32_t>::max(), "codec.counts_fit", "a count fits 32 bits");
  put(static_cast<uint32_t>(count));
}

void Encoder::grow(std::size_t bytes) {
  buffer_.resize(std::max(2 * buffer_.size(), filled_ + bytes));
}

void Decoder::get(bool& value) {
  const auto byte = get<uint8_t>();
  if (byte > 1) refuse();
  value = byte == 1;
}

void Decoder::get_text(std::string& text) {
  text.resize(get_count(1));
  get_bytes(text.data(), text.size());
}

void Decoder::get_texts(std::vector<std::string>& texts) {
  texts.resize(get_count(sizeof(uint32_t)));
  for (std::string& text : texts)
    get_text(text);
}

std::size_t Decoder::get_count(std::size_t bytes_min) {
  const std::size_t count = get<uint32_t>();
  if (count <= left_.size() / bytes_min) return count;
  refuse();
  return 0;
}

std::size_t Decoder::get_stride(std::size_t bytes_min) {
  // A smaller stride would be a way to claim more memory than the payload has.
  const std::size_t stride = get<uint32_t>();
  if (stride >= bytes_min) return stride;
  refuse();
  return bytes_min;
}

std::span<const std::byte> Decoder::get_raw(std::size_t bytes) {
  if (bytes > left_.size()) {
    refuse();
    return {};
  }
  const auto raw = left_.first(bytes);
  left_ = left_.subspan(bytes);
  return raw;
}

std::uint64_t Decoder::get_varint(std::uint64_t most) {
  std::uint64_t value = 0;
  for (std::size_t at = 0; at < std::min(left_.size(), varint_bytes_max); ++at) {
    const auto byte = static_cast<std::uint64_t>(left_[at]);
    value |= (byte & 0x7f) << (7 * at);
    if ((byte & 0x80) != 0) continue;
    // One form a number: no byte too many, and no bit beyond the 64th.
    const bool is_shortest = at == 0 || byte != 0;
    const bool fits = at + 1 < varint_bytes_max || byte == 1;
    if (!is_shortest || !fits || value > most) break;
    left_ = left_.subspan(at + 1);
    return value;
  }
  refuse();
  return 0;
}

void Decoder::get_bytes(void* to, std::size_t count) {
  if (count > left_.size()) return refuse();
  if (count != 0) std::memcpy(to, left_.data(), count);
  left_ = left_.subspan(count);
}

}  // namespace cadre::base
