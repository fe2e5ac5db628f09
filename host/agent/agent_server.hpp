#pragma once

namespace cadre::agent {

/// The child's whole life: loads the library, serves the host's calls on the socket one after the other, ends
/// when the host hangs up. Returns the exit status.
int serve_agent(const char* library, int socket);

}  // namespace cadre::agent
