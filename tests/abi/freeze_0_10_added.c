/* What ABI 0.10 got at the ends of its open structs after freeze_0_10.c was written. Nothing here is ever
 * changed, either. */
#include "cadre/cadre.h"

#define FIELD(record, place, field, ...)                                           \
  _Static_assert(offsetof(record, field) == (place), #record "." #field " moved"); \
  _Static_assert(_Generic(&((record*)0)->field, __VA_ARGS__ * : 1, default : 0),   \
                 #record "." #field " has another type")
#define VALUE(name, value) _Static_assert(name == (value), #name " changed")

/* clang-format off */

/* proposal.h */
FIELD(cadre_risk_report, 64, adjustment_speed, double);
VALUE(CADRE_REASON_EXPOSURE, 15);
VALUE(CADRE_REASON_MIN_NOTIONAL, 16);

int main(void) { return 0; }
