#include "host/execution/net_pacing.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace cadre::execution {

namespace {

constexpr double slack = 1e-9;  // relative; the sums are of doubles

double value_of(const NetLeg& leg, std::int64_t quantity_e9) {
  return static_cast<double>(quantity_e9) * leg.unit_value;
}

/// Shares `room` among the legs of one side.
void share(std::span<NetLeg> legs, bool buys, double room) {
  double wanted = 0;
  for (const NetLeg& leg : legs)
    wanted += leg.buys == buys ? value_of(leg, leg.wanted_e9) : 0;
  if (wanted <= 0 || room <= 0) return;
  struct Remainder {
    NetLeg* leg;
    double lots;
  };
  std::vector<Remainder> remainders;
  remainders.reserve(legs.size());
  const double factor = std::min(room / wanted, 1.0);
  for (NetLeg& leg : legs) {
    if (leg.buys != buys) continue;
    const double lots =
        static_cast<double>(leg.wanted_e9) * factor / static_cast<double>(leg.lot_e9) * (1 + slack);
    leg.sends_e9 = std::min(static_cast<std::int64_t>(lots) * leg.lot_e9, leg.wanted_e9);
    room -= value_of(leg, leg.sends_e9);
    remainders.push_back({&leg, lots - std::floor(lots)});
  }
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const Remainder& a, const Remainder& b) { return a.lots > b.lots + slack; });
  for (const Remainder& next : remainders) {
    NetLeg& leg = *next.leg;
    const std::int64_t more = std::min(leg.lot_e9, leg.wanted_e9 - leg.sends_e9);
    if (more == 0 || value_of(leg, more) > room * (1 + slack)) continue;
    leg.sends_e9 += more;
    room -= value_of(leg, more);
  }
}

}  // namespace

double value_at_mark(const model::Portfolio& portfolio, const model::Universe& universe,
                     std::uint32_t instrument, std::int64_t quantity_e9) {
  return static_cast<double>(quantity_e9) * 1e-9 * portfolio.price(instrument).to_double() *
         universe.instruments[instrument].multiplier.to_double();
}

NetPosition net_position(const model::Portfolio& portfolio, const model::Universe& universe,
                         const OrderTracker& tracker, const OrderSchedule& schedule) {
  NetPosition net;
  for (std::uint32_t i = 0; i < universe.size(); ++i) {
    const auto value = [&](std::int64_t quantity_e9) {
      return value_at_mark(portfolio, universe, i, quantity_e9);
    };
    const std::int64_t buys = tracker.working_buy_e9(i), sells = tracker.working_sell_e9(i);
    net.held += portfolio.value(i).to_double();
    net.working_buys += value(buys - schedule.left_e9(i, CADRE_SIDE_BUY));
    net.working_sells += value(sells - schedule.left_e9(i, CADRE_SIDE_SELL));
    net.planned += portfolio.value(i).to_double() + value(buys - sells);
  }
  for (const ParentOrder& parent : schedule.parents()) {
    if (parent.waits != ParentOrder::Waits::for_other_side) continue;
    // It has what its instrument needs should the other side be filled, and will send what then is needed.
    const std::uint32_t i = parent.order.instrument;
    const bool buys = parent.order.side == CADRE_SIDE_BUY;
    const std::int64_t other_side = buys ? -tracker.working_sell_e9(i) : tracker.working_buy_e9(i);
    const std::int64_t left = parent.left_e9();
    const std::int64_t unneeded = left - parent.to_target_e9(portfolio.quantity(i).raw() + other_side, left);
    net.planned += value_at_mark(portfolio, universe, i, buys ? -unneeded : unneeded);
  }
  return net;
}

void pace_net(std::span<NetLeg> legs, const NetPosition& net, double most) {
  for (NetLeg& leg : legs)
    leg.sends_e9 = 0;
  const double highest = std::max({most, net.held, net.planned});
  const double lowest = std::min({-most, net.held, net.planned});
  share(legs, true, highest - net.held - net.working_buys);
  share(legs, false, net.held - net.working_sells - lowest);
  const bool sends =
      std::any_of(legs.begin(), legs.end(), [](const NetLeg& leg) { return leg.sends_e9 != 0; });
  if (sends || legs.empty() || net.working_buys > 0 || net.working_sells > 0) return;
  legs.front().sends_e9 = std::min(legs.front().lot_e9, legs.front().wanted_e9);
}

}  // namespace cadre::execution
