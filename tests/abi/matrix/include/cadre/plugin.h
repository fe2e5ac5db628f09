/* The one symbol a plugin exports. */
#ifndef CADRE_PLUGIN_H
#define CADRE_PLUGIN_H

#include "cadre/abi.h"
#include "cadre/agent.h"
#include "cadre/host.h"

#define CADRE_PLUGIN_MAGIC UINT64_C(0x314e474c50444143) /* "CADPLGN1" in memory */
#define CADRE_PLUGIN_SYMBOL "cadre_plugin"

/* Revisions of its role that one agent can answer to. */
#define CADRE_ROLES_MAX 4

typedef struct cadre_agent_descriptor {
  uint32_t size;
  uint32_t observes; /* CADRE_EVENT_* or-ed: what it wants to be told; 0: nothing */
  cadre_string id;   /* as in the manifest */
  /* Every role table it answers to, "cadre.risk_manager/1": revisions of one role, as in the manifest; unused
   * places are empty. The host takes the newest it knows. */
  cadre_string roles[CADRE_ROLES_MAX];
  uint32_t state_schema; /* version of what its save writes; 0: it has no state */
  uint32_t reserved;     /* 0 */
} cadre_agent_descriptor;

typedef struct cadre_plugin_descriptor {
  uint64_t magic; /* CADRE_PLUGIN_MAGIC */
  uint32_t size;
  uint32_t
      abi_min; /* the oldest ABI that has all it uses: CADRE_ABI_OLDEST, unless it uses something newer */
  uint32_t abi_max; /* the ABI it was built with: CADRE_ABI_VERSION */
  uint32_t agent_count;
  cadre_string id;                      /* as in the manifest */
  cadre_string version;                 /* semver, as in the manifest */
  const cadre_agent_descriptor* agents; /* [agent_count], agent_stride bytes apart */
  uint64_t agent_stride;
  /* Makes an instance; may not call the host. *out stays the plugin's and lives until its destroy.
   * CADRE_UNSUPPORTED and NULL for an unknown agent. [control-thread] */
  cadre_status (*create)(const cadre_host* host, cadre_string agent_id, const cadre_agent** out);
} cadre_plugin_descriptor;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_AGENT_DESCRIPTOR_SIZE_MIN 96u
#define CADRE_PLUGIN_DESCRIPTOR_SIZE_MIN 80u

CADRE_STATIC_ASSERT(sizeof(cadre_agent_descriptor) == 96 && sizeof(cadre_plugin_descriptor) == 80, "layout");

/* The entry point. Returns a constant that lives as long as the library is loaded. [any-thread] */
CADRE_EXPORT const cadre_plugin_descriptor* cadre_plugin(void);

#endif
