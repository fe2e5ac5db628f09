/* What the host offers an agent. */
#ifndef CADRE_HOST_H
#define CADRE_HOST_H

#include "cadre/abi.h"

typedef struct cadre_host {
  uint32_t size;
  uint32_t abi_version; /* CADRE_ABI_VERSION of the host */
  void* context;        /* the host's own */
  cadre_string name;    /* "cadre" */
  cadre_string version; /* of the host, for messages; never compare it */
  /* The function table with this revisioned id (see ext/), or NULL. Static for the life of the instance.
   * [any-thread] */
  const void* (*get_extension)(const struct cadre_host* host, cadre_string id);
} cadre_host;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_HOST_SIZE_MIN 56u

CADRE_STATIC_ASSERT(sizeof(cadre_host) == 56, "layout");

#endif
