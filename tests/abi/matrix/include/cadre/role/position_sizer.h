/* position sizer: target weights out of views, inside the portfolio constraints. */
#ifndef CADRE_ROLE_POSITION_SIZER_H
#define CADRE_ROLE_POSITION_SIZER_H

#include "cadre/state.h"

#define CADRE_ROLE_POSITION_SIZER "cadre.position_sizer/1"

typedef struct cadre_position_sizer {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* The views are in the state (score, confidence). `targets` comes filled with the current weights.
   * [decision-thread] active no-alloc */
  cadre_status (*propose_trades)(const void* self, const cadre_execution_state* state,
                                 cadre_targets* targets);
} cadre_position_sizer;

#endif
