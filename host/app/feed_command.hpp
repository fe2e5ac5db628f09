#pragma once

#include "host/app/host_command.hpp"

namespace cadre::app {

/// `cadre feed`: posts what a source gives, in its order, and waits where the queue of the book is full.
int feed(const HostArguments& arguments);

}  // namespace cadre::app
