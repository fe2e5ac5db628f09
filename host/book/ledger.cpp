#include "host/book/ledger.hpp"

#include <algorithm>
#include <cmath>

#include "cadre/cadre.h"
#include "host/base/invariant.hpp"
#include "host/config/bar_keys.hpp"
#include "host/config/instrument_table.hpp"
#include "host/execution/financing.hpp"
#include "host/journal/journal.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

namespace {

constexpr std::uint32_t first_format_with_requests = 6;  // and with the proceeds of short sales
constexpr std::uint32_t first_format_with_reasons = 7;   // and with what borrowing has cost
constexpr std::uint32_t first_format_with_interest = 8;  // and with when instruments had their last price

std::string overflow_text(const model::Universe& universe, std::uint32_t instrument) {
  return "the value of " + universe.instruments[instrument].id +
         " no longer fits the books, which end at 9.2 million million";
}

}  // namespace

Ledger::Ledger(const config::ScenarioConfig& config, std::vector<std::string> data_instruments,
               std::size_t expected_bars, Memory memory)
    : config_(config),
      data_instruments_(std::move(data_instruments)),
      memory_(memory),
      history_(data_instruments_.size(), expected_bars, config.data.prices.missing == "carry"),
      sessions_(data_instruments_.size(), config.data.prices.missing == "carry"),
      portfolio_(config::traded_instruments(config.instruments, data_instruments_).size(),
                 config.book.initial_cash) {
  set_universe(config::traded_instruments(config.instruments, data_instruments_), 1);
  priced_in_.assign(data_instruments_.size(), 0);
  if (expected_bars != 0) tracker_.reserve(expected_bars * universe_.size() / 4 + 1024);
  tracker_.enter_universe(universe_.size());
  if (memory_.bars == 0) return;
  history_.keep_most(memory_.bars);
  sessions_.keep_most(memory_.bars);
}

void Ledger::set_universe(const std::vector<std::string>& instruments, std::uint64_t epoch) {
  std::vector<std::string> sorted = instruments;
  std::sort(sorted.begin(), sorted.end());
  universe_.epoch = epoch;
  universe_.instruments.clear();
  data_of_.clear();
  for (const std::string& id : sorted) {
    universe_.instruments.push_back(config::describe_instrument(config_.instruments, id));
    const auto column = std::lower_bound(data_instruments_.begin(), data_instruments_.end(), id);
    data_of_.push_back(static_cast<std::size_t>(column - data_instruments_.begin()));
  }
}

std::uint64_t Ledger::begin_event() {
  base::occasion() = {config_.book.id, ++sequence_};
  return sequence_;
}

void Ledger::take_bar(const model::Bar& bar) {
  CADRE_INVARIANT(bar.close_e9.size() == data_instruments_.size() && bar.valid.size() == bar.close_e9.size(),
                  "ledger.bar_columns", "a bar has one price and one validity per instrument of the data");
  CADRE_INVARIANT(bar.time_ns >= time_ns_, "ledger.time", "the time of a book never goes back");
  accrue(bar.date);
  ++bars_;
  begins_session_ = bar.date != date_;
  if (begins_session_) {
    schedule_.begin_session();
    ++sessions_begun_;
  }
  for (std::size_t column = 0; column < priced_in_.size(); ++column) {
    if (bar.valid[column] != 0) priced_in_[column] = sessions_begun_;
  }
  time_ns_ = bar.time_ns;
  date_ = bar.date;
  history_.add(bar);
  if (config_.data.timing.is_intraday()) sessions_.add(bar);
  last_bar_ = bar;
  if (memory_.closed_orders != 0) tracker_.forget_closed(memory_.closed_orders);
  const base::Money profit_before = portfolio_.profit();
  for (std::uint32_t i = 0; i < data_of_.size(); ++i) {
    if (bar.valid[data_of_[i]] == 0) continue;
    const bool fits =
        portfolio_.mark(i, base::Price::from_raw(bar.close_e9[data_of_[i]]), universe_.instruments[i]);
    if (!fits) stop_at_overflow(i);
  }
  last_mark_profit_ = checked_subtract(portfolio_.profit(), profit_before).value_or(base::Money{});
  CADRE_INVARIANT(portfolio_.identities_hold(), "portfolio.identities",
                  "cash + positions = equity = initial cash + profit - costs, position by position");
}

