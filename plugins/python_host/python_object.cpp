#include "python_object.hpp"

#include <algorithm>

namespace cadre::python_host {

namespace {

/// "file:line" of the innermost frame in the author's file, of the innermost at all when none is; empty
/// without a traceback.
std::string place_of(PyObject* traceback, const std::string& file) {
  std::string innermost, of_author;
  for (auto* at = reinterpret_cast<PyTracebackObject*>(traceback); at != nullptr; at = at->tb_next) {
    const Owned code(reinterpret_cast<PyObject*>(PyFrame_GetCode(at->tb_frame)));
    const Owned name(PyObject_GetAttrString(code.get(), "co_filename"));
    const Owned line(PyObject_GetAttrString(reinterpret_cast<PyObject*>(at), "tb_lineno"));
    const std::string where = text_of(name.get());
    innermost = where + ":" + std::to_string(line ? PyLong_AsLong(line.get()) : 0);
    if (where == file) of_author = innermost;
  }
  PyErr_Clear();
  return of_author.empty() ? innermost : of_author;
}

/// Of an error of syntax Python says the place in the text itself, and the line in an attribute.
std::string message_of(PyObject* value, std::string& place, const std::string& file) {
  if (PyObject_TypeCheck(value, reinterpret_cast<PyTypeObject*>(PyExc_SyntaxError))) {
    const Owned message(PyObject_GetAttrString(value, "msg"));
    const Owned line(PyObject_GetAttrString(value, "lineno"));
    if (line && PyLong_Check(line.get())) place = file + ":" + std::to_string(PyLong_AsLong(line.get()));
    PyErr_Clear();
    return text_of(message.get());
  }
  const Owned message(PyObject_Str(value));
  PyErr_Clear();
  return message ? text_of(message.get()) : "its own message cannot be made";
}

}  // namespace

std::string text_of(PyObject* object) {
  if (object == nullptr || !PyUnicode_Check(object)) return {};
  Py_ssize_t length = 0;
  const char* text = PyUnicode_AsUTF8AndSize(object, &length);
  if (text == nullptr) {
    PyErr_Clear();
    return {};
  }
  return {text, static_cast<std::size_t>(length)};
}

Failure take_failure(const std::string& file, PyObject* refusal) {
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  const Owned own_type(type), own_value(value), own_traceback(traceback);
  if (type == nullptr || value == nullptr) return {false, "Python says that it failed, and not why"};
  Failure failure;
  failure.is_refusal = refusal != nullptr && PyErr_GivenExceptionMatches(value, refusal) != 0;
  if (!failure.is_refusal) PyErr_Display(type, value, traceback);  // the whole of it, for the log
  std::string place = place_of(traceback, file);
  const std::string message = message_of(value, place, file);
  failure.sentence = failure.is_refusal ? "" : reinterpret_cast<PyTypeObject*>(type)->tp_name;
  if (!failure.sentence.empty() && !message.empty()) failure.sentence += ": ";
  failure.sentence += message;
  if (!place.empty()) failure.sentence += " (" + place + ")";
  // Late in a function no file can be opened, and Python calls that a module which is not there.
  if (PyErr_GivenExceptionMatches(value, PyExc_ImportError) != 0)
    failure.sentence +=
        "; at the top of the file, what is in the standard library or /usr/lib/python3/dist-packages can be "
        "imported";
  std::replace(failure.sentence.begin(), failure.sentence.end(), '\n', ' ');
  return failure;
}

}  // namespace cadre::python_host
