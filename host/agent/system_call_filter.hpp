#pragma once

#include <string>

namespace cadre::agent {

/// The system calls a filter lets pass; every other one answers EPERM, and one of another architecture ends
/// the process. Each list has all that stands before it.
enum class SystemCalls {
  computing,  ///< memory without new code, threads, time, what is open already
  loading,    ///< and files that are only read, new code, and making the filter stricter
  venue       ///< and sockets, and files that are written
};

/// Puts the filter on all threads of this process; it needs no_new_privs. Filters add up: only what all of
/// them let pass passes. Returns why it is not there, or an empty text. Irrevocable.
/// `ends_process`: instead of an answer, a call that does not pass is the end (SIGSYS).
std::string filter_system_calls(SystemCalls allowed, bool ends_process = false);

}  // namespace cadre::agent
