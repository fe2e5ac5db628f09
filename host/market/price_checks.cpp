#include "host/market/price_checks.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "host/base/capped_problems.hpp"
#include "host/base/date.hpp"
#include "host/base/decimal.hpp"

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

std::string percent(double fraction) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%+.1f %%", 100 * fraction);
  return text.data();
}

}  // namespace

const char* const kMissingNextStep = "repair the file, or declare missing: carry or missing: leave";

ParsedPrice parse_price(std::string_view text) {
  text = trimmed(text);
  const auto price = base::Price::parse(text);
  if (!price) return {is_missing_word(text) ? PriceField::missing : PriceField::not_a_number, 0};
  if (price->raw() <= 0) return {PriceField::not_positive, price->raw()};
  return {PriceField::fine, price->raw()};
}

double parse_volume(std::string_view text) {
  text = trimmed(text);
  double volume = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), volume);
  const bool fine =
      failure == std::errc() && end == text.data() + text.size() && std::isfinite(volume) && volume >= 0;
  return fine ? volume : -1;
}

void MoveWatch::see(size_t column, const std::string& instrument, int32_t date, int64_t close_e9,
                    const base::Place& place, base::CappedProblems& problems) {
  const int64_t before_e9 = last_close_e9_[column];
  last_close_e9_[column] = close_e9;
  if (before_e9 == 0) return;
  const double move = static_cast<double>(close_e9) / static_cast<double>(before_e9) - 1;
  if (std::fabs(move) <= suspect_move_) return;
  problems.warning("SUSPECTED_CORPORATE_ACTION", place,
                   instrument + " moves " + percent(move) + " on " + base::format_date(date) + ", from " +
                       base::Price::from_raw(before_e9).to_string() + " to " +
                       base::Price::from_raw(close_e9).to_string(),
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
    int32_t first_missing = 0;
    for (size_t row = 0; row < history.rows(); ++row) {
      if (history.valid[row * columns + column] != 0) continue;
      if (missing++ == 0) first_missing = history.dates[row];
    }
    const std::string& instrument = history.instruments[column];
    if (missing == history.rows()) {
      problems.error("PRICE_MISSING", {.file = file}, instrument + " has no price in these dates",
                     "leave it out of the instruments, or choose other dates");
    } else if (missing > 0 && policy == MissingPolicy::refuse) {
      problems.error("PRICE_MISSING", {.file = file},
                     instrument + " has no price on " + std::to_string(missing) + " of " +
                         std::to_string(history.rows()) + " days, the first is " +
                         base::format_date(first_missing),
                     kMissingNextStep);
    }
  }
}

}  // namespace cadre::market
