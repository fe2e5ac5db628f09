#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cadre/host.h"

namespace cadre::testing {

/// A host that offers log, config_reader, random, reason and timer to an agent under test, and remembers what
/// was logged, said and armed.
class FakeHost {
 public:
  struct LogLine {
    std::uint32_t level = 0;
    std::string text;
  };

  explicit FakeHost(std::uint64_t seed = 1);
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  const cadre_host* raw() const { return &raw_; }
  const std::vector<LogLine>& log() const { return log_; }
  /// The sentence that was said last: why a call was refused.
  const std::string& reason() const { return reason_; }
  std::uint64_t seed() const { return seed_; }
  struct Timer {
    std::uint64_t id = 0;
    std::int64_t time_ns = 0, period_ns = 0;
  };
  /// Those that are armed now, by id.
  const std::vector<Timer>& timers() const { return timers_; }

 private:
  friend struct FakeHostCalls;

  cadre_host raw_{};
  std::uint64_t seed_;
  mutable std::vector<LogLine> log_;
  mutable std::string reason_;
  mutable std::vector<Timer> timers_;
};

/// The configuration that a host would hand over: `config` with the defaults of the agent's config_schema in
/// its manifest filled in, at every depth. Nothing else is checked. Throws std::runtime_error for text that
/// is no JSON, a manifest that cannot be read and an agent that is not in it.
std::string complete_config(const std::string& manifest_file, const std::string& agent_id,
                            const std::string& config);

}  // namespace cadre::testing
