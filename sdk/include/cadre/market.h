/* Instruments, columns, windows: how market data looks to an agent.
 *
 * Data lie in columns indexed by instrument, in one 64-byte aligned arena per book. A missing value is NaN
 * with validity 0, and only there; infinity never occurs. A view is valid until the call that got it returns.
 */
#ifndef CADRE_MARKET_H
#define CADRE_MARKET_H

#include "cadre/abi.h"

/* What an instrument is. An agent is used with the kinds its manifest lists (equity, fund and crypto_spot
 * when it lists none), so none ever sizes an option as a share. */
enum {
  CADRE_KIND_EQUITY = 0,
  CADRE_KIND_FUND = 1,
  CADRE_KIND_FUTURE = 2,
  CADRE_KIND_OPTION = 3,
  CADRE_KIND_FX_SPOT = 4,
  CADRE_KIND_CRYPTO_SPOT = 5,
  CADRE_KIND_INDEX = 6 /* data, never traded */
};

/* One instrument of the universe. Its index is its place in the columns and holds for one universe epoch. */
typedef struct cadre_instrument {
  uint32_t size;
  uint32_t flags; /* none defined */
  cadre_string id;
  cadre_string group;          /* sector or any other grouping; may be empty */
  cadre_string currency;       /* ISO 4217 */
  cadre_string time_zone;      /* IANA name */
  int64_t tick_e9;             /* smallest price step, in 1e-9 of a currency unit; above zero */
  int64_t lot_e9;              /* smallest quantity step, in 1e-9 units; above zero */
  int64_t multiplier_e9;       /* currency units per unit of price and quantity, in 1e-9; above zero */
  double average_daily_volume; /* units per day; NaN when not known */
  uint32_t kind;               /* CADRE_KIND_* */
  uint32_t reserved;           /* 0 */
  double borrow_rate; /* of a short position, per year, share of its value; NaN: it cannot be borrowed */
  double margin_rate; /* what a position needs, share of its value; NaN: not said */
  int64_t minimum_notional_e6; /* money an order has to be worth unless it closes a position; 0: none */
} cadre_instrument;

/* One number per instrument: values[i], valid[i], i = 0 .. instrument_count - 1. values is NULL when the
 * source has no such column at all (open on data that have closes only). */
typedef struct cadre_column {
  const double* values;
  const uint8_t* valid; /* 1 or 0 */
} cadre_column;

/* The last periods of a column, contiguous: period r (0 = oldest), instrument i at values[r * stride + i]. */
enum { CADRE_PERIOD_BAR = 1, CADRE_PERIOD_SESSION = 2 };
typedef struct cadre_window {
  const double* values;
  const uint8_t* valid; /* same shape and stride */
  uint32_t rows;        /* periods; 0 when no agent of the chain asked for this window */
  uint32_t columns;     /* instrument_count */
  uint64_t stride;      /* doubles between periods, >= columns */
  uint32_t period;      /* CADRE_PERIOD_*: what one row is */
  uint32_t reserved;    /* 0 */
} cadre_window;

/* History of one kind of period, the newest row last. */
typedef struct cadre_windows {
  cadre_window returns; /* simple returns per period */
  cadre_window closes;
  cadre_window volumes;
} cadre_windows;

/* A dense matrix: row r, column c at values[c * stride + r] (column-major). Of a symmetric one only the lower
 * triangle (r >= c) is defined: half the memory to move. */
typedef struct cadre_matrix {
  const double* values;
  uint32_t rows;
  uint32_t columns;
  uint64_t stride; /* doubles between columns, >= rows */
} cadre_matrix;

/* What a strategy thinks of one instrument at one time. */
typedef struct cadre_signal {
  uint32_t size;
  uint32_t instrument; /* index in this epoch */
  int32_t direction;   /* -1 short, 0 flat, 1 long */
  uint32_t reserved;   /* 0 */
  double strength;     /* >= 0; a z-score unless the source says otherwise */
  double confidence;   /* 0 .. 1 */
  double horizon_days; /* > 0, trading days the view is for */
  int64_t time_ns;     /* UTC; when it was made */
  cadre_id strategy;
} cadre_signal;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_INSTRUMENT_SIZE_MIN 112u
#define CADRE_SIGNAL_SIZE_MIN 112u

CADRE_STATIC_ASSERT(sizeof(cadre_instrument) == 136 && sizeof(cadre_window) == 40 &&
                        sizeof(cadre_windows) == 120 && sizeof(cadre_matrix) == 24 &&
                        sizeof(cadre_signal) == 112,
                    "layout");

#endif
