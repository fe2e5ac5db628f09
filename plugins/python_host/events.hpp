#pragma once

#include "interpreter.hpp"

namespace cadre::python_host {

/// The CADRE_EVENT_* that a class names in `observes`, bars for one that observes and names none, 0 for one
/// that does not observe. False with an exception pending for a word that is no kind of event.
bool events_of(PyObject* agent_class, std::uint32_t& events);

/// cadre.Event(kind, sequence, time_ns, data); null with an exception pending. Everything in it is a copy.
Owned event_of(const Loaded& loaded, const cadre_event& event, const cadre_execution_state& state);

}  // namespace cadre::python_host
