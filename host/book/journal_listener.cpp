#include "host/book/journal_listener.hpp"

namespace cadre::book {

void JournalListener::on_order(std::uint64_t sequence, const chain::DecidedOrder& decided) {
  journal::OrderRecord record;
  record.order = decided.order;
  record.verdict = decided.verdict.first();
  const auto checks = execution::pre_trade_checks();
  for (std::size_t row = 0; row < checks.size(); ++row) {
    if ((decided.verdict.failed >> row & 1) != 0) record.failed_checks.emplace_back(checks[row].code);
  }
  write(journal::RecordType::order, sequence, record);
}

}  // namespace cadre::book
