#pragma once

#include "host/book/ledger.hpp"
#include "host/report/run_folder.hpp"

namespace cadre::book {

/// When a book is, for the files of a run: the session of its last bar, and where bars are several a session
/// its time.
inline report::When moment_of(const Ledger& ledger) {
  return {ledger.date(), ledger.last_bar().is_intraday() ? ledger.time_ns() : 0};
}

}  // namespace cadre::book
