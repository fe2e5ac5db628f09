/* Logging: the host offers this table. */
#ifndef CADRE_EXT_LOG_H
#define CADRE_EXT_LOG_H

#include "cadre/host.h"

#define CADRE_EXT_LOG "cadre.log/1"

enum { CADRE_LOG_DEBUG = 1, CADRE_LOG_INFO = 2, CADRE_LOG_WARNING = 3, CADRE_LOG_ERROR = 4 };

typedef struct cadre_log {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* One line, for people; the host adds agent, time and revision. Copied before it returns. [any-thread] */
  void (*write)(const cadre_host* host, uint32_t level, cadre_string message);
} cadre_log;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_LOG_SIZE_MIN 16u
CADRE_STATIC_ASSERT(sizeof(cadre_log) == CADRE_LOG_SIZE_MIN, "layout");

#endif
