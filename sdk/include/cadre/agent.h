/* One live agent: its life, and the one place where it learns.
 *
 * create -> init -> requirements -> [load] -> observe (warm-up) -> activate -> calls -> deactivate -> destroy
 */
#ifndef CADRE_AGENT_H
#define CADRE_AGENT_H

#include "cadre/abi.h"
#include "cadre/event.h"
#include "cadre/host.h"
#include "cadre/state.h"

/* Rows of history, of one kind of period. */
typedef struct cadre_rows {
  uint32_t returns;
  uint32_t closes;
  uint32_t volumes;
  uint32_t reserved; /* 0 */
} cadre_rows;

/* What an agent never reads, and the host need not work out for it.
 *   FOR_LIMIT  cadre_needs.for_limit, which then may be NULL: it costs an analysis of the risk of what is
 * held in every decision that reduces something. */
enum { CADRE_IGNORES_FOR_LIMIT = 1 };

/* What the agent needs before it can decide. The host makes windows of at least these many rows and makes no
 * decision before they are full. The host zeroes the struct. Ask for sessions unless the agent is about what
 * happens within one: 252 rows of minutes are two thirds of a day. Asked for once, after init: an agent that
 * takes new settings while it runs asks for what any of them could need. */
typedef struct cadre_requirements {
  uint32_t size;
  uint32_t warm_up_bars; /* bars to observe beyond what the windows imply */
  cadre_rows sessions;   /* one row per trading session */
  cadre_rows bars;       /* one row per bar of the data */
  uint32_t ignores;      /* CADRE_IGNORES_*, or'ed */
  uint32_t reserved;     /* 0 */
} cadre_requirements;

/* One instance. A function that is NULL is one this agent has no use for; init, destroy and get_interface are
 * always there. */
typedef struct cadre_agent {
  uint32_t size;
  uint32_t reserved; /* 0 */
  void* self;        /* given back with every call */

  /* Takes its configuration: JSON text, valid against the manifest's schema, with the defaults filled in.
   * Refuses with CADRE_REJECTED and one sentence (ext/reason.h). [control-thread] !active */
  cadre_status (*init)(void* self, cadre_string config);

  /* [control-thread] !active */
  cadre_status (*requirements)(const void* self, cadre_requirements* out);

  /* On the thread that builds a chain before its book runs, on the book's own at a swap. [control-thread]
   * [decision-thread] */
  cadre_status (*activate)(void* self);
  void (*deactivate)(void* self);

  /* Frees everything. The library may be unloaded right after. [control-thread] !active */
  void (*destroy)(void* self);

  /* The only call that changes what the agent knows. Called once per event whose kind is in the descriptor's
   * `observes`. An instance that is made for a running book is warmed up by it: it is shown the newest bar
   * once, before activate, with the windows of the state full of the history it asked for. [decision-thread]
   * no-block */
  cadre_status (*observe)(void* self, const cadre_event* event, const cadre_execution_state* state);

  /* The function table with this revisioned id (a role's or an extension's), or NULL. Static. [any-thread] */
  const void* (*get_interface)(const void* self, cadre_string id);
} cadre_agent;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_REQUIREMENTS_SIZE_MIN 40u
#define CADRE_AGENT_SIZE_MIN 72u

CADRE_STATIC_ASSERT(sizeof(cadre_rows) == 16 && sizeof(cadre_requirements) == 48 && sizeof(cadre_agent) == 72,
                    "layout");

#endif