void Ledger::accrue(std::int32_t date) {
  const auto fees = execution::borrow_fees(portfolio_, universe_, date_, date);
  const auto interest = execution::interest_on_cash(portfolio_, config_.book, date_, date);
  if ((!fees || !portfolio_.charge_borrow(*fees)) && stopped_.empty())
    stopped_ = "what it costs to borrow no longer fits the books, which end at 9.2 million million";
  if ((!interest || !portfolio_.pay_interest(*interest)) && stopped_.empty())
    stopped_ = "interest on cash no longer fits the books, which end at 9.2 million million";
}

const execution::TrackedOrder* Ledger::take_report(const cadre_execution_report& report) {
  if (report.instrument >= universe_.size()) return nullptr;
  const execution::TrackedOrder* order = tracker_.apply(report);
  if (order == nullptr) return nullptr;
  begin_event();
  if (report.quantity_e9 != 0) apply_fill(report, order->order);
  return order;
}

void Ledger::apply_fill(const cadre_execution_report& report, const cadre_order& order) {
  const model::Fill fill{report.instrument,
                         base::Quantity::from_raw(report.quantity_e9 * model::sign_of_side(report.side)),
                         base::Price::from_raw(report.price_e9), base::Money::from_raw(report.fees_e6),
                         base::Money::from_raw(report.spread_cost_e6)};
  if (!portfolio_.apply_fill(fill, universe_.instruments[report.instrument]))
    return stop_at_overflow(report.instrument);
  ++execution_.fills;
  execution_.fees += fill.fees.to_double();
  const double decided = static_cast<double>(order.decision_price_e9);
  if (decided > 0)
    shortfall_sum_ +=
        1e4 * model::sign_of_side(report.side) * (static_cast<double>(report.price_e9) / decided - 1);
  execution_.mean_shortfall_bp = shortfall_sum_ / static_cast<double>(execution_.fills);
}

bool adopt(Ledger& ledger, std::uint32_t instrument, base::Quantity quantity) {
  const model::Fill fill{instrument, quantity, ledger.portfolio_.price(instrument), {}, {}};
  if (ledger.portfolio_.apply_fill(fill, ledger.universe_.instruments[instrument])) return true;
  ledger.stop_at_overflow(instrument);
  return false;
}

bool charge(Ledger& ledger, base::Money costs) {
  return ledger.portfolio_.charge(costs);
}

std::size_t Ledger::add_order(const cadre_order& order, std::uint64_t failed_checks) {
  if (const std::string_view parent = execution::parent_part(order.client_id); !parent.empty()) {
    if (const execution::ParentOrder* whole = schedule_.find(parent)) {
      const std::int64_t before = whole->left_e9();
      schedule_.take_part(parent, order.quantity_e9, time_ns_);
      whole = schedule_.find(parent);
      tracker_.count_scheduled(order.instrument, order.side,
                               (whole == nullptr ? 0 : whole->left_e9()) - before);
    }
  }
  const bool accepted = failed_checks == 0;
  if (accepted) ++execution_.orders;
  return tracker_.add(order, accepted ? CADRE_ORDER_NEW : CADRE_ORDER_REJECTED, failed_checks);
}

void recover_sequence(Ledger& ledger, std::uint64_t sequence) {
  ledger.sequence_ = sequence;
}

void reject_order(Ledger& ledger, std::size_t place) {
  ledger.tracker_.reject(place, 0);
}

bool take_request(Ledger& ledger, const execution::OrderRequest& request) {
  return ledger.tracker_.request(request);
}

void end_request(Ledger& ledger, const cadre_id& client_id) {
  ledger.tracker_.end_request(client_id);
}

void put_parent(Ledger& ledger, const execution::ParentOrder& parent) {
  const execution::ParentOrder* before = ledger.schedule_.find(model::id_text(parent.order.client_id));
  const std::int64_t left_before = before == nullptr ? 0 : before->left_e9();
  ledger.tracker_.count_scheduled(parent.order.instrument, parent.order.side, parent.left_e9() - left_before);
  ledger.schedule_.put(parent);
}

