#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "host/base/problem.hpp"

namespace cadre::live {

/// What a request came to; each is one status of HTTP.
enum class Outcome {
  done,      ///< 200
  created,   ///< 201: a revision was applied
  accepted,  ///< 202: durable in the journal
  unknown,   ///< 404: no such book, revision, order
  conflict,  ///< 409: not possible in the state the host is in
  stale,     ///< 412: based on a revision that is not the current one
  invalid,   ///< 422: the input has problems
  full,      ///< 429: the book's queue has no room
  stopping   ///< 503: the host is not ready, or on its way out
};

/// What a request came to, with what there is to say. `problems` only when the outcome is none of the first
/// three.
struct Answer {
  Outcome outcome = Outcome::done;
  boost::json::value body{};
  base::Problems problems{};
};

/// Who wants a change, and why. Both are journaled; neither may be empty.
struct Mandate {
  std::string actor;
  std::string reason;
};

/// Hears of every event of the host: {"id": n, "time": "...", "event": "decision", "book": ..., ...}.
/// Called on any thread, must not block.
using EventListener = std::function<void(std::uint64_t id, const std::string& json)>;

}  // namespace cadre::live
