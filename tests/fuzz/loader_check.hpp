#pragma once

#include <string>

namespace cadre::fuzz {

/// Gives a library to the loader of the C library in a process of its own, which maps it, its needed
/// libraries and relocates everything, without running a constructor or anything else of it. Returns what was
/// wrong: that the loader died, gave up by an assertion (either would take a host with it), or took longer
/// than seconds of processor time; empty when it loaded it or refused it with a message.
std::string loader_fault(const std::string& file);

}  // namespace cadre::fuzz
