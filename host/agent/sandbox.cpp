#include "host/agent/sandbox.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "host/agent/system_call_filter.hpp"

namespace cadre::agent {

namespace {

constexpr rlim_t descriptors_most = 64;
constexpr std::uint64_t files_read = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
// The rights of Landlock's first version, which every kernel that has it knows.
constexpr std::uint64_t files_all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

std::string failed(const char* what) {
  return std::string(what) + ": " + std::strerror(errno);
}

/// Root without any of what makes it root but these (bits of capability numbers).
std::string keep_capabilities(std::uint32_t kept) {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);  // only root has a bounding set to drop from
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> now{};
  if (syscall(SYS_capget, &head, now.data()) != 0) return failed("capabilities cannot be read");
  const std::array<__user_cap_data_struct, 2> then{
      {{now[0].effective & kept, now[0].permitted & kept, 0}, {}}};
  return syscall(SYS_capset, &head, then.data()) == 0 ? std::string()
                                                      : failed("capabilities cannot be dropped");
}

std::string limit(int resource, rlim_t most, const char* what) {
  rlimit now{};
  getrlimit(static_cast<__rlimit_resource>(resource), &now);
  const rlim_t value = now.rlim_max < most ? now.rlim_max : most;
  const rlimit then{value, value};
  return setrlimit(static_cast<__rlimit_resource>(resource), &then) == 0 ? std::string() : failed(what);
}

std::string limit_resources(std::uint32_t memory_mb) {
  const std::uint64_t memory = std::uint64_t{memory_mb} << 20;
  for (const std::string& problem : {limit(RLIMIT_DATA, memory, "memory cannot be limited"),
                                     limit(RLIMIT_CORE, 0, "core dumps cannot be limited"),
                                     limit(RLIMIT_NOFILE, descriptors_most, "descriptors cannot be limited"),
                                     limit(RLIMIT_MSGQUEUE, 0, "message queues cannot be limited"),
                                     limit(RLIMIT_MEMLOCK, 0, "locked memory cannot be limited")}) {
    if (!problem.empty()) return problem;
  }
  return {};
}

/// Reading and executing below a folder or of a file; one that is not there needs no permission.
bool permit(int rules, const char* path) {
  landlock_path_beneath_attr beneath{};
  beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
  if (beneath.parent_fd < 0) return true;
  struct stat what {};
  const bool is_known = fstat(beneath.parent_fd, &what) == 0;
  beneath.allowed_access = files_read | (S_ISDIR(what.st_mode) ? LANDLOCK_ACCESS_FS_READ_DIR : 0U);
  const bool added =
      is_known && syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
  close(beneath.parent_fd);
  return added;
}

/// No file at all but those of the system's libraries and of the folders; none, without folders.
std::string lock_files(std::span<const std::string> library_folders, bool allow_weak) {
  const landlock_ruleset_attr handled{files_all};
  const auto rules = static_cast<int>(syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0));
  if (rules < 0)
    return allow_weak ? std::string()
                      : failed(
                            "the kernel bounds no files (Landlock), which /trust/allow_weak_sandbox of the "
                            "host's configuration would allow");
  bool locked = true;
  if (!library_folders.empty()) {
    for (const char* path : {"/lib", "/lib64", "/usr/lib", "/usr/local/lib", "/etc/ld.so.cache"})
      locked = locked && permit(rules, path);
  }
  for (const std::string& folder : library_folders)
    locked = locked && permit(rules, folder.c_str());
  locked = locked && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  std::string problem = locked ? std::string() : failed("Landlock took no rules");
  close(rules);
  return problem;
}

}  // namespace

bool can_bound_files() {
  return syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

std::string enter_sandbox([[maybe_unused]] const SandboxOrder& order) {
#if defined(CADRE_SANITIZED)
  return {};  // a sanitizer's runtime opens files, and maps more memory than there is
#else
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("privileges cannot be given up");
  // What another process of the same user could read of it, and what it could read of others.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // Folders that root may read by being root: until the library is open.
  std::string problem = keep_capabilities(1U << CAP_DAC_READ_SEARCH);
  if (problem.empty()) problem = limit_resources(order.memory_mb);
  const bool is_agent = order.profile == SandboxProfile::agent;
  if (problem.empty() && is_agent) problem = lock_files(order.library_folders, order.allow_weak);
  if (problem.empty())
    problem = filter_system_calls(is_agent ? SystemCalls::loading : SystemCalls::venue, order.ends_process);
  return problem;
#endif
}

std::string seal_sandbox([[maybe_unused]] SandboxProfile profile, [[maybe_unused]] bool allow_weak,
                         [[maybe_unused]] bool ends_process) {
#if defined(CADRE_SANITIZED)
  return {};
#else
  if (profile == SandboxProfile::environment) return {};
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> none{};
  if (syscall(SYS_capset, &head, none.data()) != 0) return failed("capabilities cannot be dropped");
  std::string problem = lock_files({}, allow_weak);
  if (problem.empty()) problem = filter_system_calls(SystemCalls::computing, ends_process);
  return problem;
#endif
}

}  // namespace cadre::agent
