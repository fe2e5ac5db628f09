#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "cadre/abi.h"
#include "cadre/cpp/config.hpp"

namespace cadre::sdk {

/// Writes saved state into the host's buffer, counting on past its end so that `needed` is right.
class StateWriter {
 public:
  explicit StateWriter(cadre_buffer& out) : out_(&out) { out_->needed = 0; }

  template <class Number>
  void put(Number value) {
    static_assert(std::is_arithmetic_v<Number>);
    put_bytes(&value, sizeof value);
  }
  void put_numbers(const double* values, std::size_t count) { put_bytes(values, count * sizeof(double)); }
  void put_id(const cadre_id& id) { put_bytes(id.text, sizeof id.text); }
  /// Anything without padding and addresses.
  void put_bytes(const void* bytes, std::size_t length) {
    if (length != 0 && out_->needed + length <= out_->capacity)
      std::memcpy(out_->data + out_->needed, bytes, length);
    out_->needed += length;
  }

 private:
  cadre_buffer* out_;
};

/// Reads saved state. Throws Refusal on truncated or surplus bytes; read everything into locals first, call
/// finish, and only then change the agent.
class StateReader {
 public:
  StateReader(const std::uint8_t* data, std::uint64_t length) : data_(data), left_(length) {}

  template <class Number>
  Number get() {
    static_assert(std::is_arithmetic_v<Number>);
    Number value{};
    get_bytes(&value, sizeof value);
    return value;
  }
  void get_numbers(double* values, std::size_t count) { get_bytes(values, count * sizeof(double)); }
  std::uint64_t left() const { return left_; }
  void finish() const {
    if (left_ != 0) throw Refusal("saved state has " + std::to_string(left_) + " bytes too many");
  }

  /// An identifier that put_id wrote; ABI 0.9 had ids of 32 bytes. Refuses one that is empty, has no end, or
  /// something behind it.
  cadre_id get_id(std::size_t bytes = sizeof(cadre_id)) {
    cadre_id id{};
    get_bytes(id.text, bytes);
    const std::size_t length = view_of(id).size();
    bool is_sound = length > 0 && length < bytes;
    for (std::size_t k = length; k < bytes; ++k)
      is_sound = is_sound && id.text[k] == '\0';
    if (!is_sound) throw Refusal("a saved identifier is not valid");
    return id;
  }

  void get_bytes(void* to, std::size_t length) {
    if (length > left_) throw Refusal("saved state is truncated");
    if (length != 0) std::memcpy(to, data_, length);
    data_ += length;
    left_ -= length;
  }

 private:
  const std::uint8_t* data_;
  std::uint64_t left_;
};

}  // namespace cadre::sdk
