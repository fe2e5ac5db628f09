#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cadre/order.h"
#include "host/chain/risk_feedback_loop.hpp"
#include "host/execution/order_schedule.hpp"
#include "host/execution/order_tracker.hpp"
#include "host/execution/pre_trade_gate.hpp"
#include "host/journal/decision_record.hpp"

namespace cadre::chain {

/// An order a decision led to, with the gate's verdict.
struct DecidedOrder {
  cadre_order order{};
  execution::Verdict verdict{};
  std::uint32_t first_slice = 0, slice_count = 0;  ///< of the decision's slices; none: sent whole
  execution::ParentOrder::Waits waits = execution::ParentOrder::Waits::for_nothing;
  std::uint32_t number = 1;   ///< among those of its instrument
  bool turns_around = false;  ///< it was to close a position and to open one on the other side
  bool replaces = false;      ///< only makes an open order larger, by its quantity
  cadre_reason why{};         ///< why it is smaller than what was asked for; code 0: it is not
};

/// So much less is to be sent of an order that goes in parts.
struct Shortened {
  cadre_id client_id{};
  std::int64_t quantity_e9 = 0;
};

/// One decision: what is recorded of it, and what came out. The workspace is reused; nothing is allocated
/// after the first.
struct Decision {
  journal::DecisionRecord record;
  std::vector<Shortened> shortened;               ///< what is not sent that was to be
  std::vector<execution::OrderRequest> requests;  ///< about open orders; they go before new ones
  std::vector<DecidedOrder> orders;  ///< in sending order: reductions first, then sells before buys
  std::vector<execution::Slice> slices;
  std::vector<std::int64_t> need_e9;  ///< per instrument: final target - filled - working
  std::vector<std::int64_t> sent_e9;  ///< per instrument: of that, what the gate accepted, signed
  std::vector<std::uint64_t> stamps;  ///< clock ticks: at the start, then after every agent
  /// The stage whose call ended at each stamp; empty where none did. Text of the chain.
  std::vector<std::string_view> stamped;
  std::uint64_t final_step_ticks = 0;  ///< what the final step took, its calls of agents too
  std::uint32_t trials = 0;            ///< of the final step: 1 where nothing binds
  bool held = false;                   ///< a stage failed before sizing: positions stay as they are
};

}  // namespace cadre::chain
