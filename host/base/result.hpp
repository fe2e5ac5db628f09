#pragma once

#include <optional>
#include <utility>

#include "host/base/invariant.hpp"
#include "host/base/problem.hpp"

namespace cadre::base {

/// A value, or the problems that prevented it. A value may have warnings beside it: read problems() in both
/// cases.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(T value, Problems warnings) : value_(std::move(value)), problems_(std::move(warnings)) {
    CADRE_INVARIANT(!problems_.has_errors(), "result.value", "a result has a value or errors");
  }
  Result(Problems problems) : problems_(std::move(problems)) {
    CADRE_INVARIANT(problems_.has_errors(), "result.value", "a result has a value or errors");
  }

  explicit operator bool() const { return value_.has_value(); }
  const Problems& problems() const { return problems_; }

  /// The value; only after the test for success.
  T& operator*() & {
    check_value();
    return *value_;
  }
  const T& operator*() const& {
    check_value();
    return *value_;
  }
  T&& operator*() && {
    check_value();
    return std::move(*value_);
  }
  T* operator->() {
    check_value();
    return &*value_;
  }
  const T* operator->() const {
    check_value();
    return &*value_;
  }
  T take() && {
    check_value();
    return std::move(*value_);
  }

 private:
  void check_value() const {
    CADRE_INVARIANT(value_.has_value(), "result.value", "nobody takes the value of a result that has none");
  }

  std::optional<T> value_;
  Problems problems_;
};

}  // namespace cadre::base
