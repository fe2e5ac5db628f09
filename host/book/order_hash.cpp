#include "host/book/order_hash.hpp"

#include <cstring>

namespace cadre::book {

std::string order_bytes(const chain::DecidedOrder& decided) {
  // Field by field: a struct may have padding, and grows.
  std::string bytes;
  const auto put = [&](const auto& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  const cadre_order& o = decided.order;
  bytes.append(o.client_id.text, sizeof o.client_id.text);
  put(o.instrument);
  put(o.side);
  put(o.type);
  put(o.time_in_force);
  put(o.quantity_e9);
  put(o.limit_price_e9);
  put(o.stop_price_e9);
  put(o.expire_time_ns);
  put(o.decision_price_e9);
  put(o.decision_time_ns);
  put(decided.verdict.failed);
  return bytes;
}

void OrderHash::on_order(std::uint64_t, const chain::DecidedOrder& decided) {
  hash_.update(order_bytes(decided));
}

}  // namespace cadre::book
