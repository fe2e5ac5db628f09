#include "order_book.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

namespace cadre::simulated_execution {

namespace {

constexpr std::size_t usual_orders = 1024;

bool is_buy(const cadre_order& order) {
  return order.side == CADRE_SIDE_BUY;
}

std::int64_t price_at(const cadre_column& column, std::uint32_t i) {
  if (column.values == nullptr || column.valid[i] == 0) return 0;
  return price_from(column.values[i]).value_or(0);
}

cadre_trade_result result_of(std::uint32_t status, std::uint32_t reason = 0) {
  cadre_trade_result result{};
  result.size = sizeof result;
  result.status = status;
  result.reason = reason;
  return result;
}

std::uint32_t key_of(std::string_view client_id) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(client_id));
}

bool has_id(const cadre_id& id, std::string_view text) {
  return text.size() < sizeof id.text && std::memcmp(id.text, text.data(), text.size()) == 0 &&
         id.text[text.size()] == '\0';
}

}  // namespace

OrderBook::OrderBook(const Settings& settings) : settings_(settings) {
  open_.reserve(usual_orders);
  reports_.reserve(2 * usual_orders);
  finished_.reserve(max_finished);
}

bool OrderBook::is_known(std::string_view client_id) const {
  const auto is_open = [&](const cadre_order& order) { return has_id(order.client_id, client_id); };
  if (std::any_of(open_.begin(), open_.end(), is_open)) return true;
  // Every order asks this of the whole past: all keys in one pass without branches, ids only for a match.
  const std::uint32_t key = key_of(client_id);
  std::uint32_t matches = 0;
  for (const std::uint32_t known : finished_keys_)
    matches += known == key;
  return matches != 0 && std::any_of(finished_.begin(), finished_.end(),
                                     [&](const Finished& past) { return has_id(past.client_id, client_id); });
}

// 0 when the order can be worked.
std::uint32_t OrderBook::refusal_of(const cadre_order& order) const {
  const FillRule* rule = find_fill_rule(order.type);
  const bool known_time = order.time_in_force == CADRE_TIF_DAY || order.time_in_force == CADRE_TIF_GTC;
  if (rule == nullptr || !known_time) return unsupported;
  const bool sided = order.side == CADRE_SIDE_BUY || order.side == CADRE_SIDE_SELL;
  const bool limited = !rule->has_limit || order.limit_price_e9 > 0;
  const bool exists = instrument_count_ == 0 || order.instrument < instrument_count_;
  if (!sided || !limited || !exists || order.quantity_e9 <= 0 || sdk::view_of(order.client_id).empty())
    return bad_order;
  if (is_known(sdk::view_of(order.client_id))) return duplicate;
  if (!has_opens_ && settings_.fill_at == FillAt::open) return no_opens;
  return 0;
}

cadre_trade_result OrderBook::take(const cadre_order& order) {
  const std::uint32_t refusal = refusal_of(order);
  if (refusal != 0) return result_of(CADRE_ORDER_REJECTED, refusal);
  open_.push_back(order);
  return result_of(CADRE_ORDER_NEW);
}

bool OrderBook::cancel(std::string_view client_id) {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const cadre_order& order) {
    return has_id(order.client_id, client_id);
  });
  if (found == open_.end()) return false;
  finish(*found, CADRE_ORDER_CANCELED, on_request, result_of(CADRE_ORDER_CANCELED));
  open_.erase(found);
  return true;
}

bool OrderBook::query(std::string_view client_id, cadre_trade_result& out) const {
  for (const cadre_order& order : open_) {
    if (!has_id(order.client_id, client_id)) continue;
    out = result_of(CADRE_ORDER_NEW);
    return true;
  }
  for (const Finished& past : finished_) {
    if (!has_id(past.client_id, client_id)) continue;
    out = past.result;
    return true;
  }
  return false;
}

bool OrderBook::next_report(cadre_execution_report& out) {
  if (next_ == reports_.size()) {
    reports_.clear();
    next_ = 0;
    return false;
  }
  out = reports_[next_++];
  return true;
}

void OrderBook::sort_open(const sdk::State& state) {
  std::sort(open_.begin(), open_.end(), [&](const cadre_order& a, const cadre_order& b) {
    if (a.side != b.side) return a.side == CADRE_SIDE_SELL;
    if (a.instrument != b.instrument) return state.id(a.instrument) < state.id(b.instrument);
    return sdk::view_of(a.client_id) < sdk::view_of(b.client_id);
  });
}

void OrderBook::process_bar(const sdk::State& state, std::int64_t time_ns) {
  time_ns_ = time_ns;
  instrument_count_ = static_cast<std::uint32_t>(state.size());
  has_opens_ = state.raw().open.values != nullptr;
  if (!has_opens_ && settings_.fill_at == FillAt::open) {
    for (const cadre_order& order : open_)
      finish(order, CADRE_ORDER_REJECTED, no_opens, result_of(CADRE_ORDER_REJECTED));
    open_.clear();
    throw std::runtime_error("fill_at is open, but these data have no opens; set fill_at to close");
  }
  sort_open(state);
  std::int64_t cash_e6 = money_from(state.raw().cash).value_or(0);
  std::erase_if(open_, [&](const cadre_order& order) { return process(order, state, cash_e6); });
}

