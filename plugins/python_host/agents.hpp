#pragma once

#include "interpreter.hpp"

namespace cadre::python_host {

/// Looks at the classes of the script: which events they observe, whether they keep a state. Once, after the
/// script has run, with the interpreter's lock held; also when it could not run, since the library describes
/// its agents all the same.
void take_classes(const Loaded& loaded);

}  // namespace cadre::python_host
