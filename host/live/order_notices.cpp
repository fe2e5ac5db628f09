// What people are told of orders that wait, and of reports that cannot be right.

#include "host/live/order_notices.hpp"

#include <boost/json.hpp>
#include <utility>

#include "host/chain/waterfall.hpp"
#include "host/live/book_runner.hpp"
#include "host/model/order.hpp"

namespace cadre::live {

namespace {

/// Named in a status: that there are more is said.
constexpr std::size_t named_most = 5;

std::string wait_text(const execution::ParentOrder& parent, const model::Universe& universe) {
  const std::string sessions = std::to_string(parent.waited_sessions);
  return std::string(model::id_text(parent.order.client_id)) + " (" +
         std::string(model::side_name(parent.order.side)) + " " +
         base::Quantity::from_raw(parent.left_e9()).to_string() + " " +
         universe.instruments[parent.order.instrument].id + ", " + chain::reason_name(parent.why.code) +
         ", " + sessions + " sessions)";
}

}  // namespace

void count_scheduled(const book::Ledger& ledger, std::uint64_t longest_wait, BookSnapshot& now) {
  std::int64_t unsent_e9 = 0;
  std::size_t waits_long = 0;
  for (const execution::ParentOrder& parent : ledger.schedule().parents()) {
    const std::uint32_t i = parent.order.instrument;
    const std::int64_t left_e9 = parent.left_e9();
    ++now.scheduled_orders;
    now.waiting_orders += parent.is_waiting() ? 1 : 0;
    if (__builtin_add_overflow(unsent_e9, left_e9, &unsent_e9)) unsent_e9 = INT64_MAX;
    const auto value = base::notional(ledger.portfolio().price(i), base::Quantity::from_raw(left_e9),
                                      ledger.universe().instruments[i].multiplier);
    now.unsent_value =
        checked_add(now.unsent_value, value.value_or(base::Money{})).value_or(now.unsent_value);
    if (!parent.is_waiting() || parent.waited_sessions <= longest_wait || ++waits_long > named_most) continue;
    now.long_waiting += (now.long_waiting.empty() ? "" : "; ") + wait_text(parent, ledger.universe());
  }
  now.unsent_quantity = base::Quantity::from_raw(unsent_e9);
  if (waits_long > named_most)
    now.long_waiting += "; and " + std::to_string(waits_long - named_most) + " more";
}

void BookRunner::tell_ignored_reports() {
  for (const cadre_execution_report& report : std::exchange(counter_.ignored, {}))
    feed_.say("report_ignored", {{"book", id_},
                                 {"order", model::id_text(report.client_id)},
                                 {"quantity", base::Quantity::from_raw(report.quantity_e9).to_string()},
                                 {"price", base::Price::from_raw(report.price_e9).to_string()}});
}

}  // namespace cadre::live
