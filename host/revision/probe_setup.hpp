#pragma once

#include "host/agent/store.hpp"
#include "host/live/book_list.hpp"
#include "host/revision/setup.hpp"

namespace cadre::revision {

/// Tries every chain that a setup changes on a copy of its book (book/probe.hpp), one book after the other.
/// A book that is not there yet has nothing to copy: then everything is made once, and let go. `takes_back`:
/// instances that went on observing come back. Errors: those of book::probe_chain, PROBE_WITHOUT_BOOK.
base::Problems probe_setup(const Setup& setup, const agent::Store& store, const live::BookList& books,
                           bool takes_back);

/// An environment that was left out knew of open orders that a new one has never heard of: they are asked
/// about at a start. The settings of one that
/// reaches a venue do not change. Errors: ENVIRONMENT_LEFT_OUT, CONFIG_NEVER_CHANGES.
base::Problems check_environments(const Setup& next, const live::BookList& books);

}  // namespace cadre::revision
