#include "commission.hpp"

#include <algorithm>

#include "fixed_point.hpp"

namespace cadre::simulated_execution {

std::optional<std::int64_t> Rate::of(std::int64_t quantity_e9, std::int64_t notional_e6) const {
  const auto by_value = share_of(notional_e6, share_e9);
  if (per_share_e9 == 0) return by_value;
  return sum_of(by_value, simulated_execution::notional_e6(quantity_e9, per_share_e9, one_e9));
}

bool Commission::set(std::string instrument_id, const Schedule& schedule) {
  const auto place =
      std::lower_bound(own_.begin(), own_.end(), instrument_id,
                       [](const Own& own, const std::string& id) { return own.instrument_id < id; });
  if (place != own_.end() && place->instrument_id == instrument_id) return false;
  own_.insert(place, {std::move(instrument_id), schedule});
  return true;
}

std::uint32_t Commission::place_of(std::string_view instrument_id) const {
  const auto place =
      std::lower_bound(own_.begin(), own_.end(), instrument_id,
                       [](const Own& own, std::string_view id) { return own.instrument_id < id; });
  if (place == own_.end() || place->instrument_id != instrument_id) return 0;
  return static_cast<std::uint32_t>(place - own_.begin()) + 1;
}

/// Each part of the fill at the rate of the tier that the month's volume is in when it trades.
std::optional<std::int64_t> Commission::by_tiers(std::int64_t month_volume, std::int64_t quantity_e9,
                                                 std::int64_t notional_e6) const {
  const Wide volume = volume_of(quantity_e9, notional_e6);
  const Wide end = Wide{month_volume} + volume;
  std::optional<std::int64_t> fees = 0;
  for (std::size_t k = 0; k < tiers.size(); ++k) {
    const Wide tier_end = k + 1 < tiers.size() ? Wide{tiers[k + 1].from} : end;
    const Wide part = std::min(end, tier_end) - std::max(Wide{month_volume}, Wide{tiers[k].from});
    if (part <= 0) continue;
    fees = sum_of(fees, tiers[k].rate.of(static_cast<std::int64_t>(divided(part * quantity_e9, volume)),
                                         static_cast<std::int64_t>(divided(part * notional_e6, volume))));
  }
  return fees;
}

std::optional<std::int64_t> Commission::charge(const Schedule& schedule, std::int64_t month_volume,
                                               std::int64_t quantity_e9, std::int64_t notional_e6,
                                               Charged& charged) const {
  if (quantity_e9 == 0) return 0;
  const auto by_rate = schedule.is_tiered ? by_tiers(month_volume, quantity_e9, notional_e6)
                                          : schedule.rate.of(quantity_e9, notional_e6);
  const auto all_by_rate = sum_of(charged.by_rate_e6, by_rate);
  const auto notional = sum_of(charged.notional_e6, notional_e6);
  auto due = sum_of(all_by_rate, schedule.per_order_e6);
  if (!due || !notional) return std::nullopt;
  due = std::max(*due, schedule.minimum_e6);
  if (schedule.maximum_share_e9) due = std::min(*due, *share_of(*notional, *schedule.maximum_share_e9));
  const std::int64_t fees = std::max<std::int64_t>(0, *due - charged.fees_e6);
  charged.quantity_e9 += quantity_e9;
  charged.notional_e6 = *notional;
  charged.by_rate_e6 = *all_by_rate;
  charged.fees_e6 += fees;
  return fees;
}

void MonthVolume::enter(std::int32_t date) {
  if (date / 100 != month_) restore(date / 100, 0);
}

void MonthVolume::add(std::int64_t volume) {
  volume_ += std::min(volume, INT64_MAX - volume_);
}

void MonthVolume::restore(std::int32_t month, std::int64_t volume) {
  month_ = month;
  volume_ = volume;
}

}  // namespace cadre::simulated_execution
