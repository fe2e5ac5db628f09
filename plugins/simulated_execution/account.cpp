#include "account.hpp"

#include <algorithm>

namespace cadre::simulated_execution {

void Account::enter_bar(const sdk::State& state, const Market& market) {
  const cadre_execution_state& raw = state.raw();
  short_worth = 0;
  for (std::uint32_t i = 0; i < market.size(); ++i) {
    const Place& place = market.at(i);
    if (place.position_e9 < 0)
      short_worth += notional_e6(-place.position_e9, place.mark, place.multiplier_e9).value_or(INT64_MAX);
  }
  collateral = short_worth;
  if (CADRE_HAS(&raw, short_collateral))
    collateral = std::max(collateral, Wide{money_from(raw.short_collateral)});
  power = Wide{money_from(raw.cash)} - collateral;
}

void Account::apply(const MoneyMoved& moved) {
  power -= moved.fees_e6;
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
  return static_cast<std::int64_t>(std::clamp(power, Wide{INT64_MIN}, Wide{INT64_MAX}));
}

}  // namespace cadre::simulated_execution
