#pragma once

#include <cstdint>
#include <vector>

#include "cadre/cpp/agent.hpp"
#include "fill_rules.hpp"
#include "settings.hpp"

namespace cadre::simulated_execution {

/// How much of an instrument may still be traded in the bar that is met, or that has just closed.
struct Liquidity {
  std::int64_t all_e9 = 0;
  std::int64_t opening_e9 = 0;  ///< of it, in the auction at the open
  std::int64_t closing_e9 = 0;

  std::int64_t left(Moment moment) const;
  void take(Moment moment, std::int64_t quantity_e9);  ///< below zero: gives back
};

/// What is known of one instrument since the last bar.
struct Place {
  Bar bar{};
  std::int64_t mark = 0;
  std::int64_t position_e9 = 0;  ///< signed, with the fills since
  std::int64_t lot_e9 = 1;
  std::int64_t multiplier_e9 = 0;
  Liquidity liquidity{};
  std::uint32_t schedule = 0;  ///< of commission: its place in the settings
  bool can_be_borrowed = false;
  std::int64_t margin_rate_e9 = 0;  ///< equity that a position needs, as a share of its value

  std::int64_t reducible_e9 = 0;  ///< of the position, while orders are gone through
};

/// Where in its session a bar is. Of daily bars each is a whole session; of shorter ones the session ends
/// with as many as a session usually has, or with the first bar of the next.
class SessionClock {
 public:
  void enter_bar(const sdk::State& state);
  bool opens() const { return bar_ == 1; }  ///< the first bar of its session
  bool closes() const { return closes_; }   ///< the last one
  bool is_intraday() const { return is_intraday_; }
  std::int32_t date() const { return date_; }
  std::uint32_t bar() const { return bar_; }
  void restore(std::int32_t date, std::uint32_t bar);

 private:
  std::int32_t date_ = 0;
  std::uint32_t bar_ = 0;  // of the session, from 1
  bool closes_ = false;
  bool is_intraday_ = false;
};

/// All instruments. The numbers of the state are read once a bar, as whole numbers.
class Market {
 public:
  /// no-alloc while the number of instruments stays.
  void enter_bar(const sdk::State& state, const Settings& settings);
  /// Follows the instruments to the new universe; what is not known there has no bar.
  void change_universe(const cadre_universe_change& change, const sdk::State& state,
                       const Settings& settings);

  bool is_known() const { return !places_.empty(); }
  std::size_t size() const { return places_.size(); }
  Place& at(std::uint32_t i) { return places_[i]; }
  const Place& at(std::uint32_t i) const { return places_[i]; }
  void restore(std::vector<Place> places) { places_ = std::move(places); }

 private:
  std::vector<Place> places_;
};

bool has_opens(const sdk::State& state);
bool has_quotes(const sdk::State& state);

}  // namespace cadre::simulated_execution
