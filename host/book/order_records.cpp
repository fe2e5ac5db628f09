#include "host/book/order_records.hpp"

#include <array>
#include <string_view>

#include "host/model/order.hpp"

namespace cadre::book {

namespace {

using Waits = execution::ParentOrder::Waits;

/// By number.
constexpr std::array<std::string_view, 4> waits_words = {"", "other_side", "cash", "net"};

}  // namespace

journal::OrderRequestRecord record_of(const execution::OrderRequest& request) {
  return {request.kind == CADRE_ACTION_REPLACE ? "replace" : "cancel",
          std::string(model::id_text(request.client_id)),
          std::string(model::id_text(request.request_id)),
          request.quantity_e9,
          request.limit_price_e9,
          request.stop_price_e9,
          request.reason};
}

std::optional<execution::OrderRequest> request_of(const journal::OrderRequestRecord& record) {
  const bool fits = (record.action == "replace" || record.action == "cancel") &&
                    record.client_id.size() <= CADRE_ID_BYTES_MAX &&
                    record.request_id.size() <= CADRE_ID_BYTES_MAX;
  if (!fits) return std::nullopt;
  return execution::OrderRequest{
      record.action == "replace" ? std::uint32_t{CADRE_ACTION_REPLACE} : std::uint32_t{CADRE_ACTION_CANCEL},
      model::make_id(record.client_id),
      model::make_id(record.request_id),
      record.quantity_e9,
      record.limit_price_e9,
      record.stop_price_e9,
      record.reason};
}

journal::ParentOrderRecord record_of(const execution::ParentOrder& parent) {
  journal::ParentOrderRecord record;
  record.order = parent.order;
  record.waits = waits_words[static_cast<std::size_t>(parent.waits)];
  record.target_e9 = parent.target_e9;
  record.date = parent.date;
  record.children = parent.children;
  record.reason = parent.why;
  record.waited_sessions = parent.waited_sessions;
  for (const execution::Slice& slice : parent.slices)
    record.slices.push_back({slice.time_ns, slice.quantity_e9, slice.limit_price_e9, slice.max_share});
  return record;
}

std::optional<execution::ParentOrder> parent_of(const journal::ParentOrderRecord& record) {
  execution::ParentOrder parent;
  parent.order = record.order;
  std::size_t waits = 0;
  while (waits < waits_words.size() && waits_words[waits] != record.waits)
    ++waits;
  if (waits == waits_words.size()) return std::nullopt;
  parent.waits = static_cast<Waits>(waits);
  parent.target_e9 = record.target_e9;
  parent.date = record.date;
  parent.children = record.children;
  parent.why = record.reason;
  parent.waited_sessions = record.waited_sessions;
  for (const auto& slice : record.slices) {
    if (slice.quantity_e9 <= 0) return std::nullopt;
    parent.slices.push_back({slice.time_ns, slice.quantity_e9, slice.limit_price_e9, slice.max_share});
  }
  return parent;
}

}  // namespace cadre::book
