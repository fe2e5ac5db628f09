#include "host/book/book.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "cadre/cadre.h"
#include "host/model/order.hpp"
#include "host/model/quantity.hpp"

namespace cadre::book {

using model::ColumnId;
using model::IntegerColumnId;
using model::WindowId;

Book::Book(const config::ScenarioConfig& config, std::vector<std::string> data_instruments,
           std::size_t expected_bars)
    : config_(config),
      data_instruments_(std::move(data_instruments)),
      history_(data_instruments_.size(), expected_bars, config.data.missing == "carry"),
      portfolio_(0, config.initial_cash) {
  set_universe(data_instruments_, 1);
  portfolio_ = model::Portfolio(universe_.size(), config.initial_cash);
  tracker_.reserve(expected_bars * universe_.size() / 4 + 1024);
}

Book::~Book() = default;

model::Instrument Book::describe(const std::string& id) const {
  model::Instrument about;
  about.id = id;
  about.currency = config_.instruments.currency;
  about.tick = config_.instruments.tick;
  about.lot = config_.instruments.lot;
  about.multiplier = config_.instruments.multiplier;
  for (const auto& [instrument, group] : config_.instruments.groups) {
    if (instrument == id) about.group = group;
  }
  return about;
}

void Book::set_universe(const std::vector<std::string>& instruments, std::uint64_t epoch) {
  std::vector<std::string> sorted = instruments;
  std::sort(sorted.begin(), sorted.end());
  universe_.epoch = epoch;
  universe_.instruments.clear();
  data_of_.clear();
  for (const std::string& id : sorted) {
    universe_.instruments.push_back(describe(id));
    const auto column = std::lower_bound(data_instruments_.begin(), data_instruments_.end(), id);
    data_of_.push_back(static_cast<std::size_t>(column - data_instruments_.begin()));
  }
}

base::Problems Book::start(std::shared_ptr<chain::Chain> chain, const journal::RevisionRecord& revision) {
  enter(std::move(chain), revision);
  return activate();
}

void Book::enter(std::shared_ptr<chain::Chain> chain, const journal::RevisionRecord& revision) {
  chain_ = std::move(chain);
  chain_->revision = revision.revision;
  tracker_.enter_universe(universe_.size());
  build_arena();
  enter_chain();
  for (BookListener* listener : listeners_)
    listener->on_revision(sequence_, revision);
}

base::Problems Book::activate() {
  base::Problems problems;
  chain_->each_stage([&](chain::Stage& stage) {
    const cadre_status status = stage.agent->activate();
    if (status == CADRE_OK) return;
    problems.error("AGENT_ACTIVATE", config_.document.place(""),
                   stage.name + ": activate answered " + agent::status_name(status), "");
  });
  return problems;
}

void Book::build_arena() {
  const auto n = static_cast<std::uint32_t>(universe_.size());
  // Both chains look at this arena: the running one, and the replaced one that goes on observing.
  cadre_requirements need = chain_->requirements;
  std::size_t services = chain_->services.size();
  if (replaced_ != nullptr) {
    need.returns_rows = std::max(need.returns_rows, replaced_->requirements.returns_rows);
    need.closes_rows = std::max(need.closes_rows, replaced_->requirements.closes_rows);
    need.volumes_rows = std::max(need.volumes_rows, replaced_->requirements.volumes_rows);
    services = std::max(services, replaced_->services.size());
  }
  const cadre_execution_metrics execution =
      arena_ != nullptr ? arena_->head().execution : cadre_execution_metrics{};
  const model::ArenaShape shape{n,
                                need.returns_rows,
                                need.closes_rows,
                                need.volumes_rows,
                                16 * n + 256,
                                static_cast<std::uint32_t>(services)};
  const bool first = arena_ == nullptr;
  arena_ = std::make_unique<model::Arena>(universe_, shape);
  if (!first) arena_->head().execution = execution;
  view_ = std::make_unique<model::StateView>();
  columns_are_stale_ = true;
  model::ArenaHead& head = arena_->head();
  const config::ConstraintsConfig& bounds = chain_->constraints;
  head.constraints = {sizeof(cadre_constraints), bounds.long_only ? std::uint32_t{CADRE_LONG_ONLY} : 0u,
                      bounds.max_gross_exposure, bounds.max_net_exposure, bounds.max_weight};
  head.periods_per_year = config_.data.periods_per_year;
  head.has_intraday_prices = intraday_;
  head.has_volume = volume_;
  row_.assign(n, 0);
  row_valid_.assign(n, 0);
  const std::size_t deepest = std::max({need.returns_rows, need.closes_rows, need.volumes_rows});
  for (std::size_t row = history_.rows() > deepest ? history_.rows() - deepest : 0; row < history_.rows();
       ++row)
    push_windows(row);
  view_->bind(arena_->memory().data, config_.book, config_.currency);
  const auto give = [&](const chain::Stage& stage) { stage.agent->enter_arena(*arena_); };
  std::as_const(*chain_).each_stage(give);
  if (replaced_ != nullptr) std::as_const(*replaced_).each_stage(give);
}

void Book::enter_chain() {
  auto gate = std::make_unique<execution::PreTradeGate>(chain_->pre_trade_checks, chain_->constraints);
  if (gate_ != nullptr) gate->inherit_counters(*gate_);
  gate_ = std::move(gate);
  gate_->enter_universe(universe_);
  orchestrator_.enter(chain_, {&universe_, arena_.get(), view_.get(), &portfolio_, &tracker_, gate_.get()});
}

void Book::push_windows(std::size_t row) {
  const auto push = [&](WindowId id, std::uint32_t wanted, std::span<const double> values) {
    if (wanted == 0) return;
    for (std::size_t i = 0; i < data_of_.size(); ++i) {
      const double value = values.empty() ? std::nan("") : values[data_of_[i]];
      row_[i] = value;
      row_valid_[i] = value == value;
    }
    arena_->push_row(id, row_, row_valid_);
  };
  const model::ArenaShape& shape = arena_->head().shape;
  // The first bar has no return.
  if (row > 0) push(WindowId::returns, shape.returns_rows, history_.returns(row));
  push(WindowId::closes, shape.closes_rows, history_.closes(row));
  push(WindowId::volumes, shape.volumes_rows, history_.volumes(row));
}

void Book::take_bar(const model::Bar& bar) {
  take_market(bar);
  take_fills();
}

void Book::take_market(const model::Bar& bar) {
  ++sequence_;
  ++bars_;
  time_ns_ = bar.time_ns;
  date_ = bar.date;
  for (BookListener* listener : listeners_)
    listener->on_bar(sequence_, bar);
  history_.add(bar);
  if (keep_orders_ != 0) tracker_.forget_closed(keep_orders_);
  write_bar(bar);
  check_identities();
  push_windows(history_.rows() - 1);
  refresh_columns();
  tell_agents(CADRE_EVENT_BAR, nullptr);
}

void Book::write_bar(const model::Bar& bar) {
  model::ArenaHead& head = arena_->head();
  intraday_ = bar.has_intraday;
  volume_ = bar.has_volume;
  head.has_intraday_prices = intraday_;
  head.has_volume = volume_;
  const base::Money profit_before = portfolio_.profit();
  columns_are_stale_ = true;
  const auto write = [&](ColumnId id, const std::vector<std::int64_t>& source) {
    const auto column = arena_->column(id);
    const auto valid = arena_->valid(id);
    for (std::size_t i = 0; i < data_of_.size(); ++i) {
      valid[i] = bar.valid[data_of_[i]];
      column[i] = valid[i] != 0 ? static_cast<double>(source[data_of_[i]]) * 1e-9 : std::nan("");
    }
  };
  if (intraday_) {
    write(ColumnId::open, bar.open_e9);
    write(ColumnId::high, bar.high_e9);
    write(ColumnId::low, bar.low_e9);
  }
  write(ColumnId::close, bar.close_e9);
  if (volume_) {
    const auto column = arena_->column(ColumnId::volume);
    const auto valid = arena_->valid(ColumnId::volume);
    for (std::size_t i = 0; i < data_of_.size(); ++i) {
      valid[i] = bar.valid[data_of_[i]];
      column[i] = valid[i] != 0 ? bar.volume[data_of_[i]] : std::nan("");
    }
  }
  for (std::uint32_t i = 0; i < data_of_.size(); ++i) {
    if (bar.valid[data_of_[i]] == 0) continue;
    const bool fits =
        portfolio_.mark(i, base::Price::from_raw(bar.close_e9[data_of_[i]]), universe_.instruments[i]);
    if (!fits) stop_at_overflow(i);
  }
  last_mark_profit_ = checked_subtract(portfolio_.profit(), profit_before).value_or(base::Money{});
}

void Book::refresh_columns() {
  model::ArenaHead& head = arena_->head();
  head.sequence = sequence_;
  head.time_ns = time_ns_;
  head.session_date = date_;
  head.equity = portfolio_.equity().to_double();
  head.cash = portfolio_.cash().to_double();
  if (columns_are_stale_) write_columns();
  view_->refresh();
}

void Book::write_columns() {
  columns_are_stale_ = false;
  const double equity = arena_->head().equity;
  const auto price = arena_->column(ColumnId::price);
  const auto price_valid = arena_->valid(ColumnId::price);
  const auto weight = arena_->column(ColumnId::weight);
  const auto working = arena_->column(ColumnId::working_weight);
  const auto quantity = arena_->integers(IntegerColumnId::quantity);
  const auto buys = arena_->integers(IntegerColumnId::working_buy);
  const auto sells = arena_->integers(IntegerColumnId::working_sell);
  for (std::uint32_t i = 0; i < data_of_.size(); ++i) {
    const base::Price mark = portfolio_.price(i);
    price_valid[i] = mark.raw() > 0;
    price[i] = mark.raw() > 0 ? mark.to_double() : std::nan("");
    quantity[i] = portfolio_.quantity(i).raw();
    buys[i] = tracker_.working_buy_e9(i);
    sells[i] = tracker_.working_sell_e9(i);
    weight[i] = model::weight_of(portfolio_.value(i), portfolio_.equity());
    const std::int64_t open = buys[i] - sells[i];
    working[i] = 0;
    if (open != 0 && equity > 0) {
      working[i] = static_cast<double>(open) * 1e-9 * mark.to_double() *
                   universe_.instruments[i].multiplier.to_double() / equity;
    }
  }
}

void Book::tell_agents(std::uint32_t kind, const void* payload) {
  if (!agents_observe_) return;
  const cadre_event event{sizeof(cadre_event), kind, sequence_, time_ns_, payload};
  hide_services();
  tell_chain(*chain_, nullptr, event);
  if (replaced_ != nullptr) tell_chain(*replaced_, chain_.get(), event);
}

bool Book::anyone_observes(std::uint32_t kind) const {
  bool any = false;
  const auto ask = [&](const chain::Stage& stage) { any = any || stage.agent->observes(kind); };
  std::as_const(*chain_).each_stage(ask);
  if (replaced_ != nullptr) std::as_const(*replaced_).each_stage(ask);
  return any;
}

void Book::tell_chain(chain::Chain& chain, const chain::Chain* except, const cadre_event& event) {
  chain.each_stage([&](chain::Stage& stage) {
    bool shared = false;
    if (except != nullptr) {
      except->each_stage([&](const chain::Stage& other) { shared = shared || other.agent == stage.agent; });
    }
    if (shared) return;
    const cadre_status status = stage.agent->observe(event, view_->raw);
    // An environment that cannot follow the market can fill nothing: whoever runs the book has to stop.
    if (stage.agent == chain_->environment.agent && status != CADRE_OK && status != CADRE_DISCARD)
      environment_status_ = status;
  });
}

void Book::hide_services() {
  // A service holds for one decision: while agents observe, the last one's may point at memory that is gone.
  view_->raw.services = nullptr;
  view_->raw.service_count = 0;
}

void Book::take_signal(const model::ExternalSignal& signal) {
  const auto found = std::find_if(universe_.instruments.begin(), universe_.instruments.end(),
                                  [&](const model::Instrument& i) { return i.id == signal.instrument; });
  if (found == universe_.instruments.end()) {
    ++dropped_signals_;  // not in the universe at this time
    return;
  }
  ++sequence_;
  journal::SignalRecord record;
  record.instrument = signal.instrument;
  record.signal = {sizeof(cadre_signal),
                   static_cast<std::uint32_t>(found - universe_.instruments.begin()),
                   signal.direction,
                   0,
                   signal.strength,
                   signal.confidence,
                   signal.horizon_days,
                   signal.time_ns,
                   model::make_id(signal.strategy)};
  for (BookListener* listener : listeners_)
    listener->on_signal(sequence_, record);
  refresh_columns();
  tell_agents(CADRE_EVENT_SIGNAL, &record.signal);
}

void Book::take_fills() {
  const auto& environment = chain_->environment;
  const auto& table = environment.table<cadre_execution_environment>();
  for (;;) {
    cadre_execution_report report{};
    report.size = sizeof report;
    const cadre_status status = table.next_report(environment.self(), &report);
    if (status != CADRE_OK && status != CADRE_DISCARD) environment_status_ = status;
    if (status != CADRE_OK) break;
    apply_report(report);
  }
  refresh_columns();
}

void Book::apply_report(const cadre_execution_report& report) {
  const execution::TrackedOrder* order =
      report.instrument < universe_.size() ? tracker_.apply(report) : nullptr;
  if (order == nullptr) return;  // an order of an earlier epoch, or none of ours
  columns_are_stale_ = true;
  ++sequence_;
  for (BookListener* listener : listeners_)
    listener->on_report(sequence_, report);
  if (report.quantity_e9 == 0) return;
  const model::Fill fill{report.instrument,
                         base::Quantity::from_raw(report.quantity_e9 * model::sign_of_side(report.side)),
                         base::Price::from_raw(report.price_e9), base::Money::from_raw(report.fees_e6),
                         base::Money::from_raw(report.spread_cost_e6)};
  if (!portfolio_.apply_fill(fill, universe_.instruments[report.instrument]))
    return stop_at_overflow(report.instrument);
  check_identities();
  cadre_execution_metrics& metrics = arena_->head().execution;
  ++metrics.fills;
  metrics.fees += fill.fees.to_double();
  const double decided = static_cast<double>(order->order.decision_price_e9);
  if (decided > 0)
    shortfall_sum_ +=
        1e4 * model::sign_of_side(report.side) * (static_cast<double>(report.price_e9) / decided - 1);
  metrics.mean_shortfall_bp = shortfall_sum_ / static_cast<double>(metrics.fills);
  // The columns of all instruments, for one fill: only when someone looks.
  if (!anyone_observes(CADRE_EVENT_FILL)) return;
  refresh_columns();
  tell_agents(CADRE_EVENT_FILL, &report);
}

void Book::stop_at_overflow(std::uint32_t instrument) {
  if (stopped_.empty())
    stopped_ = "the value of " + universe_.instruments[instrument].id +
               " no longer fits the books, which end at 9.2 million million";
}

void Book::check_identities() const {
  if (portfolio_.identities_hold()) return;
  std::fprintf(stderr, "cadre: the books of %s do not add up after event %llu\n", config_.book.c_str(),
               static_cast<unsigned long long>(sequence_));
  std::abort();
}

bool Book::is_warm() const {
  const cadre_requirements& need = chain_->requirements;
  const cadre_execution_state& s = view_->raw;
  return s.returns.rows >= need.returns_rows && s.closes.rows >= need.closes_rows &&
         s.volumes.rows >= need.volumes_rows && bars_ > need.warm_up_bars;
}

const chain::Decision* Book::decide() {
  const chain::Decision* decision = make_decision();
  if (decision != nullptr) send_orders(*decision);
  return decision;
}

const chain::Decision* Book::make_decision() {
  refresh_columns();
  if (halted_ || !is_warm() || portfolio_.equity().raw() <= 0) return nullptr;
  const chain::Decision& decision = orchestrator_.execute_trades();
  for (BookListener* listener : listeners_)
    listener->on_decision(sequence_, decision);
  return &decision;
}

void Book::send_orders(const chain::Decision& decision) {
  if (decision.orders.empty()) return;
  const std::size_t first = tracker_.orders().size();
  for (const chain::DecidedOrder& decided : decision.orders)
    record_order(decided);
  const bool ready = ready_to_send();
  for (std::size_t place = first; place < first + decision.orders.size(); ++place) {
    if (!ready)
      tracker_.reject(place, 0);
    else if (environment_status_ == CADRE_OK)  // else the book stops, and recovery sends what did not leave
      send(place);
  }
  refresh_columns();
}

/// Whether all that has to remember the orders does: what nobody would remember may not leave.
bool Book::ready_to_send() const {
  bool ready = true;
  for (BookListener* listener : listeners_)
    ready = listener->on_sending(sequence_) && ready;
  return ready;
}

void Book::record_order(const chain::DecidedOrder& decided) {
  for (BookListener* listener : listeners_)
    listener->on_order(sequence_, decided);
  const bool accepted = decided.verdict.accepted();
  columns_are_stale_ = true;
  tracker_.add(decided.order, accepted ? CADRE_ORDER_NEW : CADRE_ORDER_REJECTED, decided.verdict.failed);
  if (accepted) ++arena_->head().execution.orders;
}

void Book::send(std::size_t place) {
  const execution::TrackedOrder& tracked = tracker_.orders()[place];
  if (!tracked.open()) return;
  const cadre_order order = tracked.order;
  const auto& environment = chain_->environment;
  cadre_trade_result result{};
  result.size = sizeof result;
  const cadre_status status =
      environment.table<cadre_execution_environment>().execute_trade(environment.self(), &order, &result);
  if (status != CADRE_OK && !environment.agent->declaration().simulated) {
    environment_status_ = status;  // it may have arrived: nobody knows until the environment is asked again
    return;
  }
  if (const auto report = report_of(order, status, result, time_ns_)) apply_report(*report);
}

std::optional<cadre_execution_report> Book::report_of(const cadre_order& order, cadre_status status,
                                                      const cadre_trade_result& result,
                                                      std::int64_t time_ns) {
  cadre_execution_report report{};
  report.size = sizeof report;
  report.instrument = order.instrument;
  report.side = order.side;
  report.time_ns = time_ns;
  report.client_id = order.client_id;
  report.reason = result.reason;
  report.status = CADRE_ORDER_REJECTED;
  if (status != CADRE_OK || result.status == CADRE_ORDER_REJECTED) return report;
  if (result.filled_quantity_e9 == 0) return std::nullopt;
  // Filled at once: the same event as a later fill.
  report.status = result.status;
  report.quantity_e9 = result.filled_quantity_e9;
  report.price_e9 = result.average_price_e9;
  report.fees_e6 = result.fees_e6;
  report.spread_cost_e6 = result.spread_cost_e6;
  return report;
}

void Book::close_bar() {
  check_identities();
  const journal::AccountRecord account{date_, portfolio_.equity(), portfolio_.cash(), portfolio_.profit(),
                                       portfolio_.costs()};
  for (BookListener* listener : listeners_)
    listener->on_account(sequence_, account);
}

std::vector<std::string> Book::instrument_ids() const {
  std::vector<std::string> ids;
  for (const model::Instrument& i : universe_.instruments)
    ids.push_back(i.id);
  return ids;
}

}  // namespace cadre::book
