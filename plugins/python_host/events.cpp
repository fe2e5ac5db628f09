#include "events.hpp"

#include <cstring>

namespace cadre::python_host {

namespace {

struct Kind {
  std::uint32_t bit;
  const char* name;
};
constexpr Kind kinds[] = {{CADRE_EVENT_BAR, "bar"},         {CADRE_EVENT_FILL, "fill"},
                          {CADRE_EVENT_OUTCOME, "outcome"}, {CADRE_EVENT_UNIVERSE, "universe"},
                          {CADRE_EVENT_TIMER, "timer"},     {CADRE_EVENT_SIGNAL, "signal"}};

using Long = long long;
using Whole = unsigned long long;

PyObject* fill(const cadre_execution_report& report) {
  return Py_BuildValue("{s:I,s:s,s:L,s:L,s:L,s:L,s:s}", "instrument", report.instrument, "side",
                       report.side == CADRE_SIDE_BUY ? "buy" : "sell", "quantity_e9",
                       Long{report.quantity_e9}, "price_e9", Long{report.price_e9}, "fees_e6",
                       Long{report.fees_e6}, "time_ns", Long{report.time_ns}, "client_id",
                       report.client_id.text);
}
PyObject* outcome(const cadre_outcome& outcome) {
  return Py_BuildValue("{s:I,s:d,s:d,s:d,s:d,s:s}", "instrument", outcome.instrument, "score", outcome.score,
                       "weight", outcome.weight, "realised_return", outcome.realised_return, "risk",
                       outcome.risk, "strategy", outcome.strategy.text);
}
/// Indices of a map between universes; -1 for what is not there.
PyObject* indices(const std::int32_t* values, std::uint32_t count) {
  Owned list(PyList_New(count));
  for (std::uint32_t i = 0; list && i < count; ++i) {
    PyObject* index = PyLong_FromLong(values[i]);
    if (index == nullptr) return nullptr;
    PyList_SET_ITEM(list.get(), i, index);
  }
  return list.release();
}
PyObject* universe(const cadre_universe_change& change, const cadre_execution_state& state) {
  return Py_BuildValue("{s:K,s:N,s:N}", "old_epoch", Whole{change.old_epoch}, "old_to_new",
                       indices(change.old_to_new, change.old_count), "new_to_old",
                       indices(change.new_to_old, state.instrument_count));
}
PyObject* timer(const cadre_timer& timer) {
  return Py_BuildValue("{s:K,s:L,s:K}", "id", Whole{timer.id}, "due_ns", Long{timer.due_ns}, "expirations",
                       Whole{timer.expirations});
}
PyObject* signal(const cadre_signal& signal) {
  return Py_BuildValue("{s:I,s:i,s:d,s:d,s:d,s:L,s:s}", "instrument", signal.instrument, "direction",
                       signal.direction, "strength", signal.strength, "confidence", signal.confidence,
                       "horizon_days", signal.horizon_days, "time_ns", Long{signal.time_ns}, "strategy",
                       signal.strategy.text);
}

PyObject* data_of(const cadre_event& event, const cadre_execution_state& state) {
  switch (event.kind) {
    case CADRE_EVENT_FILL:
      return fill(*static_cast<const cadre_execution_report*>(event.payload));
    case CADRE_EVENT_OUTCOME:
      return outcome(*static_cast<const cadre_outcome*>(event.payload));
    case CADRE_EVENT_UNIVERSE:
      return universe(*static_cast<const cadre_universe_change*>(event.payload), state);
    case CADRE_EVENT_TIMER:
      return timer(*static_cast<const cadre_timer*>(event.payload));
    case CADRE_EVENT_SIGNAL:
      return signal(*static_cast<const cadre_signal*>(event.payload));
    default:
      return Py_NewRef(Py_None);
  }
}

const char* name_of(std::uint32_t bit) {
  for (const Kind& kind : kinds) {
    if (kind.bit == bit) return kind.name;
  }
  return "unknown";
}

std::uint32_t event_named(const std::string& name) {
  for (const Kind& kind : kinds) {
    if (name == kind.name) return kind.bit;
  }
  return 0;
}

}  // namespace

bool events_of(PyObject* agent_class, std::uint32_t& events) {
  events = 0;
  if (PyObject_HasAttrString(agent_class, "observe") == 0) return true;
  events = CADRE_EVENT_BAR;
  if (PyObject_HasAttrString(agent_class, "observes") == 0) return true;
  const Owned named(PyObject_GetAttrString(agent_class, "observes"));
  const Owned names(named ? PySequence_Tuple(named.get()) : nullptr);
  if (!names) return false;
  events = 0;
  for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(names.get()); ++k) {
    PyObject* name = PyTuple_GET_ITEM(names.get(), k);
    const std::uint32_t bit = event_named(text_of(name));
    if (bit == 0) {
      PyErr_Format(PyExc_ValueError, "observes: %R is no kind of event", name);
      return false;
    }
    events |= bit;
  }
  return true;
}

Owned event_of(const Loaded& loaded, const cadre_event& event, const cadre_execution_state& state) {
  return Owned(PyObject_CallFunction(loaded.event.get(), "sKLN", name_of(event.kind), Whole{event.sequence},
                                     Long{event.time_ns}, data_of(event, state)));
}

}  // namespace cadre::python_host
