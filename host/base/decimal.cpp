#include "host/base/decimal.hpp"

#include <array>
#include <cmath>
#include <limits>

namespace cadre::base {
namespace {

__extension__ using U128 = unsigned __int128;

constexpr uint64_t kLargest = std::numeric_limits<int64_t>::max();

uint64_t magnitude_of(int64_t value) {
  return value < 0 ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

std::optional<int64_t> with_sign(U128 magnitude, bool negative) {
  if (magnitude > kLargest) return std::nullopt;
  const auto value = static_cast<int64_t>(magnitude);
  return negative ? -value : value;
}

uint64_t power_of_ten(int exponent) {
  uint64_t power = 1;
  for (int i = 0; i < exponent; ++i)
    power *= 10;
  return power;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// `quotient` plus the remainder's share, half to even.
U128 round_half_even(U128 quotient, U128 remainder, U128 divisor) {
  const U128 rest = divisor - remainder;
  const bool up = remainder > rest || (remainder == rest && (quotient & 1) != 0);
  return up ? quotient + 1 : quotient;
}

// An optional sign, then digits, to the end of the text. Saturates far outside of what can matter.
std::optional<int64_t> parse_exponent(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  int64_t exponent = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    if (exponent < 1'000'000'000'000) exponent = exponent * 10 + (c - '0');
  }
  return negative ? -exponent : exponent;
}

// 192 bits, least significant limb first.
using Wide = std::array<uint64_t, 3>;

Wide multiply(uint64_t a, uint64_t b, uint64_t c) {
  const U128 ab = static_cast<U128>(a) * b;
  const U128 low = static_cast<U128>(static_cast<uint64_t>(ab)) * c;
  const U128 high = static_cast<U128>(static_cast<uint64_t>(ab >> 64)) * c + static_cast<uint64_t>(low >> 64);
  return {static_cast<uint64_t>(low), static_cast<uint64_t>(high), static_cast<uint64_t>(high >> 64)};
}

// Divides in place, returns the remainder.
uint64_t divide(Wide& value, uint64_t divisor) {
  U128 remainder = 0;
  for (size_t i = value.size(); i-- > 0;) {
    const U128 part = (remainder << 64) | value[i];
    value[i] = static_cast<uint64_t>(part / divisor);
    remainder = part % divisor;
  }
  return static_cast<uint64_t>(remainder);
}

}  // namespace

namespace fixed {

std::optional<int64_t> parse(std::string_view text, int digits) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  // Pass 1: the form, and where the decimal point and the first significant digit stand.
  size_t end = 0, point = std::string_view::npos, digit_count = 0;
  for (; end < text.size(); ++end) {
    if (is_digit(text[end])) {
      ++digit_count;
    } else if (text[end] == '.' && point == std::string_view::npos) {
      point = end;
    } else {
      break;
    }
  }
  if (digit_count == 0) return std::nullopt;
  int64_t exponent = 0;
  if (end < text.size()) {
    if (text[end] != 'e' && text[end] != 'E') return std::nullopt;
    const auto parsed = parse_exponent(text.substr(end + 1));
    if (!parsed) return std::nullopt;
    exponent = *parsed;
  }
  const std::string_view mantissa = text.substr(0, end);
  const auto decimals = static_cast<int64_t>(point == std::string_view::npos ? 0 : end - point - 1);

