/* A risk manager in C11 that learns: the EWMA variance of every instrument (RiskMetrics 1996), and from
 * version 2 on its worst loss too. The book's risk is bounded as if all instruments moved together: sum of
 * |w_i| sigma_i, annualised (version 2: at least the worst loss). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cadre/cadre.h"

enum { LEARNED = TRACER_VERSION }; /* numbers per instrument: version 2 has another state schema */

typedef struct ewma_risk {
  cadre_agent agent;
  const cadre_host* host;
  double max_risk, lambda;
  uint32_t count;
  double* learned; /* [count][LEARNED]: variance, then the worst loss; NaN: not seen yet */
} ewma_risk;

static cadre_status init(void* self, cadre_string config) {
  ewma_risk* a = self;
  const cadre_status status = cadre_config_number(a->host, config, "/max_risk", &a->max_risk);
  return status != CADRE_OK ? status : cadre_config_number(a->host, config, "/lambda", &a->lambda);
}

static cadre_status requirements(const void* self, cadre_requirements* out) {
  (void)self;
  out->sessions.returns = 60;
  return CADRE_OK;
}

static void destroy(void* self) {
  free(((ewma_risk*)self)->learned);
  free(self);
}

/* Makes room for `count` instruments; index i of now was from[i] before, or -1. */
static cadre_status resize(ewma_risk* a, uint32_t count, const int32_t* from) {
  double* learned = malloc((count + 1) * sizeof(double) * LEARNED);
  if (learned == NULL) return CADRE_ERROR;
  for (uint32_t i = 0; i < count * LEARNED; ++i) {
    const int32_t old = from != NULL ? from[i / LEARNED] : -1;
    learned[i] =
        old >= 0 && (uint32_t)old < a->count ? a->learned[(uint32_t)old * LEARNED + i % LEARNED] : NAN;
  }
  free(a->learned);
  a->learned = learned;
  a->count = count;
  return CADRE_OK;
}

static cadre_status observe(void* self, const cadre_event* event, const cadre_execution_state* state) {
  ewma_risk* a = self;
  if (event->kind == CADRE_EVENT_UNIVERSE) {
    return resize(a, state->instrument_count, ((const cadre_universe_change*)event->payload)->new_to_old);
  }
  if (a->count != state->instrument_count && resize(a, state->instrument_count, NULL) != CADRE_OK)
    return CADRE_ERROR;
  const cadre_window* returns = &state->sessions.returns;
  for (uint32_t i = 0; returns->rows > 0 && i < a->count; ++i) {
    const double r = returns->values[(returns->rows - 1) * returns->stride + i];
    double* x = &a->learned[i * LEARNED];
    if (isnan(r)) continue;
    x[0] = isnan(x[0]) ? r * r : a->lambda * x[0] + (1 - a->lambda) * r * r;
    if (LEARNED == 2) x[LEARNED - 1] = fmax(isnan(x[LEARNED - 1]) ? 0 : x[LEARNED - 1], -r);
  }
  return CADRE_OK;
}

static cadre_status analyze_risk(const void* self, const cadre_execution_state* state, const double* weight,
                                 cadre_risk_report* out) {
  const ewma_risk* a = self;
  double risk = 0;
  for (uint32_t i = 0; i < state->instrument_count; ++i) {
    if (weight[i] != 0 && (i >= a->count || isnan(a->learned[i * LEARNED])))
      return CADRE_REJECTED; /* never a guess */
    const double* x = &a->learned[i * LEARNED];
    const double daily = weight[i] == 0 ? 0 : fmax(sqrt(x[0]), LEARNED == 2 ? x[LEARNED - 1] / 4 : 0);
    risk += fabs(weight[i]) * daily * sqrt(state->sessions_per_year);
  }
  out->volatility = risk;
  out->acceptable = risk <= a->max_risk ? CADRE_ACCEPTABLE : CADRE_NOT_ACCEPTABLE;
  if (out->limit_capacity == 0) return CADRE_OK;
  out->limits[0] = (cadre_limit_use){.name = {"undiversified_risk"},
                                     .value = risk,
                                     .limit = a->max_risk,
                                     .instrument = CADRE_BOOK,
                                     .flags = CADRE_LIMIT_HARD};
  out->limit_count = 1;
  return CADRE_OK;
}

static cadre_status adjust_trades(const void* self, const cadre_execution_state* state,
                                  const cadre_risk_report* report, cadre_targets* targets) {
  const double factor = ((const ewma_risk*)self)->max_risk / report->volatility * (1 - 1e-12);
  for (uint32_t i = 0; i < state->instrument_count && factor < 1; ++i) {
    targets->weight[i] *= factor;
    targets->reasons[i] = (cadre_reason){.code = CADRE_REASON_RISK_LIMIT, .value = factor};
  }
  return CADRE_OK;
}

static cadre_status save_state(const void* self, cadre_buffer* out) {
  const ewma_risk* a = self;
  out->needed = a->count * sizeof(double) * LEARNED;
  if (out->needed != 0)
    memcpy(out->data, a->learned, out->needed < out->capacity ? out->needed : out->capacity);
  return CADRE_OK;
}

static cadre_status load_state(void* self, uint32_t schema, uint32_t count, const uint8_t* data,
                               uint64_t length) {
  if (schema < 1 || schema > LEARNED || length != count * sizeof(double) * schema) return CADRE_REJECTED;
  if (resize(self, count, NULL) != CADRE_OK) return CADRE_ERROR;
  double* learned = ((ewma_risk*)self)->learned;
  for (uint32_t i = 0; i < count; ++i)
    memcpy(&learned[i * LEARNED], data + i * schema * sizeof(double), schema * sizeof(double));
  return CADRE_OK;
}

static const void* get_interface(const void* self, cadre_string id) {
  static const cadre_risk_manager risk = {sizeof risk, 0, analyze_risk, adjust_trades};
  static const cadre_state_table state = {sizeof state, 0, save_state, load_state};
  (void)self;
  if (cadre_text_is(id, CADRE_ROLE_RISK_MANAGER)) return &risk;
  return cadre_text_is(id, CADRE_EXT_STATE) ? &state : NULL;
}

static cadre_status create(const cadre_host* host, cadre_string id, const cadre_agent** out) {
  (void)id; /* there is only one */
  ewma_risk* a = calloc(1, sizeof *a);
  if (a == NULL) return CADRE_ERROR;
  a->host = host;
  a->agent = (cadre_agent){sizeof(cadre_agent), 0, a, init, requirements, NULL, NULL, destroy, observe,
                           get_interface};
  *out = &a->agent;
  return CADRE_OK;
}

const cadre_plugin_descriptor* cadre_plugin(void) {
  static const cadre_agent_descriptor agent = {sizeof agent,
                                               CADRE_EVENT_BAR | CADRE_EVENT_UNIVERSE,
                                               CADRE_TEXT("tracer.ewma_risk"),
                                               {CADRE_TEXT(CADRE_ROLE_RISK_MANAGER)},
                                               TRACER_VERSION,
                                               0};
  static const cadre_plugin_descriptor plugin = {CADRE_PLUGIN_MAGIC,
                                                 sizeof plugin,
                                                 CADRE_ABI_OLDEST,
                                                 CADRE_ABI_VERSION,
                                                 1,
                                                 CADRE_TEXT("tracer.ewma"),
                                                 CADRE_TEXT(TRACER_SEMVER),
                                                 &agent,
                                                 sizeof agent,
                                                 create};
  return &plugin;
}
