#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cadre::agent {

/// What a child process of isolated agents has used up.
struct ProcessUse {
  pid_t process = 0;
  std::string book;
  std::vector<std::string> agents;   ///< the stages that share it, as the configuration names them
  double processor_seconds = 0;      ///< since it began, in the kernel too
  std::uint64_t resident_bytes = 0;  ///< with what it shares: libraries and the arena
};

/// A process is there, until it is forgotten: before anybody waits for its end, so that its number is not yet
/// another's. [any-thread]
void list_process(pid_t process, const std::string& book, std::vector<std::string> agents);
void forget_process(pid_t process);

/// Every process that is there now, in the order in which they began. Asks the kernel; neither a process nor
/// a book's thread is waited for. [any-thread]
std::vector<ProcessUse> process_uses();

}  // namespace cadre::agent
