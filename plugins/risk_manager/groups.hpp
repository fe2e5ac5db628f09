#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/cpp/state.hpp"

namespace cadre::risk_manager {

/// The instruments' groups as numbers from 0 on. Those without a group have the number `market`.
class Groups {
 public:
  static constexpr std::int32_t market = -1;

  /// Reads them again where they are not those of `state`: only then it allocates.
  void follow(const sdk::State& state);

  std::span<const std::int32_t> of_instrument() const { return of_; }
  /// The instruments of one group, in order.
  std::span<const std::int64_t> members(std::int32_t group) const {
    const auto g = static_cast<std::size_t>(group);
    return {members_.data() + begins_[g], begins_[g + 1] - begins_[g]};
  }

 private:
  bool are_of(const sdk::State& state) const;

  std::vector<std::int32_t> of_;
  std::vector<std::string> names_;     // by number
  std::vector<std::int64_t> members_;  // group by group
  std::vector<std::size_t> begins_;    // of each group in them, and their end
};

}  // namespace cadre::risk_manager
