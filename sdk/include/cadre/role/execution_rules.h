/* execution rules: how what is needed becomes orders, and what becomes of those that still work. */
#ifndef CADRE_ROLE_EXECUTION_RULES_H
#define CADRE_ROLE_EXECUTION_RULES_H

#include "cadre/order.h"
#include "cadre/state.h"

#define CADRE_ROLE_EXECUTION_RULES "cadre.execution_rules/2"

/* One order of the book that has not ended, as the host knows it. Item k at (const char*)orders + k * stride.
 * What it may still fill at the most is quantity_e9 - filled_e9, whatever was asked of it meanwhile. */
typedef struct cadre_open_order {
  uint32_t size;
  uint32_t instrument;       /* index */
  uint32_t side;             /* CADRE_SIDE_* */
  uint32_t type;             /* CADRE_ORDER_MARKET ... */
  uint32_t time_in_force;    /* CADRE_TIF_* */
  uint32_t status;           /* CADRE_ORDER_NEW, _PARTIALLY_FILLED, _PENDING_CANCEL ... */
  int64_t quantity_e9;       /* > 0, in all; of two sizes between which a replace is pending, the larger */
  int64_t filled_e9;         /* >= 0, so far */
  int64_t limit_price_e9;    /* 0: none */
  int64_t stop_price_e9;     /* 0: none */
  int64_t decision_price_e9; /* what its shortfall is measured against */
  int64_t decision_time_ns;  /* UTC */
  cadre_id client_id;
} cadre_open_order;

/* What has to be traded, and what works already. quantity = target - filled - working, in whole lots, already
 * rounded towards the position. */
typedef struct cadre_needs {
  uint32_t size;
  uint32_t instrument_count;
  const int64_t* quantity_e9;        /* [instrument_count], signed; 0: nothing to do */
  const int64_t* reference_price_e9; /* [instrument_count], the decision price; 0: none */
  const double* target_weight;       /* [instrument_count] */
  const cadre_open_order* orders;    /* [order_count], order_stride bytes apart; oldest first */
  uint64_t order_stride;
  uint64_t order_count;
  const uint8_t* for_limit; /* [instrument_count], 1: the need reduces the position for the sake of a limit,
                               and is not held back; NULL: the host does not tell, and any may be */
} cadre_needs;

/* What the rules ask for. Fields without a meaning for the kind are zero.
 *   NEW      a new order: instrument, side, type, time in force, quantity, prices.
 *   REPLACE  of the open order client_id: quantity_e9 is the new total, filled or not (FIX 38 of a cancel
 *            replace request), and the prices are the new ones; 0: as it is. What it may fill until the
 *            answer counts at the larger of both.
 *   CANCEL   of the open order client_id; it works until a report says otherwise. */
enum { CADRE_ACTION_NEW = 1, CADRE_ACTION_REPLACE = 2, CADRE_ACTION_CANCEL = 3 };

/* How a new order hangs on another action of the same list.
 *   AFTER    it is sent when that one has ended.
 *   CANCELS  whichever of the two fills first cancels the other (one cancels the other). */
enum { CADRE_LINK_NONE = 0, CADRE_LINK_AFTER = 1, CADRE_LINK_CANCELS = 2 };

typedef struct cadre_action {
  uint32_t size;
  uint32_t kind;          /* CADRE_ACTION_* */
  uint32_t instrument;    /* index */
  uint32_t side;          /* NEW: CADRE_SIDE_* */
  uint32_t type;          /* NEW: CADRE_ORDER_MARKET ... */
  uint32_t time_in_force; /* NEW: CADRE_TIF_* */
  uint32_t flags;         /* none defined */
  uint32_t link;          /* NEW: CADRE_LINK_* */
  uint32_t linked;        /* NEW with a link: the place of the other action in the list */
  uint32_t slice_count;   /* NEW: how many slices it is sent in; 0: whole, at once */
  uint64_t first_slice;   /* NEW with slices: the place of the first one in the table of slices */
  int64_t quantity_e9;    /* NEW, REPLACE: > 0, a multiple of the lot */
  int64_t limit_price_e9; /* of types that have one: > 0, a multiple of the tick */
  int64_t stop_price_e9;  /* of types that have one: > 0, a multiple of the tick */
  int64_t expire_time_ns; /* GTD: UTC */
  cadre_id client_id;     /* REPLACE, CANCEL: which open order */
} cadre_action;

/* One part of an order that is worked over time. The quantities of an order's slices add up to its own. */
typedef struct cadre_slice {
  uint32_t size;
  uint32_t reserved;          /* 0 */
  int64_t time_ns;            /* UTC: not before; ascending within an order */
  int64_t quantity_e9;        /* > 0, a multiple of the lot */
  int64_t limit_price_e9;     /* 0: that of the order */
  double max_share_of_volume; /* of what trades in the period it works in, 0 .. 1; 0: no bound */
} cadre_slice;

/* Where actions go: item k at (char*)items + k * stride, slice k at (char*)slices + k * slice_stride. The
 * host sets `size` in every item it offers. */
typedef struct cadre_action_list {
  uint32_t size;
  uint32_t reserved; /* 0 */
  cadre_action* items;
  uint64_t stride;   /* bytes between items */
  uint64_t capacity; /* items */
  uint64_t needed;   /* out: how many there are; with needed > capacity the host discards the answer */
  cadre_slice* slices;
  uint64_t slice_stride;
  uint64_t slice_capacity;
  uint64_t slices_needed; /* out, likewise */
} cadre_action_list;

typedef struct cadre_execution_rules {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* Writes what is to be done, and sets `needed`. New orders of an instrument go in the direction of its need
   * and are for no more than it. An instrument it leaves out carries its reason in reasons[instrument]
   * (zeroed before). An action that this host does not carry out makes it refuse the whole list, with a
   * sentence. [decision-thread] active no-alloc */
  cadre_status (*apply_rules)(const void* self, const cadre_execution_state* state, const cadre_needs* needs,
                              cadre_action_list* out, cadre_reason* reasons);
} cadre_execution_rules;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_OPEN_ORDER_SIZE_MIN 136u
#define CADRE_NEEDS_SIZE_MIN 56u
#define CADRE_ACTION_SIZE_MIN 144u
#define CADRE_SLICE_SIZE_MIN 40u
#define CADRE_ACTION_LIST_SIZE_MIN 72u

CADRE_STATIC_ASSERT(sizeof(cadre_open_order) == 136 && sizeof(cadre_needs) == 64 &&
                        sizeof(cadre_action) == 144 && sizeof(cadre_slice) == 40 &&
                        sizeof(cadre_action_list) == 72,
                    "layout");

/* The order that a NEW action asks for; what the host fills in is zero. */
static inline cadre_order cadre_order_of(const cadre_action* action) {
  cadre_order order;
  memset(&order, 0, sizeof order);
  order.size = (uint32_t)sizeof order;
  order.instrument = action->instrument;
  order.side = action->side;
  order.type = action->type;
  order.time_in_force = action->time_in_force;
  order.quantity_e9 = action->quantity_e9;
  order.limit_price_e9 = action->limit_price_e9;
  order.stop_price_e9 = action->stop_price_e9;
  order.expire_time_ns = action->expire_time_ns;
  return order;
}

/* Open order k, whatever the size of the host's struct. */
static inline const cadre_open_order* cadre_open_order_at(const cadre_needs* needs, uint64_t k) {
  return (const cadre_open_order*)(const void*)((const char*)needs->orders + k * needs->order_stride);
}

#endif
