/* One sentence with every refusal: the host offers this table.
 *
 * An agent that is about to return anything but CADRE_OK or CADRE_DISCARD says why, in one sentence for the
 * person who has to mend it: "var_limit 0.02 cannot be computed from 12 rows". The host shows it with agent,
 * call and event, in status, in the log, in the journal and wherever the failure is named. */
#ifndef CADRE_EXT_REASON_H
#define CADRE_EXT_REASON_H

#include "cadre/host.h"

#define CADRE_EXT_REASON "cadre.reason/1"

/* Bytes of a sentence that are kept. */
#define CADRE_REASON_BYTES_MAX 1000u

typedef struct cadre_reason_table {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* Says why the call that is running will be refused. Copied before it returns; the last sentence counts,
   * and one that no refusal follows is forgotten. UTF-8; what is longer than CADRE_REASON_BYTES_MAX is cut.
   * [call-thread] no-alloc no-block */
  void (*say)(const cadre_host* host, cadre_string sentence);
} cadre_reason_table;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_REASON_TABLE_SIZE_MIN 16u
CADRE_STATIC_ASSERT(sizeof(cadre_reason_table) == CADRE_REASON_TABLE_SIZE_MIN, "layout");

/* Says why and gives the status back, for authors in C: return cadre_refuse(host, CADRE_REJECTED, "..."); */
static inline cadre_status cadre_refuse(const cadre_host* host, cadre_status status, const char* sentence) {
  const cadre_reason_table* table =
      (const cadre_reason_table*)host->get_extension(host, cadre_text(CADRE_EXT_REASON));
  if (table != NULL) table->say(host, cadre_text(sentence));
  return status;
}

#endif
