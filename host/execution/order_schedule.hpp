#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cadre/order.h"
#include "cadre/proposal.h"
#include "host/base/codec.hpp"

namespace cadre::execution {

/// A part of an order that has not been sent yet.
struct Slice {
  std::int64_t time_ns = 0;  ///< UTC: not before
  std::int64_t quantity_e9 = 0;
  std::int64_t limit_price_e9 = 0;  ///< 0: that of the order
  double max_share = 0;             ///< of the volume of the bar before it; 0: no bound
};

/// An order that is sent in parts, its children, or that waits for something.
struct ParentOrder {
  /// Why its next part is not sent although its time has come.
  enum class Waits : std::uint32_t {
    for_nothing = 0,
    for_other_side = 1,  ///< until no order on the other side of its instrument works
    for_cash = 2,        ///< until there is money for it
    for_net = 3          ///< until there is room between the bounds on the net position
  };
  cadre_order order{};  ///< the quantity is that of all parts, sent or not; the client id is the parent's own
  Waits waits = Waits::for_nothing;
  /// With for_other_side: the position that it leads to. What is sent is cut to what leads there.
  std::int64_t target_e9 = 0;
  std::int32_t date = 0;        ///< yyyymmdd of the decision: with the next session, one of the day ends
  std::uint32_t children = 0;   ///< sent so far
  std::vector<Slice> slices{};  ///< that are left, by time
  /// Why its next part was not sent when its time had come, why a decision made it smaller, or, without
  /// slices, why the rest was never sent.
  cadre_reason why{};
  std::uint32_t waited_sessions = 0;  ///< that began since a part of it should have been sent

  std::int64_t left_e9() const;
  /// With for_other_side: what of `quantity_e9` leads from a position to its target.
  std::int64_t to_target_e9(std::int64_t position_e9, std::int64_t quantity_e9) const;
  /// Whether a part of it should have been sent, and waits for something.
  bool is_waiting() const;
};

/// Whether a part waits for something that has this reason.
bool is_reason_to_wait(std::uint32_t code);

/// The id of a parent's child number `child`, from 1 on: the separator is in no id that hosts make otherwise.
cadre_id child_id(const cadre_id& parent, std::uint32_t child);
/// The parent's part of a child's id; empty when it is none.
std::string_view parent_part(const cadre_id& client_id);

/// The orders of a book that are not sent whole and at once: TWAP, VWAP and what waits are entries of this
/// one table. [decision-thread]
class OrderSchedule {
 public:
  std::span<const ParentOrder> parents() const { return parents_; }
  bool empty() const { return parents_.empty(); }
  /// A parent, or one that takes the place of that with its id; one without slices ends it.
  void put(const ParentOrder& parent);
  const ParentOrder* find(std::string_view client_id) const;
  /// What is left to be sent of an instrument on one side.
  std::int64_t left_e9(std::uint32_t instrument, std::uint32_t side) const;
  /// What of it is paced so that the net position keeps its bounds.
  std::int64_t paced_e9(std::uint32_t instrument, std::uint32_t side) const;
  /// The parent as it is once `quantity_e9` fewer are to be sent, the last parts first.
  static ParentOrder shortened(ParentOrder parent, std::int64_t quantity_e9);
  /// The first part of a parent was sent as `quantity_e9`, at `now_ns`. What it did not take of the part goes
  /// to the next one, what it took more comes off those behind it; or it stays where the parent waits for
  /// cash or for room. Parts whose time has come as well move by as much as this one is late: no burst.
  void take_part(std::string_view client_id, std::int64_t quantity_e9, std::int64_t now_ns);
  /// A session begins: what waits has waited one more.
  void begin_session();
  /// When the next part is due; nothing when none is, or all wait.
  std::optional<std::int64_t> earliest_ns() const;
  /// Into a new universe; parents of instruments that have gone end.
  void remap(const std::vector<std::int32_t>& old_to_new);

  void save(base::Encoder& to) const;
  /// False: that is not what save() gave of a book with so many instruments.
  /// `has_reasons`: it knows why parents wait, which format 6 did not say.
  [[nodiscard]] bool load(base::Decoder& from, std::size_t instruments, bool has_reasons = true);

 private:
  std::vector<ParentOrder> parents_;  ///< oldest first
};

}  // namespace cadre::execution
