#pragma once

#include <string>
#include <vector>

#include "host/book/probe.hpp"
#include "host/live/book_runner.hpp"

namespace cadre::live {

/// Copies of a running book for a probe, with what its agents have learned. They are made on the book's
/// thread, between two of its events, and call no agent but to save its state. `back`: stages whose replaced
/// instance comes back, with its own state. Runner and configuration have to outlive it. [control-thread]
book::ProbeSource probe_source(const BookRunner& runner, const config::ScenarioConfig& config,
                               std::vector<std::string> back);

/// PROBE_WITHOUT_BOOK: nothing can be tried, since the book does not answer.
base::Problems without_book(const BookRunner& runner);

}  // namespace cadre::live
