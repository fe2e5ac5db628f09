/* Saved state: what an agent learned, to outlive the instance. The agent offers this table.
 *
 * Bytes are the agent's own. The host keeps the universe, the schema version and the agent's id beside them,
 * and hands them to an instance under the same universe; when the universe has changed since, it tells so by
 * observe(CADRE_EVENT_UNIVERSE) right after. So indices are safe in the bytes. */
#ifndef CADRE_EXT_STATE_H
#define CADRE_EXT_STATE_H

#include "cadre/abi.h"

#define CADRE_EXT_STATE "cadre.state/1"

typedef struct cadre_state_table {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* Same knowledge, same bytes: no addresses, no padding. [decision-thread] */
  cadre_status (*save_state)(const void* self, cadre_buffer* out);
  /* Bytes of schema `schema_version`, its own or one its manifest says it reads. Garbage and truncated bytes
   * are CADRE_REJECTED and leave the instance as it was. On the book's own thread at a swap. [control-thread]
   * [decision-thread] !active */
  cadre_status (*load_state)(void* self, uint32_t schema_version, uint32_t instrument_count,
                             const uint8_t* data, uint64_t length);
} cadre_state_table;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_STATE_TABLE_SIZE_MIN 24u
CADRE_STATIC_ASSERT(sizeof(cadre_state_table) == CADRE_STATE_TABLE_SIZE_MIN, "layout");

#endif
