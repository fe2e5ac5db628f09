/* Timers: the host offers this table. They belong to the host: they outlive a swap to another version of the
 * agent, a restart of the host, and are the same in a replay. */
#ifndef CADRE_EXT_TIMER_H
#define CADRE_EXT_TIMER_H

#include "cadre/host.h"

#define CADRE_EXT_TIMER "cadre.timer/1"

/* Timers that one instance can have at a time. */
#define CADRE_TIMERS_MAX 64u
/* The shortest period, in nanoseconds: one second. */
#define CADRE_TIMER_PERIOD_MIN INT64_C(1000000000)

typedef struct cadre_timer_table {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* Arms the instance's timer `id`: one CADRE_EVENT_TIMER when the book's time has come to `time_ns` (UTC),
   * and with period_ns > 0 again after every period. The book's time is that of its events: between two bars
   * a timer that is due by the next one comes first, and in a running host also when the clock says so,
   * unless the book's time is more than seven days behind the clock: then only the bars move it on.
   * Arming it again moves it. Only within observe: deciding changes nothing. CADRE_REJECTED with a reason:
   * outside of observe, a period below CADRE_TIMER_PERIOD_MIN, no CADRE_EVENT_TIMER in `observes`. An observe
   * that arms more than CADRE_TIMERS_MAX has failed, and what is beyond is not armed. [call-thread] */
  cadre_status (*arm)(const cadre_host* host, uint64_t id, int64_t time_ns, int64_t period_ns);
  /* One that is not armed stays so. Only within observe. [call-thread] */
  cadre_status (*disarm)(const cadre_host* host, uint64_t id);
} cadre_timer_table;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_TIMER_TABLE_SIZE_MIN 24u
CADRE_STATIC_ASSERT(sizeof(cadre_timer_table) == CADRE_TIMER_TABLE_SIZE_MIN, "layout");

#endif
