#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/config/scenario_config.hpp"
#include "host/model/instrument.hpp"

namespace cadre::execution {

/// The bounds on the weight of groups of instruments, by instrument. An instrument may be in several groups.
class GroupLimits {
 public:
  void enter(const model::Universe& universe, const std::vector<config::GroupWeight>& limits);

  bool empty() const { return most_.empty(); }
  /// Of groups that have a bound.
  std::size_t size() const { return most_.size(); }
  /// The largest sum of absolute weights of a group.
  double most(std::size_t group) const { return most_[group]; }
  const std::string& name(std::size_t group) const { return names_[group]; }
  /// The groups with a bound that an instrument is in.
  std::span<const std::uint32_t> of(std::uint32_t instrument) const {
    return empty() ? std::span<const std::uint32_t>{} : groups_[instrument];
  }

 private:
  std::vector<double> most_;
  std::vector<std::string> names_;
  std::vector<std::vector<std::uint32_t>> groups_;  ///< by instrument
};

}  // namespace cadre::execution
