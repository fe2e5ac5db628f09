// How a book changes between two decisions: another universe, another chain, and back.

#include <algorithm>
#include <utility>

#include "cadre/cadre.h"
#include "host/book/book.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

void Book::change_universe(const std::vector<std::string>& instruments) {
  const model::Universe before = universe_;
  for (std::uint32_t i = 0; i < before.size(); ++i) {
    const bool stays =
        std::find(instruments.begin(), instruments.end(), before.instruments[i].id) != instruments.end();
    if (stays) continue;
    cancel_open_orders(i);
    if (portfolio_.quantity(i).raw() != 0) settle(i);
  }
  ++sequence_;
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
  for (BookListener* listener : listeners_)
    listener->on_universe(sequence_, record);

  portfolio_.remap(record.old_to_new, universe_.size());
  tracker_.remap(record.old_to_new, universe_.size());
  build_arena();
  // New instruments get the mark that the history knows; the bar's columns are the new universe's.
  for (std::uint32_t i = 0; i < universe_.size(); ++i) {
    const double close = history_.last_close(data_of_[i]);
    const auto price = base::Price::from_double(close);
    if (portfolio_.price(i).raw() == 0 && price) (void)portfolio_.mark(i, *price, universe_.instruments[i]);
    const bool traded = history_.traded(data_of_[i]);
    arena_->valid(model::ColumnId::close)[i] = traded;
    if (traded) arena_->column(model::ColumnId::close)[i] = close;
  }
  enter_chain();
  refresh_columns();
  std::vector<std::int32_t> new_to_old(universe_.size(), CADRE_GONE);
  for (std::size_t i = 0; i < record.old_to_new.size(); ++i) {
    if (record.old_to_new[i] != CADRE_GONE)
      new_to_old[static_cast<std::size_t>(record.old_to_new[i])] = static_cast<std::int32_t>(i);
  }
  const cadre_universe_change change{sizeof(cadre_universe_change), static_cast<std::uint32_t>(before.size()),
                                     before.epoch, record.old_to_new.data(), new_to_old.data()};
  tell_agents(CADRE_EVENT_UNIVERSE, &change);
}

void Book::cancel_open_orders(std::uint32_t instrument) {
  // The environment hears of the new universe too; what it reports of these orders later is not ours any
  // more.
  const auto& orders = tracker_.orders();
  for (std::size_t place = orders.size() - tracker_.recent().size(); place < orders.size(); ++place) {
    const execution::TrackedOrder& open = orders[place];
    if (!open.open() || open.order.instrument != instrument) continue;
    cadre_execution_report report{};
    report.size = sizeof report;
    report.status = CADRE_ORDER_CANCELED;
    report.instrument = instrument;
    report.side = open.order.side;
    report.time_ns = time_ns_;
    report.client_id = open.order.client_id;
    apply_report(report);
  }
}

void Book::settle(std::uint32_t instrument) {
  // A delisting: the position turns into cash at its last mark.
  const base::Quantity held = portfolio_.quantity(instrument);
  cadre_order order{};
  order.size = sizeof order;
  order.instrument = instrument;
  order.side = held.raw() > 0 ? CADRE_SIDE_SELL : CADRE_SIDE_BUY;
  order.type = CADRE_ORDER_MARKET;
  order.time_in_force = CADRE_TIF_DAY;
  order.quantity_e9 = std::llabs(held.raw());
  order.decision_price_e9 = portfolio_.price(instrument).raw();
  order.decision_time_ns = time_ns_;
  order.client_id = model::make_id(config_.book + ".settle." + std::to_string(sequence_) + '.' +
                                   std::to_string(instrument));
  const chain::DecidedOrder decided{order, {}};
  for (BookListener* listener : listeners_)
    listener->on_order(sequence_, decided);
  tracker_.add(order, CADRE_ORDER_NEW, 0);
  cadre_execution_report report{};
  report.size = sizeof report;
  report.status = CADRE_ORDER_FILLED;
  report.instrument = instrument;
  report.side = order.side;
  report.quantity_e9 = order.quantity_e9;
  report.price_e9 = order.decision_price_e9;
  report.time_ns = time_ns_;
  report.client_id = order.client_id;
  apply_report(report);
}

