// The child process of isolated agents. Started by the host, with its descriptors and the book's id as its
// argument, for those who look at a list of processes.

#include <csignal>
#include <cstdio>
#include <initializer_list>

#include "host/agent/agent_server.hpp"

int main(int argc, char**) {
  if (argc != 2) {
    std::fprintf(stderr, "cadre-agent-host: started by cadre, not by hand\n");
    return 2;
  }
  // Into a pipe: a line that is written shows even when the process is then killed.
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  // Its host alone says when it ends. A service manager or a terminal tells all processes at once, and a book
  // that is at its last decision would have lost its agents.
  for (const int each : {SIGHUP, SIGINT, SIGQUIT, SIGTERM})
    std::signal(each, SIG_IGN);
  return cadre::agent::serve_agents();
}
