/* The agent of the matrix in C, as C11 and as C17: see README.md for what it computes. */
#include <math.h>
#include <stdlib.h>

#include "cadre/cadre.h"

enum { HOT = CADRE_REASON_FIRST_PLUGIN, FALLING, STATE_BYTES = 48, TIMER = 7, RETURNS = 21, CLOSES = 5 };
static const int64_t day_ns = INT64_C(86400000000000);

typedef struct learned {
  uint64_t bars;
  uint64_t fills;
  uint64_t timers;
  uint64_t phase; /* 0 .. 3: which instruments are looked at for their trend */
  double heat;    /* smoothed mean of absolute returns */
  double turnover;
} learned;

typedef struct adjuster {
  cadre_agent raw;
  const cadre_host* host;
  double floor;
  double hot;
  learned state;
} adjuster;

static const void* extension(const adjuster* agent, const char* id) {
  return agent->host->get_extension(agent->host, cadre_text(id));
}

static cadre_status init(void* self, cadre_string config) {
  adjuster* agent = self;
  if (cadre_config_number(agent->host, config, "/floor", &agent->floor) != CADRE_OK ||
      cadre_config_number(agent->host, config, "/hot", &agent->hot) != CADRE_OK)
    return cadre_refuse(agent->host, CADRE_REJECTED, "floor and hot have to be numbers");
  if (agent->floor >= agent->hot)
    return cadre_refuse(agent->host, CADRE_REJECTED, "floor has to be below hot");
  return CADRE_OK;
}

static cadre_status requirements(const void* self, cadre_requirements* out) {
  (void)self;
  out->sessions.returns = RETURNS;
  out->bars.closes = CLOSES;
  return CADRE_OK;
}

static cadre_status activate(void* self) {
  const cadre_log* log = extension(self, CADRE_EXT_LOG);
  if (log != NULL) log->write(((adjuster*)self)->host, CADRE_LOG_INFO, cadre_text("the matrix is active"));
  return CADRE_OK;
}

static void destroy(void* self) {
  free(self);
}

static void observe_returns(learned* state, const cadre_window* returns) {
  if (returns->rows == 0) return;
  const uint64_t row = (returns->rows - 1) * returns->stride;
  double sum = 0;
  uint32_t count = 0;
  for (uint32_t i = 0; i < returns->columns; ++i) {
    if (returns->valid[row + i] == 0) continue;
    sum += fabs(returns->values[row + i]);
    ++count;
  }
  if (count > 0) state->heat = 0.9 * state->heat + 0.1 * (sum / count);
}

static cadre_status observe(void* self, const cadre_event* event, const cadre_execution_state* state) {
  adjuster* agent = self;
  learned* known = &agent->state;
  if (event->kind == CADRE_EVENT_BAR) {
    observe_returns(known, &state->sessions.returns);
    if (++known->bars == 1) {
      const cadre_timer_table* timers = extension(agent, CADRE_EXT_TIMER);
      if (timers == NULL) return cadre_refuse(agent->host, CADRE_ERROR, "there are no timers");
      return timers->arm(agent->host, TIMER, state->time_ns + 10 * day_ns, 30 * day_ns);
    }
  } else if (event->kind == CADRE_EVENT_FILL) {
    const cadre_execution_report* report = event->payload;
    ++known->fills;
    known->turnover += (double)report->quantity_e9 * 1e-9 * ((double)report->price_e9 * 1e-9);
  } else if (event->kind == CADRE_EVENT_TIMER) {
    const cadre_timer* timer = event->payload;
    const cadre_random* random = extension(agent, CADRE_EXT_RANDOM);
    if (random == NULL) return cadre_refuse(agent->host, CADRE_ERROR, "there are no random numbers");
    known->timers += timer->expirations;
    known->phase = random->bits(agent->host, event->sequence, known->timers) & 3;
  }
  return CADRE_OK;
}

/* Where the rows begin that were asked for: a window may have more. */
static uint32_t first_row(const cadre_window* window, uint32_t asked) {
  return window->rows > asked ? window->rows - asked : 0;
}

