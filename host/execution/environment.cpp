#include "host/execution/environment.hpp"

#include <algorithm>
#include <cmath>

namespace cadre::execution {

namespace {

/// A report about an order, with nothing filled yet.
cadre_execution_report report_on(const cadre_order& order, std::uint32_t status, std::uint32_t reason,
                                 std::int64_t time_ns) {
  cadre_execution_report report{};
  report.size = sizeof report;
  report.status = status;
  report.instrument = order.instrument;
  report.side = order.side;
  report.time_ns = time_ns;
  report.reason = reason;
  report.client_id = order.client_id;
  return report;
}

/// Whether an order may get this status by a report; CADRE_ORDER_UNKNOWN is the host's own.
bool is_followed(std::uint32_t status) {
  return status != CADRE_ORDER_UNKNOWN && !model::order_status_name(status).empty();
}

cadre_trade_result empty_result() {
  cadre_trade_result result{};
  result.size = sizeof result;
  return result;
}

}  // namespace

void Environment::enter(std::shared_ptr<agent::LiveAgent> agent) {
  agent_ = std::move(agent);
  takes_ = {~std::uint64_t{0}, ~std::uint64_t{0}, false, false};
  if (is_left_out()) return;  // nobody can say, and nothing is sent
  cadre_environment_capabilities known{};
  known.size = sizeof known;
  cadre_status status = CADRE_ERROR;
  {
    const agent::FlightNote note(agent_->flight(), agent::Flight::capabilities);
    status = table().capabilities(agent_->self(), &known);
  }
  if (status == CADRE_OK && known.size < CADRE_ENVIRONMENT_CAPABILITIES_SIZE_MIN) status = CADRE_REJECTED;
  note(status);
  takes_ = Takes{};
  if (status == CADRE_OK)
    takes_ = {known.order_types, known.times_in_force, (known.flags & CADRE_ENVIRONMENT_REPLACES) != 0,
              (known.flags & CADRE_ENVIRONMENT_KNOWS_ACCOUNT) != 0};
}

std::optional<cadre_execution_report> Environment::send(const cadre_order& order, std::int64_t time_ns) {
  if (is_left_out()) return std::nullopt;
  cadre_trade_result result = empty_result();
  cadre_status status = CADRE_ERROR;
  {
    const agent::FlightNote note(agent_->flight(), agent::Flight::execute_trade);
    status = table().execute_trade(agent_->self(), &order, &result);
  }
  if (result.size < CADRE_TRADE_RESULT_SIZE_MIN) status = CADRE_REJECTED;
  if (status != CADRE_OK && !simulated()) {
    note(status);
    return std::nullopt;
  }
  if (status != CADRE_OK || result.status == CADRE_ORDER_REJECTED)
    return report_on(order, CADRE_ORDER_REJECTED, result.reason, time_ns);
  if (result.filled_quantity_e9 == 0) return std::nullopt;
  // Filled at once: the same event as a later fill.
  cadre_execution_report report = report_on(order, result.status, result.reason, time_ns);
  report.quantity_e9 = result.filled_quantity_e9;
  report.price_e9 = result.average_price_e9;
  report.fees_e6 = result.fees_e6;
  report.spread_cost_e6 = result.spread_cost_e6;
  return report;
}

void Environment::announce(std::span<const cadre_order> orders) {
  agent::execute_together(*agent_, orders);
}

void Environment::cancel(const cadre_id& client_id) {
  if (is_left_out()) return;
  const agent::FlightNote note(agent_->flight(), agent::Flight::cancel_order);
  (void)table().cancel_order(agent_->self(), client_id);
}

bool Environment::replace(const OrderRequest& request) {
  if (is_left_out() || !takes_.replacements) return false;
  cadre_replacement replacement{};
  replacement.size = sizeof replacement;
  replacement.quantity_e9 = request.quantity_e9;
  replacement.limit_price_e9 = request.limit_price_e9;
  replacement.stop_price_e9 = request.stop_price_e9;
  replacement.client_id = request.client_id;
  replacement.request_id = request.request_id;
  const agent::FlightNote note(agent_->flight(), agent::Flight::replace_order);
  return table().replace_order(agent_->self(), &replacement) == CADRE_OK;
}

std::optional<cadre_execution_report> Environment::next_report() {
  cadre_execution_report report{};
  report.size = sizeof report;
  cadre_status status = CADRE_DISCARD;
  if (!is_left_out()) {
    const agent::FlightNote note(agent_->flight(), agent::Flight::next_report);
    status = table().next_report(agent_->self(), &report);
  }
  if (status == CADRE_OK && report.size < CADRE_EXECUTION_REPORT_SIZE_MIN) status = CADRE_REJECTED;
  if (status == CADRE_OK && !is_followed(report.status)) {
    agent_->reason().say("it reports the status " + std::to_string(report.status) + " of order " +
                         std::string(model::id_text(report.client_id)) + ", which is none");
    status = CADRE_REJECTED;
  }
  note(status);
  if (status != CADRE_OK) return std::nullopt;
  return report;
}

Environment::Known Environment::query(const cadre_id& client_id) const {
  Known known{CADRE_OK, empty_result()};
  known.status = CADRE_ERROR;
  if (is_left_out()) return known;
  const agent::FlightNote note(agent_->flight(), agent::Flight::query_order);
  known.status = table().query_order(agent_->self(), client_id, &known.result);
  if (known.status == CADRE_OK && known.result.size < CADRE_TRADE_RESULT_SIZE_MIN) known.status = CADRE_ERROR;
  return known;
}

std::optional<cadre_execution_report> Environment::missed(const TrackedOrder& tracked,
                                                          const cadre_trade_result& known,
                                                          std::int64_t time_ns) {
  const bool ended = known.status != CADRE_ORDER_NEW && known.status != CADRE_ORDER_PARTIALLY_FILLED;
  const std::int64_t filled = std::max<std::int64_t>(known.filled_quantity_e9 - tracked.filled_e9, 0);
  if (!ended && filled == 0) return std::nullopt;
  cadre_execution_report report = report_on(tracked.order, known.status, known.reason, time_ns);
  if (filled == 0) return report;
  report.quantity_e9 = filled;
  report.price_e9 = known.average_price_e9;
  if (tracked.filled_e9 != 0) {
    // What is missing was paid for with what is missing.
    const double all = static_cast<double>(known.filled_quantity_e9) * 1e-9 *
                       (static_cast<double>(known.average_price_e9) * 1e-9);
    report.price_e9 =
        std::llrint((all - tracked.filled_notional) / (static_cast<double>(filled) * 1e-9) * 1e9);
  }
  report.fees_e6 = std::max<std::int64_t>(known.fees_e6 - tracked.fees_e6, 0);
  report.spread_cost_e6 = tracked.filled_e9 == 0 ? known.spread_cost_e6 : 0;
  return report;
}

void Environment::note(cadre_status status, std::string said) {
  if (status == CADRE_OK || status == CADRE_DISCARD) return;
  failure_ = status;
  failure_reason_ = said.empty() ? agent_->reason().take() : std::move(said);
}

std::optional<VenueAccount> Environment::account() {
  if (!takes_.account || is_left_out() || failed()) return std::nullopt;
  constexpr std::uint64_t most = 1u << 16;
  std::vector<cadre_venue_position> positions(64);
  cadre_venue_account account{};
  cadre_status status = CADRE_OK;
  for (;;) {
    for (cadre_venue_position& position : positions) {
      position = {};
      position.size = sizeof position;
    }
    account = {};
    account.size = sizeof account;
    account.positions = positions.data();
    account.position_stride = sizeof(cadre_venue_position);
    account.position_capacity = positions.size();
    const agent::FlightNote note(agent_->flight(), agent::Flight::account);
    status = table().account(agent_->self(), &account);
    if (status != CADRE_OK || account.positions_needed <= positions.size()) break;
    if (account.positions_needed > most) break;
    positions.resize(account.positions_needed);
  }
  const bool is_whole = account.size >= CADRE_VENUE_ACCOUNT_SIZE_MIN &&
                        account.positions_needed <= positions.size() && account.has_cash <= 1;
  if (status == CADRE_OK && !is_whole) status = CADRE_REJECTED;
  // An account that cannot be had now is asked for again with the next session.
  if (status != CADRE_OK) return std::nullopt;
  VenueAccount known;
  if (account.has_cash == 1) known.cash = base::Money::from_raw(account.cash_e6);
  for (std::uint64_t k = 0; k < account.positions_needed; ++k) {
    const std::string_view id = model::id_text(positions[k].instrument_id);
    if (!id.empty()) known.positions[std::string(id)] = base::Quantity::from_raw(positions[k].quantity_e9);
  }
  return known;
}

}  // namespace cadre::execution
