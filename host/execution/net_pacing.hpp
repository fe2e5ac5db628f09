#pragma once

#include <cstdint>
#include <span>

#include "host/execution/order_schedule.hpp"
#include "host/execution/order_tracker.hpp"
#include "host/model/instrument.hpp"
#include "host/model/portfolio.hpp"

namespace cadre::execution {

/// An order, or a part of one, that could be sent now.
struct NetLeg {
  bool buys = false;
  std::int64_t wanted_e9 = 0;
  std::int64_t lot_e9 = 0;    ///< the smallest part there may be, above 0; the last one may be smaller
  double unit_value = 0;      ///< money that 1e-9 of it is worth, above 0
  std::int64_t sends_e9 = 0;  ///< the answer: lots, or all that is wanted
};

/// Signed sums of money, at the marks.
struct NetPosition {
  double held = 0;
  double working_buys = 0;   ///< >= 0, at the environment
  double working_sells = 0;  ///< >= 0, at the environment
  double planned = 0;        ///< once all that works or is still to be sent is filled
};

/// How much of each leg may be sent so that no order of fills takes the net position further from zero than
/// `most`, or than it is now, or than it is planned to be: what works counts as filled on the one side and
/// not on the other. The room of a side is shared in proportion to what is wanted, in whole lots, and what is
/// left of it goes lot by lot to the largest remainders, the earlier leg first where two are equal: what one
/// does not get now it gets later. Where there is no room for a lot and nothing works, the first leg gets
/// one, so that a bound too tight for its lots delays and never blocks.
void pace_net(std::span<NetLeg> legs, const NetPosition& net, double most);

/// So much of an instrument, in money at its mark.
double value_at_mark(const model::Portfolio& portfolio, const model::Universe& universe,
                     std::uint32_t instrument, std::int64_t quantity_e9);
/// Of a book: what works is what the tracker says, less what `schedule` has not sent yet.
NetPosition net_position(const model::Portfolio& portfolio, const model::Universe& universe,
                         const OrderTracker& tracker, const OrderSchedule& schedule);

}  // namespace cadre::execution
