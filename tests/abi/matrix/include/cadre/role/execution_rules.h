/* execution rules: how what is needed becomes orders. */
#ifndef CADRE_ROLE_EXECUTION_RULES_H
#define CADRE_ROLE_EXECUTION_RULES_H

#include "cadre/order.h"
#include "cadre/state.h"

#define CADRE_ROLE_EXECUTION_RULES "cadre.execution_rules/1"

/* What has to be traded: final target - filled - working, in whole lots, already rounded towards the
 * position. */
typedef struct cadre_needs {
  uint32_t size;
  uint32_t instrument_count;
  const int64_t* quantity_e9;        /* [instrument_count], signed; 0: nothing to do */
  const int64_t* reference_price_e9; /* [instrument_count], the decision price; 0: none */
  const double* target_weight;       /* [instrument_count] */
} cadre_needs;

/* Where orders go: item k at (char*)items + k * stride. */
typedef struct cadre_order_list {
  uint32_t size;
  uint32_t reserved; /* 0 */
  cadre_order* items;
  uint64_t stride;   /* bytes between items */
  uint64_t capacity; /* items */
  uint64_t needed;   /* out: how many there are; with needed > capacity the host discards the answer */
} cadre_order_list;

typedef struct cadre_execution_rules {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* Writes the orders, at most one per instrument and never for more than is needed, and sets `needed`. An
   * instrument it leaves out carries its reason in reasons[instrument] (zeroed before). [decision-thread]
   * active no-alloc */
  cadre_status (*apply_rules)(const void* self, const cadre_execution_state* state, const cadre_needs* needs,
                              cadre_order_list* out, cadre_reason* reasons);
} cadre_execution_rules;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_NEEDS_SIZE_MIN 32u
#define CADRE_ORDER_LIST_SIZE_MIN 40u

CADRE_STATIC_ASSERT(sizeof(cadre_needs) == 32 && sizeof(cadre_order_list) == 40, "layout");

#endif
