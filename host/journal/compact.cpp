#include "host/journal/compact.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "host/base/invariant.hpp"

namespace cadre::journal {
namespace {

/// The first byte of a column that is not empty: its lowest four bits for integers are the bytes of a number,
/// for doubles the form.
constexpr unsigned constant = 0;          ///< the number follows, as a value alone has it
constexpr unsigned with_mask = 0x10;      ///< integers: a bit a number says which ones are not zero
constexpr unsigned scale_shift = 5;       ///< integers: place in column_scales
constexpr unsigned as_reference = 1;      ///< doubles: those of the reference
constexpr unsigned coded = 2, whole = 3;  ///< doubles: two bits a number first; all of them
constexpr unsigned width_shift = 4;       ///< doubles: the bytes of a number
/// The two bits.
constexpr unsigned is_zero = 0, is_last = 1, is_reference = 2, is_new = 3;

constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

constexpr std::int64_t power_of_ten(unsigned exponent) {
  std::int64_t power = 1;
  for (; exponent != 0; --exponent)
    power *= 10;
  return power;
}

constexpr unsigned width_of(std::uint64_t value) {
  return static_cast<unsigned>(std::bit_width(value) + 7) / 8;
}
/// How many of the highest bytes of a double are left when those at its end that are zero are not written.
constexpr unsigned width_of_double(std::uint64_t bits) {
  return bits == 0 ? 0 : 8 - static_cast<unsigned>(std::countr_zero(bits)) / 8;
}

/// The lowest `width` bytes; there is room for eight.
std::byte* put_low(std::byte* to, std::uint64_t value, unsigned width) {
  std::memcpy(to, &value, sizeof value);
  return to + width;
}
std::byte* put_high(std::byte* to, std::uint64_t bits, unsigned width) {
  return put_low(to, width == 0 ? 0 : bits >> (64 - 8 * width), width);
}
std::uint64_t low_at(std::span<const std::byte> bytes, unsigned width) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), width);
  return value;
}
std::uint64_t high_at(std::span<const std::byte> bytes, unsigned width) {
  return width == 0 ? 0 : low_at(bytes, width) << (64 - 8 * width);
}

constexpr std::size_t spare = 16;  ///< behind what is written: put_low writes eight bytes

/// Whether all numbers are the first one.
template <class Number>
bool is_constant(const Column<Number>& column) {
  using Bits = std::conditional_t<std::is_same_v<Number, double>, std::uint64_t, Number>;
  const auto first = std::bit_cast<Bits>(column[0]);
  for (std::size_t i = 1; i < column.size(); ++i) {
    if (std::bit_cast<Bits>(column[i]) != first) return false;
  }
  return true;
}

bool is_same(const Column<double>& a, const Column<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::bit_cast<std::uint64_t>(a[i]) != std::bit_cast<std::uint64_t>(b[i])) return false;
  }
  return true;
}

/// Integers without their sign, small where they are near zero, divided by what divides all of them.
template <std::int64_t divisor, class Number>
std::uint64_t unsigned_of(Number value) {
  if constexpr (std::is_signed_v<Number>)
    return zigzag(static_cast<std::int64_t>(value) / divisor);
  else
    return value;
}

/// False: the divisor does not divide all of them, and nothing was written.
template <unsigned scale, class Number>
bool put_scaled(base::Encoder& to, const Column<Number>& column) {
  constexpr std::int64_t divisor = power_of_ten(column_scales[scale]);
  std::uint64_t all = 0;
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < column.size(); ++i) {
    const Number value = column[i];
    if constexpr (divisor != 1) {
      if (value % divisor != 0) return false;
    }
    all |= unsigned_of<divisor>(value);
    zeros += value == 0 ? 1 : 0;
  }
  const unsigned width = width_of(all);
  const std::size_t mask_bytes = (column.size() + 7) / 8;
  const bool masked = zeros * width > mask_bytes;
  std::byte* const start = to.room(column.size() * width + mask_bytes + spare);
  std::byte* at = start;
  *at++ = static_cast<std::byte>(width | (masked ? with_mask : 0) | scale << scale_shift);
  std::byte* const mask = at;
  if (masked) {
    std::memset(mask, 0, mask_bytes);
    at += mask_bytes;
  }
  for (std::size_t i = 0; i < column.size(); ++i) {
    const std::uint64_t value = unsigned_of<divisor>(column[i]);
    put_low(at, value, width);
    if (masked) mask[i / 8] |= static_cast<std::byte>((value != 0 ? 1u : 0u) << i % 8);
    at += masked && value == 0 ? 0 : width;
  }
  to.used(static_cast<std::size_t>(at - start));
  return true;
}

