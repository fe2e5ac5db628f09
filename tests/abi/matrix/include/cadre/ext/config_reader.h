/* Reading one's configuration without a JSON library: the host offers this table. The text is what init or
 * prepare_config got, so it is valid and complete: a key the schema has a default for is always there. */
#ifndef CADRE_EXT_CONFIG_READER_H
#define CADRE_EXT_CONFIG_READER_H

#include "cadre/host.h"

#define CADRE_EXT_CONFIG_READER "cadre.config_reader/1"

typedef struct cadre_config_reader {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* The value at a JSON pointer ("/var_limit"). CADRE_DISCARD: there is none; CADRE_REJECTED: of another
   * type. *out is untouched then. Booleans read as 0 or 1. [control-thread] */
  cadre_status (*number)(const cadre_host* host, cadre_string config, cadre_string pointer, double* out);
  /* Text, without quotes; numbers, objects and arrays as JSON. [control-thread] */
  cadre_status (*text)(const cadre_host* host, cadre_string config, cadre_string pointer, cadre_buffer* out);
  /* How many elements the array or object at the pointer has. [control-thread] */
  cadre_status (*count)(const cadre_host* host, cadre_string config, cadre_string pointer, uint64_t* out);
} cadre_config_reader;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_CONFIG_READER_SIZE_MIN 32u
CADRE_STATIC_ASSERT(sizeof(cadre_config_reader) == CADRE_CONFIG_READER_SIZE_MIN, "layout");

/* The number at a JSON pointer, for authors in C. CADRE_UNSUPPORTED: the host does not offer this table. */
static inline cadre_status cadre_config_number(const cadre_host* host, cadre_string config,
                                               const char* pointer, double* out) {
  const cadre_config_reader* reader =
      (const cadre_config_reader*)host->get_extension(host, cadre_text(CADRE_EXT_CONFIG_READER));
  return reader != NULL ? reader->number(host, config, cadre_text(pointer), out)
                        : (cadre_status)CADRE_UNSUPPORTED;
}

#endif
