#include "fill_at_once.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cadre::identity {

namespace {

constexpr std::uint32_t duplicate = CADRE_REASON_FIRST_PLUGIN;

cadre_trade_result filled_result(std::int64_t quantity_e9, std::int64_t price_e9) {
  cadre_trade_result result{};
  result.size = sizeof result;
  result.status = CADRE_ORDER_FILLED;
  result.filled_quantity_e9 = quantity_e9;
  result.average_price_e9 = price_e9;
  return result;
}

cadre_trade_result refused(std::uint32_t reason) {
  cadre_trade_result result{};
  result.size = sizeof result;
  result.status = CADRE_ORDER_REJECTED;
  result.reason = reason;
  return result;
}

}  // namespace

const FillAtOnce::Filled* FillAtOnce::find(std::string_view client_id) const {
  const cadre_id wanted = sdk::id_of(client_id);
  const auto found = std::find_if(filled_.begin(), filled_.end(), [&](const Filled& past) {
    return std::memcmp(&past.client_id, &wanted, sizeof wanted) == 0;
  });
  return found == filled_.end() ? nullptr : &*found;
}

cadre_trade_result FillAtOnce::execute_trade(const cadre_order& order) {
  if (order.decision_price_e9 <= 0) return refused(CADRE_REASON_NO_PRICE);
  if (find(sdk::view_of(order.client_id)) != nullptr) return refused(duplicate);
  const Filled filled{order.client_id, order.quantity_e9, order.decision_price_e9};
  if (filled_.size() < max_orders) {
    filled_.push_back(filled);
  } else {
    filled_[oldest_] = filled;
    oldest_ = (oldest_ + 1) % max_orders;
  }
  return filled_result(filled.quantity_e9, filled.price_e9);
}

bool FillAtOnce::query_order(std::string_view client_id, cadre_trade_result& out) const {
  const Filled* past = find(client_id);
  if (past == nullptr) return false;
  out = filled_result(past->quantity_e9, past->price_e9);
  return true;
}

void FillAtOnce::save(sdk::StateWriter& out) const {
  out.put(static_cast<std::uint32_t>(filled_.size()));
  for (std::size_t k = 0; k < filled_.size(); ++k) {
    const Filled& past = filled_[(oldest_ + k) % filled_.size()];
    out.put_id(past.client_id);
    out.put(past.quantity_e9);
    out.put(past.price_e9);
  }
}

void FillAtOnce::load(sdk::StateReader& in, std::uint32_t schema_version, std::uint32_t) {
  if (schema_version != 1 && schema_version != 2) throw sdk::Refusal("reads state of schema 1 and 2 only");
  // Schema 1 held ids of 32 bytes.
  const std::size_t id_bytes = schema_version == 1 ? 32 : sizeof(cadre_id);
  const auto count = in.get<std::uint32_t>();
  if (count > max_orders) throw sdk::Refusal("saved state has too many orders");
  std::vector<Filled> filled(count);
  for (Filled& past : filled) {
    past.client_id = in.get_id(id_bytes);
    past.quantity_e9 = in.get<std::int64_t>();
    past.price_e9 = in.get<std::int64_t>();
    if (past.quantity_e9 <= 0 || past.price_e9 <= 0) throw sdk::Refusal("a saved fill is not valid");
  }
  in.finish();
  filled.reserve(max_orders);
  filled_ = std::move(filled);
  oldest_ = 0;
}

}  // namespace cadre::identity
