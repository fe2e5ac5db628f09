#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cadre/order.h"
#include "cadre/proposal.h"
#include "cadre/state.h"

namespace cadre::chain {

// What the host demands of agents' outputs. One bad entry rejects the whole output.

bool signals_valid(std::span<const cadre_signal> signals, std::uint32_t instruments);
bool views_valid(const cadre_views& views);
/// Each in the direction of the need and for no more than it, with known codes. A second order for an
/// instrument is the gate's to refuse.
bool orders_valid(std::span<const cadre_order> orders, std::span<const std::int64_t> need_e9);

/// What caused an order names it: book.sequence.instrument.
cadre_id client_order_id(std::string_view book, std::uint64_t sequence, std::uint32_t instrument);

}  // namespace cadre::chain
