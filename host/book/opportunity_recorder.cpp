#include "host/book/opportunity_recorder.hpp"

#include <algorithm>
#include <cmath>

#include "cadre/cadre.h"
#include "host/book/moment.hpp"
#include "host/chain/waterfall.hpp"
#include "host/model/order.hpp"
#include "host/model/quantity.hpp"

namespace cadre::book {

namespace {

/// Below this share of equity a difference is the rounding of a weight.
constexpr double rounding = 1e-9;
/// How many steps behind the last one the agents have said what they want: two of the host follow.
constexpr std::size_t steps_of_the_host = 2;

/// Whether what is left over for this reason is not wanted any more.
bool is_no_longer_wanted(std::uint32_t reason) {
  return reason == CADRE_REASON_NEW_TARGET || reason == CADRE_REASON_TARGET_REACHED;
}

double units(std::int64_t quantity_e9) {
  return static_cast<double>(quantity_e9) * 1e-9;
}

}  // namespace

OpportunityRecorder::OpportunityRecorder(const Book& book) : book_(book) {
  last_close_.assign(book.ledger().data_instruments().size(), std::nan(""));
}

void OpportunityRecorder::on_bar(std::uint64_t, const model::Bar& bar) {
  for (std::size_t c = 0; c < last_close_.size(); ++c) {
    if (bar.valid[c] != 0) last_close_[c] = static_cast<double>(bar.close_e9[c]) * 1e-9;
  }
}

report::UnexecutedRow& OpportunityRecorder::row_of(std::string_view reason) {
  const auto found = rows_.find(reason);
  if (found != rows_.end()) return found->second;
  report::UnexecutedRow& row = rows_[std::string(reason)];
  row.reason = reason;
  return row;
}

void OpportunityRecorder::count(report::UnexecutedRow& row, std::uint32_t instrument) {
  if (row.times++ != 0) return;
  row.first = moment_of(book_.ledger());
  row.first_instrument = book_.ledger().universe().instruments[instrument].id;
}

void OpportunityRecorder::value_left_out() {
  for (const LeftOut& left : left_out_)
    left.row->opportunity_cost += left.units * (last_close_[left.column] - left.price) * left.multiplier;
  left_out_.clear();
}

void OpportunityRecorder::on_decision(std::uint64_t, const chain::Decision& decision) {
  value_left_out();
  const journal::DecisionRecord& record = decision.record;
  if (record.stages.size() <= steps_of_the_host) return;
  const auto& wanted = record.stages[record.stages.size() - 1 - steps_of_the_host].target;
  const double equity = record.equity.to_double();
  for (std::uint32_t i = 0; i < wanted.size(); ++i) {
    const model::Instrument& about = book_.ledger().universe().instruments[i];
    const auto price = base::Price::from_raw(record.price_e9[i]);
    const auto base = base::Quantity::from_raw(record.position_e9[i] + record.working_e9[i]);
    const auto target = model::whole_lots(wanted[i], record.equity, price, about, base);
    if (!target) continue;
    const double missed = units(target->raw() - base.raw() - decision.sent_e9[i]);
    const double worth = missed * price.to_double() * about.multiplier.to_double();
    if (std::fabs(worth) <= rounding * std::fabs(equity)) continue;
    report::UnexecutedRow& row = row_of(reason_of(decision, i));
    count(row, i);
    left_out_.push_back(
        {book_.ledger().data_columns()[i], missed, price.to_double(), about.multiplier.to_double(), &row});
  }
}

std::string_view OpportunityRecorder::reason_of(const chain::Decision& decision, std::uint32_t instrument) {
  const journal::DecisionRecord& record = decision.record;
  const auto bound = [&](std::uint32_t of) -> std::string_view {
    const auto found =
        std::find_if(record.bound_by.begin(), record.bound_by.end(), [&](const cadre_limit_use& use) {
          const bool is_of_loop = (use.flags & journal::bound_in_loop) != 0;
          return use.instrument == of && !is_of_loop;
        });
    return found == record.bound_by.end() ? std::string_view{} : model::id_text(found->name);
  };
  if (const std::string_view own = bound(instrument); !own.empty()) return own;
  for (const chain::DecidedOrder& decided : decision.orders) {
    if (decided.order.instrument != instrument || decided.verdict.accepted()) continue;
    return name_ = execution::failed_codes(decided.verdict).front();
  }
  const std::uint32_t last = record.stages.back().reasons[instrument].code;
  const std::uint32_t before = record.stages[record.stages.size() - 2].reasons[instrument].code;
  const bool is_cut = last == CADRE_REASON_FINAL_CUT;
  if (const std::string_view book = bound(CADRE_BOOK); is_cut && !book.empty()) return book;
  if (last == 0 || last == CADRE_REASON_LOT) return before != 0 ? name_of(before) : "lot";
  return name_of(last);
}

/// Execution rules have sentences for their own codes.
std::string_view OpportunityRecorder::name_of(std::uint32_t code) {
  const auto& own = book_.chain().one(agent::RoleId::execution_rules).agent->declaration().reasons;
  const auto found = own.find(code);
  return name_ = found != own.end() ? found->second : chain::reason_name(code);
}

void OpportunityRecorder::on_order_request(std::uint64_t, const execution::OrderRequest& request) {
  asked_[std::string(model::id_text(request.client_id))] = request.reason;
}

/// An order that ended before all of it was filled.
void OpportunityRecorder::on_report(std::uint64_t, const cadre_execution_report& report) {
  const bool ends = report.status == CADRE_ORDER_EXPIRED || report.status == CADRE_ORDER_CANCELED ||
                    report.status == CADRE_ORDER_REJECTED;
  if (!ends) return;
  const auto& orders = book_.ledger().tracker().orders();
  const auto order = std::find_if(orders.rbegin(), orders.rend(), [&](const execution::TrackedOrder& each) {
    return model::id_text(each.order.client_id) == model::id_text(report.client_id);
  });
  if (order == orders.rend() || order->filled_e9 >= order->order.quantity_e9) return;
  const auto asked = asked_.find(model::id_text(report.client_id));
  const bool was_asked = report.status == CADRE_ORDER_CANCELED && asked != asked_.end();
  if (was_asked && is_no_longer_wanted(asked->second)) return;
  const std::uint32_t why = was_asked ? asked->second : 0;
  report::UnexecutedRow& row = row_of(why != 0 ? name_of(why) : model::order_status_name(report.status));
  leave_out(order->order, units(order->order.quantity_e9 - order->filled_e9), row);
}

/// Of an order, so much is not traded. What ends in the bar of its decision is wanted anew by the next one.
void OpportunityRecorder::leave_out(const cadre_order& order, double rest, report::UnexecutedRow& row) {
  const Ledger& ledger = book_.ledger();
  const double multiplier = ledger.universe().instruments[order.instrument].multiplier.to_double();
  const double missed = rest * model::sign_of_side(order.side), decided_at = units(order.decision_price_e9);
  count(row, order.instrument);
  if (order.decision_time_ns == ledger.time_ns())
    left_out_.push_back({ledger.data_columns()[order.instrument], missed, decided_at, multiplier, &row});
  else
    row.opportunity_cost +=
        missed * multiplier * (ledger.portfolio().price(order.instrument).to_double() - decided_at);
}

/// A rest of an order in parts that is not sent any more.
void OpportunityRecorder::on_parent_order(std::uint64_t, const execution::ParentOrder& parent) {
  const bool has_left_something = parent.slices.empty() && parent.why.code != 0 && parent.why.value > 0;
  if (!has_left_something || is_no_longer_wanted(parent.why.code)) return;
  leave_out(parent.order, parent.why.value, row_of(name_of(parent.why.code)));
}

std::vector<report::UnexecutedRow> OpportunityRecorder::rows() const {
  std::vector<report::UnexecutedRow> all;
  all.reserve(rows_.size());
  for (const auto& [reason, row] : rows_)
    all.push_back(row);
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::fabs(a.opportunity_cost) > std::fabs(b.opportunity_cost);
  });
  return all;
}

}  // namespace cadre::book
