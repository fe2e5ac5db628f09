#include <string.h>

#include "cadre/cadre.h"

static cadre_status init(void* self, cadre_string config) {
  (void)self, (void)config;
  return CADRE_OK;
}

static void destroy(void* self) {
  (void)self;
}

static cadre_status adjust_trades(const void* self, const cadre_execution_state* state,
                                  cadre_targets* targets) {
  (void)self, (void)state, (void)targets;
  return CADRE_OK;
}

static const cadre_trade_adjuster table = {sizeof(cadre_trade_adjuster), 0, &adjust_trades};

static const void* get_interface(const void* self, cadre_string id) {
  (void)self;
  const char role[] = CADRE_ROLE_TRADE_ADJUSTER;
  return id.length == sizeof role - 1 && memcmp(id.data, role, id.length) == 0 ? &table : NULL;
}

static const cadre_agent agent = {sizeof(cadre_agent), 0, NULL, &init, NULL, NULL, NULL, &destroy, NULL,
                                  &get_interface};

static cadre_status create(const cadre_host* host, cadre_string id, const cadre_agent** out) {
  (void)host, (void)id;
  *out = &agent;
  return CADRE_OK;
}

static const cadre_agent_descriptor agents[] = {{sizeof(cadre_agent_descriptor),
                                                 0,
                                                 CADRE_TEXT("test.c_agent"),
                                                 {CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER)},
                                                 0,
                                                 0}};

static const cadre_plugin_descriptor descriptor = {CADRE_PLUGIN_MAGIC,
                                                   sizeof(cadre_plugin_descriptor),
                                                   CADRE_ABI_OLDEST,
                                                   CADRE_ABI_VERSION,
                                                   1,
                                                   CADRE_TEXT("test.c_agent"),
                                                   CADRE_TEXT("1.0.0"),
                                                   agents,
                                                   sizeof agents[0],
                                                   &create};

const cadre_plugin_descriptor* cadre_plugin(void) {
  return &descriptor;
}
