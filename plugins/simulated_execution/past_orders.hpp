#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "cadre/cpp/agent.hpp"

namespace cadre::simulated_execution {

bool has_id(const cadre_id& id, std::string_view text);

/// The last orders that ended, so that no client id is taken twice and `query_order` answers.
class PastOrders {
 public:
  static constexpr std::size_t max_orders = 1024;

  struct Past {
    cadre_id client_id{};
    cadre_trade_result result{};
  };

  PastOrders() { orders_.reserve(max_orders); }
  /// Forgets the oldest when there are too many. no-alloc
  void remember(const Past& past);
  /// nullptr: not among them. no-alloc
  const Past* find(std::string_view client_id) const;

  std::size_t size() const { return orders_.size(); }
  /// The oldest is 0.
  const Past& at(std::size_t place) const { return orders_[(oldest_ + place) % orders_.size()]; }

 private:
  std::vector<Past> orders_;  // a ring once it is full
  std::array<std::uint32_t, max_orders> keys_{};
  std::size_t oldest_ = 0;
};

}  // namespace cadre::simulated_execution
