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
  /// It failed by losing its process, which is no fault of its bytes.
  bool lost_its_process() const { return lost_its_process_; }
  /// Nothing is held against it any more.
  void end() { begin({}, false); }
  void begin(std::string why, bool lost_its_process = false) {
    why_ = std::move(why);
    lost_its_process_ = lost_its_process;
  }

 private:
  std::string why_;
  bool lost_its_process_ = false;
};

}  // namespace cadre::agent