journal::UniverseRecord Ledger::change_universe(const std::vector<std::string>& instruments) {
  const model::Universe before = universe_;
  set_universe(instruments, before.epoch + 1);
  journal::UniverseRecord record;
  record.epoch = universe_.epoch;
  record.date = date_;
  record.instruments = instrument_ids();
  for (const model::Instrument& old : before.instruments) {
    const auto found = std::find(record.instruments.begin(), record.instruments.end(), old.id);
    record.old_to_new.push_back(found == record.instruments.end()
                                    ? std::int32_t{CADRE_GONE}
                                    : static_cast<std::int32_t>(found - record.instruments.begin()));
  }
  portfolio_.remap(record.old_to_new, universe_.size());
  tracker_.remap(record.old_to_new, universe_.size());
  schedule_.remap(record.old_to_new);
  count_schedule();
  // New instruments get the mark that the history knows.
  for (std::uint32_t i = 0; i < universe_.size(); ++i) {
    const auto price = base::Price::from_double(history_.last_close(data_of_[i]));
    if (portfolio_.price(i).raw() == 0 && price) (void)portfolio_.mark(i, *price, universe_.instruments[i]);
  }
  return record;
}

void Ledger::stand_beside(const Ledger& other) {
  universe_ = other.universe_;
  data_of_ = other.data_of_;
  history_ = other.history_;
  sessions_ = other.sessions_;
  portfolio_ = other.portfolio_;
  execution_ = other.execution_;
  shortfall_sum_ = other.shortfall_sum_;
  sequence_ = other.sequence_;
  time_ns_ = other.time_ns_;
  date_ = other.date_;
  bars_ = other.bars_;
  sessions_begun_ = other.sessions_begun_;
  priced_in_ = other.priced_in_;
  last_bar_ = other.last_bar_;
  tracker_.enter_universe(universe_.size());
  for (const execution::TrackedOrder& tracked : other.tracker_.recent()) {
    if (tracked.open()) tracker_.adopt(tracked);
  }
  tracker_.take_requests(other.tracker_);
  schedule_ = other.schedule_;
  count_schedule();
}

void save_ledger(base::Encoder& to, const Ledger& ledger) {
  to.put(ledger.universe_.epoch);
  to.put_texts(ledger.instrument_ids());
  to.put(ledger.sequence_);
  to.put(ledger.time_ns_);
  to.put(ledger.date_);
  to.put(ledger.bars_);
  to.put_struct(ledger.execution_);
  to.put(ledger.shortfall_sum_);
  to.put(ledger.last_mark_profit_.raw());
  base::Encoder bar;
  journal::encode(bar, ledger.last_bar_);
  to.put_text({reinterpret_cast<const char*>(bar.bytes().data()), bar.bytes().size()});
  ledger.portfolio_.save(to);
  ledger.history_.save(to);
  ledger.schedule_.save(to);
  if (ledger.config_.data.timing.is_intraday()) ledger.sessions_.save(to);
  to.put(ledger.sessions_begun_);
  to.put_array(ledger.priced_in_);
}

bool load_ledger(base::Decoder& from, base::Decoder& orders, Ledger& ledger,
                 const std::vector<std::vector<double>>& rows, std::uint32_t record_format) {
  const bool has_requests = record_format >= first_format_with_requests;
  const bool has_reasons = record_format >= first_format_with_reasons;
  const bool has_interest = record_format >= first_format_with_interest;
  const auto epoch = from.get<std::uint64_t>();
  std::vector<std::string> ids;
  from.get_texts(ids);
  const std::vector<std::string>& data = ledger.data_instruments_;
  const bool are_ours = std::all_of(ids.begin(), ids.end(), [&](const std::string& id) {
    return std::binary_search(data.begin(), data.end(), id);
  });
  if (!from.ok() || !are_ours) return false;
  ledger.set_universe(ids, epoch);
  ledger.tracker_.enter_universe(ledger.universe_.size());
  from.get(ledger.sequence_);
  from.get(ledger.time_ns_);
  from.get(ledger.date_);
  from.get(ledger.bars_);
  from.get_struct(ledger.execution_);
  from.get(ledger.shortfall_sum_);
  ledger.last_mark_profit_ = base::Money::from_raw(from.get<std::int64_t>());
  std::string bytes;
  from.get_text(bytes);
  base::Decoder bar({reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()});
  const bool has_bar = journal::decode(bar, ledger.last_bar_, record_format) &&
                       (ledger.bars_ == 0 || ledger.last_bar_.close_e9.size() == data.size());
  return from.ok() && has_bar && ledger.portfolio_.load(from, {has_requests, has_reasons, has_interest}) &&
         ledger.portfolio_.size() == ledger.universe_.size() && ledger.tracker_.load(orders, has_requests) &&
         ledger.history_.load(from, rows) && (!has_requests || ledger.load_schedule(from, has_reasons)) &&
         (!ledger.config_.data.timing.is_intraday() || ledger.sessions_.load(from)) &&
         (!has_interest || ledger.load_priced(from));
}

