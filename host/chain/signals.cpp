#include "host/chain/signals.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

#include "host/model/order.hpp"

namespace cadre::chain {

bool signals_valid(std::span<const cadre_signal> signals, std::uint32_t instruments) {
  for (const cadre_signal& s : signals) {
    const bool good = s.size >= CADRE_SIGNAL_SIZE_MIN && s.instrument < instruments && s.direction >= -1 &&
                      s.direction <= 1 && std::isfinite(s.strength) && s.strength >= 0 && s.confidence >= 0 &&
                      s.confidence <= 1 && std::isfinite(s.horizon_days) && s.horizon_days > 0;
    if (!good) return false;
  }
  return true;
}

bool views_valid(const cadre_views& views) {
  for (std::uint32_t i = 0; i < views.instrument_count; ++i) {
    if (views.valid[i] == 0) continue;
    if (views.valid[i] != 1 || !std::isfinite(views.score[i]) ||
        !(views.confidence[i] >= 0 && views.confidence[i] <= 1))
      return false;
  }
  return true;
}

bool orders_valid(std::span<const cadre_order> orders, std::span<const std::int64_t> need_e9) {
  for (const cadre_order& order : orders) {
    if (order.size < CADRE_ORDER_SIZE_MIN || order.instrument >= need_e9.size() || order.quantity_e9 <= 0)
      return false;
    const std::int64_t need = need_e9[order.instrument];
    const bool towards = need > 0 ? order.side == CADRE_SIDE_BUY && order.quantity_e9 <= need
                                  : order.side == CADRE_SIDE_SELL && order.quantity_e9 <= -need;
    if (!towards || model::order_type_name(order.type).empty() ||
        model::time_in_force_name(order.time_in_force).empty())
      return false;
  }
  return true;
}

cadre_id client_order_id(std::string_view book, std::uint64_t sequence, std::uint32_t instrument) {
  cadre_id id{};
  char* at = id.text;
  char* const end = id.text + sizeof(id.text) - 1;
  for (const char c : book) {
    if (at < end) *at++ = c;
  }
  *at++ = '.';
  at = std::to_chars(at, end, sequence).ptr;
  if (at < end) *at++ = '.';
  std::to_chars(at, end, instrument);
  return id;
}

}  // namespace cadre::chain
