#pragma once

#include "interpreter.hpp"

namespace cadre::python_host {

/// Describes the agents of the script, with the events that their classes observe. Once, after the script has
/// run, with the interpreter's lock held; also when it could not run, since the library describes its agents
/// all the same.
void take_classes(const Loaded& loaded);

}  // namespace cadre::python_host