/// What is left to be sent works, of a tracker that has counted nothing of it.
void Ledger::count_schedule() {
  for (const execution::ParentOrder& parent : schedule_.parents())
    tracker_.count_scheduled(parent.order.instrument, parent.order.side, parent.left_e9());
}

bool Ledger::load_schedule(base::Decoder& from, bool has_reasons) {
  if (!schedule_.load(from, universe_.size(), has_reasons)) return false;
  count_schedule();
  return true;
}

bool Ledger::load_priced(base::Decoder& from) {
  from.get(sessions_begun_);
  from.get_array(priced_in_);
  return from.ok() && priced_in_.size() == data_instruments_.size();
}

std::vector<std::string> Ledger::instrument_ids() const {
  std::vector<std::string> ids;
  for (const model::Instrument& i : universe_.instruments)
    ids.push_back(i.id);
  return ids;
}

void Ledger::stop_at_overflow(std::uint32_t instrument) {
  if (stopped_.empty()) stopped_ = overflow_text(universe_, instrument);
}

bool is_covered(const Ledger& ledger, const model::Bar& bar) {
  const auto& least = ledger.config_.data.prices.min_coverage;
  if (!least) return true;
  std::size_t expected = 0, there = 0;
  for (std::size_t i = 0; i < ledger.universe().size(); ++i) {
    if (!ledger.universe().instruments[i].is_listed(bar.date)) continue;
    ++expected;
    there += bar.valid[ledger.data_columns()[i]];
  }
  return static_cast<double>(there) >= *least * static_cast<double>(expected);
}

bool begins_session(const Ledger& ledger) {
  return ledger.begins_session_;
}

std::uint64_t sessions_without_price(const Ledger& ledger, std::uint32_t instrument) {
  const std::uint64_t sessions = ledger.sessions_begun_ - ledger.priced_in_[ledger.data_of_[instrument]];
  const bool is_whole = !ledger.config_.data.timing.is_intraday();
  return is_whole || sessions == 0 ? sessions : sessions - 1;
}

bool prices_have_ended(const Ledger& ledger, std::uint32_t instrument) {
  return sessions_without_price(ledger, instrument) >= ledger.config_.book.prices_end_after;
}

double bars_per_session(const Ledger& ledger) {
  const config::DataConfig& data = ledger.config_.data;
  return data.timing.is_intraday() ? data.periods_per_year / config::sessions_per_year(data) : 1;
}

std::string why_not_marked(const Ledger& ledger, const model::Bar& bar) {
  const model::Portfolio& portfolio = ledger.portfolio();
  const model::Universe& universe = ledger.universe();
  const std::vector<std::size_t>& column = ledger.data_columns();
  // Far from where the books end, as nearly always: without a copy of the portfolio.
  constexpr double far = 1e12;
  double sum = std::abs(portfolio.cash().to_double()) + std::abs(portfolio.profit().to_double());
  for (std::uint32_t i = 0; i < column.size(); ++i) {
    const double price = base::Price::from_raw(bar.close_e9[column[i]]).to_double();
    sum +=
        std::abs(portfolio.value(i).to_double()) +
        std::abs(portfolio.quantity(i).to_double() * price * universe.instruments[i].multiplier.to_double());
  }
  if (sum < far) return {};
  model::Portfolio marked = portfolio;
  for (std::uint32_t i = 0; i < column.size(); ++i) {
    if (bar.valid[column[i]] == 0) continue;
    const auto price = base::Price::from_raw(bar.close_e9[column[i]]);
    if (!marked.mark(i, price, universe.instruments[i])) return overflow_text(universe, i);
  }
  return {};
}

}  // namespace cadre::book
