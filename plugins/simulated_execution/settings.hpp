#pragma once

#include <cstdint>
#include <optional>

#include "cadre/cpp/config.hpp"
#include "commission.hpp"
#include "fill_rules.hpp"

namespace cadre::simulated_execution {

/// How long an order is on its way. At once: it meets the quotes of the bar that has just closed.
struct Latency {
  bool is_none = false;
  std::uint32_t bars = 1;    ///< the first bar it meets is this many after the one it was given after
  std::int64_t time_ns = 0;  ///< or it arrives this much later; 0: bars count
};

/// Shares in 1e-9.
struct Settings {
  FillAt fill_at = FillAt::close;  ///< touch, where there is no latency
  Latency latency;
  Commission commission;
  std::int64_t half_spread_e9 = 0;  ///< of the mid price
  std::int64_t slippage_e9 = 0;     ///< of the price, the most that chance takes
  std::int64_t reject_probability_e9 = 0;
  std::int64_t partial_fill_probability_e9 = 0;
  std::uint64_t seed = 0;
  bool requires_borrow = false;
  std::optional<std::int64_t> max_participation_e9;      ///< of a bar's volume
  std::optional<std::int64_t> auction_participation_e9;  ///< of it, in each auction

  bool needs_quotes() const { return fill_at == FillAt::touch || latency.is_none; }
};

/// Throws Refusal, naming key, value and what to do, for what does not go together.
Settings read_settings(const sdk::Config& config);

}  // namespace cadre::simulated_execution
