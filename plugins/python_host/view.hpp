#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cadre/proposal.h"
#include "python_object.hpp"

namespace cadre::python_host {

/// An array where it lies, in the host's memory: nothing is copied.
struct Shape {
  const void* data = nullptr;  ///< null: the attribute is None
  int type = 0;                ///< NPY_DOUBLE, NPY_INT64, NPY_UINT32
  int dimensions = 1;
  std::int64_t size[2] = {0, 0};
  std::int64_t stride[2] = {0, 0};  ///< bytes
};

/// One attribute of a view: an array, or a value that is made of what the view shows.
struct Field {
  const char* name;
  Shape (*look)(const void* shown);
  PyObject* (*make)(const void* shown);
  bool is_writable = false;
};

/// A Python type whose objects show one struct of the host for the length of a call: attributes are arrays
/// over the host's memory, made when they are asked for.
class ViewType {
 public:
  /// `fields` outlives the type. False with an exception pending.
  bool make(const char* name, std::span<const Field> fields);
  /// A view of `shown`; null with an exception pending.
  Owned show(const void* shown) const;
  /// Ends the view: its attributes raise from now on. Returns the name of an array that somebody kept, which
  /// would go on showing memory that is no more his; empty: none.
  static std::string close(PyObject* view);

 private:
  Owned type_;
  std::span<const Field> fields_;
  std::vector<PyGetSetDef> attributes_;
};

/// The types of what agents are shown: cadre_execution_state and cadre_targets. False with an exception
/// pending; once, with the interpreter's lock held.
bool make_view_types(ViewType& state, ViewType& targets);

/// Where the weights of targets lie.
Shape shape_of_weight(const cadre_targets& targets);

/// An array over memory that outlives it, read-only unless it says otherwise; null with an exception pending.
PyObject* array_over(const Shape& shape, bool is_writable);

/// Takes numpy's functions in. False with an exception pending.
bool import_numpy();
/// Copies numbers into an array of doubles; false with ValueError pending for another shape. `what` names the
/// numbers in it.
bool copy_numbers(PyObject* from, const Shape& to, const char* what);

}  // namespace cadre::python_host
