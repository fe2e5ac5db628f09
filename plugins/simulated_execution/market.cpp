#include "market.hpp"

#include <algorithm>
#include <cmath>

#include "fixed_point.hpp"

namespace cadre::simulated_execution {

namespace {

std::int64_t price_at(const cadre_column& column, std::uint32_t i) {
  if (column.values == nullptr || column.valid[i] == 0) return 0;
  return price_from(column.values[i]).value_or(0);
}

/// What the settings leave of a bar's volume. Without a volume nothing bounds an order, and no price that is
/// set a share of it can be had; a bar in which nobody traded fills nothing.
std::int64_t tradable(const cadre_column& volume, std::uint32_t i, std::optional<std::int64_t> share_e9) {
  if (volume.values == nullptr) return INT64_MAX;
  if (volume.valid[i] == 0) return share_e9 ? 0 : INT64_MAX;
  const std::int64_t traded = quantity_from(volume.values[i]);
  if (traded == 0) return 0;
  return share_e9 ? share_of_rounded_down(traded, *share_e9) : INT64_MAX;
}

bool can_be_borrowed(const cadre_instrument& instrument) {
  return CADRE_HAS(&instrument, borrow_rate) && !std::isnan(instrument.borrow_rate);
}

/// Where nothing is said: nothing in an account that pays for what it buys, all of it in one that may owe.
std::int64_t margin_rate(const cadre_instrument& instrument, const sdk::State& state) {
  if (CADRE_HAS(&instrument, margin_rate) && !std::isnan(instrument.margin_rate))
    return std::llround(instrument.margin_rate * 1e9);
  return (state.raw().constraints->flags & CADRE_MARGIN_ACCOUNT) != 0 ? one_e9 : 0;
}

void describe(Place& place, std::uint32_t i, const sdk::State& state, const Settings& settings) {
  const cadre_instrument& instrument = state.instrument(i);
  place.lot_e9 = std::max<std::int64_t>(1, instrument.lot_e9);
  place.multiplier_e9 = instrument.multiplier_e9;
  place.can_be_borrowed = can_be_borrowed(instrument);
  place.margin_rate_e9 = margin_rate(instrument, state);
  place.schedule = settings.commission.place_of(sdk::view_of(instrument.id));
}

}  // namespace

std::int64_t Liquidity::left(Moment moment) const {
  if (moment == Moment::opening) return std::min(all_e9, opening_e9);
  if (moment == Moment::closing) return std::min(all_e9, closing_e9);
  return all_e9;
}

void Liquidity::take(Moment moment, std::int64_t quantity_e9) {
  const auto taken = [&](std::int64_t& left) {
    if (left != INT64_MAX) left -= quantity_e9;
  };
  taken(all_e9);
  if (moment == Moment::opening) taken(opening_e9);
  if (moment == Moment::closing) taken(closing_e9);
}

void SessionClock::enter_bar(const sdk::State& state) {
  const cadre_execution_state& raw = state.raw();
  const double bars = raw.sessions_per_year > 0 ? raw.periods_per_year / raw.sessions_per_year : 1;
  is_intraday_ = bars >= 1.5;
  bar_ = is_intraday_ && raw.session_date == date_ ? bar_ + 1 : 1;
  closes_ = !is_intraday_ || bar_ >= std::lround(std::min(bars, 1e6));
  date_ = raw.session_date;
}

void SessionClock::restore(std::int32_t date, std::uint32_t bar) {
  date_ = date;
  bar_ = bar;
}

bool has_opens(const sdk::State& state) {
  return state.raw().open.values != nullptr;
}

bool has_quotes(const sdk::State& state) {
  const cadre_execution_state& raw = state.raw();
  return CADRE_HAS(&raw, ask) && raw.bid.values != nullptr && raw.ask.values != nullptr;
}

void Market::enter_bar(const sdk::State& state, const Settings& settings) {
  const cadre_execution_state& raw = state.raw();
  const bool quoted = has_quotes(state);
  const auto& whole_share = settings.max_participation_e9;
  const auto& auction_share =
      settings.auction_participation_e9 ? settings.auction_participation_e9 : whole_share;
  places_.resize(static_cast<std::size_t>(state.size()));
  for (std::uint32_t i = 0; i < places_.size(); ++i) {
    Place& place = places_[i];
    describe(place, i, state, settings);
    place.bar = {price_at(raw.open, i),
                 price_at(raw.high, i),
                 price_at(raw.low, i),
                 price_at(raw.close, i),
                 quoted ? price_at(raw.bid, i) : 0,
                 quoted ? price_at(raw.ask, i) : 0};
    place.mark = price_at(raw.price, i);
    place.position_e9 = raw.quantity_e9[i];
    const std::int64_t in_auction = tradable(raw.volume, i, auction_share);
    place.liquidity = {tradable(raw.volume, i, whole_share), in_auction, in_auction};
  }
}

void Market::change_universe(const cadre_universe_change& change, const sdk::State& state,
                             const Settings& settings) {
  if (!is_known()) return;
  std::vector<Place> places(static_cast<std::size_t>(state.size()));
  for (std::uint32_t i = 0; i < places.size(); ++i) {
    const std::int32_t before = change.new_to_old[i];
    if (before != CADRE_GONE && static_cast<std::size_t>(before) < places_.size())
      places[i] = places_[static_cast<std::size_t>(before)];
    places[i].position_e9 = state.raw().quantity_e9[i];
    describe(places[i], i, state, settings);
  }
  places_ = std::move(places);
}

}  // namespace cadre::simulated_execution
