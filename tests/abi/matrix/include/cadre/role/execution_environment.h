/* execution environment: takes orders, gives back fills. It knows an order by the host's client id.
 *
 * A simulated one learns the market through observe(CADRE_EVENT_BAR) and then has reports to fetch. A live
 * one needs sockets and threads and so runs in a process of its own behind this same table. */
#ifndef CADRE_ROLE_EXECUTION_ENVIRONMENT_H
#define CADRE_ROLE_EXECUTION_ENVIRONMENT_H

#include "cadre/order.h"
#include "cadre/state.h"

#define CADRE_ROLE_EXECUTION_ENVIRONMENT "cadre.execution_environment/1"

typedef struct cadre_execution_environment {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* Takes the order. A refusal is CADRE_OK with status CADRE_ORDER_REJECTED and a reason. [decision-thread]
   * active */
  cadre_status (*execute_trade)(void* self, const cadre_order* order, cadre_trade_result* out);
  /* Asks for what is left to be cancelled; done when a report says so. CADRE_REJECTED: no such open order. */
  cadre_status (*cancel_order)(void* self, cadre_id client_id);
  /* What became of the order. CADRE_REJECTED: never heard of it. [decision-thread] active */
  cadre_status (*query_order)(const void* self, cadre_id client_id, cadre_trade_result* out);
  /* The next report, oldest first; CADRE_DISCARD when there is none. [decision-thread] active no-alloc */
  cadre_status (*next_report)(void* self, cadre_execution_report* out);
} cadre_execution_environment;

#endif
