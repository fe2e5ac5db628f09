/* service provider: publishes a matrix once per input, for all agents that require it. No agent ever calls
 * another.
 *
 * Services this host knows by name:
 *   cadre.covariance/1   [n x n] unbiased covariance of simple returns per period, in units of return
 * squared. An instrument without enough observations has NaN in its row and column.
 *   cadre.expected_returns/1   [n x 1] expected simple return per period
 *   cadre.risk_free_rate/1     [1 x 1] per year
 * Of these it publishes the first; it refuses a manifest that provides or requires another shape. A service
 * under any other name is a matrix [n x n]. */
#ifndef CADRE_ROLE_SERVICE_PROVIDER_H
#define CADRE_ROLE_SERVICE_PROVIDER_H

#include "cadre/state.h"

#define CADRE_ROLE_SERVICE_PROVIDER "cadre.service_provider/1"
#define CADRE_ROLE_COVARIANCE_ESTIMATOR \
  "cadre.covariance_estimator/1" /* the same table, under its role's name */
#define CADRE_SERVICE_COVARIANCE "cadre.covariance/1"
#define CADRE_SERVICE_EXPECTED_RETURNS "cadre.expected_returns/1"
#define CADRE_SERVICE_RISK_FREE_RATE "cadre.risk_free_rate/1"

/* Where to publish. The provider either fills data (columns `stride` doubles apart), or sets `lent` to memory
 * of its own that stays unchanged until its next observe: a large matrix is then not copied. */
typedef struct cadre_service_output {
  uint32_t size;
  uint32_t rows; /* as agreed by the service's id */
  uint32_t columns;
  uint32_t observations; /* out: periods it was estimated from; 0: not ready, consumers get no values */
  double* data;          /* [rows x columns] */
  uint64_t stride;       /* in: of data; out: of lent */
  const double* lent;    /* out, optional */
} cadre_service_output;

typedef struct cadre_service_provider {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* Which of its declared services is wanted is told by its id. [decision-thread] active no-alloc */
  cadre_status (*publish)(const void* self, const cadre_execution_state* state, cadre_string service,
                          cadre_service_output* out);
} cadre_service_provider;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_SERVICE_OUTPUT_SIZE_MIN 40u

CADRE_STATIC_ASSERT(sizeof(cadre_service_output) == 40, "layout");

#endif
