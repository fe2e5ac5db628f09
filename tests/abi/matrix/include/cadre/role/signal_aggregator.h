/* signal aggregator: one score and one confidence per instrument out of all signals. */
#ifndef CADRE_ROLE_SIGNAL_AGGREGATOR_H
#define CADRE_ROLE_SIGNAL_AGGREGATOR_H

#include "cadre/state.h"

#define CADRE_ROLE_SIGNAL_AGGREGATOR "cadre.signal_aggregator/1"

typedef struct cadre_signal_aggregator {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* The signals are in the state. The host sets valid to 0 everywhere before the call.
   * [decision-thread] active no-alloc */
  cadre_status (*aggregate_signals)(const void* self, const cadre_execution_state* state, cadre_views* out);
} cadre_signal_aggregator;

#endif
