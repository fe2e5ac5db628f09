#pragma once

#include <string>

#include "python_object.hpp"
#include "script.hpp"
#include "view.hpp"

namespace cadre::python_host {

/// What the script of this library became. Made once, by `load`, on the thread that loads the library; only
/// read after that, with the interpreter's lock held.
struct Loaded {
  const Script* script = nullptr;
  std::string problem;  ///< why no agent of it can run; empty: all is there
  Owned cadre;          ///< the module `cadre`
  Owned refusal;        ///< its class Refusal
  Owned signal, event;  ///< its tuples
  Owned agents;         ///< the script's dictionary AGENTS: id to class
  Owned json_loads;
  ViewType state, targets;

  /// What is pending, said in one sentence.
  Failure take_failure() const;
};

const Loaded& loaded();

}  // namespace cadre::python_host
