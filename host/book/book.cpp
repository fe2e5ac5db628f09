#include "host/book/book.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cadre/cadre.h"
#include "host/base/invariant.hpp"
#include "host/base/log.hpp"
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
  const std::uint32_t flags =
      (bounds.long_only ? std::uint32_t{CADRE_LONG_ONLY} : 0u) |
      (config_.book.account == config::Account::margin ? std::uint32_t{CADRE_MARGIN_ACCOUNT} : 0u);
  setting.constraints = {sizeof(cadre_constraints), flags, bounds.max_gross_exposure, bounds.max_net_exposure,
                         bounds.max_weight};
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
  gate_->enter_account(config_.book.account);
  gate_->enter_universe(ledger_.universe());
  enter_states();
  environment_.enter(chain().environment().agent);
  gate_->enter_environment(environment_.takes().order_types, environment_.takes().times_in_force);
  orchestrator_.enter(chains_.running(),
                      {.universe = &ledger_.universe(),
                       .arena = &state_.arena(),
                       .view = &state_.view(),
                       .portfolio = &ledger_.portfolio(),
                       .tracker = &ledger_.tracker(),
                       .schedule = &ledger_.schedule(),
                       .gate = gate_.get(),
                       .environment_replaces = environment_.takes().replacements,
                       .environment_checks_money = environment_.simulated() || environment_.is_left_out(),
                       .states = &states_,
                       .account = config_.book.account});
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
  const cadre_status answered = chains_.observe(event, state_.state());
  std::string said;
  for (const chain::ObserveFailure& failure : chains_.observe_failures()) {
    if (!failure.replaced && failure.stage == chain().environment().name) said = failure.reason;
  }
  environment_.note(answered, std::move(said));
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
  if (ledger_.take_report(report) == nullptr) {  // an order of an earlier epoch, or none of ours
    if (ledger_.tracker().why_ignored(report) == execution::OrderTracker::Ignored::contradiction)
      tell_contradiction(report);
    return;
  }
  holdings_are_stale_ = true;
  if (report.quantity_e9 != 0) {
    const auto value =
        base::notional(base::Price::from_raw(report.price_e9), base::Quantity::from_raw(report.quantity_e9),
                       ledger_.universe().instruments[report.instrument].multiplier);
    states_.count_fill(report.instrument, report.side, value.value_or(base::Money{}));
  }
  for (BookListener* listener : listeners_)
    listener->on_report(ledger_.sequence(), report);
  // The columns of all instruments, for one fill: only when someone looks.
  if (report.quantity_e9 == 0 || !ledger_.stopped().empty() || !chains_.anyone_observes(CADRE_EVENT_FILL))
    return;
  refresh_state();
  tell_agents(CADRE_EVENT_FILL, &report);
}

void Book::tell_contradiction(const cadre_execution_report& report) const {
  for (BookListener* listener : listeners_)
    listener->on_report_ignored(report);
  base::log_event(base::LogLevel::error, "report_ignored",
                  {{"book", config_.book.id},
                   {"order", std::string(model::id_text(report.client_id))},
                   {"quantity", base::Quantity::from_raw(report.quantity_e9).to_string()},
                   {"why", "it reports more than the order has left, or another instrument or side"}});
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
  watch_prices();
  watch_limits();
  cancel_in_windows(*this, ledger_.time_ns(), ledger_.date());
  end_due_parents();
  refresh_state();
  if (halted() || chain().stage_left_out() != nullptr || !is_warm()) return nullptr;
  if (ledger_.portfolio().equity().raw() <= 0) {
    close_ruined();
    return nullptr;
  }
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
  send_decided(decision);
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

void Book::close_bar() {
  treat_troubles();
  const model::Portfolio& portfolio = ledger_.portfolio();
  const journal::AccountRecord account{ledger_.date(),     portfolio.equity(), portfolio.cash(),
                                       portfolio.profit(), portfolio.costs(),  portfolio.interest()};
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

}  // namespace cadre::book
