// What became of every order, for the files of a run.

#include "host/book/order_recorder.hpp"

#include <algorithm>

#include "host/book/moment.hpp"
#include "host/chain/waterfall.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

void OrderRecorder::on_order(std::uint64_t, const chain::DecidedOrder& decided) {
  order_instruments_.push_back(book_.ledger().universe().instruments[decided.order.instrument].id);
  order_dates_.push_back(moment_of(book_.ledger()));
  cut_reasons_.push_back(decided.why.code);
  const auto parent = place_of_parent_.find(execution::parent_part(decided.order.client_id));
  if (parent == place_of_parent_.end()) return;
  Parent& whole = parents_[parent->second];
  whole.note(decided.why.code);
  if (decided.verdict.accepted())
    whole.sent_e9 += decided.order.quantity_e9;
  else
    whole.note(CADRE_REASON_FITTED);
}

void OrderRecorder::on_order_request(std::uint64_t, const execution::OrderRequest& request) {
  request_reasons_[std::string(model::id_text(request.client_id))] = request.reason;
}

void OrderRecorder::on_parent_order(std::uint64_t, const execution::ParentOrder& parent) {
  const std::string id(model::id_text(parent.order.client_id));
  const auto [place, is_new] = place_of_parent_.emplace(id, parents_.size());
  if (is_new)
    parents_.push_back({moment_of(book_.ledger()),
                        book_.ledger().universe().instruments[parent.order.instrument].id,
                        parent.order,
                        0,
                        false,
                        {}});
  Parent& known = parents_[place->second];
  known.has_ended = parent.slices.empty();
  known.note(parent.why.code);
}

/// Each reason once, in the order in which they came.
void OrderRecorder::Parent::note(std::uint32_t reason) {
  if (reason != 0 && std::find(reasons.begin(), reasons.end(), reason) == reasons.end())
    reasons.push_back(reason);
}

std::vector<report::ParentRow> OrderRecorder::parents() const {
  struct Executed {
    std::int64_t quantity_e9 = 0;
    double notional = 0;
  };
  std::map<std::string_view, Executed> filled;
  for (const execution::TrackedOrder& tracked : book_.ledger().tracker().orders()) {
    const std::string_view parent = execution::parent_part(tracked.order.client_id);
    if (parent.empty() || tracked.filled_e9 == 0) continue;
    Executed& all = filled[parent];
    all.quantity_e9 += tracked.filled_e9;
    all.notional += tracked.filled_notional;
  }
  std::vector<report::ParentRow> rows;
  for (const Parent& parent : parents_) {
    const std::string_view id = model::id_text(parent.order.client_id);
    report::ParentRow row;
    row.when = parent.when;
    row.client_id = id;
    row.instrument = parent.instrument;
    row.side = model::side_name(parent.order.side);
    row.quantity = base::Quantity::from_raw(parent.order.quantity_e9);
    row.sent = base::Quantity::from_raw(parent.sent_e9);
    row.unsent = base::Quantity::from_raw(parent.order.quantity_e9 - parent.sent_e9);
    const bool goes_on = book_.ledger().schedule().find(id) != nullptr;
    // A part that the gate refused was never sent, and is not sent again.
    const bool ends_early = parent.has_ended || row.unsent.raw() != 0;
    row.state = goes_on ? "scheduled" : ends_early ? "ended" : "sent";
    for (const std::uint32_t reason : parent.reasons)
      row.reasons += (row.reasons.empty() ? "" : " ") + chain::reason_name(reason);
    row.arrival_price = base::Price::from_raw(parent.order.decision_price_e9);
    if (const auto found = filled.find(id); found != filled.end()) {
      row.filled = base::Quantity::from_raw(found->second.quantity_e9);
      const double average = found->second.notional / row.filled.to_double();
      row.average_price = base::Price::from_double(average);
      const double arrival = row.arrival_price.to_double();
      if (arrival > 0)
        row.shortfall_bp =
            1e4 * model::sign_of_side(parent.order.side) * (average / arrival - 1) + 0.0;  // no -0
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<report::OrderRow> OrderRecorder::orders() const {
  std::vector<report::OrderRow> rows;
  const auto checks = execution::pre_trade_checks();
  for (std::size_t k = 0; k < book_.ledger().tracker().orders().size(); ++k) {
    const execution::TrackedOrder& tracked = book_.ledger().tracker().orders()[k];
    const cadre_order& order = tracked.order;
    report::OrderRow row;
    row.when = order_dates_[k];
    row.client_id = model::id_text(order.client_id);
    row.instrument = order_instruments_[k];
    row.side = model::side_name(order.side);
    row.type = model::order_type_name(order.type);
    row.time_in_force = model::time_in_force_name(order.time_in_force);
    row.quantity = base::Quantity::from_raw(order.quantity_e9);
    if (order.limit_price_e9 != 0) row.limit_price = base::Price::from_raw(order.limit_price_e9);
    row.decision_price = base::Price::from_raw(order.decision_price_e9);
    row.status = model::order_status_name(tracked.status);
    row.filled_quantity = base::Quantity::from_raw(tracked.filled_e9);
    if (tracked.filled_e9 != 0) row.average_price = base::Price::from_double(tracked.average_price());
    row.fees = base::Money::from_raw(tracked.fees_e6);
    for (std::size_t check = 0; check < checks.size(); ++check) {
      if ((tracked.failed_checks >> check & 1) != 0)
        row.reason += (row.reason.empty() ? "" : " ") + std::string(checks[check].code);
    }
    // Why it was asked for says more than that it was done as asked.
    const auto asked = request_reasons_.find(model::id_text(order.client_id));
    if (tracked.status == CADRE_ORDER_CANCELED && asked != request_reasons_.end())
      row.reason = chain::reason_name(asked->second);
    if (row.reason.empty() && tracked.reason != 0) {
      const auto& reasons = book_.chain().environment().agent->declaration().reasons;
      const auto known = reasons.find(tracked.reason);
      row.reason = known != reasons.end() ? known->second : chain::reason_name(tracked.reason);
    }
    row.cut_reason = chain::reason_name(cut_reasons_[k]);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace cadre::book
