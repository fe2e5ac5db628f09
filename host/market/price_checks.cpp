#include "host/market/price_checks.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "host/base/capped_problems.hpp"
#include "host/base/date.hpp"
#include "host/base/decimal.hpp"
#include "host/market/suspect_moves.hpp"

namespace cadre::market {
namespace {

bool is_missing_word(std::string_view text) {
  if (text.empty()) return true;
  if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
  std::string lower;
  for (const char c : text.substr(0, 10))
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const char* word : {"nan", "na", "n/a", "null", "inf", "infinity"}) {
    if (lower == word) return true;
  }
  return false;
}

/// The nearest double of a decimal number; NaN when it is none.
double number_of(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size() || failure == std::errc::invalid_argument) return std::nan("");
  if (failure == std::errc()) return number;
  const bool is_tiny = text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
  return is_tiny ? 0 : text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
}

/// Whether rounding to billionths changes the price by more than 0.01 % of itself.
bool is_bent(int64_t raw_e9, double written) {
  return std::fabs(static_cast<double>(raw_e9) / 1e9 - written) > 1e-4 * written;
}

}  // namespace

const char* const kMissingNextStep = "repair the file, or declare missing: carry or missing: leave";

ParsedPrice parse_price(std::string_view text) {
  text = trimmed(text);
  if (is_missing_word(text)) return {PriceField::missing, 0};
  const auto price = base::Price::parse(text);
  const double written = number_of(text);
  if (!price)
    return {written > 1    ? PriceField::too_large
            : written < -1 ? PriceField::not_positive
                           : PriceField::not_a_number,
            0};
  if (price->raw() == 0 && text.find_first_of("123456789") < text.find_first_of("eE") && text[0] != '-')
    return {PriceField::too_small, 0};
  if (price->raw() <= 0) return {PriceField::not_positive, price->raw()};
  if (is_bent(price->raw(), written)) return {PriceField::too_fine, price->raw()};
  return {PriceField::fine, price->raw()};
}

ParsedPrice scaled(ParsedPrice price, double factor) {
  if (price.state != PriceField::fine || factor == 1) return price;
  const long double product = static_cast<long double>(price.raw_e9) * factor;
  if (product > static_cast<long double>(std::numeric_limits<int64_t>::max() - 1))
    return {PriceField::too_large, 0};
  price.raw_e9 = static_cast<int64_t>(std::nearbyint(product));
  if (price.raw_e9 == 0) price.state = PriceField::too_small;
  return price;
}

PriceFault fault_of(PriceField state) {
  switch (state) {
    case PriceField::not_positive:
      return {"PRICE_NOT_POSITIVE", " is not above 0", ""};
    case PriceField::too_small:
      return {"PRICE_OUT_OF_RANGE", " is below the smallest step of a price, 0.000000001",
              "quote it for more units, such as 1,000 or a million"};
    case PriceField::too_fine:
      return {"PRICE_TOO_FINE", " is finer than the step of a price, 0.000000001: rounding would bend it",
              "quote it for more units, such as 1,000 or a million"};
    case PriceField::too_large:
      return {"PRICE_OUT_OF_RANGE", " is above the largest price, 9,223,372,036",
              "quote it for fewer units, or in a larger currency unit"};
    default:
      return {"PRICE_NOT_A_NUMBER", " is no price", ""};
  }
}

double parse_volume(std::string_view text) {
  text = trimmed(text);
  double volume = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), volume);
  const bool fine =
      failure == std::errc() && end == text.data() + text.size() && std::isfinite(volume) && volume >= 0;
  return fine ? volume : -1;
}

std::optional<int32_t> parse_day(std::string_view text) {
  text = trimmed(text);
  const auto digits = [&](size_t from, size_t count) {
    const std::string_view part = text.substr(std::min(from, text.size()), count);
    return part.size() == count && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const auto part = [&](size_t from, size_t count) { return std::string(text.substr(from, count)); };
  if (text.size() == 8 && digits(0, 8))
    return base::parse_date(part(0, 4) + '-' + part(4, 2) + '-' + part(6, 2));
  if (text.size() == 10 && digits(0, 2) && text[2] == '.' && digits(3, 2) && text[5] == '.' && digits(6, 4))
    return base::parse_date(part(6, 4) + '-' + part(3, 2) + '-' + part(0, 2));
  if (!digits(0, 4) || text.size() < 10) return std::nullopt;
  const char between = text[4];
  if ((between != '-' && between != '.' && between != '/') || text[7] != between) return std::nullopt;
  // Behind the day only midnight: "T00:00:00", " 00:00", with a zone of UTC or none.
  std::string_view time = text.substr(10);
  for (const std::string_view zone : {"Z", "+00:00", ".000"}) {
    if (time.ends_with(zone)) time.remove_suffix(zone.size());
  }
  const bool is_midnight = time.empty() || ((time[0] == 'T' || time[0] == ' ') &&
                                            (time.substr(1) == "00:00" || time.substr(1) == "00:00:00"));
  if (!is_midnight) return std::nullopt;
  return base::parse_date(part(0, 4) + '-' + part(5, 2) + '-' + part(8, 2));
}

std::string whose(const std::string& instrument, int32_t date, int64_t time_ns, bool has_times) {
  return instrument + (has_times ? " at " + base::format_time(time_ns) : " on " + base::format_date(date));
}

void MoveWatch::see(size_t column, const std::string& instrument, int32_t date, int64_t close_e9,
                    const base::Place& place, base::CappedProblems& problems) {
  const int64_t before_e9 = last_close_e9_[column];
  last_close_e9_[column] = close_e9;
  if (!is_suspect(before_e9, close_e9, suspect_move_)) return;
  problems.warning("SUSPECTED_CORPORATE_ACTION", place, move_text(instrument, date, before_e9, close_e9),
                   "check for a split or spin-off that is not in the prices");
}

void carry_closes(PriceHistory& history) {
  const size_t columns = history.columns();
  for (size_t row = 1; row < history.rows(); ++row) {
    for (size_t column = 0; column < columns; ++column) {
      const size_t at = row * columns + column;
      if (history.valid[at] != 0) continue;
      // The row before is filled already: its close is the last one.
      const int64_t last_e9 = history.close_e9[at - columns];
      history.close_e9[at] = last_e9;
      if (history.closes_only()) continue;
      history.open_e9[at] = history.high_e9[at] = history.low_e9[at] = last_e9;
    }
  }
}

void check_gaps(const PriceHistory& history, MissingPolicy policy, const std::string& file,
                base::CappedProblems& problems) {
  const size_t columns = history.columns();
  for (size_t column = 0; column < columns; ++column) {
    size_t missing = 0;
    size_t first_missing = 0;
    for (size_t row = 0; row < history.rows(); ++row) {
      if (history.valid[row * columns + column] != 0) continue;
      if (missing++ == 0) first_missing = row;
    }
    const std::string& instrument = history.instruments[column];
    if (missing == history.rows()) {
      problems.error("PRICE_MISSING", {.file = file}, instrument + " has no price in these dates",
                     "leave it out of the instruments, or choose other dates");
    } else if (missing > 0 && policy == MissingPolicy::refuse) {
      problems.error(
          "PRICE_MISSING", {.file = file},
          instrument + " has no price on " + std::to_string(missing) + " of " +
              std::to_string(history.rows()) +
              (history.times_ns.empty()
                   ? " days, the first is " + base::format_date(history.dates[first_missing])
                   : " bars, the first ends at " + base::format_time(history.times_ns[first_missing])),
          kMissingNextStep);
    }
  }
}

}  // namespace cadre::market
