#pragma once

#include <cassert>
#include <optional>
#include <utility>

#include "host/base/problem.hpp"

namespace cadre::base {

/// A value, or the problems that prevented it. A value may have warnings beside it: read problems() in both
/// cases.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(T value, Problems warnings) : value_(std::move(value)), problems_(std::move(warnings)) {
    assert(!problems_.has_errors());
  }
  Result(Problems problems) : problems_(std::move(problems)) { assert(problems_.has_errors()); }

  explicit operator bool() const { return value_.has_value(); }
  const Problems& problems() const { return problems_; }

  /// The value; only after the test for success.
  T& operator*() & {
    assert(value_);
    return *value_;
  }
  const T& operator*() const& {
    assert(value_);
    return *value_;
  }
  T&& operator*() && {
    assert(value_);
    return std::move(*value_);
  }
  T* operator->() {
    assert(value_);
    return &*value_;
  }
  const T* operator->() const {
    assert(value_);
    return &*value_;
  }
  T take() && {
    assert(value_);
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
  Problems problems_;
};

}  // namespace cadre::base
