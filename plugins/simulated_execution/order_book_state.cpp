#include <cstring>

#include "order_book.hpp"

namespace cadre::simulated_execution {

namespace {

bool is_side(std::uint32_t side) {
  return side == CADRE_SIDE_BUY || side == CADRE_SIDE_SELL;
}

bool is_status(std::uint32_t status) {
  switch (status) {
    case CADRE_ORDER_NEW:
    case CADRE_ORDER_PARTIALLY_FILLED:
    case CADRE_ORDER_FILLED:
    case CADRE_ORDER_CANCELED:
    case CADRE_ORDER_REJECTED:
    case CADRE_ORDER_EXPIRED:
      return true;
    default:
      return false;
  }
}

void put_order(sdk::StateWriter& out, const cadre_order& order) {
  for (const std::uint32_t number :
       {order.instrument, order.side, order.type, order.time_in_force, order.flags})
    out.put(number);
  for (const std::int64_t number : {order.quantity_e9, order.limit_price_e9, order.stop_price_e9,
                                    order.expire_time_ns, order.decision_price_e9, order.decision_time_ns})
    out.put(number);
  out.put_id(order.client_id);
}

cadre_order get_order(sdk::StateReader& in, std::size_t id_bytes) {
  cadre_order order{};
  order.size = sizeof order;
  for (std::uint32_t* number :
       {&order.instrument, &order.side, &order.type, &order.time_in_force, &order.flags})
    *number = in.get<std::uint32_t>();
  for (std::int64_t* number : {&order.quantity_e9, &order.limit_price_e9, &order.stop_price_e9,
                               &order.expire_time_ns, &order.decision_price_e9, &order.decision_time_ns})
    *number = in.get<std::int64_t>();
  order.client_id = in.get_id(id_bytes);
  return order;
}

void put_report(sdk::StateWriter& out, const cadre_execution_report& report) {
  for (const std::uint32_t number : {report.status, report.instrument, report.side, report.reason})
    out.put(number);
  for (const std::int64_t number :
       {report.quantity_e9, report.price_e9, report.fees_e6, report.spread_cost_e6, report.time_ns})
    out.put(number);
  out.put_id(report.client_id);
}

cadre_execution_report get_report(sdk::StateReader& in, std::size_t id_bytes,
                                  std::uint32_t instrument_count) {
  cadre_execution_report report{};
  report.size = sizeof report;
  for (std::uint32_t* number : {&report.status, &report.instrument, &report.side, &report.reason})
    *number = in.get<std::uint32_t>();
  for (std::int64_t* number :
       {&report.quantity_e9, &report.price_e9, &report.fees_e6, &report.spread_cost_e6, &report.time_ns})
    *number = in.get<std::int64_t>();
  report.client_id = in.get_id(id_bytes);
  const bool placed = report.instrument < instrument_count || report.instrument == CADRE_BOOK;
  if (!placed || !is_side(report.side) || !is_status(report.status) || report.quantity_e9 < 0)
    throw sdk::Refusal("a saved report is not valid");
  return report;
}

// A count of things that take `bytes` each and have to be there.
std::size_t get_count(sdk::StateReader& in, std::size_t bytes) {
  const auto count = in.get<std::uint32_t>();
  if (count > in.left() / bytes) throw sdk::Refusal("saved state is truncated");
  return count;
}

// What each of them takes besides its id.
constexpr std::size_t order_bytes = 5 * 4 + 6 * 8;
constexpr std::size_t finished_bytes = 2 * 4 + 3 * 8;
constexpr std::size_t report_bytes = 4 * 4 + 5 * 8;

}  // namespace

void OrderBook::save(sdk::StateWriter& out) const {
  out.put(std::uint32_t{has_opens_ ? 1U : 0U});
  out.put(instrument_count_);
  out.put(time_ns_);
  out.put(static_cast<std::uint32_t>(open_.size()));
  for (const cadre_order& order : open_)
    put_order(out, order);
  out.put(static_cast<std::uint32_t>(finished_.size()));
  for (std::size_t k = 0; k < finished_.size(); ++k) {
    const Finished& past = finished_[(oldest_ + k) % finished_.size()];
    out.put_id(past.client_id);
    out.put(past.result.status);
    out.put(past.result.reason);
    out.put(past.result.filled_quantity_e9);
    out.put(past.result.average_price_e9);
    out.put(past.result.fees_e6);
  }
  out.put(static_cast<std::uint32_t>(reports_.size() - next_));
  for (std::size_t k = next_; k < reports_.size(); ++k)
    put_report(out, reports_[k]);
}

void OrderBook::load(sdk::StateReader& in, std::uint32_t schema, std::uint32_t instrument_count) {
  const std::size_t id_bytes = schema == 1 ? 32 : sizeof(cadre_id);
  OrderBook loaded(settings_);
  const auto has_opens = in.get<std::uint32_t>();
  loaded.has_opens_ = has_opens == 1;
  loaded.instrument_count_ = in.get<std::uint32_t>();
  loaded.time_ns_ = in.get<std::int64_t>();
  if (has_opens > 1 || (loaded.instrument_count_ != 0 && loaded.instrument_count_ != instrument_count))
    throw sdk::Refusal("the saved orders are of another universe");
  for (std::size_t left = get_count(in, order_bytes + id_bytes); left > 0; --left) {
    const cadre_order order = get_order(in, id_bytes);
    if (order.instrument >= instrument_count || loaded.refusal_of(order) == bad_order ||
        loaded.refusal_of(order) == unsupported || loaded.refusal_of(order) == duplicate)
      throw sdk::Refusal("a saved order is not valid");
    loaded.open_.push_back(order);
  }
  for (std::size_t left = get_count(in, finished_bytes + id_bytes); left > 0; --left) {
    Finished past;
    past.client_id = in.get_id(id_bytes);
    past.result.size = sizeof past.result;
    past.result.status = in.get<std::uint32_t>();
    past.result.reason = in.get<std::uint32_t>();
    past.result.filled_quantity_e9 = in.get<std::int64_t>();
    past.result.average_price_e9 = in.get<std::int64_t>();
    past.result.fees_e6 = in.get<std::int64_t>();
    if (!is_status(past.result.status) || past.result.filled_quantity_e9 < 0)
      throw sdk::Refusal("a saved order's end is not valid");
    loaded.remember(past);
  }
  for (std::size_t left = get_count(in, report_bytes + id_bytes); left > 0; --left)
    loaded.reports_.push_back(get_report(in, id_bytes, instrument_count));
  in.finish();
  *this = std::move(loaded);
}

}  // namespace cadre::simulated_execution
