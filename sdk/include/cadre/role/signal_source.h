/* signal source: says what one or more strategies think, from market data or from signals that came from
 * outside. */
#ifndef CADRE_ROLE_SIGNAL_SOURCE_H
#define CADRE_ROLE_SIGNAL_SOURCE_H

#include "cadre/state.h"

#define CADRE_ROLE_SIGNAL_SOURCE "cadre.signal_source/1"

typedef struct cadre_signal_source {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* Writes at most `capacity` signals to `out` and sets *needed to how many there are; with needed > capacity
   * the host calls again with more room. [decision-thread] active no-alloc */
  cadre_status (*generate_signals)(const void* self, const cadre_execution_state* state, cadre_signal* out,
                                   uint64_t capacity, uint64_t* needed);
} cadre_signal_source;

#endif
