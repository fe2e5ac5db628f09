/* portfolio optimizer: better targets under constraints and costs. Optional. */
#ifndef CADRE_ROLE_PORTFOLIO_OPTIMIZER_H
#define CADRE_ROLE_PORTFOLIO_OPTIMIZER_H

#include "cadre/state.h"

#define CADRE_ROLE_PORTFOLIO_OPTIMIZER "cadre.portfolio_optimizer/1"

typedef struct cadre_portfolio_optimizer {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* Changes the targets in place. CADRE_DISCARD when there is no feasible or no better point: the targets
   * stay as they came. Iterations are bounded by its configuration. [decision-thread] active */
  cadre_status (*optimize_targets)(const void* self, const cadre_execution_state* state,
                                   cadre_targets* targets);
} cadre_portfolio_optimizer;

#endif
