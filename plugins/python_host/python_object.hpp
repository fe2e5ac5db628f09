#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <string>
#include <utility>

namespace cadre::python_host {

/// A reference to a Python object that this side owns; null without one. Made and dropped with the lock of
/// the interpreter held.
class Owned {
 public:
  Owned() = default;
  /// Takes over a new reference, as most functions of Python's C interface return it.
  explicit Owned(PyObject* taken) : object_(taken) {}
  Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { Py_XDECREF(object_); }

  /// A reference of its own to an object that somebody else owns.
  static Owned borrowed(PyObject* object) {
    Py_XINCREF(object);
    return Owned(object);
  }
  PyObject* get() const { return object_; }
  PyObject* release() { return std::exchange(object_, nullptr); }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_ = nullptr;
};

/// Holds the lock of the interpreter for a scope, on whatever thread.
class InterpreterLock {
 public:
  InterpreterLock() : state_(PyGILState_Ensure()) {}
  InterpreterLock(const InterpreterLock&) = delete;
  InterpreterLock& operator=(const InterpreterLock&) = delete;
  ~InterpreterLock() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

/// What went wrong in Python, for the person who has to mend it.
struct Failure {
  bool is_refusal = false;  ///< cadre.Refusal: bad input, not a bug
  std::string sentence;     ///< "ValueError: 12 rows (momentum.py:17)", one line
};

/// Takes the pending exception away and says what it was. `file`: the author's, whose line is wanted;
/// `refusal`: the class cadre.Refusal, or null.
Failure take_failure(const std::string& file, PyObject* refusal);

/// Text of a str; an empty one for anything else.
std::string text_of(PyObject* object);

}  // namespace cadre::python_host
