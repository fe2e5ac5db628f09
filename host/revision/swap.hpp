#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "host/live/book_runner.hpp"
#include "host/revision/retirement.hpp"

namespace cadre::revision {

/// Gives each of these books its new chain, or none of them: each hands over state between two of its events
/// and waits; when all could, all commit. A book that does not get to it within the budget, or an agent that
/// refuses, ends it for all, and the running chains were only read from. A book that goes (a change without a
/// chain) waits with them, and takes nothing any more once all commit. Blocks; the chains that nobody needs
/// any more are retired: a warning when that does not return.
base::Problems swap_books(const std::vector<live::BookRunner*>& books,
                          std::vector<live::BookRunner::Change> changes, Retirement& retirement,
                          std::chrono::milliseconds budget = std::chrono::seconds(10));

}  // namespace cadre::revision
