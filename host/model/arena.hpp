#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "cadre/agent.h"
#include "cadre/state.h"
#include "host/model/instrument.hpp"
#include "host/model/shown_pages.hpp"

namespace cadre::model {

/// How much room one book needs in one universe epoch.
struct ArenaShape {
  std::uint32_t instruments = 0;
  cadre_rows rows{};
  std::uint32_t signal_capacity = 0;
  std::uint32_t service_count = 0;   ///< n x n each
  std::uint32_t sessions_apart = 0;  ///< bars are several a session; else a session is a bar
  cadre_rows session_rows{};         ///< of sessions that are apart

  bool operator==(const ArenaShape& other) const {
    const auto rows_of = [](const cadre_rows& of) { return std::tuple(of.returns, of.closes, of.volumes); };
    const auto key = [&](const ArenaShape& shape) {
      return std::tuple(shape.instruments, rows_of(shape.rows), shape.signal_capacity, shape.service_count,
                        shape.sessions_apart, rows_of(shape.session_rows));
    };
    return key(*this) == key(other);
  }
};

/// The rows that fulfil all of a chain's needs. Of bars of days a session is a bar, and they share windows.
void set_rows(ArenaShape& shape, const cadre_requirements& need, bool sessions_apart);

/// The columns of a book, by their place in the arena.
enum class ColumnId : std::uint32_t {
  open,
  high,
  low,
  close,
  volume,
  price,
  weight,
  working_weight,
  score,
  confidence,
  target,
  bid,
  ask,
  opening_bid,
  opening_ask,
  count
};

/// The columns with int64 elements.
enum class IntegerColumnId : std::uint32_t { quantity, working_buy, working_sell, count };

/// Windows of history that agents may ask for: of bars, and of sessions that are apart.
enum class WindowId : std::uint32_t {
  returns,
  closes,
  volumes,
  session_returns,
  session_closes,
  session_volumes,
  count
};

/// The head of the block: everything is at an offset from here, so the block means the same wherever it is
/// mapped. Plain data.
struct ArenaHead {
  std::uint64_t magic;
  std::uint64_t total_bytes;
  ArenaShape shape;
  std::uint64_t column_stride;  ///< doubles; a multiple of 8
  std::uint64_t columns;        ///< offset of column 0, bytes
  std::uint64_t valid;          ///< offset of the validity bytes of column 0
  std::uint64_t integers;
  std::uint64_t window[static_cast<std::size_t>(WindowId::count)];
  std::uint64_t window_valid[static_cast<std::size_t>(WindowId::count)];
  std::uint64_t signals;
  std::uint64_t services;
  std::uint64_t instrument_table;  ///< records of TextRecord then numbers; see arena.cpp
  std::uint64_t text;
  char book[32];     ///< the book's id, padded with zeros
  char currency[8];  ///< ISO 4217, padded with zeros
  // What changes with every event:
  std::uint64_t epoch;
  std::uint64_t sequence;
  std::int64_t time_ns;
  std::int32_t session_date;
  std::uint32_t has_intraday_prices;  ///< open, high, low
  std::uint32_t has_volume;
  std::uint32_t has_views;
  std::uint32_t has_quotes;
  std::uint32_t has_opening_quotes;
  std::int64_t bar_period_ns;
  std::uint32_t window_rows[static_cast<std::size_t>(WindowId::count)];  ///< filled so far, at most capacity
  std::uint32_t window_next[static_cast<std::size_t>(WindowId::count)];  ///< ring position of the next row
  std::uint64_t signal_count;
  std::uint64_t ticks_shown;  ///< how often a tick has changed; see Arena::show_tick
  double periods_per_year;
  double sessions_per_year;
  double equity;
  double cash;
  double short_collateral;
  cadre_constraints constraints;
  cadre_execution_metrics execution;
};

/// The execution state of whoever has the block mapped, with pointers into it. Not movable once bound:
/// pointers of the state point into it.
class StateView {
 public:
  StateView();
  StateView(const StateView&) = delete;
  StateView& operator=(const StateView&) = delete;

  /// Points at the block and makes the instrument table.
  void bind(const std::byte* block);
  /// Takes over what changes with every event. No allocation.
  void refresh();
  /// Forgets what belongs to one decision: services, signals, views, reports.
  void forget_decision(ArenaHead& head);

  /// What agents are shown: read-only, with the instrument table; they fault where they write it.
  const cadre_execution_state* shown() const { return state_.shown(&raw); }

 private:
  const std::byte* block_ = nullptr;
  std::uint64_t ticks_shown_ = 0;
  ShownPages state_, table_;

 public:
  cadre_execution_state& raw;
};

/// One 64-byte aligned block that holds what the agents of a book may read: columns, windows as mirrored
/// rings (so that a window is always contiguous), signals, services. The book's thread writes; agents read.
class Arena {
 public:
  /// The block lies in a memory file, so that other processes can map it at any time. `book` has at most 31
  /// bytes, `currency` 7.
  Arena(const Universe& universe, const ArenaShape& shape, std::string_view book, std::string_view currency);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  ArenaHead& head() { return *reinterpret_cast<ArenaHead*>(memory_.data()); }
  const ArenaHead& head() const { return *reinterpret_cast<const ArenaHead*>(memory_.data()); }
  const ShownPages& memory() const { return memory_; }
  std::uint32_t size() const { return head().shape.instruments; }

  std::span<double> column(ColumnId id);
  std::span<std::uint8_t> valid(ColumnId id);
  std::span<std::int64_t> integers(IntegerColumnId id);
  /// The matrix of service `place`, n x n, columns `stride` doubles apart.
  double* service(std::uint32_t place);
  std::uint64_t service_stride() const { return head().column_stride; }
  std::span<cadre_signal> signals();

  /// What agents are shown as the tick of an instrument from the next refresh on.
  void show_tick(std::uint32_t instrument, base::Price tick);

  /// Appends one period to a window that exists; does nothing to one that nobody asked for.
  void push_row(WindowId id, std::span<const double> values, std::span<const std::uint8_t> valid);
  /// The rows of a window, oldest first.
  cadre_window window(WindowId id) const;

 private:
  ShownPages memory_;
};

/// Nothing has been ordered yet: no mean to show.
cadre_execution_metrics no_execution_yet();

/// The window at `id` of a mapped block.
cadre_window window_of(const std::byte* block, WindowId id);

}  // namespace cadre::model
