#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "host/base/codec.hpp"

/// How values stand in records from format 5 on: no byte for what is zero, the same, or follows from what
/// stands before it in the same record. Every record can be read alone. What the bytes are is in
/// description.hpp.
namespace cadre::journal {

/// One number of each of `count` things that lie `stride` bytes apart.
template <class Number>
class Column {
 public:
  Column() = default;
  Column(const Number* first, std::size_t count, std::size_t stride = sizeof(Number))
      : first_(reinterpret_cast<const std::byte*>(first)), count_(count), stride_(stride) {}

  std::size_t size() const { return count_; }
  Number operator[](std::size_t i) const {
    Number value;
    std::memcpy(&value, first_ + i * stride_, sizeof value);
    return value;
  }

 private:
  const std::byte* first_ = nullptr;
  std::size_t count_ = 0;
  std::size_t stride_ = sizeof(Number);
};

/// The columns of doubles that a record had last: one refers to the one two before it, which is the same
/// column of the stage before.
class LastColumns {
 public:
  /// For a column of so many numbers; one without numbers: there is none.
  Column<double> reference(std::size_t count) const {
    return last_[0].size() == count ? last_[0] : Column<double>{};
  }
  void had(const Column<double>& column) { last_ = {last_[1], column}; }

 private:
  std::array<Column<double>, 2> last_{};
};

/// Writes the values of one record. Allocates only where the Encoder has to grow. What columns refer to has
/// to stay where it is meanwhile.
class CompactWriter {
 public:
  explicit CompactWriter(base::Encoder& to) : to_(to) {}

  void put(bool value) { put(static_cast<std::uint8_t>(value ? 1 : 0)); }
  void put(std::uint8_t value) { to_.put(value); }
  void put(std::uint32_t value) { to_.put_varint(value); }
  void put(std::uint64_t value) { to_.put_varint(value); }
  void put(std::int32_t value);
  void put(std::int64_t value);
  void put(double value);
  /// Of things that have so many bytes in memory each. More than `record_bytes_max` is a broken invariant.
  void put_count(std::size_t count, std::size_t bytes_each);
  void put_text(std::string_view text);
  /// Without its count. Number: u8, u32, u64, i32, i64 or f64.
  template <class Number>
  void put_column(const Column<Number>& column);

 private:
  base::Encoder& to_;
  LastColumns last_;
  std::size_t bytes_put_ = 0;
};

/// Reads the values of one record. What does not fit makes the Decoder refuse, and is zero from there on. No
/// payload makes a record hold more than `record_bytes_max`.
class CompactReader {
 public:
  explicit CompactReader(base::Decoder& from) : from_(from) {}

  void get(bool& value) { from_.get(value); }
  void get(std::uint8_t& value) { from_.get(value); }
  void get(std::uint32_t& value);
  void get(std::uint64_t& value) { value = from_.get_varint(); }
  void get(std::int32_t& value);
  void get(std::int64_t& value);
  void get(double& value);
  void get_text(std::string& text);
  /// Into `bytes_most` bytes, filled up with zeros.
  void get_text(char* to, std::size_t bytes_most);
  /// Of things that have so many bytes in memory each, and at least `bytes_min` here; 0: a few bytes may
  /// stand for many of them.
  std::size_t get_count(std::size_t bytes_each, std::size_t bytes_min);
  /// Into numbers that lie `stride` bytes apart.
  template <class Number>
  void get_column(Number* first, std::size_t count, std::size_t stride = sizeof(Number));

 private:
  base::Decoder& from_;
  LastColumns last_;
  std::size_t bytes_made_ = 0;
};

/// What a record holds at most, in memory: a few bytes of a payload may stand for many numbers. 10,000
/// instruments through 30 stages are 8 MB.
inline constexpr std::size_t record_bytes_max = std::size_t{1} << 26;

/// Powers of ten that a column of i64 may be divided by, in the order of their codes.
inline constexpr std::array<unsigned, 8> column_scales = {0, 2, 3, 4, 5, 6, 7, 9};

}  // namespace cadre::journal