  // Pass 2: the first `kept` digits are the integer, what follows decides the rounding.
  const int64_t kept = static_cast<int64_t>(digit_count) - decimals + exponent + digits;
  U128 magnitude = 0;
  int64_t index = 0;
  int first_dropped = 0;
  bool more_dropped = false;
  for (const char c : mantissa) {
    if (c == '.') continue;
    if (index < kept) {
      magnitude = magnitude * 10 + static_cast<unsigned>(c - '0');
      if (magnitude > kLargest) return std::nullopt;
    } else if (index == kept) {
      first_dropped = c - '0';
    } else if (c != '0') {
      more_dropped = true;
    }
    ++index;
  }
  if (kept < 0) {
    // Every digit stands right of the one that decides.
    return 0;
  }
  for (; index < kept && magnitude != 0; ++index) {
    magnitude *= 10;
    if (magnitude > kLargest) return std::nullopt;
  }
  if (first_dropped > 5 || (first_dropped == 5 && (more_dropped || (magnitude & 1) != 0))) ++magnitude;
  return with_sign(magnitude, negative);
}

std::optional<int64_t> from_double(double value, int digits) {
  if (!std::isfinite(value)) return std::nullopt;
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(value), &exponent);
  const auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53));
  exponent -= 53;
  const U128 product = static_cast<U128>(mantissa) * power_of_ten(digits);
  if (product == 0) return 0;
  if (exponent >= 0) {
    if (exponent > 63 || product > (static_cast<U128>(kLargest) >> exponent)) return std::nullopt;
    return with_sign(product << exponent, value < 0);
  }
  // The product has at most 83 bits: shifted by more than 84 it is below one half.
  const int shift = -exponent;
  if (shift > 84) return 0;
  const U128 divisor = static_cast<U128>(1) << shift;
  return with_sign(round_half_even(product >> shift, product & (divisor - 1), divisor), value < 0);
}

std::string to_string(int64_t raw, int digits) {
  const uint64_t unit = power_of_ten(digits);
  const uint64_t magnitude = magnitude_of(raw);
  std::string text = raw < 0 ? "-" : "";
  text += std::to_string(magnitude / unit);
  std::string decimals = std::to_string(magnitude % unit);
  decimals.insert(0, static_cast<size_t>(digits) - decimals.size(), '0');
  while (!decimals.empty() && decimals.back() == '0')
    decimals.pop_back();
  if (!decimals.empty()) text += "." + decimals;
  return text;
}

std::optional<int64_t> add(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum) || sum == std::numeric_limits<int64_t>::min()) return std::nullopt;
  return sum;
}

std::optional<int64_t> subtract(int64_t a, int64_t b) {
  int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) return std::nullopt;
  if (difference == std::numeric_limits<int64_t>::min()) return std::nullopt;
  return difference;
}

}  // namespace fixed

std::optional<Money> notional(Price price, Quantity quantity, Quantity multiplier) {
  if (quantity.raw() == 0 || price.raw() == 0) return Money{};
  // 1e-27 to 1e-6, in two divisions that fit 64 bits each.
  constexpr uint64_t kFirst = 1'000'000'000'000, kSecond = 1'000'000'000;
  if (multiplier.raw() == int64_t{kSecond}) {
    // Of most instruments it is 1, and one division does.
    const U128 product = static_cast<U128>(magnitude_of(price.raw())) * magnitude_of(quantity.raw());
    const U128 rounded = round_half_even(product / kFirst, product % kFirst, kFirst);
    const auto raw = with_sign(rounded, (price.raw() < 0) != (quantity.raw() < 0));
    return raw ? std::optional<Money>(Money::from_raw(*raw)) : std::nullopt;
  }
  Wide product =
      multiply(magnitude_of(price.raw()), magnitude_of(quantity.raw()), magnitude_of(multiplier.raw()));
  const uint64_t low = divide(product, kFirst);
  const uint64_t high = divide(product, kSecond);
  if (product[2] != 0 || product[1] != 0) return std::nullopt;
  const U128 remainder = static_cast<U128>(high) * kFirst + low;
  const U128 rounded = round_half_even(product[0], remainder, static_cast<U128>(kFirst) * kSecond);
  const bool negative = (price.raw() < 0) != ((quantity.raw() < 0) != (multiplier.raw() < 0));
  const auto raw = with_sign(rounded, negative);
  return raw ? std::optional<Money>(Money::from_raw(*raw)) : std::nullopt;
}

std::optional<Money> scale(Money money, int64_t numerator, int64_t denominator) {
  if (denominator == 0) return std::nullopt;
  const U128 product = static_cast<U128>(magnitude_of(money.raw())) * magnitude_of(numerator);
  const U128 divisor = magnitude_of(denominator);
  const U128 rounded = round_half_even(product / divisor, product % divisor, divisor);
  const bool negative = (money.raw() < 0) != ((numerator < 0) != (denominator < 0));
  const auto raw = with_sign(rounded, negative);
  return raw ? std::optional<Money>(Money::from_raw(*raw)) : std::nullopt;
}

}  // namespace cadre::base
