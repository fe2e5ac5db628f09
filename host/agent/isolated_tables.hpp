#pragma once

#include "cadre/agent.h"

namespace cadre::agent {

class IsolatedAgent;

/// The function tables of an agent in another process: every function sends its call and copies what comes
/// back.
cadre_agent isolated_agent_table(IsolatedAgent* agent);

}  // namespace cadre::agent