// True when the order is done with.
bool OrderBook::process(const cadre_order& order, const sdk::State& state, std::int64_t& cash_e6) {
  const cadre_execution_state& raw = state.raw();
  const std::uint32_t i = order.instrument;
  const bool ends_today = order.time_in_force == CADRE_TIF_DAY;
  const Bar bar{price_at(raw.open, i), price_at(raw.high, i), price_at(raw.low, i), price_at(raw.close, i)};
  const FillRule& rule = *find_fill_rule(order.type);  // an order without one was never taken
  const bool needs_open = rule.follows_fill_at && settings_.fill_at == FillAt::open;
  if (bar.close <= 0 || (needs_open && bar.open <= 0)) {
    if (ends_today) finish(order, CADRE_ORDER_EXPIRED, halted, result_of(CADRE_ORDER_EXPIRED));
    return ends_today;
  }
  const auto fill =
      rule.fill({is_buy(order), order.limit_price_e9, bar, settings_.fill_at, settings_.half_spread_e9});
  if (fill) return settle(order, *fill, state, cash_e6);
  if (ends_today) finish(order, CADRE_ORDER_EXPIRED, not_reached, result_of(CADRE_ORDER_EXPIRED));
  return ends_today;
}

// Fills what cash allows and expires the rest. Always ends the order.
bool OrderBook::settle(const cadre_order& order, const Fill& fill, const sdk::State& state,
                       std::int64_t& cash_e6) {
  const cadre_instrument& instrument = state.instrument(order.instrument);
  const std::int64_t multiplier = instrument.multiplier_e9;
  const std::int64_t quantity = is_buy(order)
                                    ? affordable_quantity(order.quantity_e9, cash_e6, fill.price, multiplier,
                                                          instrument.lot_e9, settings_.commission)
                                    : order.quantity_e9;
  const auto value = notional_e6(quantity, fill.price, multiplier);
  const auto commission = commission_e6(value.value_or(0), settings_.commission);
  const std::int64_t worse = is_buy(order) ? fill.price - fill.mid_price : fill.mid_price - fill.price;
  const auto spread = notional_e6(quantity, worse, multiplier);
  if (!value || !commission || !spread) {
    finish(order, CADRE_ORDER_EXPIRED, too_large, result_of(CADRE_ORDER_EXPIRED));
    return true;
  }
  cadre_trade_result filled = result_of(CADRE_ORDER_EXPIRED);
  if (quantity == 0) {
    finish(order, CADRE_ORDER_EXPIRED, no_cash, filled);
    return true;
  }
  const std::int64_t fees = *commission;
  if (is_buy(order)) {
    cash_e6 -= *value + fees;
  } else {
    // What a short sale brings is collateral, not buying power.
    const std::int64_t owned = std::max<std::int64_t>(0, state.raw().quantity_e9[order.instrument]);
    cash_e6 += notional_e6(std::min(quantity, owned), fill.price, multiplier).value_or(0) - fees;
  }
  const bool whole = quantity == order.quantity_e9;
  cadre_execution_report report = report_of(order, whole ? CADRE_ORDER_FILLED : CADRE_ORDER_PARTIALLY_FILLED);
  report.quantity_e9 = quantity;
  report.price_e9 = fill.price;
  report.fees_e6 = fees;
  report.spread_cost_e6 = *spread;
  reports_.push_back(report);

  filled.filled_quantity_e9 = quantity;
  filled.average_price_e9 = fill.price;
  filled.fees_e6 = fees;
  if (whole) {
    filled.status = CADRE_ORDER_FILLED;
    remember({order.client_id, filled});
  } else {
    finish(order, CADRE_ORDER_EXPIRED, no_cash, filled);
  }
  return true;
}

cadre_execution_report OrderBook::report_of(const cadre_order& order, std::uint32_t status) const {
  cadre_execution_report report{};
  report.size = sizeof report;
  report.status = status;
  report.instrument = order.instrument;
  report.side = order.side;
  report.time_ns = time_ns_;
  report.client_id = order.client_id;
  return report;
}

void OrderBook::finish(const cadre_order& order, std::uint32_t status, std::uint32_t reason,
                       const cadre_trade_result& filled) {
  cadre_execution_report report = report_of(order, status);
  report.reason = reason;
  reports_.push_back(report);
  Finished past{order.client_id, filled};
  past.result.status = status;
  past.result.reason = reason;
  remember(past);
}

void OrderBook::remember(const Finished& finished) {
  const std::uint32_t key = key_of(sdk::view_of(finished.client_id));
  if (finished_.size() < max_finished) {
    finished_keys_[finished_.size()] = key;
    finished_.push_back(finished);
    return;
  }
  finished_[oldest_] = finished;
  finished_keys_[oldest_] = key;
  oldest_ = (oldest_ + 1) % max_finished;
}

void OrderBook::change_universe(const cadre_universe_change& change, std::uint32_t instrument_count,
                                std::int64_t time_ns) {
  time_ns_ = time_ns;
  instrument_count_ = instrument_count;
  const auto moved = [&](std::uint32_t instrument) {
    return instrument < change.old_count && change.old_to_new[instrument] != CADRE_GONE
               ? static_cast<std::uint32_t>(change.old_to_new[instrument])
               : CADRE_BOOK;
  };
  // Reports that still wait speak of the new universe too.
  for (std::size_t k = next_; k < reports_.size(); ++k)
    reports_[k].instrument = moved(reports_[k].instrument);
  for (cadre_order& order : open_) {
    order.instrument = moved(order.instrument);
    if (order.instrument == CADRE_BOOK)
      finish(order, CADRE_ORDER_EXPIRED, instrument_gone, result_of(CADRE_ORDER_EXPIRED));
  }
  std::erase_if(open_, [](const cadre_order& order) { return order.instrument == CADRE_BOOK; });
}

}  // namespace cadre::simulated_execution
