#pragma once

#include <string>
#include <utility>

namespace cadre::agent {

/// Whether an instance may still be called. One that failed for good is called no more: until another version
/// or other settings take its stage, every decision counts it as failed.
class InstanceQuarantine {
 public:
  bool holds() const { return !why_.empty(); }
  /// In a sentence: "fatal on 2024-03-01: the model is gone". Empty while it does not hold.
  const std::string& why() const { return why_; }
  /// Nothing is held against it any more.
  void end() { why_.clear(); }
  void begin(std::string why) { why_ = std::move(why); }

 private:
  std::string why_;
};

}  // namespace cadre::agent
