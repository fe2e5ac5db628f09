#pragma once

#include "interpreter.hpp"

namespace cadre::python_host {

/// CADRE_EVENT_* of a word that authors write, "bar" or "fill"; 0 for an unknown one.
std::uint32_t event_named(const std::string& name);

/// cadre.Event(kind, sequence, time_ns, data); null with an exception pending. Everything in it is a copy.
Owned event_of(const Loaded& loaded, const cadre_event& event, const cadre_execution_state& state);

}  // namespace cadre::python_host
