#include "host/book/order_hash.hpp"

#include <algorithm>
#include <cstring>

#include "host/model/order.hpp"

namespace cadre::book {

std::string order_bytes(const cadre_order& o, std::span<const std::string> failed_checks) {
  // Field by field: a struct may have padding, and grows.
  std::string bytes;
  const auto put = [&](const auto& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  // A short id counts as 32 bytes, as it did when ids had no more; a long one as it is. One ends within the
  // 32 bytes, the other does not.
  constexpr std::size_t short_id_bytes = 32;
  bytes.append(o.client_id.text, std::max(short_id_bytes, model::id_text(o.client_id).size() + 1));
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
  // No code begins with a zero. Sorted, so that the rows of the table of checks may move.
  if (failed_checks.empty()) put(std::uint64_t{0});
  std::vector<std::string> codes(failed_checks.begin(), failed_checks.end());
  std::sort(codes.begin(), codes.end());
  for (const std::string& code : codes)
    bytes.append(code).push_back('\0');
  return bytes;
}

std::string order_bytes(const chain::DecidedOrder& decided) {
  return order_bytes(decided.order, execution::failed_codes(decided.verdict));
}

std::string request_bytes(const execution::OrderRequest& request) {
  std::string bytes;
  const auto put = [&](const auto& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  for (const cadre_id* id : {&request.request_id, &request.client_id})
    bytes.append(model::id_text(*id)).push_back('\0');
  put(request.kind);
  put(request.quantity_e9);
  put(request.limit_price_e9);
  put(request.stop_price_e9);
  return bytes;
}

void OrderHash::on_order_request(std::uint64_t, const execution::OrderRequest& request) {
  add(request);
}

void OrderHash::add(const execution::OrderRequest& request) {
  hash_.update(request_bytes(request));
}

void OrderHash::on_order(std::uint64_t, const chain::DecidedOrder& decided) {
  hash_.update(order_bytes(decided));
}

void OrderHash::add(const cadre_order& order, std::span<const std::string> failed_checks) {
  hash_.update(order_bytes(order, failed_checks));
}

}  // namespace cadre::book
