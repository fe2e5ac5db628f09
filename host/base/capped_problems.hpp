#pragma once

#include <cstddef>
#include <string>

#include "host/base/problem.hpp"

namespace cadre::base {

/// Keeps the first 50 errors and the first 50 warnings, and says how many more there were.
class CappedProblems {
 public:
  explicit CappedProblems(std::string file) : file_(std::move(file)) {}
  void error(std::string code, Place place, std::string message, std::string next_step = {});
  void warning(std::string code, Place place, std::string message, std::string next_step = {});
  /// Takes over what was found elsewhere.
  void append(const Problems& found);
  bool has_errors() const { return errors_ > 0; }
  /// Whether 50 errors are kept. The caller then stops looking, and take() says that there may be more: input
  /// can have a fault a byte, and each of them costs more memory than that byte.
  bool is_enough();
  /// Everything, with one "and N more" a severity where some were left out.
  Problems take();

 private:
  std::string file_;
  Problems problems_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
  bool is_cut_ = false;
};

}  // namespace cadre::base
