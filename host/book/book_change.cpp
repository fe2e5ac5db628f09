// How a book changes between two decisions: another universe, another chain, and back.

#include <algorithm>
#include <utility>

#include "cadre/cadre.h"
#include "host/base/invariant.hpp"
#include "host/book/book.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

void Book::change_universe(const std::vector<std::string>& instruments) {
  const std::vector<std::string> before = ledger_.instrument_ids();
  const std::uint64_t epoch_before = ledger_.universe().epoch;
  end_parents_outside(instruments);
  for (std::uint32_t i = 0; i < before.size(); ++i) {
    if (std::find(instruments.begin(), instruments.end(), before[i]) != instruments.end()) continue;
    cancel_open_orders(i);
    views_.leave(ledger_, i, [&](const auto& outcome) { take_outcome(outcome); });
    if (ledger_.portfolio().quantity(i).raw() != 0) settle(i);
  }
  const std::uint64_t sequence = ledger_.begin_event();
  const journal::UniverseRecord record = ledger_.change_universe(instruments);
  for (BookListener* listener : listeners_)
    listener->on_universe(sequence, record);
  views_.enter_universe(ledger_);
  build_state();
  enter_chain();
  refresh_state();

  std::vector<std::int32_t> new_to_old(ledger_.universe().size(), CADRE_GONE);
  for (std::size_t i = 0; i < record.old_to_new.size(); ++i) {
    if (record.old_to_new[i] != CADRE_GONE)
      new_to_old[static_cast<std::size_t>(record.old_to_new[i])] = static_cast<std::int32_t>(i);
  }
  const cadre_universe_change change{sizeof(cadre_universe_change), static_cast<std::uint32_t>(before.size()),
                                     epoch_before, record.old_to_new.data(), new_to_old.data()};
  tell_agents(CADRE_EVENT_UNIVERSE, &change);
}

/// The environment hears of the new universe too; what it reports of these orders later is not ours any more.
void Book::cancel_open_orders(std::uint32_t instrument) {
  const auto& orders = ledger_.tracker().orders();
  const std::size_t first = orders.size() - ledger_.tracker().recent().size();
  for (std::size_t place = first; place < orders.size(); ++place) {
    const execution::TrackedOrder& open = orders[place];
    if (!open.open() || open.order.instrument != instrument) continue;
    take_cancellation(open.order);
  }
}

/// An order that the host itself ends, as the report that says so.
void Book::take_cancellation(const cadre_order& order) {
  cadre_execution_report report{};
  report.size = sizeof report;
  report.status = CADRE_ORDER_CANCELED;
  report.instrument = order.instrument;
  report.side = order.side;
  report.time_ns = ledger_.time_ns();
  report.client_id = order.client_id;
  take_report(report);
}

/// A delisting: the position turns into cash at its last mark.
void Book::settle(std::uint32_t instrument) {
  const cadre_order order =
      market_order("settle", instrument, -ledger_.portfolio().quantity(instrument).raw());
  record_order({order, {}});
  cadre_execution_report report{};
  report.size = sizeof report;
  report.status = CADRE_ORDER_FILLED;
  report.instrument = instrument;
  report.side = order.side;
  report.quantity_e9 = order.quantity_e9;
  report.price_e9 = order.decision_price_e9;
  report.time_ns = ledger_.time_ns();
  report.client_id = order.client_id;
  take_report(report);
}

chain::Present Book::present() const {
  return {state_.arena(), state_.state(),
          cadre_event{sizeof(cadre_event), CADRE_EVENT_BAR, ledger_.sequence(), ledger_.time_ns(), nullptr},
          ledger_.universe().epoch, ledger_.instrument_ids()};
}

void stand_beside(Book& book, const Book& other) {
  book.ledger_.stand_beside(other.ledger_);
  book.views_ = other.views_;
  book.gate_ =
      std::make_unique<execution::PreTradeGate>(*other.gate_);  // the next one inherits what it counted
}

namespace {

/// Closed ones that are still shown after a start.
constexpr std::size_t orders_kept = 1000;

}  // namespace

