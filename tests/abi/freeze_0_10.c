/* What ABI 0.10 adds to 0.9, not released yet: every field's place and type, every id. It is frozen with
 * 0.10. */
#include <stdio.h>
#include <string.h>

#include "cadre/cadre.h"

#define OPEN(record, bytes) _Static_assert(sizeof(record) >= (bytes), #record " lost fields")
#define FIELD(record, place, field, ...)                                                                \
  _Static_assert(offsetof(record, field) == (place), #record "." #field " moved");                      \
  _Static_assert(_Generic(&((record*)0)->field, __typeof__(__typeof__(__VA_ARGS__)*) : 1, default : 0), \
                 #record "." #field " has another type")

/* clang-format off */

/* ext/reason.h */
OPEN(cadre_reason_table, 16);
FIELD(cadre_reason_table, 0, size, uint32_t);
FIELD(cadre_reason_table, 4, reserved, uint32_t);
FIELD(cadre_reason_table, 8, say, void (*)(const cadre_host*, cadre_string));

#define ID(name, text) \
  if (strcmp(name, text) != 0) failures += printf(#name " is \"%s\", released as \"%s\"\n", name, text) > 0

int main(void) {
  int failures = 0;
  ID(CADRE_EXT_REASON, "cadre.reason/1");
  return failures != 0;
}
