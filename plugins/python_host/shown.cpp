// What an agent is shown, field by field: the names that authors write in Python.

#include "view.hpp"

#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#define NO_IMPORT_ARRAY
#include <numpy/ndarraytypes.h>

#include "cadre/state.h"

namespace cadre::python_host {

namespace {

using State = cadre_execution_state;

const State& state_of(const void* shown) {
  return *static_cast<const State*>(shown);
}

template <class Number>
constexpr int type_of();
template <>
constexpr int type_of<double>() {
  return NPY_DOUBLE;
}
template <>
constexpr int type_of<std::int64_t>() {
  return NPY_INT64;
}

/// One number per instrument.
template <class Number>
Shape numbers(const State& state, const Number* values) {
  return {values, type_of<Number>(), 1, {state.instrument_count, 0}, {sizeof(Number), 0}};
}
template <auto Member>
Shape column(const void* shown) {
  const State& state = state_of(shown);
  return numbers(state, (state.*Member).values);
}
template <auto Member>
Shape per_instrument(const void* shown) {
  const State& state = state_of(shown);
  return numbers(state, state.*Member);
}
/// Periods in rows, oldest first; instruments in columns.
template <auto Period, auto Kind>
Shape window(const void* shown) {
  const cadre_window& window = (state_of(shown).*Period).*Kind;
  return {window.values,
          NPY_DOUBLE,
          2,
          {window.rows, window.columns},
          {static_cast<std::int64_t>(window.stride * sizeof(double)), sizeof(double)}};
}

PyObject* value(double number) {
  return PyFloat_FromDouble(number);
}
PyObject* value(std::uint32_t number) {
  return PyLong_FromUnsignedLong(number);
}
PyObject* value(std::uint64_t number) {
  return PyLong_FromUnsignedLongLong(number);
}
PyObject* value(std::int64_t number) {
  return PyLong_FromLongLong(number);
}
PyObject* value(std::int32_t number) {
  return PyLong_FromLong(number);
}
PyObject* value(const cadre_string& text) {
  return PyUnicode_FromStringAndSize(text.data, static_cast<Py_ssize_t>(text.length));
}
template <auto Member>
PyObject* scalar(const void* shown) {
  return value(state_of(shown).*Member);
}
template <auto Member>
PyObject* bound(const void* shown) {
  return value(state_of(shown).constraints->*Member);
}
PyObject* long_only(const void* shown) {
  return PyBool_FromLong((state_of(shown).constraints->flags & CADRE_LONG_ONLY) != 0);
}

/// A tuple with one text per instrument.
template <auto Member>
PyObject* texts(const void* shown) {
  const State& state = state_of(shown);
  Owned all(PyTuple_New(state.instrument_count));
  for (std::uint32_t i = 0; all && i < state.instrument_count; ++i) {
    PyObject* text = value(cadre_instrument_at(&state, i)->*Member);
    if (text == nullptr) return nullptr;
    PyTuple_SET_ITEM(all.get(), i, text);
  }
  return all.release();
}

/// A dictionary of matrices by the name of their service; None where there are no values yet.
PyObject* services(const void* shown) {
  const State& state = state_of(shown);
  Owned all(PyDict_New());
  for (std::uint64_t k = 0; all && k < state.service_count; ++k) {
    const cadre_service& service = *cadre_service_at(&state, k);
    const cadre_matrix& matrix = service.matrix;
    const Shape shape{matrix.values,
                      NPY_DOUBLE,
                      2,
                      {matrix.rows, matrix.columns},
                      {sizeof(double), static_cast<std::int64_t>(matrix.stride * sizeof(double))}};
    const bool is_ready = service.observations != 0 && matrix.values != nullptr;
    const Owned value(is_ready ? array_over(shape, false) : Py_NewRef(Py_None));
    if (!value || PyDict_SetItemString(all.get(), service.id.text, value.get()) != 0) return nullptr;
  }
  return all.release();
}

constexpr Field state_fields[] = {
    {"instrument_count", nullptr, scalar<&State::instrument_count>},
    {"ids", nullptr, texts<&cadre_instrument::id>},
    {"groups", nullptr, texts<&cadre_instrument::group>},
    {"book", nullptr, scalar<&State::book>},
    {"currency", nullptr, scalar<&State::currency>},
    {"universe_epoch", nullptr, scalar<&State::universe_epoch>},
    {"sequence", nullptr, scalar<&State::sequence>},
    {"time_ns", nullptr, scalar<&State::time_ns>},
    {"session_date", nullptr, scalar<&State::session_date>},
    {"periods_per_year", nullptr, scalar<&State::periods_per_year>},
    {"sessions_per_year", nullptr, scalar<&State::sessions_per_year>},
    {"bar_period_ns", nullptr, scalar<&State::bar_period_ns>},
    {"equity", nullptr, scalar<&State::equity>},
    {"cash", nullptr, scalar<&State::cash>},
    {"long_only", nullptr, long_only},
    {"max_gross_exposure", nullptr, bound<&cadre_constraints::max_gross_exposure>},
    {"max_net_exposure", nullptr, bound<&cadre_constraints::max_net_exposure>},
    {"max_weight", nullptr, bound<&cadre_constraints::max_weight>},
    {"services", nullptr, services},
    {"open", column<&State::open>, nullptr},
    {"high", column<&State::high>, nullptr},
    {"low", column<&State::low>, nullptr},
    {"close", column<&State::close>, nullptr},
    {"volume", column<&State::volume>, nullptr},
    {"price", column<&State::price>, nullptr},
    {"bid", column<&State::bid>, nullptr},
    {"ask", column<&State::ask>, nullptr},
    {"opening_bid", column<&State::opening_bid>, nullptr},
    {"opening_ask", column<&State::opening_ask>, nullptr},
    {"score", column<&State::score>, nullptr},
    {"confidence", column<&State::confidence>, nullptr},
    {"weight", per_instrument<&State::weight>, nullptr},
    {"working_weight", per_instrument<&State::working_weight>, nullptr},
    {"quantity_e9", per_instrument<&State::quantity_e9>, nullptr},
    {"session_returns", window<&State::sessions, &cadre_windows::returns>, nullptr},
    {"session_closes", window<&State::sessions, &cadre_windows::closes>, nullptr},
    {"session_volumes", window<&State::sessions, &cadre_windows::volumes>, nullptr},
    {"bar_returns", window<&State::bars, &cadre_windows::returns>, nullptr},
    {"bar_closes", window<&State::bars, &cadre_windows::closes>, nullptr},
    {"bar_volumes", window<&State::bars, &cadre_windows::volumes>, nullptr},
};

const cadre_targets& targets_of(const void* shown) {
  return *static_cast<const cadre_targets*>(shown);
}
Shape target_weight(const void* shown) {
  return shape_of_weight(targets_of(shown));
}
Shape reason_code(const void* shown) {
  const cadre_targets& targets = targets_of(shown);
  return {&targets.reasons->code, NPY_UINT32, 1, {targets.instrument_count, 0}, {sizeof(cadre_reason), 0}};
}
Shape reason_value(const void* shown) {
  const cadre_targets& targets = targets_of(shown);
  return {&targets.reasons->value, NPY_DOUBLE, 1, {targets.instrument_count, 0}, {sizeof(cadre_reason), 0}};
}

constexpr Field target_fields[] = {
    {"weight", target_weight, nullptr, true},
    {"reason_code", reason_code, nullptr, true},
    {"reason_value", reason_value, nullptr, true},
};

}  // namespace

Shape shape_of_weight(const cadre_targets& targets) {
  return {targets.weight, NPY_DOUBLE, 1, {targets.instrument_count, 0}, {sizeof(double), 0}};
}

bool make_view_types(ViewType& state, ViewType& targets) {
  return state.make("cadre.State", state_fields) && targets.make("cadre.Targets", target_fields);
}

}  // namespace cadre::python_host
