#pragma once

#include <boost/json/array.hpp>
#include <cstdint>
#include <functional>

#include "host/agent/store.hpp"
#include "host/live/book_list.hpp"
#include "host/revision/setup.hpp"

namespace cadre::revision {

/// What the books that a change touches would have ordered otherwise in their newest decisions: an object for
/// each, with the members of book::Preview, or with the problems why that cannot be said. A book that comes
/// new has decided nothing and is not there. [control-thread]
boost::json::array preview_decisions(const Setup& next, const live::BookList& books,
                                     const agent::Store& store, std::uint64_t decisions,
                                     const std::function<bool(const live::BookRunner&)>& is_changed);

/// Beside the newest, when nobody says how many.
inline constexpr std::uint64_t previewed_usually = 20;
inline constexpr std::uint64_t previewed_most = 250;

}  // namespace cadre::revision
