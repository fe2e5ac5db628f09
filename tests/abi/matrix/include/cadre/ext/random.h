/* Random numbers: the host offers this table. Counter-based, so they depend on no order of calls and a replay
 * draws the same. */
#ifndef CADRE_EXT_RANDOM_H
#define CADRE_EXT_RANDOM_H

#include "cadre/host.h"

#define CADRE_EXT_RANDOM "cadre.random/1"

typedef struct cadre_random {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* 64 uniform bits, a function of the run's seed, the book, the stage, `sequence` (of the event) and `draw`
   * alone. [any-thread] no-alloc */
  uint64_t (*bits)(const cadre_host* host, uint64_t sequence, uint64_t draw);
} cadre_random;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_RANDOM_SIZE_MIN 16u
CADRE_STATIC_ASSERT(sizeof(cadre_random) == CADRE_RANDOM_SIZE_MIN, "layout");

#endif
