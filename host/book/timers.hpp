#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/agent/timer_requests.hpp"
#include "host/journal/records.hpp"

namespace cadre::book {

/// The timers that the agents of a book have armed, by stage. They belong to the stage: whoever runs there
/// next takes them over with what was learned. [decision-thread]
class Timers {
 public:
  /// More expirations than these that nobody was told of, after an outage, say, are told as one.
  static constexpr std::uint64_t expirations_each = 1000;

  /// Does what the agent of a stage asked for. False: the stage has as many as it may have.
  bool take(const std::string& stage, const agent::TimerRequest& request);
  /// The next one that is due by `now_ns`, by its due time, then stage and id; it is armed for its next
  /// period, or gone. Null: none is due. Valid until the next call.
  const journal::TimerRecord* pop_due(std::int64_t now_ns);
  /// When the earliest is due; the largest number there is: none is armed.
  std::int64_t earliest_ns() const;
  /// What a journal says was due.
  void retell(const journal::TimerRecord& record);
  void forget(std::string_view stage);

  const std::vector<journal::CheckpointRecord::Timer>& armed() const { return armed_; }
  void restore(std::vector<journal::CheckpointRecord::Timer> armed) { armed_ = std::move(armed); }

 private:
  void advance(std::size_t place, std::uint64_t expirations);

  std::vector<journal::CheckpointRecord::Timer> armed_;
  journal::TimerRecord due_;
};

}  // namespace cadre::book
