/* The form of the Cadre ABI: version, status of a call, text, and what the tags in the comments mean.
 *
 * Everything in this folder is C11 and valid C++. Structs begin with `size`, grow only at their end, and a
 * zero in a new field means what happened before the field existed. Whoever reads a struct of the other side
 * reads what its `size` covers, at least CADRE_..._SIZE_MIN, and takes the rest for zero; whoever fills one
 * writes no more than that. What one side lends to be filled has its `size` set and is zero beyond what the
 * call says it is filled with. Fields and bits that have no meaning yet are zero: anything else is refused,
 * with the agent and the field named, so that they can be given a meaning later. Types that are embedded by
 * value are closed and never grow: string, id, column, window, windows, rows, matrix, reason, limit use,
 * pair, buffer, service. Function tables of roles never change; /2 takes the place of /1. Fixed-width
 * integers only, little-endian LP64.
 *
 * Tags at the end of a function's comment:
 * - [decision-thread]: called by the one thread of the agent's book
 * - [control-thread]: never on the decision path
 * - [any-thread]: may be called by several threads at once
 * - [call-thread]: by an agent, on the thread of the call that is running
 * - active, !active: between activate and deactivate, or outside
 * - no-alloc, no-block: neither allocates memory nor waits
 *
 * One instance is called by one thread at a time. Instances of one plugin run on parallel threads, one per
 * book and arm of an experiment, and share the plugin's static variables: statics that change need no place
 * in an agent.
 *
 * `const void* self` is a promise: the call leaves the agent's state bytes as they were. */
#ifndef CADRE_ABI_H
#define CADRE_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CADRE_ABI_MAJOR 0u
#define CADRE_ABI_MINOR 10u
#define CADRE_ABI_VERSION ((CADRE_ABI_MAJOR << 16) | CADRE_ABI_MINOR)
/* The oldest ABI whose plugins a host with these headers runs. */
#define CADRE_ABI_OLDEST ((0u << 16) | 10u)

#ifdef __cplusplus
#define CADRE_EXTERN_C extern "C"
#define CADRE_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define CADRE_EXTERN_C extern
#define CADRE_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#define CADRE_EXPORT CADRE_EXTERN_C __attribute__((visibility("default")))

CADRE_STATIC_ASSERT(sizeof(void*) == 8 && sizeof(long) == 8, "Cadre's ABI is LP64");
CADRE_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "Cadre's ABI is little-endian");

/* What became of a call. Zero is never a status. */
typedef uint32_t cadre_status;
enum {
  CADRE_OK = 1,         /* the answer is in the output */
  CADRE_DISCARD = 2,    /* no answer this time; the output is ignored, nothing is wrong */
  CADRE_REJECTED = 3,   /* the input is bad: refused, and the agent is as it was */
  CADRE_ERROR = 4,      /* failed; may be tried again after a reset */
  CADRE_FATAL = 5,      /* failed for good: the host quarantines the instance */
  CADRE_UNSUPPORTED = 6 /* this agent does not do that, which is not the same as refusing it */
};

/* Whether *ptr has this field: the other side may have been built before the field existed, and its struct
 * then ends in front of it. Ask before reading or writing any field beyond the struct's CADRE_..._SIZE_MIN.
 */
#define CADRE_HAS(ptr, field) \
  ((size_t)(ptr)->size >= (size_t)((const char*)(&(ptr)->field + 1) - (const char*)(ptr)))

/* UTF-8 text, not terminated. Never NULL with a length above zero. */
typedef struct cadre_string {
  const char* data;
  uint64_t length; /* bytes */
} cadre_string;

#ifdef __cplusplus
#define CADRE_TEXT(literal)      \
  cadre_string {                 \
    literal, sizeof(literal) - 1 \
  }
#else
#define CADRE_TEXT(literal) \
  { literal, sizeof(literal) - 1 }
#endif

/* Text from a C string, and a comparison with one: for authors in C. */
static inline cadre_string cadre_text(const char* text) {
  cadre_string result = {text, strlen(text)};
  return result;
}
static inline int cadre_text_is(cadre_string text, const char* other) {
  return text.length == strlen(other) && memcmp(text.data, other, text.length) == 0;
}

/* An identifier held in place, so that it means the same in another process: [a-z0-9._/-] and, for
 * instruments and strategies, what their source uses; zero-padded, at most CADRE_ID_BYTES_MAX bytes. A longer
 * one is refused where it comes in, never cut. */
#define CADRE_ID_BYTES_MAX 63u
typedef struct cadre_id {
  char text[CADRE_ID_BYTES_MAX + 1u];
} cadre_id;

/* Bytes the host lends to be filled. The callee writes min(capacity, needed) bytes at most and sets `needed`;
 * the host calls again with more room when needed > capacity. */
typedef struct cadre_buffer {
  uint8_t* data;
  uint64_t capacity; /* bytes */
  uint64_t needed;   /* out: bytes */
} cadre_buffer;

CADRE_STATIC_ASSERT(sizeof(cadre_string) == 16 && sizeof(cadre_id) == 64 && sizeof(cadre_buffer) == 24,
                    "layout");

#endif
