#include "host/book/journal_listener.hpp"

#include "host/book/order_records.hpp"

namespace cadre::book {

void JournalListener::on_order(std::uint64_t sequence, const chain::DecidedOrder& decided) {
  journal::OrderRecord record;
  record.order = decided.order;
  record.failed_checks = execution::failed_codes(decided.verdict);
  record.reason = decided.why;
  write(journal::RecordType::order, sequence, record);
}

void JournalListener::on_order_request(std::uint64_t sequence, const execution::OrderRequest& request) {
  write(journal::RecordType::order_request, sequence, record_of(request));
}

void JournalListener::on_parent_order(std::uint64_t sequence, const execution::ParentOrder& parent) {
  write(journal::RecordType::parent_order, sequence, record_of(parent));
}

}  // namespace cadre::book