/* The mean of an instrument's absolute returns; 0 without any. */
static double mean_move(const cadre_window* returns, uint32_t i) {
  double sum = 0;
  uint32_t count = 0;
  for (uint32_t r = first_row(returns, RETURNS); r < returns->rows; ++r) {
    if (returns->valid[r * returns->stride + i] == 0) continue;
    sum += fabs(returns->values[r * returns->stride + i]);
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

/* The newest close over the oldest; 1 where one is missing. */
static double trend(const cadre_window* closes, uint32_t i) {
  if (closes->rows == 0) return 1;
  const uint64_t first = first_row(closes, CLOSES) * closes->stride + i;
  const uint64_t last = (closes->rows - 1) * closes->stride + i;
  if (closes->valid[first] == 0 || closes->valid[last] == 0) return 1;
  return closes->values[last] / closes->values[first];
}

static cadre_status adjust_trades(const void* self, const cadre_execution_state* state,
                                  cadre_targets* targets) {
  const adjuster* agent = self;
  double limit = 2 * agent->hot * agent->state.heat;
  if (CADRE_HAS(state, execution) && state->execution != NULL && state->execution->orders >= 100)
    limit = agent->hot * agent->state.heat;
  for (uint32_t i = 0; i < targets->instrument_count; ++i) {
    const double weight = targets->weight[i];
    const cadre_instrument* instrument = cadre_instrument_at(state, i);
    if (weight == 0 || instrument->kind != CADRE_KIND_EQUITY || state->weight[i] > weight) continue;
    double factor = 1;
    uint32_t code = 0;
    if (mean_move(&state->sessions.returns, i) > limit) {
      factor = agent->floor;
      code = HOT;
    } else if ((i + agent->state.phase) % 4 == 0 && trend(&state->bars.closes, i) < 1) {
      factor = trend(&state->bars.closes, i) - 0.1;
      if (factor < agent->floor) factor = agent->floor;
      code = FALLING;
    }
    if (code == 0) continue;
    targets->weight[i] = weight * factor;
    targets->reasons[i] = (cadre_reason){code, 0, factor};
  }
  return CADRE_OK;
}

static cadre_status save_state(const void* self, cadre_buffer* out) {
  const learned* state = &((const adjuster*)self)->state;
  out->needed = STATE_BYTES;
  memcpy(out->data, state, out->capacity < STATE_BYTES ? out->capacity : STATE_BYTES);
  return CADRE_OK;
}

static cadre_status load_state(void* self, uint32_t schema_version, uint32_t instrument_count,
                               const uint8_t* data, uint64_t length) {
  (void)instrument_count;
  adjuster* agent = self;
  learned state;
  if (schema_version != 1 || length != sizeof state)
    return cadre_refuse(agent->host, CADRE_REJECTED, "the saved state is not the matrix's");
  memcpy(&state, data, sizeof state);
  if (state.phase > 3 || !isfinite(state.heat) || !isfinite(state.turnover))
    return cadre_refuse(agent->host, CADRE_REJECTED, "the saved state is damaged");
  agent->state = state;
  return CADRE_OK;
}

static const void* get_interface(const void* self, cadre_string id) {
  static const cadre_trade_adjuster role = {sizeof role, 0, adjust_trades};
  static const cadre_state_table state = {sizeof state, 0, save_state, load_state};
  (void)self;
  if (cadre_text_is(id, CADRE_ROLE_TRADE_ADJUSTER)) return &role;
  if (cadre_text_is(id, CADRE_EXT_STATE)) return &state;
  return NULL;
}

static cadre_status create(const cadre_host* host, cadre_string agent_id, const cadre_agent** out) {
  *out = NULL;
  if (!cadre_text_is(agent_id, MATRIX_ID)) return CADRE_UNSUPPORTED;
  adjuster* agent = calloc(1, sizeof *agent);
  if (agent == NULL) return CADRE_ERROR;
  agent->host = host;
  agent->raw = (cadre_agent){sizeof agent->raw, 0,    agent,   init,    requirements,
                             activate,          NULL, destroy, observe, get_interface};
  *out = &agent->raw;
  return CADRE_OK;
}

CADRE_EXPORT const cadre_plugin_descriptor* cadre_plugin(void) {
  static const cadre_agent_descriptor agents[] = {{sizeof(cadre_agent_descriptor),
                                                   CADRE_EVENT_BAR | CADRE_EVENT_FILL | CADRE_EVENT_TIMER,
                                                   CADRE_TEXT(MATRIX_ID),
                                                   {CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER)},
                                                   1,
                                                   0}};
  static const cadre_plugin_descriptor plugin = {CADRE_PLUGIN_MAGIC,
                                                 sizeof(cadre_plugin_descriptor),
                                                 MATRIX_ABI_MIN,
                                                 MATRIX_ABI_MAX,
                                                 1,
                                                 CADRE_TEXT(MATRIX_ID),
                                                 CADRE_TEXT("1.0.0"),
                                                 agents,
                                                 sizeof(cadre_agent_descriptor),
                                                 create};
  return &plugin;
}
