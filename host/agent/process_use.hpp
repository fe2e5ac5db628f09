#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cadre::agent {

struct OutputCounts;

/// What a child process of isolated agents has used up.
struct ProcessUse {
  pid_t process = 0;
  std::string book;
  std::vector<std::string> agents;   ///< the stages that share it, as the configuration names them
  double processor_seconds = 0;      ///< since it began, in the kernel too
  std::uint64_t resident_bytes = 0;  ///< with what it shares: libraries and the arena
  std::uint64_t own_bytes = 0;       ///< without
  std::int64_t grown_bytes = 0;  ///< by how much own_bytes is more than when all its agents had been loaded
  std::uint64_t data_bytes = 0;  ///< what it has allocated, touched or not: held against data_bytes_most
  std::uint64_t data_bytes_most = 0;
  std::uint64_t output_lines = 0;     ///< that it has written to standard output and error
  std::uint64_t output_left_out = 0;  ///< of them, too many in a second to be shown
};

/// A process is there, until it is forgotten: before anybody waits for its end, so that its number is not yet
/// another's. [any-thread]
void list_process(pid_t process, const std::string& book, std::vector<std::string> agents,
                  std::shared_ptr<const OutputCounts> output = {});
/// All its agents have been loaded: from here on it grows. [any-thread]
void begin_growth(pid_t process);
void forget_process(pid_t process);

/// Every process that is there now, in the order in which they began. Asks the kernel; neither a process nor
/// a book's thread is waited for. [any-thread]
std::vector<ProcessUse> process_uses();

/// What this process itself has: the figures of a ProcessUse without agents, since nobody can tell whose part
/// of it is whose; growth is since begin_growth of the own number. [any-thread]
ProcessUse own_use();

}  // namespace cadre::agent
