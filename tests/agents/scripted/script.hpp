#pragma once

#include <string>
#include <vector>

#include "cadre/cpp/agent.hpp"

namespace cadre::scripted {

/// What an agent of this plugin is told to do. Bars are counted from 1; nothing else is learned.
class Script {
 public:
  void read(const sdk::Config& config);
  void see(const cadre_event& event) {
    if (event.kind == CADRE_EVENT_BAR) ++bar_;
  }

  /// The word of the failure to make now; empty: none.
  std::string_view failure() const {
    return bar_ >= fail_from_ && bar_ <= fail_until_ ? std::string_view(failure_) : std::string_view();
  }
  /// Throws, or returns the status of a failure that is one; CADRE_OK otherwise.
  cadre_status status() const;
  /// Targets of this bar into `weight`: a row has one number per instrument; the last row stays. Then what
  /// the failure makes of them.
  void write_targets(cadre_targets& targets) const;
  bool has_targets() const { return !rows_.empty(); }

 private:
  std::vector<std::vector<double>> rows_;
  std::string failure_;
  std::int64_t fail_from_ = 1, fail_until_ = 0;
  std::int64_t bar_ = 0;
};

/// The numbers of an array in a configuration.
std::vector<double> numbers_at(const sdk::Config& config, const std::string& pointer);

}  // namespace cadre::scripted
