#include "account.hpp"

#include <algorithm>

namespace cadre::simulated_execution {

namespace {

std::int64_t narrowed(Wide money) {
  return static_cast<std::int64_t>(std::clamp(money, Wide{INT64_MIN}, Wide{INT64_MAX}));
}

}  // namespace

Wide MoneyMoved::loss_e6() const {
  const Wide worth = Wide{reduced_worth_e6} + opening_worth_e6;
  return is_buy ? value_e6 - worth : worth - value_e6;
}

void Account::enter_bar(const sdk::State& state, const Market& market) {
  const cadre_execution_state& raw = state.raw();
  owes_cash = (raw.constraints->flags & CADRE_MARGIN_ACCOUNT) != 0;
  bounds_margin = owes_cash;
  short_worth = 0;
  margin_room = money_from(raw.cash);
  for (std::uint32_t i = 0; i < market.size(); ++i) {
    const Place& place = market.at(i);
    bounds_margin = bounds_margin || place.margin_rate_e9 > 0;
    const bool is_short = place.position_e9 < 0;
    const std::int64_t worth =
        notional_e6(is_short ? -place.position_e9 : place.position_e9, place.mark, place.multiplier_e9)
            .value_or(INT64_MAX);
    if (is_short) short_worth += worth;
    margin_room +=
        (is_short ? -Wide{worth} : Wide{worth}) - share_of(worth, place.margin_rate_e9).value_or(0);
  }
  collateral = short_worth;
  if (CADRE_HAS(&raw, short_collateral))
    collateral = std::max(collateral, Wide{money_from(raw.short_collateral)});
  power = Wide{money_from(raw.cash)} - collateral;
}

void Account::apply(const MoneyMoved& moved) {
  power -= moved.fees_e6;
  margin_room -= moved.fees_e6 + moved.loss_e6();
  margin_room += share_of(moved.reduced_worth_e6, moved.margin_rate_e9).value_or(0);
  margin_room -= share_of(moved.opening_worth_e6, moved.margin_rate_e9).value_or(INT64_MAX);
  if (!moved.is_buy) {
    const Wide sold_short = Wide{moved.value_e6} - moved.reducing_value_e6;
    power += moved.reducing_value_e6;
    collateral += sold_short;
    short_worth += sold_short;
    return;
  }
  power -= moved.value_e6;
  if (moved.reduced_worth_e6 <= 0 || short_worth <= 0) return;
  // How much each short holds back is not said: each its part by what it is worth.
  const Wide worth = std::min(Wide{moved.reduced_worth_e6}, short_worth);
  const Wide freed =
      worth == short_worth ? collateral : std::min(collateral, Wide{INT64_MAX}) * worth / short_worth;
  power += freed;
  collateral -= freed;
  short_worth -= worth;
}

std::int64_t Account::power_e6() const {
  return narrowed(power);
}

std::int64_t Account::margin_room_e6() const {
  return narrowed(margin_room);
}

}  // namespace cadre::simulated_execution
