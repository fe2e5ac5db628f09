/* signal source: says what one or more strategies think, from market data or from signals that came from
 * outside. */
#ifndef CADRE_ROLE_SIGNAL_SOURCE_H
#define CADRE_ROLE_SIGNAL_SOURCE_H

#include "cadre/state.h"

#define CADRE_ROLE_SIGNAL_SOURCE "cadre.signal_source/1"

/* Where signals go: item k at (char*)items + k * stride. */
typedef struct cadre_signal_list {
  uint32_t size;
  uint32_t reserved; /* 0 */
  cadre_signal* items;
  uint64_t stride;   /* bytes between items, >= the size of the writer's struct it may fill */
  uint64_t capacity; /* items */
  uint64_t needed;   /* out: how many there are; with needed > capacity the host discards the answer */
} cadre_signal_list;

typedef struct cadre_signal_source {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* Writes at most `capacity` signals and sets `needed`. [decision-thread] active no-alloc */
  cadre_status (*generate_signals)(const void* self, const cadre_execution_state* state,
                                   cadre_signal_list* out);
} cadre_signal_source;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_SIGNAL_LIST_SIZE_MIN 40u

CADRE_STATIC_ASSERT(sizeof(cadre_signal_list) == 40, "layout");

#endif
