#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cadre/order.h"
#include "cadre/role/execution_rules.h"
#include "host/base/codec.hpp"
#include "host/base/decimal.hpp"
#include "host/model/order.hpp"

namespace cadre::execution {

/// One order and what became of it.
struct TrackedOrder {
  cadre_order order{};
  std::uint32_t status = CADRE_ORDER_NEW;
  std::int64_t filled_e9 = 0;
  double filled_notional = 0;  ///< price x quantity, currency, for the average price
  std::int64_t fees_e6 = 0;
  std::uint32_t reason = 0;
  std::uint64_t failed_checks = 0;

  bool open() const { return status == CADRE_ORDER_NEW || status == CADRE_ORDER_PARTIALLY_FILLED; }
  std::int64_t remaining_e9() const { return order.quantity_e9 - filled_e9; }
  double average_price() const {
    return filled_e9 == 0 ? 0 : filled_notional / (static_cast<double>(filled_e9) * 1e-9);
  }
};

/// An open order as execution rules see it.
cadre_open_order shown_order(const cadre_order& order, std::uint32_t status, std::int64_t filled_e9);

/// All orders of a book by client id, and per instrument what is still working. The host's truth of orders.
/// [decision-thread]
class OrderTracker {
 public:
  void enter_universe(std::size_t instruments);
  /// Into a new universe: open orders follow their instruments, of which none may have gone.
  void remap(const std::vector<std::int32_t>& old_to_new, std::size_t instruments);
  /// Room for this many orders in a life, of which a few thousand open at a time, before the next allocation.
  void reserve(std::size_t orders);

  /// An order that was sent or refused. Returns its place.
  std::size_t add(const cadre_order& order, std::uint32_t status, std::uint64_t failed_checks);
  /// Forgets the oldest orders that are closed, once there are twice as many as these before the first open
  /// one: for a book without an end. Places change. No allocation.
  void forget_closed(std::size_t keep);
  /// Takes over an order that another tracker follows, or remembers, with what was filled of it.
  void adopt(const TrackedOrder& tracked);
  /// All open orders, among the newest of which so many may be closed.
  std::span<const TrackedOrder> newest(std::size_t orders) const {
    const std::size_t first = orders_.size() > orders ? orders_.size() - orders : 0;
    return std::span(orders_).subspan(std::min(first, first_open_));
  }
  /// The newest orders, open or closed, into the checkpoint of a book.
  void save(base::Encoder& to, std::size_t orders) const;
  /// Into an empty tracker of that universe. False: that is not what save() gave.
  [[nodiscard]] bool load(base::Decoder& from);
  /// A report on an order of ours; returns the order. nullptr, and nothing changes, for an unknown id, a
  /// closed order, or more than was open.
  const TrackedOrder* apply(const cadre_execution_report& report);
  /// An immediate refusal by the environment.
  void reject(std::size_t place, std::uint32_t reason);

  std::int64_t working_buy_e9(std::uint32_t instrument) const { return working_buy_[instrument]; }
  std::int64_t working_sell_e9(std::uint32_t instrument) const { return working_sell_[instrument]; }
  const std::vector<TrackedOrder>& orders() const { return orders_; }
  /// All open orders are here, among some that are not: however many orders there were before, it is short.
  std::span<const TrackedOrder> recent() const { return std::span(orders_).subspan(first_open_); }
  std::size_t open_count() const { return open_count_; }
  /// The client ids of all open orders, oldest first.
  std::vector<cadre_id> open_ids() const;
  /// Null when no open order has this id.
  const TrackedOrder* find_open(const cadre_id& client_id) const;

 private:
  // Ids are padded with zeros: the whole of them is compared.
  struct IdHash {
    std::size_t operator()(const cadre_id& id) const {
      return std::hash<std::string_view>()({id.text, sizeof id.text});
    }
  };
  struct IdEqual {
    bool operator()(const cadre_id& a, const cadre_id& b) const {
      return std::memcmp(a.text, b.text, sizeof a.text) == 0;
    }
  };
  void change_working(const TrackedOrder& order, std::int64_t by);
  void close(const TrackedOrder& order);

  std::vector<TrackedOrder> orders_;
  // Looked up only, never walked. The pool keeps what closed orders leave: no allocation at a steady number.
  std::pmr::unsynchronized_pool_resource pool_;
  std::pmr::unordered_map<cadre_id, std::size_t, IdHash, IdEqual> open_{&pool_};
  std::size_t first_open_ = 0;
  std::vector<std::int64_t> working_buy_, working_sell_;
  std::size_t open_count_ = 0;
};

}  // namespace cadre::execution
