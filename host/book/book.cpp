#include "host/book/book.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cadre/cadre.h"
#include "host/base/invariant.hpp"
#include "host/book/deadline_missed.hpp"
#include "host/config/bar_keys.hpp"
#include "host/journal/signal_record.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

Book::Book(const config::ScenarioConfig& config, std::vector<std::string> data_instruments,
           std::size_t expected_bars, Memory memory, OrderBarrier* barrier)
    : config_(config),
      ledger_(config, std::move(data_instruments), expected_bars, memory),
      barrier_(barrier) {}

void Book::enter(std::shared_ptr<chain::Chain> chain, const journal::RevisionRecord& revision) {
  chain->revision = revision.revision;
  chains_.begin(std::move(chain));
  build_state();
  enter_chain();
  for (BookListener* listener : listeners_)
    listener->on_revision(ledger_.sequence(), revision);
}

base::Problems Book::activate() {
  return chain::Succession::activate(*chains_.running(), config_.document.place(""));
}

void Book::build_state() {
  const config::ConstraintsConfig& bounds = chain().constraints;
  StateWriter::Setting setting;
  setting.book = config_.book.id;
  setting.currency = config_.book.currency;
  setting.constraints = {sizeof(cadre_constraints), bounds.long_only ? std::uint32_t{CADRE_LONG_ONLY} : 0u,
                         bounds.max_gross_exposure, bounds.max_net_exposure, bounds.max_weight};
  setting.periods_per_year = config_.data.periods_per_year;
  setting.sessions_per_year = config::sessions_per_year(config_.data);
  setting.sessions_apart = config_.data.timing.is_intraday();
  // Both chains look at this arena: the running one, and the replaced one that goes on observing.
  setting.requirements = chains_.requirements();
  setting.service_count = chains_.service_count();
  holdings_are_stale_ = true;
  if (state_.keep(ledger_.universe(), setting)) return;  // who comes new has been told of this arena
  state_.build(ledger_.universe(), ledger_.data_columns(), std::move(setting));
  state_.write_windows(ledger_.history(), sessions_of(ledger_).rows());
  if (ledger_.bars() != 0) state_.write_bar(ledger_.last_bar());
  chains_.enter_arena(state_.arena());
}

void Book::enter_chain() {
  auto gate = std::make_unique<execution::PreTradeGate>(chain().pre_trade_checks, chain().constraints);
  if (gate_ != nullptr) gate->inherit_counters(*gate_);
  gate_ = std::move(gate);
  gate_->enter_universe(ledger_.universe());
  enter_states();
  environment_.enter(chain().environment().agent);
  gate_->enter_environment(environment_.takes().order_types, environment_.takes().times_in_force);
  orchestrator_.enter(chains_.running(), {&ledger_.universe(), &state_.arena(), &state_.view(),
                                          &ledger_.portfolio(), &ledger_.tracker(), gate_.get(), &states_});
}

void Book::take_bar(const model::Bar& bar) {
  const std::uint64_t sequence = ledger_.begin_event();
  for (BookListener* listener : listeners_)
    listener->on_bar(sequence, bar);
  states_.begin_bar(bar.date, ledger_.portfolio().equity(), is_covered(ledger_, bar));
  ledger_.take_bar(bar);
  state_.write_bar(bar);
  state_.push_row(ledger_.history(), ledger_.history().rows() - 1);
  state_.push_sessions(sessions_of(ledger_).rows(), sessions_of(ledger_).added());
  holdings_are_stale_ = true;
  refresh_state();
  tell_agents(CADRE_EVENT_BAR, nullptr);
  views_.take_bar(ledger_, state_.state(), [&](const auto& outcome) { take_outcome(outcome); });
}

void Book::refresh_state() {
  if (holdings_are_stale_) state_.write_holdings(ledger_.portfolio(), ledger_.tracker());
  holdings_are_stale_ = false;
  state_.show({ledger_.sequence(), ledger_.time_ns(), ledger_.date()}, ledger_.portfolio(),
              ledger_.execution());
}

void Book::tell_agents(std::uint32_t kind, const void* payload) {
  if (!agents_observe_) return;
  const cadre_event event{sizeof(cadre_event), kind, ledger_.sequence(), ledger_.time_ns(), payload};
  state_.hide_decision();
  environment_.note(chains_.observe(event, state_.state()));
  after_observe();
}

