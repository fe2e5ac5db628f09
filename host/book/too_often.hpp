#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "host/base/codec.hpp"

namespace cadre::book {

/// What may happen to the agent of a stage now and then, and not often: counted in bars of the book, so that
/// a replay counts alike.
class TooOften {
 public:
  /// So many times within so many bars are one too many.
  static constexpr std::size_t too_many = 3;
  static constexpr std::uint64_t within_bars = 100;

  /// Whether it is the one too many; then it is counted from the beginning.
  bool add(const std::string& stage, std::uint64_t bar) {
    std::deque<std::uint64_t>& bars = bars_[stage];
    bars.push_back(bar);
    while (bar - bars.front() >= within_bars)
      bars.pop_front();
    if (bars.size() < too_many) return false;
    bars.clear();
    return true;
  }

  void save(base::Encoder& to) const {
    to.put_count(bars_.size());
    for (const auto& [stage, bars] : bars_) {
      to.put_text(stage);
      to.put_array(std::vector<std::uint64_t>(bars.begin(), bars.end()));
    }
  }
  [[nodiscard]] bool load(base::Decoder& from) {
    std::string stage;
    std::vector<std::uint64_t> bars;
    for (std::size_t left = from.get_count(8); left != 0 && from.ok(); --left) {
      from.get_text(stage);
      from.get_array(bars);
      bars_[stage].assign(bars.begin(), bars.end());
    }
    return from.ok();
  }

 private:
  std::map<std::string, std::deque<std::uint64_t>> bars_;  ///< of the newest times, by stage
};

}  // namespace cadre::book
