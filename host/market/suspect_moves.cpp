#include "host/market/suspect_moves.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "host/base/date.hpp"
#include "host/base/decimal.hpp"
#include "host/base/text.hpp"

namespace cadre::market {

namespace {

double move_of(std::int64_t before_e9, std::int64_t after_e9) {
  return static_cast<double>(after_e9) / static_cast<double>(before_e9) - 1;
}

std::string percent(double fraction) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%+.1f %%", 100 * fraction);
  return text.data();
}

}  // namespace

bool is_suspect(std::int64_t before_e9, std::int64_t after_e9, double suspect_move) {
  return before_e9 > 0 && after_e9 > 0 && std::fabs(move_of(before_e9, after_e9)) > suspect_move;
}

std::string move_text(const std::string& instrument, std::int32_t date, std::int64_t before_e9,
                      std::int64_t after_e9) {
  return instrument + " moves " + percent(move_of(before_e9, after_e9)) + " on " + base::format_date(date) +
         ", from " + base::Price::from_raw(before_e9).to_string() + " to " +
         base::Price::from_raw(after_e9).to_string();
}

std::string move_text(const SuspectMove& move, const std::vector<std::string>& instruments) {
  const std::string& id = instruments[move.instrument];
  const bool is_close = std::string_view(move.field) == "close";
  return move_text(is_close ? id : "the " + std::string(move.field) + " of " + id, move.date, move.before_e9,
                   move.after_e9);
}

std::string moves_text(const std::vector<SuspectMove>& moves, const std::vector<std::string>& instruments) {
  constexpr std::size_t shown = 3;
  std::vector<std::string> each;
  for (std::size_t i = 0; i < std::min(shown, moves.size()); ++i)
    each.push_back(move_text(moves[i], instruments));
  std::string all = base::join(each, "; ");
  if (moves.size() > shown) all += "; and " + std::to_string(moves.size() - shown) + " more";
  return all;
}

std::vector<SuspectMove> find_moves(const std::vector<std::int64_t>& closes_e9, const model::Bar& bar,
                                    double suspect_move) {
  std::vector<SuspectMove> moves;
  for (std::size_t i = 0; i < closes_e9.size() && i < bar.close_e9.size(); ++i) {
    if (bar.valid[i] == 0) continue;
    const auto see = [&](const char* field, const std::vector<std::int64_t>& prices) {
      const bool is_one = i < prices.size() && is_suspect(closes_e9[i], prices[i], suspect_move);
      if (is_one) moves.push_back({i, bar.date, field, closes_e9[i], prices[i]});
      return is_one;
    };
    (void)(see("close", bar.close_e9) || see("open", bar.open_e9) || see("high", bar.high_e9) ||
           see("low", bar.low_e9));
  }
  return moves;
}

}  // namespace cadre::market