void Book::take_signal(const model::ExternalSignal& signal) {
  const auto& instruments = ledger_.universe().instruments;
  const auto found = std::find_if(instruments.begin(), instruments.end(),
                                  [&](const model::Instrument& i) { return i.id == signal.instrument; });
  if (found == instruments.end()) {
    ++dropped_signals_;  // not in the universe at this time
    return;
  }
  const std::uint64_t sequence = ledger_.begin_event();
  const journal::SignalRecord record =
      journal::record_of(signal, static_cast<std::uint32_t>(found - instruments.begin()));
  for (BookListener* listener : listeners_)
    listener->on_signal(sequence, record);
  refresh_state();
  tell_agents(CADRE_EVENT_SIGNAL, &record.signal);
}

void Book::take_fills() {
  while (const auto report = environment_.next_report())
    take_report(*report);
  refresh_state();
}

void Book::take_report(const cadre_execution_report& report) {
  if (ledger_.take_report(report) == nullptr) return;  // an order of an earlier epoch, or none of ours
  holdings_are_stale_ = true;
  if (report.quantity_e9 != 0) states_.count_fill(report.instrument, report.side);
  for (BookListener* listener : listeners_)
    listener->on_report(ledger_.sequence(), report);
  // The columns of all instruments, for one fill: only when someone looks.
  if (report.quantity_e9 == 0 || !ledger_.stopped().empty() || !chains_.anyone_observes(CADRE_EVENT_FILL))
    return;
  refresh_state();
  tell_agents(CADRE_EVENT_FILL, &report);
}

bool Book::is_warm() const {
  const cadre_requirements& need = chain().requirements;
  const auto full = [](const cadre_windows& there, const cadre_rows& rows) {
    return there.returns.rows >= rows.returns && there.closes.rows >= rows.closes &&
           there.volumes.rows >= rows.volumes;
  };
  const cadre_execution_state& s = state_.state();
  return full(s.sessions, need.sessions) && full(s.bars, need.bars) && ledger_.bars() > need.warm_up_bars;
}

std::uint64_t warm_up_bars(const Book& book) {
  const cadre_requirements& need = book.chain().requirements;
  std::uint64_t bars = std::uint64_t{need.warm_up_bars} + 1;
  const auto raise = [&](const cadre_rows& rows, double bars_a_row) {
    // The first period has no return.
    const std::uint64_t most = std::max({rows.returns == 0 ? 0 : std::uint64_t{rows.returns} + 1,
                                         std::uint64_t{rows.closes}, std::uint64_t{rows.volumes}});
    bars = std::max(bars, static_cast<std::uint64_t>(std::ceil(static_cast<double>(most) * bars_a_row)));
  };
  raise(need.bars, 1);
  raise(need.sessions, bars_per_session(book.ledger()));
  return bars;
}

const chain::Decision* Book::decide() {
  watch_limits();
  refresh_state();
  if (halted() || chain().stage_left_out() != nullptr || !is_warm() ||
      ledger_.portfolio().equity().raw() <= 0)
    return nullptr;
  gate_->count_open_orders(ledger_.tracker().open_count());
  const chain::Decision& decision = orchestrator_.execute_trades();
  states_.count_decision();
  CADRE_INVARIANT(decision.record.sequence == ledger_.sequence(), "book.decision_event",
                  "a decision is about the last event, and nothing happens while it is made");
  for (BookListener* listener : listeners_)
    listener->on_decision(ledger_.sequence(), decision);
  for (const journal::StageFailure& failure : decision.record.failures)
    note_trouble(failure.instance, failure.status, failure.reason);
  begin_views();
  if (decision.orders.empty()) return &decision;
  const std::size_t first = ledger_.tracker().orders().size();
  for (const chain::DecidedOrder& decided : decision.orders)
    record_order(decided);
  send_recorded(first);
  return &decision;
}

const chain::Decision* consider(Book& book) {
  book.refresh_state();
  if (!book.is_warm() || book.ledger_.portfolio().equity().raw() <= 0) return nullptr;
  const execution::PreTradeGate before = *book.gate_;
  const chain::Decision& decision = book.orchestrator_.execute_trades();
  book.gate_->inherit_counters(before);
  return &decision;
}

/// The orders from the place `first` on leave, once all that has to remember them does.
void Book::send_recorded(std::size_t first) {
  const std::size_t last = ledger_.tracker().orders().size();
  const bool ready = ready_to_send();
  const bool have_left = ready && leave_together(first);
  for (std::size_t place = first; place < last; ++place) {
    if (!ready) {
      ledger_.reject_order(place);
      holdings_are_stale_ = true;
    } else if (!environment_.failed()) {  // else the book stops, and recovery sends what did not leave
      send(place, have_left);
    }
  }
  refresh_state();
}