template <class Number>
void put_integers(base::Encoder& to, const Column<Number>& column) {
  if constexpr (std::is_same_v<Number, std::int64_t>) {
    // The largest that divides all: the first number that it does not divide ends a look.
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (void)(put_scaled<column_scales.size() - 1 - I>(to, column) || ...);
    }
    (std::make_index_sequence<column_scales.size()>());
  } else {
    put_scaled<0>(to, column);
  }
}

/// What the two-bit codes of a column are, and the numbers that it adds.
struct Coded {
  std::uint64_t all = 0, all_added = 0;  ///< every bit that one of them has
  std::size_t added = 0;
};

/// Puts the codes at `codes`, and what is new, eight bytes each, behind them.
template <bool has_reference>
Coded put_codes(std::byte* codes, const Column<double>& column, const Column<double>& reference) {
  const std::size_t count = column.size();
  std::byte* at = codes + (count + 3) / 4;
  Coded said;
  std::uint64_t last = 0;
  unsigned byte = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint64_t>(column[i]);
    said.all |= bits;
    // Without branches: which code comes next is hard to foresee.
    unsigned code = is_new;
    if constexpr (has_reference)
      code = bits == std::bit_cast<std::uint64_t>(reference[i]) ? is_reference : code;
    code = bits == last ? is_last : code;
    code = bits == 0 ? is_zero : code;
    const bool is_added = code == is_new;
    last = is_added ? bits : last;
    said.all_added |= is_added ? bits : 0;
    said.added += is_added ? 1 : 0;
    put_low(at, bits, 8);
    at += is_added ? 8 : 0;
    byte |= code << 2 * (i % 4);
    if (i % 4 != 3 && i + 1 != count) continue;
    *codes++ = static_cast<std::byte>(byte);
    byte = 0;
  }
  return said;
}

void put_doubles(base::Encoder& to, const Column<double>& column, const Column<double>& reference) {
  const std::size_t count = column.size();
  const std::size_t code_bytes = (count + 3) / 4;
  std::byte* const start = to.room(count * 8 + code_bytes + spare);
  const bool has_reference = reference.size() == count;
  if (has_reference && is_same(column, reference)) {
    *start = static_cast<std::byte>(as_reference);
    return to.used(1);
  }
  std::byte* const codes = start + 1;
  const Coded said =
      has_reference ? put_codes<true>(codes, column, reference) : put_codes<false>(codes, column, reference);
  const bool is_whole =
      count * width_of_double(said.all) <= code_bytes + said.added * width_of_double(said.all_added);
  const unsigned width = width_of_double(is_whole ? said.all : said.all_added);
  *start = static_cast<std::byte>((is_whole ? whole : coded) | width << width_shift);
  std::byte* at = codes;
  if (is_whole) {
    for (std::size_t i = 0; i < count; ++i)
      at = put_high(at, std::bit_cast<std::uint64_t>(column[i]), width);
  } else {
    // Each moves down over those before it.
    const std::byte* from = at += code_bytes;
    for (std::size_t k = 0; width != 8 && k < said.added; ++k)
      at = put_high(at, low_at({from + 8 * k, 8}, 8), width);
    if (width == 8) at += 8 * said.added;
  }
  to.used(static_cast<std::size_t>(at - start));
}

template <class Number>
void set(Number* first, std::size_t stride, std::size_t i, Number value) {
  std::memcpy(reinterpret_cast<std::byte*>(first) + i * stride, &value, sizeof value);
}