base::Problems Book::hand_over(chain::Chain& next, bool migrate) {
  base::Problems problems;
  hide_services();
  const cadre_event now{sizeof(cadre_event), CADRE_EVENT_BAR, sequence_, time_ns_, nullptr};
  const auto reused = [&](const std::shared_ptr<agent::LiveAgent>& agent) {
    bool found = false;
    if (replaced_ != nullptr)
      std::as_const(*replaced_).each_stage([&](const chain::Stage& stage) {
        found = found || stage.agent == agent;
      });
    return found;
  };
  next.each_stage([&](chain::Stage& stage) {
    std::shared_ptr<agent::LiveAgent> old;
    chain_->each_stage([&](chain::Stage& other) {
      if (other.name == stage.name) old = other.agent;
    });
    if (old == stage.agent) return;  // kept, with everything it knows
    stage.agent->enter_arena(*arena_);
    if (reused(stage.agent)) return;  // it went on observing since it was replaced
    const bool knows = old != nullptr && old->has_state();
    const bool same_agent = old != nullptr && old->declaration().id == stage.agent->declaration().id;
    if (migrate && knows && stage.hand_off == config::HandOff::refuse) {
      problems.error("STATE_HAND_OFF_REFUSED", {},
                     stage.name + ": its \"state\" is \"refuse\", and " + old->declaration().id +
                         " has learned something that would be lost",
                     "set it to \"migrate\" or \"reset\"");
      return;
    }
    if (!migrate || !knows || !same_agent || !stage.agent->has_state() ||
        stage.hand_off == config::HandOff::reset) {
      // A fresh instance is warmed up by what the host has: the windows, through one look at the present.
      stage.agent->observe(now, view_->raw);
      return;
    }
    problems.append(migrate_state(*old, *stage.agent));
  });
  return problems;
}

base::Problems Book::migrate_state(const agent::LiveAgent& from, agent::LiveAgent& to) const {
  auto saved = from.save_state(universe_.epoch, instrument_ids());
  if (!saved) return saved.problems();
  base::Problems problems = to.load_state(*saved);
  if (problems.has_errors()) return problems;
  // What it took over has to be what it gives back: one that forgets half of it is found here, not in a
  // trade.
  const auto wrong = [&](const char* what) {
    problems.error("STATE_MIGRATED_WRONGLY", base::Place::of(to.manifest().library),
                   to.spec().name + ": " + what,
                   "correct load_state, or set the stage's \"state\" to \"reset\"");
  };
  const auto taken = to.save_state(universe_.epoch, instrument_ids());
  if (!taken) return taken.problems();
  const bool same_format = from.declaration().id == to.declaration().id && saved->schema == taken->schema &&
                           from.spec().config == to.spec().config;
  if (same_format && saved->bytes != taken->bytes)
    wrong("it saves other bytes than it has just loaded, of the same schema and under the same settings");
  if (problems.has_errors()) return problems;
  problems.append(to.load_state(*taken));
  if (problems.has_errors()) return problems;
  const auto again = to.save_state(universe_.epoch, instrument_ids());
  if (!again) return again.problems();
  if (again->bytes != taken->bytes) wrong("saving, loading and saving its state gives different bytes");
  return problems;
}

base::Problems Book::swap(std::shared_ptr<chain::Chain> next, const journal::RevisionRecord& revision,
                          bool migrate) {
  base::Problems problems = prepare_swap(*next, migrate);
  if (!problems.has_errors()) commit_swap(std::move(next), revision);
  return problems;
}

base::Problems Book::prepare_swap(chain::Chain& next, bool migrate) {
  base::Problems problems = hand_over(next, migrate);
  if (problems.has_errors()) return problems;
  next.each_stage([&](chain::Stage& stage) {
    const cadre_status status = stage.agent->activate();
    if (status != CADRE_OK)
      problems.error("AGENT_ACTIVATE", {}, stage.name + ": activate answered " + agent::status_name(status),
                     "");
  });
  return problems;  // the running chain was only read from
}

std::shared_ptr<chain::Chain> Book::commit_swap(std::shared_ptr<chain::Chain> next,
                                                const journal::RevisionRecord& revision) {
  next->revision = revision.revision;
  for (chain::HotChange& change : next->hot_changes)
    change.commit();
  std::shared_ptr<chain::Chain> retired = std::exchange(replaced_, std::move(chain_));
  chain_ = std::move(next);
  if (retired != nullptr) keep_observing(*retired);
  ++sequence_;
  for (BookListener* listener : listeners_)
    listener->on_revision(sequence_, revision);
  build_arena();
  enter_chain();
  refresh_columns();
  return retired;
}

void Book::keep_observing(const chain::Chain& earlier) {
  const auto runs = [&](const std::shared_ptr<agent::LiveAgent>& agent) {
    bool found = false;
    std::as_const(*chain_).each_stage(
        [&](const chain::Stage& stage) { found = found || stage.agent == agent; });
    return found;
  };
  replaced_->each_stage([&](chain::Stage& stage) {
    if (!runs(stage.agent)) return;  // replaced just now: its own predecessor has to go
    earlier.each_stage([&](const chain::Stage& old) {
      if (old.name == stage.name && !runs(old.agent)) stage.agent = old.agent;
    });
  });
  cadre_requirements& need = replaced_->requirements;
  need.returns_rows = std::max(need.returns_rows, earlier.requirements.returns_rows);
  need.closes_rows = std::max(need.closes_rows, earlier.requirements.closes_rows);
  need.volumes_rows = std::max(need.volumes_rows, earlier.requirements.volumes_rows);
}

}  // namespace cadre::book
