// The child process of isolated agents. Started by the host, with its descriptors and the book's id as its
// argument, for those who look at a list of processes.

#include <cstdio>

#include "host/agent/agent_server.hpp"

int main(int argc, char**) {
  if (argc != 2) {
    std::fprintf(stderr, "cadre-agent-host: started by cadre, not by hand\n");
    return 2;
  }
  // Into a pipe: a line that is written shows even when the process is then killed.
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  return cadre::agent::serve_agents();
}
