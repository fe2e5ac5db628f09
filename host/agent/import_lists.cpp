// What a plugin may import, by name. Everything else is refused: a list of what is banned had a way round for
// every entry. A name comes in when a plugin needs it and no call of it can stop, fool or outlive the host.

#include "host/agent/allowed_imports.hpp"

namespace cadre::agent {

namespace {

// clang-format off
constexpr ImportGroup in_process[] = {
    {"start and end of a library", "The compiler puts them into every library; what they register ends with it.",
     "__gmon_start__ _ITM_registerTMCloneTable _ITM_deregisterTMCloneTable _Jv_RegisterClasses __cxa_finalize "
     "__cxa_atexit __tls_get_addr __libc_single_threaded __stack_chk_fail __stack_chk_guard"},
    {"memory", "Memory of the agent's own, from the allocator of the process.",
     "malloc calloc realloc reallocarray free aligned_alloc posix_memalign memalign malloc_usable_size "
     "_Znw* _Zna* _Zdl* _Zda* _ZSt7nothrow"},
    {"bytes and strings", "They touch what they are given and nothing else.",
     "memcpy memmove memset memcmp memchr memrchr memmem rawmemchr mempcpy memccpy bcmp bcopy bzero explicit_bzero "
     "strlen strnlen strcmp strncmp strcasecmp strncasecmp strcpy strncpy stpcpy stpncpy strcat strncat strchr strrchr "
     "strchrnul strstr strcasestr strpbrk strspn strcspn strsep strtok_r strdup strndup strcoll strxfrm strverscmp "
     "strerror_r __xpg_strerror_r "
     "wmemcpy wmemmove wmemset wmemcmp wmemchr wcslen wcsnlen wcscmp wcsncmp wcscpy wcsncpy wcscat wcschr wcsrchr wcsstr"},
    {"the same, checked", "What -D_FORTIFY_SOURCE makes of them.",
     "__memcpy_chk __memmove_chk __memset_chk __mempcpy_chk __strcpy_chk __stpcpy_chk __strncpy_chk __stpncpy_chk "
     "__strcat_chk __strncat_chk __explicit_bzero_chk __wmemcpy_chk __wmemmove_chk __wmemset_chk __chk_fail "
     "__snprintf_chk __vsnprintf_chk __sprintf_chk __vsprintf_chk __asprintf_chk __vasprintf_chk"},
    {"characters", "Tables of the C library, read only.",
     "isalnum isalpha isascii isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit tolower "
     "toupper iswalnum iswalpha iswblank iswcntrl iswdigit iswgraph iswlower iswprint iswpunct iswspace iswupper iswxdigit "
     "towlower towupper __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc __ctype_get_mb_cur_max "
     "mbrtowc wcrtomb mbsrtowcs wcsrtombs mbrlen btowc wctob"},
    {"text from and to numbers", "Into a buffer, never into a file.",
     "snprintf vsnprintf sprintf vsprintf asprintf vasprintf sscanf vsscanf __isoc99_sscanf __isoc99_vsscanf "
     "strtol strtoul strtoll strtoull strtoimax strtoumax strtod strtof strtold atoi atol atoll atof strfromd strfromf "
     "__isoc23_strtol __isoc23_strtoul __isoc23_strtoll __isoc23_strtoull __isoc23_sscanf __isoc23_vsscanf"},
    {"sorting and whole numbers", "Pure functions.",
     "qsort qsort_r bsearch abs labs llabs imaxabs div ldiv lldiv imaxdiv ffs ffsl ffsll"},
    {"mathematics", "Pure functions; a few read the rounding mode, none sets it.",
     "acos=fl acosh=fl asin=fl asinh=fl atan=fl atan2=fl atanh=fl cbrt=fl ceil=fl copysign=fl cos=fl cosh=fl erf=fl erfc=fl "
     "exp=fl exp2=fl exp10=fl expm1=fl fabs=fl fdim=fl floor=fl fma=fl fmax=fl fmin=fl fmod=fl frexp=fl hypot=fl ilogb=fl "
     "j0=fl j1=fl jn=fl ldexp=fl lgamma=fl lgamma_r=fl llrint=fl llround=fl log=fl log10=fl log1p=fl log2=fl logb=fl lrint=fl "
     "lround=fl modf=fl nan=fl nearbyint=fl nextafter=fl nexttoward=fl pow=fl remainder=fl remquo=fl rint=fl round=fl "
     "roundeven=fl scalb=fl scalbln=fl scalbn=fl sin=fl sincos=fl sinh=fl sqrt=fl tan=fl tanh=fl tgamma=fl trunc=fl y0=fl "
     "y1=fl yn=fl "
     "__finite=fl __fpclassify=fl __isinf=fl __isnan=fl __signbit=fl __iseqsig=fl __issignaling=fl "
     "cabs=fl carg=fl cimag=fl creal=fl conj=fl cproj=fl cexp=fl clog=fl cpow=fl csqrt=fl csin=fl ccos=fl ctan=fl csinh=fl "
     "ccosh=fl ctanh=fl fegetround fetestexcept feclearexcept"},
    {"arithmetic of the compiler", "What the processor has no instruction for.",
     "__divti3 __modti3 __udivti3 __umodti3 __divmodti4 __udivmodti4 __multi3 __ashlti3 __ashrti3 __lshrti3 __mulvsi3 "
     "__mulvdi3 __popcountdi2 __popcountti2 __clzti2 __ctzti2 __ffsti2 __bswapdi2 __parityti2 __muldc3 __divdc3 __mulsc3 "
     "__divsc3 __mulxc3 __divxc3 __multc3 __divtc3 __powidf2 __powisf2 __powixf2 __powitf2 __fixdfti __fixsfti __fixunsdfti "
     "__fixunssfti __floattidf __floattisf __floatuntidf __floatuntisf __addtf3 __subtf3 __multf3 __divtf3 __negtf2 __eqtf2 "
     "__netf2 __lttf2 __letf2 __gttf2 __getf2 __unordtf2 __extend*tf2 __trunctf* __fixtf* __fixunstf* __float*tf __cpu_model"},
    {"exceptions", "Thrown and caught within the library.",
     "_Unwind_Resume _Unwind_Resume_or_Rethrow _Unwind_RaiseException _Unwind_DeleteException _Unwind_Backtrace _Unwind_Get* "
     "_Unwind_Set* _Unwind_FindEnclosingFunction __gxx_personality_v0 __gcc_personality_v0 __cxa_allocate_exception "
     "__cxa_free_exception __cxa_init_primary_exception __cxa_throw __cxa_rethrow __cxa_begin_catch __cxa_end_catch "
     "__cxa_get_exception_ptr __cxa_bad_cast __cxa_bad_typeid __cxa_throw_bad_array_new_length __cxa_call_unexpected "
     "__cxa_call_terminate _ZSt*__throw_* _ZSt9terminatev _ZSt18uncaught_exceptionv _ZSt19uncaught_exceptionsv"},
    {"the C++ runtime", "Statics of functions, virtual calls, casts, type information.",
     "__cxa_guard_acquire __cxa_guard_release __cxa_guard_abort __cxa_pure_virtual __cxa_deleted_virtual __cxa_vec_* "
     "__cxa_demangle __dynamic_cast _ZTI* _ZTS* _ZTV* _ZTT* _ZNSt9type_info* _ZNKSt9type_info*"},
    {"a program that gives up", "An assertion ends the process as a crash does: with the agent's name.",
     "abort __assert_fail __assert_perror_fail _ZSt*__glibcxx_assert*"},
    {"errors", "The number of the last error, per thread, and its name.", "__errno_location strerror"},
    {"locks", "Statics are shared by instances on parallel threads. A lock that is never given back is a hang.",
     "pthread_mutex_init pthread_mutex_lock pthread_mutex_trylock pthread_mutex_unlock pthread_mutex_destroy "
     "pthread_mutexattr_init pthread_mutexattr_settype pthread_mutexattr_destroy pthread_rwlock_init pthread_rwlock_rdlock "
     "pthread_rwlock_wrlock pthread_rwlock_tryrdlock pthread_rwlock_trywrlock pthread_rwlock_unlock pthread_rwlock_destroy "
     "pthread_spin_init pthread_spin_lock pthread_spin_trylock pthread_spin_unlock pthread_spin_destroy pthread_once"},
    {"standard exceptions", "Their constructors and destructors.",
     "_ZN*St9exception* _ZN*St9bad_alloc* _ZN*St8bad_cast* _ZN*St10bad_typeid* _ZN*St13bad_exception* "
     "_ZN*St17bad_function_call* _ZN*St20bad_array_new_length* _ZN*St11logic_error* _ZN*St12domain_error* "
     "_ZN*St12length_error* _ZN*St12out_of_range* _ZN*St16invalid_argument* _ZN*St13runtime_error* _ZN*St11range_error* "
     "_ZN*St14overflow_error* _ZN*St15underflow_error* _ZN*St12system_error* _ZN*St11regex_error* _ZN*St3_V214error_category* "
     "_ZNSt3_V216generic_categoryEv _ZNSt3_V215system_categoryEv"},
    {"standard strings and containers", "The parts that are not in headers.",
     "_ZNSs* _ZNKSs* _ZNSaI* _ZNSt7__cxx1112basic_string* _ZNKSt7__cxx1112basic_string* _ZStplI*basic_string* _ZSt*_Rb_tree_* "
     "_ZSt*_Hash_bytes* _ZSt*_Fnv_hash_bytes* _ZNKSt8__detail20_Prime_rehash_policy* _ZNSt8__detail15_List_node_base* "
     "_ZNSt19_Sp_make_shared_tag* _ZN9__gnu_cxx18__exchange_and_add* _ZN9__gnu_cxx12__atomic_add* _ZSt10from_chars* "
     "_ZSt8to_chars* _ZNSt3pmr* _ZNKSt3pmr*"},
    {"streams over strings", "std::ostringstream and its like, in the locale that is set.",
     "_ZN*St7__cxx11*basic_*stringstream* _ZN*St7__cxx11*basic_stringbuf* "
     "_ZNSt8ios_base* _ZNKSt8ios_base* _ZNSt9basic_ios* _ZNKSt9basic_ios* _ZNSt15basic_streambuf* "
     "_ZNKSt15basic_streambuf* _ZNSo* _ZNKSo* _ZNSi* _ZNKSi* _ZNSd* _ZNSt13basic_ostream* _ZNSt13basic_istream* "
     "_ZNSt14basic_iostream* _ZStls* _ZStrs* _ZSt16__ostream_insert* _ZSt7getline* _ZSt2ws* _ZSt4endl* _ZSt4ends* _ZSt5flush* "
     "_ZNSt6localeC1Ev _ZNSt6localeC2Ev _ZNSt6localeC1ERKS_ _ZNSt6localeC2ERKS_ _ZNSt6localeD1Ev _ZNSt6localeD2Ev "
     "_ZNSt6localeaSERKS_ _ZNKSt6locale* _ZNSt6locale7classicEv _ZNKSt5ctype* _ZNSt5ctype* _ZNKSt7__cxx117collate* "
     "_ZNSt7__cxx117collate* _ZSt9use_facet* _ZSt9has_facet*"},
#ifdef CADRE_SANITIZED
    {"sanitizers", "Only where the host is built with them too.", "__asan_* __ubsan_* __sanitizer_* __tsan_* __lsan_* __interceptor_*"},
#endif
};

constexpr ImportGroup with_a_process[] = {
    {"threads", "They end with the process.",
     "pthread_* sem_* thrd_* mtx_* cnd_* tss_* call_once __pthread_* sched_* gettid __once_proxy"},
    {"what a thread leaves behind", "It ends with the process.",
     "__cxa_thread_atexit __cxa_thread_atexit_impl atexit on_exit __register_atfork"},
    {"clocks and waiting", "For environments; an agent that decides takes the time from the host.",
     "clock clock_* time gettimeofday nanosleep usleep sleep timerfd_* difftime mktime timegm gmtime gmtime_r localtime "
     "localtime_r strftime tzset times pause"},
    {"random numbers", "An agent that uses them is not deterministic, and its manifest says so.",
     "rand rand_r srand random srandom drand48 erand48 lrand48 srand48 getrandom getentropy arc4random arc4random_buf "
     "arc4random_uniform"},
    {"files", "As far as the process may touch any.",
     "open open64 openat openat64 creat close read write readv writev pread pread64 pwrite pwrite64 lseek lseek64 fsync fdatasync "
     "ftruncate ftruncate64 truncate stat stat64 fstat fstat64 lstat lstat64 fstatat fstatat64 statx access faccessat unlink "
     "unlinkat rename renameat mkdir mkdirat rmdir opendir fdopendir readdir readdir64 closedir dirfd readlink readlinkat realpath "
     "getcwd dup dup2 dup3 pipe pipe2 fcntl fcntl64 flock umask memfd_create copy_file_range sendfile sendfile64 utimensat futimens "
     "fchmod chmod link linkat symlink symlinkat mkfifo mkfifoat mkstemp mkostemp mkdtemp "
     "fopen fopen64 fdopen fclose fread fwrite fflush fgets fgetc fputs fputc putc getc puts putchar printf vprintf fprintf "
     "vfprintf dprintf vdprintf fscanf vfscanf __isoc99_fscanf fseek fseeko fseeko64 ftell ftello ftello64 rewind feof ferror "
     "clearerr setvbuf setbuf fileno ungetc getline getdelim perror remove tmpfile open_memstream "
     "__printf_chk __fprintf_chk __vfprintf_chk __vprintf_chk __dprintf_chk __fread_chk __read_chk __fgets_chk __open64_2 __open_2 "
     "stdin stdout stderr"},
    {"sockets and events", "As far as the process may use a network.",
     "socket socketpair connect bind listen accept accept4 shutdown send sendto sendmsg recv recvfrom recvmsg getsockopt setsockopt "
     "getsockname getpeername getaddrinfo freeaddrinfo gai_strerror inet_ntop inet_pton htons htonl ntohs ntohl if_nametoindex "
     "poll ppoll select pselect epoll_* eventfd eventfd_read eventfd_write ioctl __poll_chk __fdelt_chk __recv_chk __h_errno_location"},
    {"memory mappings", "Of its own address space.",
     "mmap mmap64 munmap mremap mprotect madvise posix_madvise mincore mlock munlock msync brk sbrk shm_open shm_unlink mallopt "
     "malloc_trim mallinfo mallinfo2"},
    {"signals", "Of its own process.",
     "sigaction signal sigaltstack sigprocmask sigemptyset sigfillset sigaddset sigdelset sigismember raise _setjmp setjmp "
     "__sigsetjmp longjmp _longjmp siglongjmp __longjmp_chk"},
    {"about the system", "Asked by the runtimes of Rust, Go and Python.",
     "getpid getppid getuid geteuid getgid getegid getpagesize sysconf pathconf getauxval gethostname uname getenv secure_getenv "
     "setenv unsetenv putenv environ __environ getrlimit getrlimit64 getrusage getloadavg get_nprocs get_nprocs_conf sysinfo isatty "
     "gnu_get_libc_version strsignal strtok setlocale localeconv nl_langinfo newlocale freelocale uselocale "
     "__libc_start_main mbstowcs wcstombs mbtowc wctomb dl_iterate_phdr _dl_find_object dladdr backtrace"},
    {"looking functions up", "Rust's std looks up newer functions of the C library by name.", "dlsym dlvsym dlerror dlopen dlclose syscall"},
    {"the rest of the runtimes", "The process ends with what is wrong in them.",
     "exit _exit _Exit quick_exit __cxa_* _Unwind_* fesetround fegetenv fesetenv feholdexcept feupdateenv feraiseexcept fegetexcept"},
    {"all of the C++ library", "Threads, clocks, files and streams of C++ with it.",
     "_ZNSt* _ZNKSt* _ZNVSt* _ZNRSt* _ZNKRSt* _ZNOSt* _ZSt* _ZNSa* _ZNKSa* _ZGVNSt* _ZN9__gnu_cxx* _ZNK9__gnu_cxx*"},
    {"Python's C interface", "For an agent that brings the interpreter with it.", "Py* _Py*"},
};

constexpr std::string_view by_the_host = "take clock, random numbers, timers and logging from the host";
constexpr std::string_view by_data = "take what it needs to know from its settings and events";
constexpr std::string_view by_nothing = "leave it out";

constexpr RefusedGroup refused[] = {
    {"starts threads", "leave that to the host, which runs agents in parallel", false,
     "pthread_create thrd_create _ZNSt6thread* _ZNKSt6thread* _ZN*__future_base*"},
    {"waits for other threads", "answer without waiting", false,
     "pthread_cond_* pthread_join pthread_barrier_* sem_* cnd_* thrd_join _ZN*St18condition_variable* _ZN*St22condition_variable_any*"},
    {"leaves thread-specific destructors behind",
     "build an agent in Rust as no_std with a panic handler of its own", false,
     "pthread_key_create pthread_key_delete pthread_setspecific __pthread_key_create tss_create"},
    {"has thread_local objects with destructors",
     "keep the object in the agent, or build an agent in Rust as no_std", false,
     "__cxa_thread_atexit __cxa_thread_atexit_impl"},
    {"registers exit handlers", "clean up in destroy", false, "atexit on_exit at_quick_exit __cxa_at_quick_exit __register_atfork pthread_atfork"},
    {"starts processes", by_nothing, true,
     "fork vfork _Fork clone __clone clone3 posix_spawn* system popen execl execle execlp execv execve execvp execvpe fexecve execveat "
     "wordexp daemon forkpty"},
    {"reaches into other processes", by_nothing, true,
     "ptrace process_vm_readv process_vm_writev kill killpg tgkill pthread_kill sigqueue pidfd_*"},
    {"changes what the process may do", by_nothing, true,
     "prctl setuid setgid seteuid setegid setreuid setregid setresuid setresgid setgroups chroot unshare setns mount umount umount2 "
     "personality iopl ioperm reboot capset bpf perf_event_open userfaultfd"},
    {"loads libraries or looks functions up", "link what it needs, or build an agent in Rust as no_std", false,
     "dlopen dlmopen dlsym dlvsym dlclose dladdr dladdr1 dlinfo dlerror"},
    {"uses the inside of the C library", "use its public functions", true, "dlmopen __libc_dlopen_mode __libc_dlsym __libc_dlclose _dl_* _rtld_global*"},
    {"calls the system past the C library", "build an agent in Rust as no_std with a panic handler of its own", false,
     "syscall"},
    {"ends the process", "return a status", false, "exit _exit _Exit quick_exit"},
    {"changes signal handlers", by_nothing, false,
     "signal sigaction sigset bsd_signal sysv_signal __sysv_signal sigaltstack siginterrupt raise signalfd sigwait sigwaitinfo sigsuspend"},
    {"changes signal masks", by_nothing, false, "sigprocmask pthread_sigmask sigblock sigsetmask sighold sigrelse"},
    {"jumps out of calls", "return a status", false,
     "setjmp _setjmp __sigsetjmp longjmp _longjmp siglongjmp __longjmp_chk makecontext swapcontext setcontext getcontext"},
    {"reads a clock", by_the_host, false,
     "clock clock_* time ftime gettimeofday times timespec_get ntp_gettime* localtime localtime_r gmtime mktime tzset "
     "_ZNSt6chrono3_V2*now*"},
    {"sets timers or sleeps", by_the_host, false,
     "timer_* setitimer getitimer alarm ualarm timerfd_* nanosleep usleep sleep pause clock_nanosleep sched_yield"},
    {"draws random numbers that no replay repeats", by_the_host, false,
     "rand rand_r srand random random_r srandom initstate setstate drand48 erand48 lrand48 nrand48 mrand48 jrand48 srand48 seed48 lcong48 "
     "getrandom getentropy arc4random arc4random_buf arc4random_uniform _ZNSt13random_device*"},
    {"reads the environment", by_data, false, "getenv secure_getenv __secure_getenv environ __environ _environ"},
    {"changes the environment", by_data, false, "setenv putenv unsetenv clearenv"},
    {"changes the locale of the process", "write numbers with std::to_chars", false,
     "setlocale uselocale newlocale _ZNSt6locale6globalERKS_ _ZNSt6localeC1EPKc _ZNSt6localeC2EPKc"},
    {"opens sockets", "leave them to an execution environment", false,
     "socket socketpair connect bind listen accept accept4 getaddrinfo gethostbyname* send sendto sendmsg recv recvfrom recvmsg"},
    {"reads or writes files", by_the_host, false,
     "open open64 openat openat64 creat creat64 read write readv writev pread* pwrite* close close_range dup dup2 dup3 pipe pipe2 "
     "fcntl fcntl64 ioctl memfd_create fopen fopen64 freopen fdopen fread fwrite fgets fputs fputc fclose fflush fscanf fseek ftell "
     "opendir readdir readdir64 stat stat64 fstat fstat64 lstat lstat64 statx unlink rename remove mkdir mkfifo rmdir readlink realpath getcwd chdir "
     "truncate ftruncate sendfile splice aio_* aio_*64 lio_listio io_* inotify_* fanotify_* mkstemp tmpfile __open_2 __open64_2 "
     "_ZNSt10filesystem* _ZNKSt10filesystem* _Z*basic_filebuf* _Z*basic_ifstream* _Z*basic_ofstream* _Z*basic_fstream* _Z*__basic_file*"},
    {"writes to the host's output", "log through the host", false,
     "printf vprintf fprintf vfprintf dprintf vdprintf puts putchar putc perror psignal __printf_chk __fprintf_chk __vfprintf_chk "
     "__vprintf_chk __dprintf_chk stdin stdout stderr _IO_* _ZSt4cout _ZSt4cerr _ZSt4clog _ZSt3cin _ZSt5wcout _ZSt5wcerr _ZSt5wclog "
     "_ZSt4wcin _ZNSt8ios_base15sync_with_stdioEb syslog vsyslog openlog"},
    {"maps or protects memory", "use malloc", false,
     "mmap mmap64 munmap mremap mprotect pkey_* madvise remap_file_pages mlock mlockall munlock munlockall shm_open shm_unlink shmat shmget "
     "msync process_madvise"},
    {"changes the allocator of the process", by_nothing, false,
     "brk sbrk mallopt malloc_trim mtrace muntrace mcheck __malloc_hook __free_hook __realloc_hook __memalign_hook mallinfo mallinfo2 "
     "_ZNSt3pmr20set_default_resource*"},
    {"changes handlers of the process", by_nothing, false,
     "_ZSt13set_terminatePFvvE _ZSt14set_unexpectedPFvvE _ZSt15set_new_handlerPFvvE"},
    {"keeps an exception alive after the library is gone", "turn it into a status where it is caught", false,
     "_ZSt17current_exceptionv _ZSt17rethrow_exception* _ZN*15__exception_ptr*"},
    {"changes the floating-point mode", by_nothing, false,
     "fesetround fesetenv feupdateenv feholdexcept feenableexcept fedisableexcept feraiseexcept fesetexceptflag fesetmode __fesetround"},
    {"asks what machine or process it is in, which no replay repeats", by_data, false,
     "getpid getppid gettid pthread_self getuid geteuid gethostname uname sysconf getauxval getpagesize getrusage getrlimit getrlimit64 "
     "sysinfo get_nprocs get_nprocs_conf sched_getcpu sched_getaffinity getcpu getloadavg gnu_get_libc_version gnu_get_libc_release confstr "
     "dl_iterate_phdr backtrace"},
    {"changes how the process is scheduled or limited", by_nothing, false,
     "setrlimit setrlimit64 prlimit prlimit64 setpriority nice sched_setaffinity sched_setscheduler sched_setparam pthread_setschedparam "
     "pthread_setaffinity_np pthread_setname_np pthread_cancel pthread_exit"},
    {"keeps its place in memory that all of the process shares", "use the variant that ends in _r", false,
     "strtok strsignal hsearch hcreate hdestroy getopt getopt_long"},
};
// clang-format on

}  // namespace

std::span<const ImportGroup> allowed_imports() {
  return in_process;
}
std::span<const ImportGroup> isolated_imports() {
  return with_a_process;
}
std::span<const RefusedGroup> refused_imports() {
  return refused;
}

}  // namespace cadre::agent