/// Orders to a simulation in another process cross together, when nothing holds them back. Whether they did.
bool Book::leave_together(std::size_t first) {
  if (!environment_.takes_together() || environment_.failed()) return false;
  std::vector<cadre_order> orders;
  const auto& all = ledger_.tracker().orders();
  for (std::size_t place = first; place < all.size(); ++place) {
    const execution::TrackedOrder& tracked = all[place];
    if (!tracked.open() || tracked.failed_checks != 0) continue;
    if (!flattens_ && !may_leave(tracked.order)) return false;  // one by one
    orders.push_back(tracked.order);
  }
  environment_.announce(orders);
  return true;
}

/// Whether all that has to remember the orders does: what nobody would remember may not leave.
bool Book::ready_to_send() const {
  bool ready = true;
  for (BookListener* listener : listeners_)
    ready = listener->on_sending(ledger_.sequence()) && ready;
  return ready;
}

std::size_t Book::record_order(const chain::DecidedOrder& decided) {
  for (BookListener* listener : listeners_)
    listener->on_order(ledger_.sequence(), decided);
  holdings_are_stale_ = true;
  return ledger_.add_order(decided.order, decided.verdict.failed);
}

void Book::send(std::size_t place, bool has_left) {
  const execution::TrackedOrder& tracked = ledger_.tracker().orders()[place];
  if (!tracked.open()) return;
  CADRE_INVARIANT(tracked.failed_checks == 0, "gate.nothing_gets_past",
                  "an order that failed a pre-trade check is never sent");
  const cadre_order order = tracked.order;
  if (!has_left && !flattens_ && !may_leave(order)) return take_cancellation(order);
  if (const auto report = environment_.send(order, ledger_.time_ns())) take_report(*report);
}

void Book::close_bar() {
  treat_troubles();
  const model::Portfolio& portfolio = ledger_.portfolio();
  const journal::AccountRecord account{ledger_.date(), portfolio.equity(), portfolio.cash(),
                                       portfolio.profit(), portfolio.costs()};
  for (BookListener* listener : listeners_)
    listener->on_account(ledger_.sequence(), account);
}

void Book::take_command(const journal::CommandRecord& command) {
  const std::uint64_t sequence = ledger_.begin_event();
  for (BookListener* listener : listeners_)
    listener->on_command(sequence, command);
  take_state(command);
  if (command.kind == deadline_missed) count_missed_deadline(command);
}

cadre_order Book::market_order(const char* why, std::uint32_t instrument, std::int64_t quantity_e9) const {
  cadre_order order{};
  order.size = sizeof order;
  order.instrument = instrument;
  order.side = quantity_e9 > 0 ? CADRE_SIDE_BUY : CADRE_SIDE_SELL;
  order.type = CADRE_ORDER_MARKET;
  order.time_in_force = CADRE_TIF_DAY;
  order.quantity_e9 = std::llabs(quantity_e9);
  order.decision_price_e9 = ledger_.portfolio().price(instrument).raw();
  order.decision_time_ns = ledger_.time_ns();
  order.client_id = model::make_id(config_.book.id + '.' + why + '.' + std::to_string(ledger_.sequence()) +
                                   '.' + std::to_string(instrument));
  return order;
}

void Book::flatten() {
  const model::Portfolio& portfolio = ledger_.portfolio();
  const execution::OrderTracker& tracker = ledger_.tracker();
  const auto size = static_cast<std::uint32_t>(ledger_.universe().size());
  std::vector<std::int64_t> price(size);
  for (std::uint32_t i = 0; i < size; ++i)
    price[i] = portfolio.price(i).raw();
  gate_->begin_decision(ledger_.date(), portfolio, {price, state_.arena().valid(model::ColumnId::close), {}},
                        {});
  gate_->set_closing(true);
  const std::size_t first = tracker.orders().size();
  for (std::uint32_t i = 0; i < size; ++i) {
    const std::int64_t left =
        portfolio.quantity(i).raw() + tracker.working_buy_e9(i) - tracker.working_sell_e9(i);
    if (left == 0) continue;
    const cadre_order order = market_order("flatten", i, -left);
    record_order({order, gate_->check(order)});
  }
  gate_->set_closing(false);
  flattens_ = true;
  if (tracker.orders().size() != first) send_recorded(first);
  flattens_ = false;
}

}  // namespace cadre::book
