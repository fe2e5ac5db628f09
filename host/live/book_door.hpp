#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "host/book/ledger.hpp"
#include "host/live/event_queue.hpp"
#include "host/market/posted_bars.hpp"
#include "host/market/signal_ids.hpp"
#include "host/market/taken_bars.hpp"

namespace cadre::live {

/// What the door of a book has to know of what it was told, with what still waits in the queue. Everything is
/// guarded by `mutex`: bars and signals get their order under it.
struct BookDoor {
  std::mutex mutex;
  market::BarShape shape;
  market::TakenBars bars;
  market::OpenBar open;            ///< the bar that comes one instrument at a time
  std::int64_t open_since_ns = 0;  ///< since when it does, by the clock of the machine
  market::SignalIds signal_ids;
  std::shared_ptr<Ticket> newest_bar;     ///< null: it was recovered
  std::shared_ptr<Ticket> newest_signal;  ///< of those with an id; null: they were recovered

  /// Into the checkpoint of the book, on its thread, and out of it: what has become events of it.
  std::string save(const book::Ledger& ledger);
  [[nodiscard]] bool load(const std::string& saved);
};

/// Prices that look wrong, for status.
struct SuspectNotice {
  std::string text;          ///< "AAA moves +9900.0 % on ..."; empty: there are none
  bool was_refused = false;  ///< else the bar was taken
};

}  // namespace cadre::live
