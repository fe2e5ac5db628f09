/* An agent that means harm: it asks the kernel by instructions of its own, so that no list of imports shows
 * it. In a sandbox every request is refused. It says so itself: the first that gets through is the sentence
 * with which it refuses its configuration. What no answer of the kernel shows (loops, drips, broken frames)
 * it does in its first decision. */
#include <stdlib.h>

#include "cadre/cadre.h"

enum { SOCKET = 3, READ_ONLY = 0, WRITE_CREATE = 0101, HERE = -100, SIGKILL_NUMBER = 9, SIGCHLD_NUMBER = 17 };

static long ask(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#define ASK(number, ...) ask(number, __VA_ARGS__)

static long parent(void) {
  return ASK(110, 0, 0, 0, 0, 0, 0);
}

static const char* const no_words[] = {NULL};

/* Requests that are refused while the library is loaded already. What gets through, or NULL. The first one is
 * harmless: where there is no sandbox it gets through, and nothing else is tried. */
static const char* refused_always(const char* written) {
  if (ASK(257, HERE, (long)"/etc/passwd", READ_ONLY, 0, 0, 0) >= 0) return "reads a file of the machine";
  if (ASK(257, HERE, (long)written, WRITE_CREATE, 0600, 0, 0) >= 0) return "writes a file";
  if (ASK(2, (long)written, WRITE_CREATE, 0600, 0, 0, 0) >= 0) return "writes a file by open";
  if (ASK(437, HERE, (long)written, (long)no_words, 24, 0, 0) >= 0) return "opens by openat2";
  if (ASK(41, 1, 1, 0, 0, 0, 0) >= 0) return "opens a local socket";
  if (ASK(41, 2, 1, 0, 0, 0, 0) >= 0) return "opens a socket of the network";
  if (ASK(53, 1, 1, 0, (long)no_words, 0, 0) >= 0) return "opens a pair of sockets";
  if (ASK(62, parent(), SIGKILL_NUMBER, 0, 0, 0, 0) >= 0) return "kills the host";
  if (ASK(62, -1, 0, 0, 0, 0, 0) >= 0) return "signals all processes";
  if (ASK(234, parent(), parent(), SIGKILL_NUMBER, 0, 0, 0) >= 0) return "kills a thread of the host";
  if (ASK(101, 16, parent(), 0, 0, 0, 0) >= 0) return "traces the host";
  if (ASK(310, parent(), 0, 0, 0, 0, 0) >= 0) return "reads the host's memory";
  if (ASK(311, parent(), 0, 0, 0, 0, 0) >= 0) return "writes the host's memory";
  if (ASK(434, parent(), 0, 0, 0, 0, 0) >= 0) return "gets a handle of the host";
  if (ASK(57, 0, 0, 0, 0, 0, 0) >= 0) return "forks";
  if (ASK(56, SIGCHLD_NUMBER, 0, 0, 0, 0, 0) >= 0) return "forks by clone";
  if (ASK(435, (long)no_words, 0, 0, 0, 0, 0) >= 0) return "forks by clone3";
  if (ASK(59, (long)"/bin/true", (long)no_words, (long)no_words, 0, 0, 0) >= 0) return "runs a program";
  if (ASK(87, (long)written, 0, 0, 0, 0, 0) >= 0) return "removes a file";
  if (ASK(82, (long)written, (long)"/tmp/moved", 0, 0, 0, 0) >= 0) return "moves a file";
  if (ASK(90, (long)written, 0777, 0, 0, 0, 0) >= 0) return "opens a file to others";
  if (ASK(76, (long)written, 0, 0, 0, 0, 0) >= 0) return "empties a file";
  if (ASK(165, (long)"none", (long)"/", (long)"tmpfs", 0, 0, 0) >= 0) return "mounts";
  if (ASK(272, 0x10000000, 0, 0, 0, 0, 0) >= 0) return "makes a namespace";
  if (ASK(425, 1, (long)no_words, 0, 0, 0, 0) >= 0) return "makes a ring";
  if (ASK(319, (long)"name", 0, 0, 0, 0, 0) >= 0) return "makes a file of memory";
  if (ASK(157, 4, 1, 0, 0, 0, 0) >= 0) return "sets an option of its process";
  if (ASK(105, 0, 0, 0, 0, 0, 0) >= 0) return "sets its user";
  return NULL;
}

/* And those that loading needs. */
static const char* refused_when_sealed(const char* secret) {
  if (ASK(257, HERE, (long)secret, READ_ONLY, 0, 0, 0) >= 0) return "reads a file of the host";
  if (ASK(257, HERE, (long)"/proc/self/environ", READ_ONLY, 0, 0, 0) >= 0) return "reads its environment";
  if (ASK(257, HERE, (long)"/lib", READ_ONLY, 0, 0, 0) >= 0) return "reads a folder";
  if (ASK(9, 0, 4096, 7, 0x22, -1, 0) > 0) return "maps new code";
  if (ASK(9, 0, 4096, 3, 0x21, -1, 0) > 0) return "maps shared memory";
  if (ASK(9, 0, 4096, 3, 0x122, -1, 0) > 0) return "maps a stack that grows";
  if (ASK(10, (long)&no_words & ~4095L, 4096, 5, 0, 0, 0) >= 0) return "makes code of data";
  if (ASK(302, 0, 2, (long)no_words, 0, 0, 0) >= 0) return "sets its limits";
  for (long descriptor = 4; descriptor < 1024; ++descriptor) {
    if (ASK(1, descriptor, (long)"x", 0, 0, 0, 0) >= 0) return "has a descriptor of the host";
  }
  return NULL;
}

/* Memory until there is no more: NULL when an end came before 4 GiB. */
static const char* eat_memory(void) {
  for (int step = 0; step < 64; ++step) {
    const long at = ASK(9, 0, 64L << 20, 3, 0x22, -1, 0);
    if (at < 0 && at > -4096) return NULL;
  }
  return "takes four gigabytes";
}

static const char* constructor_got;
static char constructor_file[] = ATTACKER_CONSTRUCTOR_FILE;
__attribute__((constructor)) static void in_a_constructor(void) {
  constructor_got = refused_always(constructor_file);
}

typedef struct attacker {
  cadre_agent raw;
  const cadre_host* host;
  double misdeed;
} attacker;

static cadre_status init(void* self, cadre_string config) {
  attacker* agent = self;
  const cadre_config_reader* reader =
      agent->host->get_extension(agent->host, cadre_text(CADRE_EXT_CONFIG_READER));
  char secret[4096] = {0};
  cadre_buffer room = {(uint8_t*)secret, sizeof secret - 1, 0};
  if (reader->text(agent->host, config, cadre_text("/secret"), &room) != CADRE_OK) return CADRE_REJECTED;
  if (cadre_config_number(agent->host, config, "/misdeed", &agent->misdeed) != CADRE_OK)
    return CADRE_REJECTED;
  const char* got = constructor_got;
  if (got == NULL) got = refused_when_sealed(secret);
  if (got == NULL) got = refused_always(secret);
  if (got == NULL) got = eat_memory();
  return got == NULL ? (cadre_status)CADRE_OK : cadre_refuse(agent->host, CADRE_REJECTED, got);
}

static void sleep_ms(long time) {
  const long length[2] = {time / 1000, time % 1000 * 1000000};
  ASK(35, (long)length, 0, 0, 0, 0, 0);
}

static void wait_for_ever(void) {
  for (;;)
    sleep_ms(1000);
}

/* The begin of the files over which calls cross, and their length: host/agent/call_ring.hpp. */
typedef struct ring_head {
  uint64_t magic;
  volatile uint32_t sequence, bytes, has_more, sleeps, spin_us, place;
  char reserved[32];
} ring_head;
enum { RING_BYTES = 1 << 20, PAGE = 4096, PAGES_SEARCHED = 1 << 20 };
static const uint64_t magic = 0x31676e6972646163u;

/* Whether eight bytes can be read: the kernel looks at them before it finds that it is asked for nonsense. */
static int can_be_read(const char* at) {
  return ASK(14, 99, (long)at, 0, 8, 0, 0) == -22;
}
static int can_be_written(char* at) {
  return ASK(228, 1, (long)at, 0, 0, 0, 0) == 0;
}

/* Requests and replies as this process has them mapped: not far from its libraries, on either side. */
static ring_head *requests, *replies;
static void look_at(char* page) {
  if (!can_be_read(page) || *(const uint64_t*)(const void*)page != magic) return;
  if (!can_be_read(page + RING_BYTES - PAGE)) return;
  if (can_be_written(page + RING_BYTES - 64))
    replies = (ring_head*)(void*)page;
  else
    requests = (ring_head*)(void*)page;
}
static void look_for_ring(void) {
  char* here = (char*)((uintptr_t)&magic & ~(uintptr_t)(PAGE - 1));
  for (long page = 1; page < PAGES_SEARCHED && (requests == NULL || replies == NULL); ++page) {
    look_at(here + page * PAGE);
    look_at(here - page * PAGE);
  }
}

/* Answers the call that is under way, by hand. */
static void answer(uint32_t ahead, uint32_t bytes) {
  replies->bytes = bytes;
  replies->sequence = requests->sequence + ahead;
  wait_for_ever();
}

static void scribble_for_ever(void) {
  for (uint32_t turn = 1;; turn = turn * 1664525u + 1013904223u) {
    replies->bytes = turn >> 12;
    replies->has_more = turn >> 31;
    ((volatile uint32_t*)replies)[16 + turn % 1024] = turn;
  }
}

/* A thread beside the agent, without a function of the library for it. */
static void begin_thread(void (*run)(void)) {
  static char stack[1 << 16] __attribute__((aligned(16)));
  const long flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000; /* memory, files, signals, thread */
  register long r10 __asm__("r10") = 0;
  register long r8 __asm__("r8") = 0;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "call *%[run]\n"
      "1:"
      :
      : "a"(56), "D"(flags), "S"(stack + sizeof stack), "d"(0), "r"(r10), "r"(r8), [run] "b"(run)
      : "rcx", "r11", "memory");
}

