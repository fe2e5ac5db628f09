#include "host/agent/system_call_filter.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

namespace cadre::agent {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
#error "the lists of system calls are those of x86-64 and of aarch64"
#endif

// Numbers of x32, which would be other calls under the same architecture, begin here.
constexpr std::uint32_t x32_bit = 0x40000000;

constexpr std::initializer_list<std::uint32_t> computing_calls = {
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_recvmsg,
    SYS_recvfrom,
    SYS_sendmsg,
    SYS_sendto,
    SYS_ppoll,
    SYS_close,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_futex,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_getpid,
    SYS_gettid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getppid,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_exit,
    SYS_exit_group,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_getrandom,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_membarrier,
    SYS_restart_syscall,
    SYS_fstat,
    SYS_getrusage,
#if defined(__x86_64__)
    SYS_poll,
    SYS_time,
#endif
};
constexpr std::initializer_list<std::uint32_t> loading_calls = {
    SYS_mmap,
    SYS_mprotect,
    SYS_pread64,
    SYS_newfstatat,
    SYS_statx,
    SYS_lseek,
    SYS_getcwd,
    SYS_readlinkat,
    SYS_faccessat,
    SYS_getdents64,
    SYS_uname,
    SYS_capset,
    SYS_landlock_create_ruleset,
    SYS_landlock_restrict_self,
    SYS_seccomp,
    SYS_set_tid_address,
#if defined(__x86_64__)
    SYS_access,
    SYS_readlink,
    SYS_stat,
    SYS_lstat,
#endif
};
constexpr std::initializer_list<std::uint32_t> venue_calls = {
    SYS_socket,      SYS_connect,       SYS_shutdown,  SYS_getsockopt,  SYS_setsockopt,
    SYS_getsockname, SYS_getpeername,   SYS_openat,    SYS_unlinkat,    SYS_mknodat,
    SYS_fcntl,       SYS_fsync,         SYS_fdatasync, SYS_ftruncate,   SYS_pwrite64,
    SYS_eventfd2,    SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_mkdirat,
#if defined(__x86_64__)
    SYS_open,        SYS_unlink,        SYS_mknod,     SYS_epoll_wait,  SYS_mkdir,
#endif
};

/// A filter while it is written. A rule of one call ends with an answer, so the next begins afresh.
class Filter {
 public:
  explicit Filter(bool ends_process) : ends_process_(ends_process) {
    load(offsetof(seccomp_data, arch));
    unless_equal(architecture, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    program_.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, x32_bit, 0, 1));
    answer(SECCOMP_RET_KILL_PROCESS);
#endif
  }

  void allow(std::initializer_list<std::uint32_t> calls) {
    for (const std::uint32_t call : calls)
      when(call, [&] { answer(SECCOMP_RET_ALLOW); });
  }
  /// Allowed when the low half of an argument has, of the bits in `mask`, exactly those in `bits`.
  void allow_masked(std::uint32_t call, unsigned argument, std::uint32_t mask, std::uint32_t bits) {
    when(call, [&] {
      load_argument(argument);
      program_.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
      allow_if_equal(bits);
    });
  }
  /// mmap: memory that counts as the process's own, and of files what is only read or private; code when new
  /// code may come in.
  void allow_mapping() {
    when(SYS_mmap, [&] {
      load_argument(2);
      refuse_bits(PROT_EXEC);
      load_argument(3);
      refuse_bits(MAP_GROWSDOWN);
      program_.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, MAP_SHARED | MAP_ANONYMOUS));
      program_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MAP_SHARED | MAP_ANONYMOUS, 0, 1));
      answer(refuse_call());
      answer(SECCOMP_RET_ALLOW);
    });
  }
  void refuse(std::uint32_t call, int error) {
    when(call, [&] { answer(refusal(error)); });
  }

  std::string install() {
    answer(refuse_call());
    const sock_fprog program{static_cast<unsigned short>(program_.size()), program_.data()};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0) return {};
    return std::string("the kernel takes no system call filter (seccomp): ") + std::strerror(errno);
  }

 private:
  static std::uint32_t refusal(int error) {
    return SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(error) & SECCOMP_RET_DATA);
  }
  std::uint32_t refuse_call() const {
    return ends_process_ ? SECCOMP_RET_KILL_PROCESS : refusal(EPERM);
  }
  void load(std::size_t offset) {
    program_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
  }
  /// The low half: the machines are little-endian, and flags have no other.
  void load_argument(unsigned number) {
    load(offsetof(seccomp_data, args) + sizeof(std::uint64_t) * number);
  }
  void answer(std::uint32_t action) {
    program_.push_back(BPF_STMT(BPF_RET | BPF_K, action));
  }
  void unless_equal(std::uint32_t value, std::uint32_t action) {
    program_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0));
    answer(action);
  }
  void allow_if_equal(std::uint32_t value) {
    unless_equal(value, refuse_call());
    answer(SECCOMP_RET_ALLOW);
  }
  void refuse_bits(std::uint32_t bits) {
    program_.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
    answer(refuse_call());
  }
  /// The rule of one call; jumped over for every other one, with the number still loaded.
  template <class Rule>
  void when(std::uint32_t call, Rule&& rule) {
    program_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 0));
    const std::size_t at = program_.size() - 1;
    rule();
    program_[at].jf = static_cast<std::uint8_t>(program_.size() - at - 1);
  }

  const bool ends_process_;
  std::vector<sock_filter> program_;
};

/// What every list has: threads and no processes, signals to itself alone, limits that are only read.
void allow_within_bounds(Filter& filter) {
  filter.allow(computing_calls);
  filter.allow_masked(SYS_clone, 0, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND,
                      CLONE_THREAD | CLONE_VM | CLONE_SIGHAND);
  // Its flags are in memory, which a filter does not see; the C library takes clone when it is not there.
  filter.refuse(SYS_clone3, ENOSYS);
  // The view of a state would have pages of its own, and does without.
  filter.refuse(SYS_memfd_create, EPERM);
  filter.allow_masked(SYS_tgkill, 0, ~0U, static_cast<std::uint32_t>(getpid()));
  filter.allow_masked(SYS_prlimit64, 2, ~0U, 0);
}

}  // namespace

std::string filter_system_calls(SystemCalls allowed, bool ends_process) {
  constexpr std::uint32_t writes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_PATH;
  Filter filter(ends_process);
  allow_within_bounds(filter);
  if (allowed == SystemCalls::computing) {
    filter.allow_mapping();
    filter.allow_masked(SYS_mprotect, 2, PROT_EXEC, 0);
  } else {
    filter.allow(loading_calls);
    // F_GETFD and F_GETFL: an interpreter asks them of every file it opens.
    if (allowed == SystemCalls::loading) filter.allow_masked(SYS_fcntl, 1, ~2U, F_GETFD);
    if (allowed == SystemCalls::venue)
      filter.allow(venue_calls);
    else
      filter.allow_masked(SYS_openat, 2, writes, 0);
  }
  return filter.install();
}

}  // namespace cadre::agent
