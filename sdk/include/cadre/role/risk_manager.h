/* risk manager: judges targets and cuts them. The host calls both functions as often as its loop needs. */
#ifndef CADRE_ROLE_RISK_MANAGER_H
#define CADRE_ROLE_RISK_MANAGER_H

#include "cadre/state.h"

#define CADRE_ROLE_RISK_MANAGER "cadre.risk_manager/1"

typedef struct cadre_risk_manager {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* The risk of a book that holds exactly `weight` [instrument_count]. Figures it cannot compute make it
   * CADRE_REJECTED, never a guess: risk fails closed. [decision-thread] active no-alloc */
  cadre_status (*analyze_risk)(const void* self, const cadre_execution_state* state, const double* weight,
                               cadre_risk_report* out);
  /* Given the report on the targets as they came, moves them inside the limits, the whole way: soft ones too,
   * whose excess goes by what adjustment_speed of the report allows, not by half steps. The book that is held
   * now, open orders included, is weight + working_weight of the state. [decision-thread] active no-alloc */
  cadre_status (*adjust_trades)(const void* self, const cadre_execution_state* state,
                                const cadre_risk_report* report, cadre_targets* targets);
} cadre_risk_manager;

#endif
