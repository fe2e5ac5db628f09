/* trade adjuster: anything else that changes targets after sizing, in any number and at any place. A new kind
 * of agent is a trade adjuster, and needs no change of the host. */
#ifndef CADRE_ROLE_TRADE_ADJUSTER_H
#define CADRE_ROLE_TRADE_ADJUSTER_H

#include "cadre/state.h"

#define CADRE_ROLE_TRADE_ADJUSTER "cadre.trade_adjuster/1"

typedef struct cadre_trade_adjuster {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* [decision-thread] active no-alloc */
  cadre_status (*adjust_trades)(const void* self, const cadre_execution_state* state, cadre_targets* targets);
} cadre_trade_adjuster;

#endif
