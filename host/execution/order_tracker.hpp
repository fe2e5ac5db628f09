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
#include "host/execution/order_life.hpp"
#include "host/model/order.hpp"

namespace cadre::execution {

/// What was asked of an open order and has no answer yet.
struct OrderRequest {
  std::uint32_t kind = 0;  ///< CADRE_ACTION_REPLACE or CADRE_ACTION_CANCEL; 0: nothing
  cadre_id client_id{};    ///< of the order
  cadre_id request_id{};
  std::int64_t quantity_e9 = 0;  ///< of a replacement: the new total, filled or not
  std::int64_t limit_price_e9 = 0, stop_price_e9 = 0;
  std::uint32_t reason = 0;  ///< why it is asked for: the code of a cadre_reason; 0: none was given
};

/// One order and what became of it.
struct TrackedOrder {
  cadre_order order{};
  std::uint32_t status = CADRE_ORDER_NEW;
  std::int64_t filled_e9 = 0;
  double filled_notional = 0;  ///< price x quantity, currency, for the average price
  std::int64_t fees_e6 = 0;
  std::uint32_t reason = 0;
  std::uint64_t failed_checks = 0;
  std::uint32_t pending = 0;          ///< CADRE_ACTION_REPLACE or _CANCEL that has no answer yet; 0: none
  std::int64_t pending_total_e9 = 0;  ///< of a replacement that has no answer yet

  bool open() const { return is_open(status); }
  /// What it may still fill at the most: of two sizes between which a replacement is pending, the larger.
  std::int64_t remaining_e9() const { return std::max(order.quantity_e9, pending_total_e9) - filled_e9; }
  /// As FIX tells it: what is pending stands in the place of what it was before.
  std::uint32_t shown_status() const {
    if (!open() || pending == 0) return status;
    return pending == CADRE_ACTION_CANCEL ? std::uint32_t{CADRE_ORDER_PENDING_CANCEL}
                                          : std::uint32_t{CADRE_ORDER_PENDING_REPLACE};
  }
  double average_price() const {
    return filled_e9 == 0 ? 0 : filled_notional / (static_cast<double>(filled_e9) * 1e-9);
  }
};

/// An open order as execution rules see it.
cadre_open_order shown_order(const TrackedOrder& tracked);

/// All orders of a book by client id, what is asked of them, and per instrument what is still working. The
/// host's truth of orders.
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
  /// `has_requests`: saved by a version that knew of requests and of ids of executions.
  [[nodiscard]] bool load(base::Decoder& from, bool has_requests = true);
  /// A report on an order of ours; returns the order. Reports with ids of executions may come twice, late and
  /// in any order: the same ones lead to the same end, and a fill counts after its order has ended too, for
  /// it is a fact. nullptr, and nothing changes: see why_ignored().
  const TrackedOrder* apply(const cadre_execution_report& report);
  enum class Ignored : std::uint8_t { no, unknown_order, seen_before, order_has_ended, contradiction };
  /// Why a report would change nothing.
  Ignored why_ignored(const cadre_execution_report& report) const;
  /// Something was asked of an open order. False, and nothing changes: it is not open, something was asked of
  /// it before, or the new total is not above zero.
  bool request(const OrderRequest& request);
  /// The request was refused at once: the order is as it was.
  void end_request(const cadre_id& client_id);
  /// Takes over what another tracker was asked of orders that are open here.
  void take_requests(const OrderTracker& other);
  /// What is asked of orders and has no answer yet, oldest first.
  std::span<const OrderRequest> requests() const { return requests_; }
  /// An immediate refusal by the environment.
  void reject(std::size_t place, std::uint32_t reason);

  /// What orders still work of an instrument, and what is left to be sent of orders that go in parts.
  std::int64_t working_buy_e9(std::uint32_t instrument) const { return working_buy_[instrument]; }
  std::int64_t working_sell_e9(std::uint32_t instrument) const { return working_sell_[instrument]; }
  /// More, or fewer, units are to be sent later on.
  void count_scheduled(std::uint32_t instrument, std::uint32_t side, std::int64_t by_e9);
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
  /// By client id, open or not; the number of orders when there is none.
  std::size_t place_of(const cadre_id& client_id) const;
  void take_answer(TrackedOrder& tracked, const cadre_execution_report& report);
  void forget_request(TrackedOrder& tracked);
  void save_executions(base::Encoder& to, std::size_t first) const;
  bool load_executions(base::Decoder& from);

  std::vector<TrackedOrder> orders_;
  // Looked up only, never walked. The pool keeps what closed orders leave: no allocation at a steady number.
  std::pmr::unsynchronized_pool_resource pool_;
  std::pmr::unordered_map<cadre_id, std::size_t, IdHash, IdEqual> open_{&pool_};
  std::pmr::unordered_map<cadre_id, std::size_t, IdHash, IdEqual> executions_{&pool_};  ///< seen, by order
  std::vector<OrderRequest> requests_;
  std::size_t first_open_ = 0;
  std::vector<std::int64_t> working_buy_, working_sell_;
  std::size_t open_count_ = 0;
};

}  // namespace cadre::execution
