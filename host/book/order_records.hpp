#pragma once

#include <optional>

#include "host/execution/order_schedule.hpp"
#include "host/execution/order_tracker.hpp"
#include "host/journal/records.hpp"

namespace cadre::book {

/// What is asked of orders, and orders that are sent in parts, as a journal has them, and back. Nothing: that
/// is not what a host wrote.
journal::OrderRequestRecord record_of(const execution::OrderRequest& request);
std::optional<execution::OrderRequest> request_of(const journal::OrderRequestRecord& record);
journal::ParentOrderRecord record_of(const execution::ParentOrder& parent);
std::optional<execution::ParentOrder> parent_of(const journal::ParentOrderRecord& record);

}  // namespace cadre::book
