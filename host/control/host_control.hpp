#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/live/answer.hpp"
#include "host/revision/reload.hpp"

namespace cadre::control {

struct HaltRequest {
  live::Mandate mandate;
  std::string book;  ///< empty: all
  bool cancel_orders = false;
  bool flatten = false;
};

/// A running host as those see it who watch and change it. Every function may be called from any thread and
/// may block until it is done; changes wait for each other.
class HostControl {
 public:
  virtual ~HostControl() = default;

  /// Whether inputs are taken and decisions made.
  virtual bool ready() const = 0;
  /// One object: see docs/guides/live.md for its members.
  virtual live::Answer status() const = 0;
  /// In the text format of Prometheus.
  virtual std::string metrics() const = 0;

  virtual live::Answer portfolio(std::string_view book) const = 0;
  /// Newest first, at most `limit`.
  virtual live::Answer orders(std::string_view book, std::size_t limit) const = 0;
  virtual live::Answer decisions(std::string_view book, std::size_t limit) const = 0;

  /// Each text is one JSON object. `accepted` once all are durable: {"accepted": n, "first_sequence": a,
  /// "last_sequence": b}. With a problem in one of them none is taken; `full` names how many were:
  /// {"accepted": n}.
  virtual live::Answer post_bars(std::string_view book, std::span<const std::string> bars) = 0;
  virtual live::Answer post_signals(std::string_view book, std::span<const std::string> signals) = 0;

  virtual live::Answer halt(const HaltRequest& request) = 0;
  virtual live::Answer resume(const live::Mandate& mandate, std::string_view book) = 0;

  virtual live::Answer revisions() const = 0;
  virtual live::Answer revision(std::uint64_t number) const = 0;
  /// What leads from a to b.
  virtual live::Answer difference(std::uint64_t a, std::uint64_t b) const = 0;
  virtual live::Answer apply(const revision::ApplyRequest& request) = 0;
  /// Nothing for `to`: the one before.
  virtual live::Answer roll_back(const live::Mandate& mandate, std::optional<std::uint64_t> to) = 0;

  virtual live::Answer start_experiment(const live::Mandate& mandate, const std::string& text,
                                        const std::string& origin, std::string_view book) = 0;
  virtual live::Answer stop_experiment(const live::Mandate& mandate, std::string_view name) = 0;
  virtual live::Answer experiments() const = 0;
  /// The comparison so far, the differing decisions, and a page: {"comparison": ..., "page": "<html>..."}.
  virtual live::Answer experiment_results(std::string_view name) const = 0;

  /// Events with an id above `after` that are still remembered, then the new ones. The number ends it.
  virtual std::uint64_t listen(std::uint64_t after, live::EventListener listener) = 0;
  virtual void stop_listening(std::uint64_t number) = 0;
};

}  // namespace cadre::control
