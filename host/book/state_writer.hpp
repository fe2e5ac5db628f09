#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cadre/agent.h"
#include "host/book/history.hpp"
#include "host/config/scenario_config.hpp"
#include "host/execution/order_tracker.hpp"
#include "host/model/arena.hpp"
#include "host/model/bar.hpp"
#include "host/model/portfolio.hpp"

namespace cadre::book {

/// Writes what the agents of a book read: the arena with its columns and windows, and the view of it. A book
/// and the trial of one agent write it by the same rules. [decision-thread]
class StateWriter {
 public:
  /// What stays the same through one arena.
  struct Setting {
    std::string book;
    std::string currency;
    cadre_constraints constraints{};
    double periods_per_year = 252;
    double sessions_per_year = 252;
    bool sessions_apart = false;        ///< bars are several a session; else a session is a bar
    cadre_requirements requirements{};  ///< the rows of history there is room for
    std::size_t service_count = 0;
  };
  /// The numbers of the last event.
  struct Moment {
    std::uint64_t sequence = 0;
    std::int64_t time_ns = 0;
    std::int32_t date = 0;
  };

  /// A new arena for a universe, empty. `data_columns`: per instrument, its column in bars and history.
  void build(const model::Universe& universe, std::vector<std::size_t> data_columns, Setting setting);
  /// Whether the arena that is there is as a new one would be, with everything that was written into it: then
  /// it stays, under this setting.
  bool keep(const model::Universe& universe, const Setting& setting);
  /// Fills the windows with the newest rows that the history remembers. `sessions`: where they are apart.
  void write_windows(const History& history, const History& sessions);

  /// Prices and volume of a bar that just closed, into their columns.
  void write_bar(const model::Bar& bar);
  /// Before what is observed between two decisions: the last one's signals, views and reports are not there.
  void hide_decision() { view_->forget_decision(arena_->head()); }
  /// One row of returns, closes and volumes.
  void push_row(const History& history, std::size_t row);
  /// The same of the newest sessions, where they are apart.
  void push_sessions(const History& sessions, std::size_t count);
  /// One period of one window, by instrument; NaN: there is none.
  void push(model::WindowId id, std::span<const double> values);

  /// Prices, weights, quantities and open orders. Columns keep their values until this is called again.
  void write_holdings(const model::Portfolio& portfolio, const execution::OrderTracker& tracker);
  /// Takes over the numbers of the last event, and shows everything written so far.
  void show(const Moment& moment, const model::Portfolio& portfolio,
            const cadre_execution_metrics& execution);

  model::Arena& arena() { return *arena_; }
  const model::Arena& arena() const { return *arena_; }
  model::StateView& view() { return *view_; }
  const cadre_execution_state& state() const { return *view_->shown(); }

 private:
  void write_prices(model::ColumnId id, const model::Bar& bar, const std::vector<std::int64_t>& price_e9);
  void write_quotes(model::ColumnId id, const std::vector<std::int64_t>& price_e9);
  void write_newest(const History& history, const cadre_rows& rows, model::WindowId first);
  void push_rows_of(const History& history, std::size_t row, const cadre_rows& rows, model::WindowId first);

  model::ArenaShape shape_of(const model::Universe& universe, const Setting& setting) const;
  void apply_setting();

  const model::Universe* universe_ = nullptr;
  std::uint64_t epoch_ = 0;
  std::vector<std::size_t> data_columns_;
  Setting setting_;
  bool has_intraday_ = false, has_volume_ = false, has_quotes_ = false, has_opening_quotes_ = false;
  std::int64_t bar_period_ns_ = 0;
  std::unique_ptr<model::Arena> arena_;
  std::unique_ptr<model::StateView> view_;
  std::vector<double> row_;
  std::vector<std::uint8_t> row_valid_;
};

}  // namespace cadre::book