/// What put_scaled() made of a number; false: no such number has this.
template <class Number>
bool from_unsigned(std::uint64_t stored, std::int64_t factor, Number& value) {
  if constexpr (std::is_signed_v<Number>) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(unzigzag(stored), factor, &product) || !std::in_range<Number>(product))
      return false;
    value = static_cast<Number>(product);
  } else {
    if (!std::in_range<Number>(stored)) return false;
    value = static_cast<Number>(stored);
  }
  return true;
}

template <class Number>
void get_integers(base::Decoder& from, unsigned form, Number* first, std::size_t count, std::size_t stride) {
  const unsigned width = form & 0xf, scale = form >> scale_shift;
  const bool is_known = width <= sizeof(Number) && (scale == 0 || std::is_same_v<Number, std::int64_t>);
  if (!is_known) return from.refuse();
  const std::size_t mask_bytes = (count + 7) / 8;
  const bool masked = (form & with_mask) != 0;
  const auto mask = from.get_raw(masked ? mask_bytes : 0);
  const std::int64_t factor = power_of_ten(column_scales[scale]);
  for (std::size_t i = 0; i < count && from.ok(); ++i) {
    const bool is_there = !masked || (static_cast<unsigned>(mask[i / 8]) >> i % 8 & 1) != 0;
    Number value = 0;
    if (is_there) {
      const auto bytes = from.get_raw(width);
      if (!from.ok() || !from_unsigned(low_at(bytes, width), factor, value)) return from.refuse();
    }
    set(first, stride, i, value);
  }
}

void get_doubles(base::Decoder& from, unsigned form, double* first, std::size_t count, std::size_t stride,
                 const Column<double>& reference) {
  const unsigned kind = form & 0xf, width = form >> width_shift;
  const bool is_known = kind <= whole && width <= 8 && (kind != as_reference || width == 0);
  if (!is_known || (kind == as_reference && reference.size() != count)) return from.refuse();
  const auto codes = from.get_raw(kind == coded ? (count + 3) / 4 : 0);
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < count && from.ok(); ++i) {
    unsigned code = kind == whole ? is_new : is_reference;
    if (kind == coded) code = static_cast<unsigned>(codes[i / 4]) >> 2 * (i % 4) & 3;
    if (code == is_reference && reference.size() != count) return from.refuse();
    std::uint64_t bits = 0;
    if (code == is_new) {
      const auto bytes = from.get_raw(width);
      if (!from.ok()) return;
      bits = last = high_at(bytes, width);
    } else if (code == is_last) {
      bits = last;
    } else if (code == is_reference) {
      bits = std::bit_cast<std::uint64_t>(reference[i]);
    }
    set(first, stride, i, std::bit_cast<double>(bits));
  }
}

}  // namespace

void CompactWriter::put(std::int32_t value) {
  to_.put_varint(zigzag(value));
}

// Most are round numbers of billionths, millionths or nanoseconds: zeros at their end are counted.
void CompactWriter::put(std::int64_t value) {
  if (value == 0) return put(std::uint8_t{0});
  unsigned zeros = 0;
  const auto strip = [&]<unsigned count>(std::integral_constant<unsigned, count>) {
    constexpr std::int64_t power = power_of_ten(count);
    // A power of ten is one of two too: the lowest bits say of most numbers that it is none of theirs.
    if ((value & ((1 << count) - 1)) != 0 || value % power != 0) return;
    value /= power;
    zeros += count;
  };
  strip(std::integral_constant<unsigned, 8>());
  strip(std::integral_constant<unsigned, 4>());
  strip(std::integral_constant<unsigned, 2>());
  strip(std::integral_constant<unsigned, 1>());
  const std::uint64_t stored = zigzag(value);
  const unsigned width = width_of(stored);
  std::byte* const start = to_.room(spare);
  *start = static_cast<std::byte>(zeros | width << width_shift);
  put_low(start + 1, stored, width);
  to_.used(1 + width);
}

void CompactWriter::put(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const unsigned width = width_of_double(bits);
  std::byte* const start = to_.room(spare);
  *start = static_cast<std::byte>(width);
  put_high(start + 1, bits, width);
  to_.used(1 + width);
}

