#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "cadre/ext/reason.h"
#include "host/base/text.hpp"

namespace cadre::agent {

/// Why the call of an agent that is running, or was the last one, is refused. Of one instance, and used by
/// the thread of its calls.
class LastReason {
 public:
  /// What is longer than a reason may be is cut. No allocation.
  void say(std::string_view sentence) noexcept {
    bytes_ = std::min(sentence.size(), text_.size());
    std::copy_n(sentence.data(), bytes_, text_.data());
  }
  /// A call begins: what was said in one that went well is not why a later one is refused.
  void forget() noexcept { bytes_ = 0; }
  /// What was said, once. It comes from an agent and is shown to people: text, on one line.
  std::string take() {
    std::string sentence(text_.data(), bytes_);
    bytes_ = 0;
    if (const auto bad = base::first_invalid_utf8(sentence)) sentence.resize(*bad);
    return base::on_one_line(std::move(sentence));
  }

 private:
  std::array<char, CADRE_REASON_BYTES_MAX> text_{};
  std::size_t bytes_ = 0;
};

}  // namespace cadre::agent
