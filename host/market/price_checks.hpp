#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/capped_problems.hpp"
#include "host/market/csv.hpp"
#include "host/market/price_history.hpp"
#include "host/market/price_reader.hpp"

namespace cadre::market {

/// What a field of a price says: missing is empty, NaN, NA, null or infinite. Prices are held in billionths,
/// up to 9,223,372,036: too_large is beyond that, too_fine would be bent by more than 0.01 % of itself, and
/// too_small is nothing when it is rounded.
enum class PriceField { fine, missing, not_a_number, not_positive, too_small, too_fine, too_large };

struct ParsedPrice {
  PriceField state = PriceField::not_a_number;
  int64_t raw_e9 = 0;
};

ParsedPrice parse_price(std::string_view text);
/// A price that is fine, times a factor above 0.
ParsedPrice scaled(ParsedPrice price, double factor);

/// What is wrong with a price that is there and not fine, to follow the price itself, and the next step.
struct PriceFault {
  const char* code;
  const char* what;
  const char* next_step;
};
PriceFault fault_of(PriceField state);

/// A number of at least 0, or -1.
double parse_volume(std::string_view text);

/// A day as files of prices write it, yyyymmdd: 1991-01-02, 1991.01.02, 1991/01/02, 19910102, 02.01.1991, and
/// each of the first with a time of midnight behind it. Not 01/02/1991: it may be two days.
std::optional<int32_t> parse_day(std::string_view text);

/// "AA on 1991-01-02"; with times "AA at 2013-10-07T13:31:00Z".
std::string whose(const std::string& instrument, int32_t date, int64_t time_ns, bool has_times);

/// Finds moves of one day that no market makes often: a split or a spin-off that nobody declared.
class MoveWatch {
 public:
  MoveWatch(size_t columns, double suspect_move) : last_close_e9_(columns, 0), suspect_move_(suspect_move) {}
  /// The next close of an instrument, in the order of its dates.
  void see(size_t column, const std::string& instrument, int32_t date, int64_t close_e9,
           const base::Place& place, base::CappedProblems& problems);

 private:
  std::vector<int64_t> last_close_e9_;
  double suspect_move_;
};

/// Carries the last close into cells that are not valid.
void carry_closes(PriceHistory& history);

/// Under the policy refuse: an error for every instrument without a price on some day. Under all: an error
/// for one without any price.
void check_gaps(const PriceHistory& history, MissingPolicy policy, const std::string& file,
                base::CappedProblems& problems);

extern const char* const kMissingNextStep;

}  // namespace cadre::market
