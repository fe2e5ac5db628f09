#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// Payloads of records: numbers as they lie in memory (little-endian), text and arrays behind a u32 count,
/// structs of the ABI behind their size.
namespace cadre::base {

template <class T>
concept Number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

/// A struct of the ABI without pointers: no implicit padding, grows only at its end.
template <class T>
concept AbiStruct = std::is_class_v<T> && std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T>;

inline constexpr std::size_t varint_bytes_max = 10;

/// Fills a buffer that keeps its capacity: no allocation once it was large enough.
class Encoder {
 public:
  void clear() { filled_ = 0; }
  std::span<const std::byte> bytes() const { return {buffer_.data(), filled_}; }

  template <Number T>
  void put(T value) {
    put_bytes(&value, sizeof value);
  }
  void put(bool value) { put(static_cast<uint8_t>(value ? 1 : 0)); }
  void put_text(std::string_view text);
  void put_texts(std::span<const std::string> texts);

  template <Number T>
  void put_array(std::span<const T> values) {
    put_count(values.size());
    put_bytes(values.data(), values.size_bytes());
  }
  template <Number T>
  void put_array(const std::vector<T>& values) {
    put_array(std::span<const T>(values));
  }

  template <AbiStruct T>
  void put_struct(const T& value) {
    put_count(sizeof value);
    put_bytes(&value, sizeof value);
  }
  template <AbiStruct T>
  void put_structs(std::span<const T> values) {
    put_count(sizeof(T));
    put_count(values.size());
    put_bytes(values.data(), values.size_bytes());
  }
  template <AbiStruct T>
  void put_structs(const std::vector<T>& values) {
    put_structs(std::span<const T>(values));
  }

  /// A count of what follows; above 2^32 - 1 it is a broken invariant.
  void put_count(std::size_t count);
  /// Seven bits a byte, the lowest first; the highest bit says that another one follows. 1 to 10 bytes.
  void put_varint(std::uint64_t value) {
    std::byte* to = room(varint_bytes_max);
    std::byte* const start = to;
    for (; value >= 0x80; value >>= 7)
      *to++ = static_cast<std::byte>(value | 0x80);
    *to++ = static_cast<std::byte>(value);
    filled_ += static_cast<std::size_t>(to - start);
  }
  void put_bytes(const void* bytes, std::size_t count) {
    std::byte* to = room(count);
    if (count != 0) std::memcpy(to, bytes, count);
    filled_ += count;
  }

  /// Where at least `bytes` can be written, until anything else is put; used() says how many were.
  std::byte* room(std::size_t bytes) {
    if (bytes > buffer_.size() - filled_) grow(bytes);
    return buffer_.data() + filled_;
  }
  void used(std::size_t bytes) { filled_ += bytes; }

 private:
  void grow(std::size_t bytes);

  std::vector<std::byte> buffer_;  ///< larger than what it holds
  std::size_t filled_ = 0;
};

/// Reads what an Encoder wrote. After the first thing that does not fit, ok() is false for good and all that
/// is got is zero or empty. No payload makes it crash, and what it allocates is bounded by a small multiple
/// of the payload, whatever counts the payload claims.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> payload) : left_(payload) {}

  bool ok() const { return ok_; }
  /// ok, and nothing is left over.
  bool finished() const { return ok_ && left_.empty(); }
  void refuse() {
    ok_ = false;
    left_ = {};
  }

  template <Number T>
  T get() {
    T value{};
    get_bytes(&value, sizeof value);
    return value;
  }
  template <Number T>
  void get(T& value) {
    value = get<T>();
  }
  /// A bool that is neither 0 nor 1 is refused.
  void get(bool& value);
  void get_text(std::string& text);
  void get_texts(std::vector<std::string>& texts);

  /// How many things follow of which each takes at least `bytes_min`; more than fit are refused.
  std::size_t get_count(std::size_t bytes_min);

  template <Number T>
  void get_array(std::vector<T>& values) {
    values.resize(get_count(sizeof(T)));
    get_bytes(values.data(), values.size() * sizeof(T));
  }

  /// Of a larger struct, which a newer host wrote, the part known here.
  template <AbiStruct T>
  void get_struct(T& value) {
    value = T{};
    get_one(value, get<uint32_t>());
  }
  template <AbiStruct T>
  void get_structs(std::vector<T>& values) {
    const std::size_t stride = get<uint32_t>();
    // A smaller stride would be a way to claim more memory than the payload has.
    if (stride < sizeof(T)) refuse();
    values.resize(get_count(std::max(stride, sizeof(T))));
    for (T& value : values)
      get_one(value, stride);
  }

  /// The bytes of one struct, behind their size; of a larger one, which a newer host wrote, with what is not
  /// known here. Fewer than `bytes_min` are refused.
  std::span<const std::byte> get_sized(std::size_t bytes_min) { return get_raw(get_stride(bytes_min)); }
  /// The size of structs that follow. Fewer than `bytes_min` are refused.
  std::size_t get_stride(std::size_t bytes_min);
  /// So many bytes as they are.
  std::span<const std::byte> get_raw(std::size_t bytes);
  /// What put_varint() wrote; anything else, and more than `most`, is refused.
  std::uint64_t get_varint(std::uint64_t most = ~std::uint64_t{0});
  std::size_t left() const { return left_.size(); }

 private:
  template <class T>
  void get_one(T& value, std::size_t stored_bytes) {
    if (stored_bytes < sizeof(T) || stored_bytes > left_.size()) return refuse();
    std::memcpy(&value, left_.data(), sizeof(T));
    left_ = left_.subspan(stored_bytes);
  }
  void get_bytes(void* to, std::size_t count);

  std::span<const std::byte> left_;
  bool ok_ = true;
};

}  // namespace cadre::base
