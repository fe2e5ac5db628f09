#include "instance.hpp"

#include <algorithm>
#include <cstring>

#include "cadre/cpp/config.hpp"
#include "cadre/ext/reason.h"
#include "cadre/role/position_sizer.h"
#include "cadre/role/trade_adjuster.h"
#include "events.hpp"

namespace cadre::python_host {

namespace {

/// A requirement by the name an author gives it.
struct Requirement {
  const char* name;
  std::uint32_t& (*in)(cadre_requirements&);
};
constexpr Requirement requirements[] = {
    {"warm_up_bars", [](cadre_requirements& r) -> std::uint32_t& { return r.warm_up_bars; }},
    {"session_returns", [](cadre_requirements& r) -> std::uint32_t& { return r.sessions.returns; }},
    {"session_closes", [](cadre_requirements& r) -> std::uint32_t& { return r.sessions.closes; }},
    {"session_volumes", [](cadre_requirements& r) -> std::uint32_t& { return r.sessions.volumes; }},
    {"bar_returns", [](cadre_requirements& r) -> std::uint32_t& { return r.bars.returns; }},
    {"bar_closes", [](cadre_requirements& r) -> std::uint32_t& { return r.bars.closes; }},
    {"bar_volumes", [](cadre_requirements& r) -> std::uint32_t& { return r.bars.volumes; }},
};

/// False with an exception pending.
bool take_requirement(PyObject* name, PyObject* rows, cadre_requirements& out) {
  const auto* const found = std::find_if(std::begin(requirements), std::end(requirements),
                                         [&](const Requirement& each) { return text_of(name) == each.name; });
  if (found == std::end(requirements)) {
    PyErr_Format(PyExc_ValueError, "require: unknown history %R", name);
    return false;
  }
  const unsigned long count = PyLong_AsUnsignedLong(rows);
  if (PyErr_Occurred() != nullptr) return false;
  if (count > UINT32_MAX) {
    PyErr_Format(PyExc_ValueError, "require: %s is too large", found->name);
    return false;
  }
  found->in(out) = static_cast<std::uint32_t>(count);
  return true;
}

/// The attribute, or null without one and without an exception.
Owned optional_attribute(PyObject* object, const char* name) {
  Owned found(PyObject_GetAttrString(object, name));
  if (!found && PyErr_ExceptionMatches(PyExc_AttributeError) != 0) PyErr_Clear();
  return found;
}

/// False with an exception pending.
bool read_signal(PyObject* item, std::int64_t time_ns, cadre_signal& out) {
  const Owned fields(PySequence_Tuple(item));
  if (!fields) return false;
  const char* strategy = nullptr;
  Py_ssize_t length = 0;
  out.size = sizeof out;
  if (PyArg_ParseTuple(fields.get(),
                       "Iiddds#;a signal is cadre.Signal(instrument, direction, strength, "
                       "confidence, horizon_days, strategy)",
                       &out.instrument, &out.direction, &out.strength, &out.confidence, &out.horizon_days,
                       &strategy, &length) == 0)
    return false;
  if (length > Py_ssize_t{CADRE_ID_BYTES_MAX}) {
    PyErr_Format(PyExc_ValueError, "the strategy's name has %zd bytes, at most %u are allowed", length,
                 CADRE_ID_BYTES_MAX);
    return false;
  }
  std::memcpy(out.strategy.text, strategy, static_cast<std::size_t>(length));
  out.time_ns = time_ns;
  return true;
}

/// Writes as many as there is room for, and counts all. False with an exception pending.
bool read_signals(PyObject* returned, std::int64_t time_ns, cadre_signal_list& out) {
  const Owned each(PyObject_GetIter(returned));
  if (!each) return false;
  out.needed = 0;
  for (Owned item(PyIter_Next(each.get())); item; item = Owned(PyIter_Next(each.get()))) {
    cadre_signal signal{};
    if (!read_signal(item.get(), time_ns, signal)) return false;
    if (out.needed < out.capacity) {
      std::memcpy(reinterpret_cast<char*>(out.items) + out.needed * out.stride, &signal,
                  std::min<std::uint64_t>(sizeof signal, out.stride));
    }
    ++out.needed;
  }
  return PyErr_Occurred() == nullptr;
}

}  // namespace

const char* method_of(std::string_view role) {
  if (role == CADRE_ROLE_TRADE_ADJUSTER) return "adjust_trades";
  if (role == CADRE_ROLE_POSITION_SIZER) return "propose_trades";
  return role == CADRE_ROLE_SIGNAL_SOURCE ? "generate_signals" : nullptr;
}

Instance::~Instance() {
  if (!object_) return;
  const InterpreterLock lock;
  decide_ = Owned();
  observe_ = Owned();
  object_ = Owned();
}

cadre_status Instance::refuse(const std::string& sentence, cadre_status status) const {
  const auto* table =
      static_cast<const cadre_reason_table*>(host_->get_extension(host_, CADRE_TEXT(CADRE_EXT_REASON)));
  if (table != nullptr) table->say(host_, sdk::text_of(sentence));
  return status;
}

cadre_status Instance::fail() const {
  const Failure failure = loaded().take_failure();
  return refuse(failure.sentence, failure.is_refusal ? CADRE_REJECTED : CADRE_ERROR);
}

bool Instance::make(cadre_string config) {
  const Owned id(
      PyUnicode_FromStringAndSize(declared_.id.data(), static_cast<Py_ssize_t>(declared_.id.size())));
  const Owned agent_class(id ? PyObject_GetItem(loaded().agents.get(), id.get()) : nullptr);
  if (!agent_class) {
    PyErr_Clear();
    PyErr_Format(loaded().refusal.get(), "AGENTS has no class for %R", id.get());
    return false;
  }
  std::uint32_t observes = 0;
  if (!events_of(agent_class.get(), observes)) return false;
  object_ = Owned(PyObject_CallNoArgs(agent_class.get()));
  if (!object_) return false;
  const char* method = method_of(declared_.role);
  decide_ = optional_attribute(object_.get(), method);
  if (!decide_) {
    if (PyErr_Occurred() == nullptr)
      PyErr_Format(loaded().refusal.get(), "%s has no method %s, which decides in the role %s",
                   reinterpret_cast<PyTypeObject*>(agent_class.get())->tp_name, method,
                   declared_.role.data());
    return false;
  }
  observe_ = optional_attribute(object_.get(), "observe");
  const Owned configure = optional_attribute(object_.get(), "configure");
  if (PyErr_Occurred() != nullptr) return false;
  if (!configure) return true;
  const Owned settings(PyObject_CallFunction(loaded().json_loads.get(), "s#", config.data,
                                             static_cast<Py_ssize_t>(config.length)));
  return settings && Owned(PyObject_CallOneArg(configure.get(), settings.get()));
}

cadre_status Instance::configure(cadre_string config) {
  if (!loaded().problem.empty()) return refuse(loaded().problem, CADRE_REJECTED);
  const InterpreterLock lock;
  return make(config) ? cadre_status{CADRE_OK} : fail();
}

cadre_status Instance::require(cadre_requirements& out) const {
  const InterpreterLock lock;
  const Owned method = optional_attribute(object_.get(), "require");
  if (!method) return PyErr_Occurred() == nullptr ? cadre_status{CADRE_OK} : fail();
  const Owned history(PyObject_CallNoArgs(method.get()));
  const Owned items(history ? PyMapping_Items(history.get()) : nullptr);
  if (!items) return fail();
  for (Py_ssize_t k = 0; k < PyList_GET_SIZE(items.get()); ++k) {
    PyObject* item = PyList_GET_ITEM(items.get(), k);
    if (!take_requirement(PyTuple_GetItem(item, 0), PyTuple_GetItem(item, 1), out)) return fail();
  }
  return CADRE_OK;
}

cadre_status Instance::finish(bool went_well, const Owned& state, const Owned& targets) const {
  const cadre_status status = went_well ? cadre_status{CADRE_OK} : fail();
  std::string kept;
  for (const Owned* view : {&state, &targets}) {
    if (*view && kept.empty()) kept = ViewType::close(view->get());
  }
  if (status != CADRE_OK || kept.empty()) return status;
  return refuse("it keeps the array " + kept +
                    " beyond the call, when it shows other numbers: keep a copy, " + kept + ".copy()",
                CADRE_ERROR);
}

cadre_status Instance::observe(const cadre_event& event, const cadre_execution_state& state) {
  if (!observe_) return CADRE_OK;
  const InterpreterLock lock;
  const Owned view = loaded().state.show(&state);
  bool went_well = false;
  if (view) {
    const Owned told = event_of(loaded(), event, state);
    went_well = told && Owned(PyObject_CallFunctionObjArgs(observe_.get(), told.get(), view.get(), nullptr));
  }
  return finish(went_well, view, Owned());
}

cadre_status Instance::change_targets(const cadre_execution_state& state, cadre_targets& targets) const {
  const InterpreterLock lock;
  const Owned view = loaded().state.show(&state);
  const Owned out = loaded().targets.show(&targets);
  bool went_well = false;
  if (view && out) {
    const Owned answer(PyObject_CallFunctionObjArgs(decide_.get(), view.get(), out.get(), nullptr));
    went_well = static_cast<bool>(answer);
    if (went_well && answer.get() != Py_None) {
      went_well = copy_numbers(answer.get(), shape_of_weight(targets), method_of(declared_.role));
    }
  }
  return finish(went_well, view, out);
}

cadre_status Instance::generate_signals(const cadre_execution_state& state, cadre_signal_list& out) const {
  const InterpreterLock lock;
  const Owned view = loaded().state.show(&state);
  bool went_well = false;
  if (view) {
    const Owned answer(PyObject_CallOneArg(decide_.get(), view.get()));
    went_well = answer && read_signals(answer.get(), state.time_ns, out);
  }
  return finish(went_well, view, Owned());
}

cadre_status Instance::save(cadre_buffer& out) const {
  const InterpreterLock lock;
  const Owned bytes(PyObject_CallMethod(object_.get(), "save", nullptr));
  char* data = nullptr;
  Py_ssize_t length = 0;
  if (!bytes || PyBytes_AsStringAndSize(bytes.get(), &data, &length) != 0) return fail();
  out.needed = static_cast<std::uint64_t>(length);
  if (out.needed <= out.capacity && length != 0) std::memcpy(out.data, data, out.needed);
  return CADRE_OK;
}

cadre_status Instance::load(const std::uint8_t* data, std::uint64_t length) {
  const InterpreterLock lock;
  const Owned done(PyObject_CallMethod(object_.get(), "load", "y#", reinterpret_cast<const char*>(data),
                                       static_cast<Py_ssize_t>(length)));
  return done ? cadre_status{CADRE_OK} : refuse(loaded().take_failure().sentence, CADRE_REJECTED);
}

}  // namespace cadre::python_host
