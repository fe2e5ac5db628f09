/* execution environment: takes orders, gives back fills. It knows an order by the host's client id, and a
 * position by the instrument's id; indices it is given hold for the call alone.
 *
 * A simulated one learns the market through observe(CADRE_EVENT_BAR) and then has reports to fetch. A live
 * one needs sockets and threads and so runs in a process of its own behind this same table. */
#ifndef CADRE_ROLE_EXECUTION_ENVIRONMENT_H
#define CADRE_ROLE_EXECUTION_ENVIRONMENT_H

#include "cadre/order.h"
#include "cadre/state.h"

#define CADRE_ROLE_EXECUTION_ENVIRONMENT "cadre.execution_environment/2"

/* What it does. Orders it cannot take are refused before they are sent. */
enum { CADRE_ENVIRONMENT_REPLACES = 1u, CADRE_ENVIRONMENT_KNOWS_ACCOUNT = 2u, CADRE_ENVIRONMENT_WAKES = 4u };
typedef struct cadre_environment_capabilities {
  uint32_t size;
  uint32_t flags;          /* CADRE_ENVIRONMENT_* */
  uint64_t order_types;    /* CADRE_BIT_OF(CADRE_ORDER_MARKET) | ... */
  uint64_t times_in_force; /* CADRE_BIT_OF(CADRE_TIF_DAY) | ... */
} cadre_environment_capabilities;

/* What is to become of an open order. The quantity is the new total, filled or not. */
typedef struct cadre_replacement {
  uint32_t size;
  uint32_t reserved; /* 0 */
  int64_t quantity_e9;
  int64_t limit_price_e9; /* 0: none, for types without one */
  int64_t stop_price_e9;
  cadre_id client_id;  /* of the open order */
  cadre_id request_id; /* of this request: reports about it carry it */
} cadre_replacement;

/* A position as the other side sees it. */
typedef struct cadre_venue_position {
  uint32_t size;
  uint32_t reserved;        /* 0 */
  int64_t quantity_e9;      /* signed */
  int64_t average_price_e9; /* 0: not known */
  cadre_id instrument_id;
} cadre_venue_position;

/* The account as the other side sees it. Item k of a list at (char*)items + k * stride; with needed >
 * capacity the host asks again with more room. */
typedef struct cadre_venue_account {
  uint32_t size;
  uint32_t has_cash; /* out: 1 when it knows the cash */
  int64_t cash_e6;   /* out: money, in the book's currency */
  cadre_venue_position* positions;
  uint64_t position_stride;
  uint64_t position_capacity;
  uint64_t positions_needed; /* out */
  cadre_id* orders;          /* client ids of open orders, also of those that this host never sent */
  uint64_t order_capacity;
  uint64_t orders_needed; /* out */
} cadre_venue_account;

typedef struct cadre_execution_environment {
  uint32_t size;
  uint32_t reserved; /* 0 */
  /* Constant for the life of the instance. [control-thread] [decision-thread] */
  cadre_status (*capabilities)(const void* self, cadre_environment_capabilities* out);
  /* Takes the order. A refusal is CADRE_OK with status CADRE_ORDER_REJECTED and a reason. [decision-thread]
   * active */
  cadre_status (*execute_trade)(void* self, const cadre_order* order, cadre_trade_result* out);
  /* Asks for an open order to be changed; done when a report says so. CADRE_REJECTED: no such open order;
   * CADRE_UNSUPPORTED without CADRE_ENVIRONMENT_REPLACES. [decision-thread] active */
  cadre_status (*replace_order)(void* self, const cadre_replacement* replacement);
  /* Asks for what is left to be cancelled; done when a report says so. CADRE_REJECTED: no such open order.
   * [decision-thread] active */
  cadre_status (*cancel_order)(void* self, cadre_id client_id);
  /* What became of the order. CADRE_REJECTED: never heard of it. [decision-thread] active */
  cadre_status (*query_order)(const void* self, cadre_id client_id, cadre_trade_result* out);
  /* The next report, oldest first; CADRE_DISCARD when there is none. [decision-thread] active no-alloc */
  cadre_status (*next_report)(void* self, cadre_execution_report* out);
  /* Open orders, positions and cash as the other side sees them. CADRE_UNSUPPORTED without
   * CADRE_ENVIRONMENT_KNOWS_ACCOUNT. [decision-thread] active */
  cadre_status (*account)(const void* self, cadre_venue_account* out);
  /* Sets *out to the descriptor of an event counter that becomes readable when there are reports to fetch;
   * it stays the instance's, and is harmless after deactivate. CADRE_UNSUPPORTED without
   * CADRE_ENVIRONMENT_WAKES. [control-thread] active */
  cadre_status (*wake_descriptor)(const void* self, int32_t* out);
} cadre_execution_environment;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_ENVIRONMENT_CAPABILITIES_SIZE_MIN 24u
#define CADRE_REPLACEMENT_SIZE_MIN 160u
#define CADRE_VENUE_POSITION_SIZE_MIN 88u
#define CADRE_VENUE_ACCOUNT_SIZE_MIN 72u

CADRE_STATIC_ASSERT(sizeof(cadre_environment_capabilities) == 24 && sizeof(cadre_replacement) == 160 &&
                        sizeof(cadre_venue_position) == 88 && sizeof(cadre_venue_account) == 72,
                    "layout");

#endif
