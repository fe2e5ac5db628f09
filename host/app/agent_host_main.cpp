// The child process of an isolated agent. Started by the host, with its socket as descriptor 3.

#include <cstdio>

#include "host/agent/agent_server.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "cadre-agent-host: started by cadre, not by hand\n");
    return 2;
  }
  return cadre::agent::serve_agent(argv[1], 3);
}
