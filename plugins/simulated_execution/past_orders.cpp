#include "past_orders.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

namespace cadre::simulated_execution {

namespace {

std::uint32_t key_of(std::string_view client_id) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(client_id));
}

}  // namespace

bool has_id(const cadre_id& id, std::string_view text) {
  return text.size() < sizeof id.text && std::memcmp(id.text, text.data(), text.size()) == 0 &&
         id.text[text.size()] == '\0';
}

void PastOrders::remember(const Past& past) {
  const std::uint32_t key = key_of(sdk::view_of(past.client_id));
  if (orders_.size() < max_orders) {
    keys_[orders_.size()] = key;
    orders_.push_back(past);
    return;
  }
  orders_[oldest_] = past;
  keys_[oldest_] = key;
  oldest_ = (oldest_ + 1) % max_orders;
}

const PastOrders::Past* PastOrders::find(std::string_view client_id) const {
  // Every order asks this of the whole past: all keys in one pass without branches, ids only for a match.
  const std::uint32_t key = key_of(client_id);
  std::uint32_t matches = 0;
  for (const std::uint32_t known : keys_)
    matches += known == key;
  if (matches == 0) return nullptr;
  const auto found = std::find_if(orders_.begin(), orders_.end(),
                                  [&](const Past& past) { return has_id(past.client_id, client_id); });
  return found == orders_.end() ? nullptr : &*found;
}

}  // namespace cadre::simulated_execution
