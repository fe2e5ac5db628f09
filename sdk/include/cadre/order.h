/* Orders, their fate, and fills. Words and codes are FIX's: tags 54, 40, 59 and 39, as the characters FIX
 * uses. */
#ifndef CADRE_ORDER_H
#define CADRE_ORDER_H

#include "cadre/abi.h"

enum { CADRE_SIDE_BUY = '1', CADRE_SIDE_SELL = '2' };
enum {
  CADRE_ORDER_MARKET = '1',
  CADRE_ORDER_LIMIT = '2',
  CADRE_ORDER_STOP = '3',
  CADRE_ORDER_STOP_LIMIT = '4',
  CADRE_ORDER_MARKET_ON_CLOSE = '5'
};
enum {
  CADRE_TIF_DAY = '0',
  CADRE_TIF_GTC = '1',
  CADRE_TIF_AT_THE_OPENING = '2',
  CADRE_TIF_IOC = '3',
  CADRE_TIF_FOK = '4',
  CADRE_TIF_GTD = '6',
  CADRE_TIF_AT_THE_CLOSE = '7'
};
enum {
  CADRE_ORDER_NEW = '0',
  CADRE_ORDER_PARTIALLY_FILLED = '1',
  CADRE_ORDER_FILLED = '2',
  CADRE_ORDER_CANCELED = '4',
  CADRE_ORDER_REPLACED = '5',
  CADRE_ORDER_PENDING_CANCEL = '6',
  CADRE_ORDER_REJECTED = '8',
  CADRE_ORDER_SUSPENDED = '9',
  CADRE_ORDER_PENDING_NEW = 'A',
  CADRE_ORDER_EXPIRED = 'C',
  CADRE_ORDER_PENDING_REPLACE = 'E',
  CADRE_ORDER_UNKNOWN = 'U' /* the host's own: nobody knows what became of it */
};

/* The bit of an order type or a time in force in a set of them: FIX's characters are from '0' on. */
#define CADRE_BIT_OF(code) (UINT64_C(1) << ((code) - '0'))

/* An order. What is marked (rules) comes from the execution rules' action, the rest from the host. */
typedef struct cadre_order {
  uint32_t size;
  uint32_t instrument;       /* (rules) index */
  uint32_t side;             /* (rules) */
  uint32_t type;             /* (rules) */
  uint32_t time_in_force;    /* (rules) */
  uint32_t flags;            /* none defined */
  int64_t quantity_e9;       /* (rules) > 0, a multiple of the lot */
  int64_t limit_price_e9;    /* (rules) for LIMIT and STOP_LIMIT, a multiple of the tick; else 0 */
  int64_t stop_price_e9;     /* (rules) for STOP and STOP_LIMIT; else 0 */
  int64_t expire_time_ns;    /* (rules) for GTD; else 0 */
  int64_t decision_price_e9; /* (host) the price the decision saw: what its shortfall is measured against */
  int64_t decision_time_ns;  /* (host) */
  cadre_id client_id;        /* (host) unique in the book's life, derived from the decision that caused it */
} cadre_order;

/* The immediate answer of an execution environment. What it says is filled is filled: no report repeats it.
 * Later fills arrive as reports with the same client id. */
typedef struct cadre_trade_result {
  uint32_t size;
  uint32_t status;            /* CADRE_ORDER_* */
  int64_t filled_quantity_e9; /* so far */
  int64_t average_price_e9;   /* of what is filled; 0 when nothing is */
  int64_t fees_e6;            /* money; >= 0 */
  uint32_t reason;            /* a reason code when rejected; else 0 */
  uint32_t reserved;          /* 0 */
  int64_t spread_cost_e6;     /* money: what of the price is half-spread */
} cadre_trade_result;

/* One event in an order's life. */
typedef struct cadre_execution_report {
  uint32_t size;
  uint32_t status;     /* CADRE_ORDER_* after this event */
  uint32_t instrument; /* index */
  uint32_t side;
  int64_t quantity_e9; /* filled by this event; 0 for an expiry or a cancel */
  int64_t price_e9;    /* of this fill, before fees; 0 without one */
  int64_t fees_e6;     /* money of this fill: commissions and the like; >= 0 */
  int64_t
      spread_cost_e6; /* money: what of the price is half-spread; for cost reports, already in the price */
  int64_t time_ns;
  uint32_t reason;   /* why it was cancelled, rejected or expired; else 0 */
  uint32_t reserved; /* 0 */
  cadre_id client_id;
  cadre_id execution_id; /* FIX 17: of this event, unique for its sender's life: the same report seen again
                            changes nothing; empty: this sender never repeats itself */
  cadre_id request_id;   /* of the replacement or cancel that this answers; empty: of none */
  int64_t order_quantity_e9; /* FIX 38: the order's total quantity after this event; 0: as it was */
} cadre_execution_report;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_ORDER_SIZE_MIN 136u
#define CADRE_TRADE_RESULT_SIZE_MIN 48u
#define CADRE_EXECUTION_REPORT_SIZE_MIN 128u

CADRE_STATIC_ASSERT(sizeof(cadre_order) == 136 && sizeof(cadre_trade_result) == 48 &&
                        sizeof(cadre_execution_report) == 264,
                    "layout");

#endif