/* What the kernel cannot refuse. Numbers are those of attacks_test.py. */
static void misbehave(int misdeed) {
  static const uint32_t thousand = 1000u;
  look_for_ring();
  if (requests == NULL || replies == NULL) return; /* then all goes well, and the test fails */
  switch (misdeed) {
    case 1:
      for (;;)
        __asm__ volatile("pause");
    case 2: /* never answers, and sends over the socket, where nobody listens */
      for (;;) {
        ASK(1, SOCKET, (long)&thousand, 4, 0, 0, 0);
        sleep_ms(500);
      }
    case 3:
      answer(0, 0xffffffffu);
      break;
    case 4:
      ASK(3, SOCKET, 0, 0, 0, 0, 0);
      wait_for_ever();
      break;
    case 5:
      answer(1, 4); /* this request, and the next one too */
      break;
    case 6: { /* a status, and a list of as many weights as there are numbers */
      uint32_t* words = (uint32_t*)(replies + 1);
      words[0] = CADRE_OK;
      words[1] = words[2] = 0xffffffffu;
      answer(0, 12);
      break;
    }
    case 7:
      __asm__ volatile("ud2");
      break;
    case 8:
      ASK(39 | 0x40000000L, 0, 0, 0, 0, 0, 0); /* a call of another architecture */
      break;
    case 9:
      requests->bytes = 0;
      break;
    case 10: /* a right it must not have; with it, it would never answer */
      if (ASK(10, (long)requests, RING_BYTES, 3, 0, 0, 0) >= 0) wait_for_ever();
      __asm__ volatile("ud2");
      break;
    case 11:
      replies->has_more = 1;
      for (uint32_t seen = requests->sequence - 1;;) { /* an answer that does not come to an end */
        if (requests->sequence == seen) continue;
        replies->bytes = 1;
        replies->sequence = seen = requests->sequence;
      }
    case 12:
      begin_thread(scribble_for_ever);
      break;
    default:
      break;
  }
}