void CompactWriter::put_count(std::size_t count, std::size_t bytes_each) {
  bytes_put_ += count * bytes_each;
  CADRE_INVARIANT(bytes_put_ <= record_bytes_max, "journal.record_is_bounded",
                  "what a record holds has at most 64 MiB, so that a damaged one asks for no more");
  to_.put_varint(count);
}

void CompactWriter::put_text(std::string_view text) {
  to_.put_varint(text.size());
  to_.put_bytes(text.data(), text.size());
}

template <class Number>
void CompactWriter::put_column(const Column<Number>& column) {
  if (column.size() != 0) {
    if (is_constant(column)) {
      to_.put(static_cast<std::uint8_t>(constant));
      put(column[0]);
    } else if constexpr (std::is_same_v<Number, double>) {
      put_doubles(to_, column, last_.reference(column.size()));
    } else {
      put_integers(to_, column);
    }
  }
  if constexpr (std::is_same_v<Number, double>) last_.had(column);
}

void CompactReader::get(std::uint32_t& value) {
  value = static_cast<std::uint32_t>(from_.get_varint(std::numeric_limits<std::uint32_t>::max()));
}

void CompactReader::get(std::int32_t& value) {
  value = static_cast<std::int32_t>(unzigzag(from_.get_varint(std::numeric_limits<std::uint32_t>::max())));
}

void CompactReader::get(std::int64_t& value) {
  const auto first = from_.get<std::uint8_t>();
  const unsigned width = first >> width_shift;
  if (width > 8) from_.refuse();
  const auto bytes = from_.get_raw(width > 8 ? 0 : width);
  value = 0;
  if (from_.ok() && !from_unsigned(low_at(bytes, width), power_of_ten(first & 0xf), value)) from_.refuse();
}

void CompactReader::get(double& value) {
  const unsigned width = from_.get<std::uint8_t>();
  if (width > 8) from_.refuse();
  const auto bytes = from_.get_raw(width > 8 ? 0 : width);
  value = from_.ok() ? std::bit_cast<double>(high_at(bytes, width)) : 0;
}

void CompactReader::get_text(std::string& text) {
  const auto bytes = from_.get_raw(from_.get_varint());
  text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void CompactReader::get_text(char* to, std::size_t bytes_most) {
  const auto bytes = from_.get_raw(from_.get_varint(bytes_most));
  std::memset(to, 0, bytes_most);
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
}

std::size_t CompactReader::get_count(std::size_t bytes_each, std::size_t bytes_min) {
  const std::uint64_t count = from_.get_varint();
  const bool is_bounded = count <= (record_bytes_max - bytes_made_) / bytes_each &&
                          (bytes_min == 0 || count <= from_.left() / bytes_min);
  if (!is_bounded) {
    from_.refuse();
    return 0;
  }
  bytes_made_ += count * bytes_each;
  return count;
}

template <class Number>
void CompactReader::get_column(Number* first, std::size_t count, std::size_t stride) {
  const Column<Number> column(first, count, stride);
  if (count != 0) {
    const unsigned form = from_.get<std::uint8_t>();
    if (form == constant) {
      Number value{};
      get(value);
      for (std::size_t i = 0; i < count; ++i)
        set(first, stride, i, value);
    } else if constexpr (std::is_same_v<Number, double>) {
      get_doubles(from_, form, first, count, stride, last_.reference(count));
    } else {
      get_integers(from_, form, first, count, stride);
    }
  }
  if constexpr (std::is_same_v<Number, double>) last_.had(column);
}

// NOLINTBEGIN(bugprone-macro-parentheses): the argument is a type
#define CADRE_COLUMN(Number)                                             \
  template void CompactWriter::put_column(const Column<Number>& column); \
  template void CompactReader::get_column(Number* first, std::size_t count, std::size_t stride)
// NOLINTEND(bugprone-macro-parentheses)
CADRE_COLUMN(std::uint8_t);
CADRE_COLUMN(std::uint32_t);
CADRE_COLUMN(std::uint64_t);
CADRE_COLUMN(std::int32_t);
CADRE_COLUMN(std::int64_t);
CADRE_COLUMN(double);
#undef CADRE_COLUMN

}  // namespace cadre::journal
