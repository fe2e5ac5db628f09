#include "host/agent/allowed_imports.hpp"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>

namespace cadre::agent {
namespace {

bool is_allowed(std::string_view name, ImportList list = ImportList::in_process) {
  return judge_import(name, list).allowed;
}

TEST(AllowedImports, fit_whole_names_and_patterns) {
  EXPECT_TRUE(fits("memcpy", "memcpy"));
  EXPECT_FALSE(fits("memcpy2", "memcpy"));
  EXPECT_FALSE(fits("memcp", "memcpy"));
  EXPECT_TRUE(fits("pthread_create", "pthread_*"));
  EXPECT_TRUE(fits("_ZSt20__throw_length_errorPKc", "_ZSt*__throw_*"));
  EXPECT_TRUE(fits("abcbc", "a*bc"));
  EXPECT_FALSE(fits("abcb", "a*bc"));
  EXPECT_FALSE(fits("xpthread_create", "pthread_*"));
}

TEST(AllowedImports, are_what_compilers_make_of_ordinary_code) {
  for (const char* name : {"memcpy",
                           "strlen",
                           "snprintf",
                           "__snprintf_chk",
                           "__stack_chk_fail",
                           "sqrt",
                           "sqrtf",
                           "sqrtl",
                           "abort",
                           "malloc",
                           "__tls_get_addr",
                           "__libc_single_threaded",
                           "__cxa_guard_acquire",
                           "_Unwind_Resume",
                           "_Znwm",
                           "_ZdlPvm",
                           "pthread_mutex_lock",
                           "_ZSt20__throw_length_errorPKc",
                           "_ZNSt13runtime_errorC1EPKc",
                           "_ZTISt13runtime_error",
                           "_ZNSo9_M_insertIdEERSoT_",
                           "_ZSt18_Rb_tree_incrementPKSt18_Rb_tree_node_base"})
    EXPECT_TRUE(is_allowed(name)) << name;
}

TEST(AllowedImports, hold_nothing_that_is_not_listed) {
  for (const char* name : {"", "frobnicate", "forklift", "memcpy_", "mem*", "*", "qsort2", "__libc_malloc"}) {
    EXPECT_FALSE(is_allowed(name)) << name;
    EXPECT_FALSE(is_allowed(name, ImportList::isolated)) << name;
    EXPECT_EQ(judge_import(name, ImportList::in_process).sentence, "") << name;
  }
  EXPECT_FALSE(is_allowed(std::string(1 << 20, 'a')));
}

TEST(AllowedImports, hold_no_way_round_them) {
  for (const char* name :
       {"dlsym",
        "dlopen",
        "syscall",
        "clone",
        "open",
        "open64",
        "openat",
        "mmap",
        "execv",
        "execveat",
        "setlocale",
        "feenableexcept",
        "arc4random",
        "fopen",
        "read",
        "write",
        "ioctl",
        "memfd_create",
        "prctl",
        "raise",
        "kill",
        "longjmp",
        "__longjmp_chk",
        "siglongjmp",
        "makecontext",
        "sigaltstack",
        "getenv",
        "environ",
        "__environ",
        "stdout",
        "stderr",
        "__libc_dlsym",
        "_dl_addr",
        "pthread_create",
        "mallopt",
        "malloc_trim",
        "__malloc_hook",
        "brk",
        "sbrk",
        "sem_wait",
        "aio_read",
        "timer_create",
        "times",
        "getpid",
        "gethostname",
        "uname",
        "sysconf",
        "getauxval",
        "printf",
        "exit",
        "quick_exit",
        "signal",
        "strtok",
        "ptrace",
        "process_vm_writev",
        "timespec_get",
        "localtime",
        "_ZSt4cout",
        "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE",
        "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE",
        "_ZNSt6chrono3_V212steady_clock3nowEv",
        "_ZNSt13random_device7_M_initERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
        "_ZNSt10filesystem6removeERKNS_7__cxx114pathE",
        "_ZNSt13basic_filebufIcSt11char_traitsIcEEC1Ev",
        "_ZTVSt14basic_ofstreamIcSt11char_traitsIcEE",
        "_ZTTSt14basic_ofstreamIcSt11char_traitsIcEE",
        "_ZNSt6locale6globalERKS_",
        "_ZSt13set_terminatePFvvE",
        "_ZSt17current_exceptionv",
        "_ZNSt15__exception_ptr13exception_ptrC1EOS0_",
        "_ZNSt8ios_base15sync_with_stdioEb",
        "_ZNSt3pmr20set_default_resourceEPNS_15memory_resourceE"}) {
    const ImportVerdict verdict = judge_import(name, ImportList::in_process);
    EXPECT_FALSE(verdict.allowed) << name;
    EXPECT_NE(verdict.sentence, "") << name;
    EXPECT_NE(verdict.instead, "") << name;
  }
}

TEST(AllowedImports, are_wider_with_a_process_of_its_own) {
  for (const char* name :
       {"pthread_create", "pthread_key_create", "__cxa_thread_atexit_impl", "clock_gettime", "open64",
        "mmap64", "getrandom", "syscall", "dlsym", "socket", "getenv", "writev",
        "_ZNSt6chrono3_V212steady_clock3nowEv", "PyFloat_FromDouble"}) {
    EXPECT_FALSE(is_allowed(name)) << name;
    EXPECT_TRUE(is_allowed(name, ImportList::isolated)) << name;
  }
}

TEST(AllowedImports, start_no_processes_and_reach_into_none_anywhere) {
  for (const char* name : {"fork", "vfork", "clone", "execve", "posix_spawn", "system", "popen", "ptrace",
                           "kill", "prctl", "setuid", "__libc_dlsym", "pthread_kill", "dlmopen"})
    EXPECT_FALSE(is_allowed(name, ImportList::isolated)) << name;
}

TEST(AllowedImports, have_a_sentence_for_every_group) {
  for (const auto groups : {allowed_imports(), isolated_imports()}) {
    for (const ImportGroup& group : groups) {
      EXPECT_FALSE(group.title.empty());
      EXPECT_TRUE(group.sentence.ends_with('.')) << group.title;
      EXPECT_FALSE(group.names.empty()) << group.title;
    }
  }
  for (const RefusedGroup& group : refused_imports()) {
    EXPECT_FALSE(group.sentence.empty());
    EXPECT_FALSE(group.instead.empty()) << group.sentence;
  }
}

}  // namespace
}  // namespace cadre::agent
