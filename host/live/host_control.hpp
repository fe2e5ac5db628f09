#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// A configuration that is to become the next revision.
struct ApplyRequest {
  Mandate mandate;
  /// The host's document, or the document of one book when `book` is named: JSON text, and the name that
  /// problems show for it.
  std::string text;
  std::string origin;
  std::string book;
  /// The revision it was made from; nothing: not checked (the file watch).
  std::optional<std::uint64_t> based_on;
  bool dry_run = false;
};

struct HaltRequest {
  Mandate mandate;
  std::string book;  ///< empty: all
  bool cancel_orders = false;
  bool flatten = false;
};

/// Hears of every event of the host: {"id": n, "time": "...", "event": "decision", "book": ..., ...}.
/// Called on any thread, must not block.
using EventListener = std::function<void(std::uint64_t id, const std::string& json)>;

/// A running host as those see it who watch and change it. Every function may be called from any thread and
/// may block until it is done; changes wait for each other.
class HostControl {
 public:
  virtual ~HostControl() = default;

  /// Whether inputs are taken and decisions made.
  virtual bool ready() const = 0;
  /// One object: see docs/guides/live.md for its members.
  virtual Answer status() const = 0;
  /// In the text format of Prometheus.
  virtual std::string metrics() const = 0;

  virtual Answer portfolio(std::string_view book) const = 0;
  /// Newest first, at most `limit`.
  virtual Answer orders(std::string_view book, std::size_t limit) const = 0;
  virtual Answer decisions(std::string_view book, std::size_t limit) const = 0;

  /// Each text is one JSON object. `accepted` once all are durable: {"accepted": n, "first_sequence": a,
  /// "last_sequence": b}. With a problem in one of them none is taken; `full` names how many were:
  /// {"accepted": n}.
  virtual Answer post_bars(std::string_view book, std::span<const std::string> bars) = 0;
  virtual Answer post_signals(std::string_view book, std::span<const std::string> signals) = 0;

  virtual Answer halt(const HaltRequest& request) = 0;
  virtual Answer resume(const Mandate& mandate, std::string_view book) = 0;

  virtual Answer revisions() const = 0;
  virtual Answer revision(std::uint64_t number) const = 0;
  /// What leads from a to b.
  virtual Answer difference(std::uint64_t a, std::uint64_t b) const = 0;
  virtual Answer apply(const ApplyRequest& request) = 0;
  /// Nothing for `to`: the one before.
  virtual Answer roll_back(const Mandate& mandate, std::optional<std::uint64_t> to) = 0;

  virtual Answer start_experiment(const Mandate& mandate, const std::string& text, const std::string& origin,
                                  std::string_view book) = 0;
  virtual Answer stop_experiment(const Mandate& mandate, std::string_view name) = 0;
  virtual Answer experiments() const = 0;
  /// The comparison so far, the differing decisions, and a page: {"comparison": ..., "page": "<html>..."}.
  virtual Answer experiment_results(std::string_view name) const = 0;

  /// Events with an id above `after` that are still remembered, then the new ones. The number ends it.
  virtual std::uint64_t listen(std::uint64_t after, EventListener listener) = 0;
  virtual void stop_listening(std::uint64_t number) = 0;
};

}  // namespace cadre::live
