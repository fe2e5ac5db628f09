#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cadre::base {

// The shared arithmetic; use Fixed. Values lie in +-(2^63 - 1), so that every value can be negated.
namespace fixed {
std::optional<int64_t> parse(std::string_view text, int digits);
std::optional<int64_t> from_double(double value, int digits);
std::string to_string(int64_t raw, int digits);
std::optional<int64_t> add(int64_t a, int64_t b);
std::optional<int64_t> subtract(int64_t a, int64_t b);
}  // namespace fixed

/// A decimal number: raw() units of 10^-Digits. Types with different tags do not mix. Nothing wraps: what
/// does not fit is nullopt.
template <int Digits, class Tag>
class Fixed {
 public:
  static constexpr int digits = Digits;

  constexpr Fixed() = default;
  static constexpr Fixed from_raw(int64_t raw) { return Fixed(raw); }
  constexpr int64_t raw() const { return raw_; }

  /// "-12.5", "+3", ".5", "1e-3"; nothing else, no blanks. More digits than fit are rounded half to even.
  static std::optional<Fixed> parse(std::string_view text) { return wrap(fixed::parse(text, Digits)); }
  /// The exact binary value, rounded half to even.
  static std::optional<Fixed> from_double(double value) { return wrap(fixed::from_double(value, Digits)); }

  constexpr double to_double() const { return static_cast<double>(raw_) / units_; }
  /// The shortest exact text; parse() gives the same value back.
  std::string to_string() const { return fixed::to_string(raw_, Digits); }

  friend constexpr auto operator<=>(Fixed, Fixed) = default;
  constexpr Fixed operator-() const { return Fixed(-raw_); }

  friend std::optional<Fixed> checked_add(Fixed a, Fixed b) { return wrap(fixed::add(a.raw_, b.raw_)); }
  friend std::optional<Fixed> checked_subtract(Fixed a, Fixed b) {
    return wrap(fixed::subtract(a.raw_, b.raw_));
  }

 private:
  constexpr explicit Fixed(int64_t raw) : raw_(raw) {}
  static std::optional<Fixed> wrap(std::optional<int64_t> raw) {
    return raw ? std::optional<Fixed>(Fixed(*raw)) : std::nullopt;
  }

  static constexpr double units_ = [] {
    double units = 1;
    for (int digit = 0; digit < Digits; ++digit)
      units *= 10;
    return units;
  }();

  int64_t raw_ = 0;
};

using Price = Fixed<9, struct PriceTag>;        ///< currency per unit, in 1e-9
using Quantity = Fixed<9, struct QuantityTag>;  ///< units of an instrument, in 1e-9
using Money = Fixed<6, struct MoneyTag>;        ///< currency, in 1e-6

/// price x quantity x multiplier, exact, rounded half to even once.
std::optional<Money> notional(Price price, Quantity quantity, Quantity multiplier);

/// money x numerator / denominator, exact, rounded half to even once; nullopt for a zero denominator.
std::optional<Money> scale(Money money, int64_t numerator, int64_t denominator);

}  // namespace cadre::base
