#pragma once

#include <string>
#include <vector>

#include "host/book/probe.hpp"
#include "host/live/book_runner.hpp"

namespace cadre::live {

/// A copy of a running book for a probe, with what its agents have learned. Made on the book's thread,
/// between two of its events; calls no agent but to save its state. `back`: stages whose replaced instance
/// comes back, with its own state. Errors: PROBE_WITHOUT_BOOK, STATE_SAVE. [control-thread]
base::Result<book::ProbeGround> copy_for_probe(const BookRunner& runner, const config::ScenarioConfig& config,
                                               const std::vector<std::string>& back);

}  // namespace cadre::live
