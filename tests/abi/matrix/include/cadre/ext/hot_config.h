/* Changing the configuration of a live agent, in two phases. The agent offers this table; which keys may
 * change while it is live is in its manifest (hot_keys). */
#ifndef CADRE_EXT_HOT_CONFIG_H
#define CADRE_EXT_HOT_CONFIG_H

#include "cadre/abi.h"

#define CADRE_EXT_HOT_CONFIG "cadre.hot_config/1"

typedef struct cadre_hot_config {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* Reads the new configuration without touching the live instance, while that may be deciding. Refuses with
   * CADRE_REJECTED and one sentence (ext/reason.h). [control-thread] active */
  cadre_status (*prepare_config)(const void* self, cadre_string config, void** prepared);
  /* Makes it the live one; cannot fail, and consumes `prepared`. [decision-thread] active no-alloc no-block
   */
  void (*commit_prepared)(void* self, void* prepared);
  /* [control-thread] */
  void (*discard_prepared)(const void* self, void* prepared);
} cadre_hot_config;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_HOT_CONFIG_SIZE_MIN 32u
CADRE_STATIC_ASSERT(sizeof(cadre_hot_config) == CADRE_HOT_CONFIG_SIZE_MIN, "layout");

#endif
