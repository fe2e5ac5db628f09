/* correlation adjuster: finds positions that are one bet under two names, and cuts them. */
#ifndef CADRE_ROLE_CORRELATION_ADJUSTER_H
#define CADRE_ROLE_CORRELATION_ADJUSTER_H

#include "cadre/state.h"

#define CADRE_ROLE_CORRELATION_ADJUSTER "cadre.correlation_adjuster/1"

typedef struct cadre_correlation_adjuster {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* [decision-thread] active no-alloc */
  cadre_status (*analyze_correlations)(const void* self, const cadre_execution_state* state,
                                       const double* weight, cadre_correlation_report* out);
  /* The report may name fewer pairs than there are; the adjuster must not depend on its capacity.
   * [decision-thread] active no-alloc */
  cadre_status (*adjust_trades)(const void* self, const cadre_execution_state* state,
                                const cadre_correlation_report* report, cadre_targets* targets);
} cadre_correlation_adjuster;

#endif
