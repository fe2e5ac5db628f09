#include "host/book/state_writer.hpp"

#include <algorithm>
#include <cmath>

#include "host/model/quantity.hpp"

namespace cadre::book {

using model::ColumnId;
using model::IntegerColumnId;
using model::WindowId;

namespace {

/// Room for signals in one decision: several strategies with an opinion on every instrument.
std::uint32_t signal_capacity(std::uint32_t instruments) {
  return 16 * instruments + 256;
}

}  // namespace

model::ArenaShape StateWriter::shape_of(const model::Universe& universe, const Setting& setting) const {
  const auto n = static_cast<std::uint32_t>(universe.size());
  model::ArenaShape shape{n, {}, signal_capacity(n), static_cast<std::uint32_t>(setting.service_count)};
  model::set_rows(shape, setting.requirements, setting.sessions_apart);
  return shape;
}

void StateWriter::build(const model::Universe& universe, std::vector<std::size_t> data_columns,
                        Setting setting) {
  universe_ = &universe;
  epoch_ = universe.epoch;
  data_columns_ = std::move(data_columns);
  setting_ = std::move(setting);
  arena_ = std::make_unique<model::Arena>(universe, shape_of(universe, setting_), setting_.book,
                                          setting_.currency);
  apply_setting();
  row_.assign(universe.size(), 0);
  row_valid_.assign(universe.size(), 0);
  view_ = std::make_unique<model::StateView>();
  view_->bind(arena_->memory().shown());
}

bool StateWriter::keep(const model::Universe& universe, const Setting& setting) {
  const bool fits = arena_ != nullptr && universe_ == &universe && epoch_ == universe.epoch &&
                    arena_->head().shape == shape_of(universe, setting) && setting.book == setting_.book &&
                    setting.currency == setting_.currency;
  if (!fits) return false;
  setting_ = setting;
  apply_setting();
  hide_decision();
  return true;
}

void StateWriter::apply_setting() {
  model::ArenaHead& head = arena_->head();
  head.constraints = setting_.constraints;
  head.periods_per_year = setting_.periods_per_year;
  head.sessions_per_year = setting_.sessions_per_year;
  head.has_intraday_prices = has_intraday_;
  head.has_volume = has_volume_;
  head.has_quotes = has_quotes_;
  head.has_opening_quotes = has_opening_quotes_;
  head.bar_period_ns = bar_period_ns_;
}

void StateWriter::write_newest(const History& history, const cadre_rows& rows, WindowId first) {
  const std::size_t deepest = std::max<std::size_t>({rows.returns, rows.closes, rows.volumes});
  for (std::size_t row = history.rows() > deepest ? history.rows() - deepest : 0; row < history.rows(); ++row)
    push_rows_of(history, row, rows, first);
}

void StateWriter::write_windows(const History& history, const History& sessions) {
  const model::ArenaShape& shape = arena_->head().shape;
  write_newest(history, shape.rows, WindowId::returns);
  if (shape.sessions_apart != 0) write_newest(sessions, shape.session_rows, WindowId::session_returns);
}

void StateWriter::push(WindowId id, std::span<const double> values) {
  for (std::size_t i = 0; i < row_.size(); ++i) {
    row_[i] = values[i];
    row_valid_[i] = row_[i] == row_[i];
  }
  arena_->push_row(id, row_, row_valid_);
}

void StateWriter::push_row(const History& history, std::size_t row) {
  push_rows_of(history, row, arena_->head().shape.rows, WindowId::returns);
}

void StateWriter::push_sessions(const History& sessions, std::size_t count) {
  for (std::size_t row = sessions.rows() - count; row < sessions.rows(); ++row)
    push_rows_of(sessions, row, arena_->head().shape.session_rows, WindowId::session_returns);
}

/// `first`: the window of returns; those of closes and volumes follow it.
void StateWriter::push_rows_of(const History& history, std::size_t row, const cadre_rows& rows,
                               WindowId first) {
  const auto push_columns = [&](WindowId id, std::uint32_t wanted, std::span<const double> values) {
    if (wanted == 0) return;
    for (std::size_t i = 0; i < data_columns_.size(); ++i) {
      row_[i] = values.empty() ? std::nan("") : values[data_columns_[i]];
      row_valid_[i] = row_[i] == row_[i];
    }
    arena_->push_row(id, row_, row_valid_);
  };
  const auto behind = [&](std::uint32_t places) {
    return static_cast<WindowId>(static_cast<std::uint32_t>(first) + places);
  };
  // The first bar has no return.
  if (row > 0) push_columns(first, rows.returns, history.returns(row));
  push_columns(behind(1), rows.closes, history.closes(row));
  push_columns(behind(2), rows.volumes, history.volumes(row));
}

/// A quote that lacks is 0.
void StateWriter::write_quotes(ColumnId id, const std::vector<std::int64_t>& price_e9) {
  const auto column = arena_->column(id);
  const auto valid = arena_->valid(id);
  for (std::size_t i = 0; i < data_columns_.size(); ++i) {
    valid[i] = price_e9[data_columns_[i]] > 0;
    column[i] = valid[i] != 0 ? static_cast<double>(price_e9[data_columns_[i]]) * 1e-9 : std::nan("");
  }
}

void StateWriter::write_prices(ColumnId id, const model::Bar& bar,
                               const std::vector<std::int64_t>& price_e9) {
  const auto column = arena_->column(id);
  const auto valid = arena_->valid(id);
  for (std::size_t i = 0; i < data_columns_.size(); ++i) {
    const std::size_t from = data_columns_[i];
    valid[i] = bar.valid[from];
    column[i] = valid[i] != 0 ? static_cast<double>(price_e9[from]) * 1e-9 : std::nan("");
  }
}

void StateWriter::write_bar(const model::Bar& bar) {
  has_intraday_ = bar.has_intraday;
  has_volume_ = bar.has_volume;
  has_quotes_ = bar.has_quotes();
  has_opening_quotes_ = bar.has_opening_quotes();
  bar_period_ns_ = bar.period_ns;
  model::ArenaHead& head = arena_->head();
  head.has_intraday_prices = has_intraday_;
  head.has_volume = has_volume_;
  head.has_quotes = has_quotes_;
  head.has_opening_quotes = has_opening_quotes_;
  head.bar_period_ns = bar_period_ns_;
  if (has_intraday_) {
    write_prices(ColumnId::open, bar, bar.open_e9);
    write_prices(ColumnId::high, bar, bar.high_e9);
    write_prices(ColumnId::low, bar, bar.low_e9);
  }
  write_prices(ColumnId::close, bar, bar.close_e9);
  if (has_quotes_) {
    write_quotes(ColumnId::bid, bar.bid_e9);
    write_quotes(ColumnId::ask, bar.ask_e9);
  }
  if (has_opening_quotes_) {
    write_quotes(ColumnId::opening_bid, bar.opening_bid_e9);
    write_quotes(ColumnId::opening_ask, bar.opening_ask_e9);
  }
  if (!has_volume_) return;
  const auto column = arena_->column(ColumnId::volume);
  const auto valid = arena_->valid(ColumnId::volume);
  for (std::size_t i = 0; i < data_columns_.size(); ++i) {
    valid[i] = bar.valid[data_columns_[i]];
    column[i] = valid[i] != 0 ? bar.volume[data_columns_[i]] : std::nan("");
  }
}

void StateWriter::write_holdings(const model::Portfolio& portfolio, const execution::OrderTracker& tracker) {
  const double equity = portfolio.equity().to_double();
  const auto price = arena_->column(ColumnId::price);
  const auto price_valid = arena_->valid(ColumnId::price);
  const auto weight = arena_->column(ColumnId::weight);
  const auto working = arena_->column(ColumnId::working_weight);
  const auto quantity = arena_->integers(IntegerColumnId::quantity);
  const auto buys = arena_->integers(IntegerColumnId::working_buy);
  const auto sells = arena_->integers(IntegerColumnId::working_sell);
  for (std::uint32_t i = 0; i < data_columns_.size(); ++i) {
    const base::Price mark = portfolio.price(i);
    price_valid[i] = mark.raw() > 0;
    if (const model::Instrument& about = universe_->instruments[i]; !about.ticks.empty())
      arena_->show_tick(i, about.tick_at(mark));
    price[i] = mark.raw() > 0 ? mark.to_double() : std::nan("");
    quantity[i] = portfolio.quantity(i).raw();
    buys[i] = tracker.working_buy_e9(i);
    sells[i] = tracker.working_sell_e9(i);
    weight[i] = model::weight_of(portfolio.value(i), portfolio.equity());
    const std::int64_t open = buys[i] - sells[i];
    working[i] = 0;
    if (open != 0 && equity > 0) {
      working[i] = static_cast<double>(open) * 1e-9 * mark.to_double() *
                   universe_->instruments[i].multiplier.to_double() / equity;
    }
  }
}

void StateWriter::show(const Moment& moment, const model::Portfolio& portfolio,
                       const cadre_execution_metrics& execution) {
  model::ArenaHead& head = arena_->head();
  head.sequence = moment.sequence;
  head.time_ns = moment.time_ns;
  head.session_date = moment.date;
  head.equity = portfolio.equity().to_double();
  head.cash = portfolio.cash().to_double();
  head.short_collateral = portfolio.short_collateral().to_double();
  head.execution = execution;
  view_->refresh();
}

}  // namespace cadre::book
