#pragma once

namespace cadre::agent {

/// The child's whole life: opens the libraries of its agents, serves the host's calls one after the other,
/// ends when the host hangs up. The descriptors it begins with are those of isolated_protocol.hpp. Returns
/// the exit status.
int serve_agents();

}  // namespace cadre::agent
