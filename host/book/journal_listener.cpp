#include "host/book/journal_listener.hpp"

namespace cadre::book {

void JournalListener::on_order(std::uint64_t sequence, const chain::DecidedOrder& decided) {
  journal::OrderRecord record;
  record.order = decided.order;
  record.failed_checks = execution::failed_codes(decided.verdict);
  write(journal::RecordType::order, sequence, record);
}

}  // namespace cadre::book
