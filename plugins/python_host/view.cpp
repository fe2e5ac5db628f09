#include "view.hpp"

#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>

#include <array>

namespace cadre::python_host {

namespace {

constexpr std::size_t fields_most = 48;

/// Arrays that were handed out stay here until the call is over.
struct View {
  PyObject_HEAD const void* shown;
  std::span<const Field> fields;
  std::array<PyObject*, fields_most> handed;
};

View& view_of(PyObject* object) {
  return *reinterpret_cast<View*>(object);
}

/// Whether somebody beside us has the array, or one of a dictionary of arrays.
bool is_kept(PyObject* handed) {
  if (PyArray_Check(handed)) return Py_REFCNT(handed) > 1;
  if (!PyDict_Check(handed)) return false;
  PyObject *key = nullptr, *array = nullptr;
  bool kept = Py_REFCNT(handed) > 1;
  for (Py_ssize_t at = 0; PyDict_Next(handed, &at, &key, &array) != 0;)
    kept = kept || is_kept(array);
  return kept;
}

bool is_open(const View& view) {
  if (view.shown != nullptr) return true;
  PyErr_SetString(PyExc_RuntimeError,
                  "the call is over for which this view was made; keep copies, not views");
  return false;
}

PyObject* get(PyObject* self, void* closure) {
  View& view = view_of(self);
  if (!is_open(view)) return nullptr;
  const auto& field = *static_cast<const Field*>(closure);
  const auto place = static_cast<std::size_t>(&field - view.fields.data());
  if (view.handed[place] == nullptr) {
    const Shape shape = field.look != nullptr ? field.look(view.shown) : Shape{};
    if (field.make != nullptr)
      view.handed[place] = field.make(view.shown);
    else
      view.handed[place] = shape.data == nullptr ? Py_NewRef(Py_None) : array_over(shape, field.is_writable);
  }
  Py_XINCREF(view.handed[place]);
  return view.handed[place];
}

int set(PyObject* self, PyObject* value, void* closure) {
  const View& view = view_of(self);
  const auto& field = *static_cast<const Field*>(closure);
  if (value == nullptr) {
    PyErr_Format(PyExc_AttributeError, "%s cannot be deleted", field.name);
    return -1;
  }
  return is_open(view) && copy_numbers(value, field.look(view.shown), field.name) ? 0 : -1;
}

void drop(PyObject* self) {
  for (PyObject* array : view_of(self).handed)
    Py_XDECREF(array);
  PyTypeObject* type = Py_TYPE(self);
  PyObject_Free(self);
  Py_DECREF(type);
}

template <class Function>
PyType_Slot slot(int which, Function* function) {
  return {which, reinterpret_cast<void*>(function)};
}

}  // namespace

PyObject* array_over(const Shape& shape, bool is_writable) {
  npy_intp size[2] = {shape.size[0], shape.size[1]};
  npy_intp stride[2] = {shape.stride[0], shape.stride[1]};
  Owned array(PyArray_New(&PyArray_Type, shape.dimensions, size, shape.type, stride,
                          const_cast<void*>(shape.data), 0, is_writable ? NPY_ARRAY_WRITEABLE : 0, nullptr));
  // With an owner that lends nothing to write, numpy lets nobody make the array writable.
  auto* made = reinterpret_cast<PyArrayObject*>(array.get());
  if (array && PyArray_SetBaseObject(made, Py_NewRef(Py_None)) != 0) return nullptr;
  return array.release();
}

bool import_numpy() {
  return _import_array() >= 0;
}

bool copy_numbers(PyObject* from, const Shape& to, const char* what) {
  const Owned numbers(PyArray_FROM_OT(from, to.type));
  if (!numbers) return false;
  auto* array = reinterpret_cast<PyArrayObject*>(numbers.get());
  // One number is not taken for all: what returns True by mistake would buy everything.
  if (PyArray_NDIM(array) != 1 || PyArray_DIM(array, 0) != to.size[0]) {
    const Owned shape(PyObject_GetAttrString(numbers.get(), "shape"));
    PyErr_Format(PyExc_ValueError, "%s: the shape is %R, expected (%lld,)", what, shape.get(),
                 static_cast<long long>(to.size[0]));
    return false;
  }
  const Owned target(array_over(to, true));
  return target && PyArray_CopyInto(reinterpret_cast<PyArrayObject*>(target.get()), array) == 0;
}

bool ViewType::make(const char* name, std::span<const Field> fields) {
  for (const Field& field : fields) {
    attributes_.push_back(
        {field.name, get, field.is_writable ? set : nullptr, nullptr, const_cast<Field*>(&field)});
  }
  attributes_.push_back({nullptr, nullptr, nullptr, nullptr, nullptr});
  PyType_Slot slots[] = {slot(Py_tp_dealloc, &drop), {Py_tp_getset, attributes_.data()}, {0, nullptr}};
  PyType_Spec spec{name, sizeof(View), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  type_ = Owned(PyType_FromSpec(&spec));
  fields_ = fields;
  return static_cast<bool>(type_) && fields.size() <= fields_most;
}

Owned ViewType::show(const void* shown) const {
  auto* type = reinterpret_cast<PyTypeObject*>(type_.get());
  View* view = PyObject_New(View, type);
  if (view == nullptr) return {};
  view->shown = shown;
  view->fields = fields_;
  view->handed.fill(nullptr);
  return Owned(reinterpret_cast<PyObject*>(view));
}

std::string ViewType::close(PyObject* object) {
  View& view = view_of(object);
  std::string kept;
  for (std::size_t k = 0; k < view.fields.size(); ++k) {
    const Owned handed(std::exchange(view.handed[k], nullptr));
    if (handed && is_kept(handed.get())) kept = view.fields[k].name;
  }
  view.shown = nullptr;
  return kept;
}

}  // namespace cadre::python_host