std::unique_ptr<Book> copy_of(const Book& book) {
  auto copy = std::make_unique<Book>(book.config_, book.ledger_.data_instruments(), 0);
  copy->ledger_.stand_beside(book.ledger_);
  copy->views_ = book.views_;
  copy->gate_ = std::make_unique<execution::PreTradeGate>(*book.gate_);
  copy->deadline_misses_ = book.deadline_misses_;
  copy->states_ = book.states_;
  copy->dropped_signals_ = book.dropped_signals_;
  return copy;
}

void save_book(base::Encoder& to, const Book& book) {
  save_ledger(to, book.ledger_);
  book.views_.save(to);
  book.gate_->save(to);
  book.deadline_misses_.save(to);
  to.put(book.dropped_signals_);
}

std::string save_orders(const Book& book) {
  base::Encoder to;
  book.ledger().tracker().save(to, orders_kept);
  return {reinterpret_cast<const char*>(to.bytes().data()), to.bytes().size()};
}

bool load_book(base::Decoder& from, base::Decoder& orders, Book& book,
               const std::vector<std::vector<double>>& rows, std::uint32_t record_format) {
  if (!load_ledger(from, orders, book.ledger_, rows, record_format) ||
      !book.views_.load(from, book.ledger_.universe().size()))
    return false;
  // The gate of its chain, which it has not entered yet, inherits what this one has counted.
  book.gate_ = std::make_unique<execution::PreTradeGate>(book.config_.pre_trade_checks,
                                                         book.config_.chain.constraints);
  const bool fits = book.gate_->load(from) && book.deadline_misses_.load(from);
  from.get(book.dropped_signals_);
  return fits && from.ok();
}

base::Problems Book::enter_beside(const journal::CheckpointRecord& learned,
                                  std::shared_ptr<chain::Chain> chain,
                                  const journal::RevisionRecord& revision) {
  enter(std::move(chain), revision);
  holdings_are_stale_ = true;
  refresh_state();
  const chain::Present now = present();
  base::Problems problems = chains_.load(learned, &now);
  timers_.restore(learned.timers);
  if (!problems.has_errors()) problems.append(activate());
  if (problems.has_errors()) return problems;
  // An environment that did not learn of them from the other one gets the open orders now.
  for (const cadre_id& id : ledger_.tracker().open_ids()) {
    if (!environment_.query(id).heard())
      (void)environment_.send(ledger_.tracker().find_open(id)->order, ledger_.time_ns());
  }
  return problems;
}

base::Problems Book::prepare_swap(chain::Chain& next, bool migrate) {
  state_.hide_decision();
  return chains_.prepare(next, migrate, present());
}

std::shared_ptr<chain::Chain> Book::commit_swap(std::shared_ptr<chain::Chain> next,
                                                const journal::RevisionRecord& revision) {
  CADRE_INVARIANT(next != nullptr && next != chains_.running(), "swap.another_chain",
                  "a swap brings a chain that is not running yet");
  next->revision = revision.revision;
  std::as_const(*chains_.running()).each_stage([&](const chain::Stage& stage) {
    const chain::Stage* after = std::as_const(*next).stage_named(stage.name);
    // Timers outlive a change to another version of their agent, and no other.
    if (after == nullptr || after->agent->declaration().id != stage.agent->declaration().id)
      timers_.forget(stage.name);
  });
  const journal::RevisionRecord record = with_ended_quarantines(revision, *chains_.running(), *next);
  std::shared_ptr<chain::Chain> retired = chains_.commit(std::move(next));
  told_troubles_.clear();
  const std::uint64_t sequence = ledger_.begin_event();
  for (BookListener* listener : listeners_)
    listener->on_revision(sequence, record);
  build_state();
  enter_chain();
  refresh_state();
  return retired;
}

base::Result<journal::CheckpointRecord> Book::checkpoint(chain::Unsaved unsaved) const {
  auto record = chains_.checkpoint(ledger_.universe().epoch, ledger_.instrument_ids(), unsaved);
  if (record) record->timers = timers_.armed();
  return record;
}

}  // namespace cadre::book