static cadre_status adjust_trades(const void* self, const cadre_execution_state* state,
                                  cadre_targets* targets) {
  (void)state;
  (void)targets;
  const int misdeed = (int)((const attacker*)self)->misdeed;
  static int has_begun;
  if (misdeed != 0 && has_begun++ == 0) misbehave(misdeed);
  return CADRE_OK;
}

static void destroy(void* self) {
  free(self);
}

static const void* get_interface(const void* self, cadre_string id) {
  static const cadre_trade_adjuster role = {sizeof role, 0, adjust_trades};
  (void)self;
  return cadre_text_is(id, CADRE_ROLE_TRADE_ADJUSTER) ? &role : NULL;
}

static cadre_status create(const cadre_host* host, cadre_string agent_id, const cadre_agent** out) {
  (void)agent_id;
  attacker* agent = calloc(1, sizeof *agent);
  if (agent == NULL) return CADRE_ERROR;
  agent->host = host;
  agent->raw =
      (cadre_agent){sizeof agent->raw, 0, agent, init, NULL, NULL, NULL, destroy, NULL, get_interface};
  *out = &agent->raw;
  return CADRE_OK;
}

CADRE_EXPORT const cadre_plugin_descriptor* cadre_plugin(void) {
  static const cadre_agent_descriptor agents[] = {{sizeof(cadre_agent_descriptor),
                                                   0,
                                                   CADRE_TEXT("test.attacker"),
                                                   {CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER)},
                                                   0,
                                                   0}};
  static const cadre_plugin_descriptor plugin = {CADRE_PLUGIN_MAGIC,
                                                 sizeof(cadre_plugin_descriptor),
                                                 CADRE_ABI_OLDEST,
                                                 CADRE_ABI_VERSION,
                                                 1,
                                                 CADRE_TEXT("test.attacker"),
                                                 CADRE_TEXT("1.0.0"),
                                                 agents,
                                                 sizeof(cadre_agent_descriptor),
                                                 create};
  return &plugin;
}
