/* What agents hand on: targets with reasons, views, reports. The host owns all of this memory.
 *
 * cadre_reason, cadre_limit_use and cadre_pair are closed: they never grow, so arrays of them need no stride.
 */
#ifndef CADRE_PROPOSAL_H
#define CADRE_PROPOSAL_H

#include "cadre/abi.h"
#include "cadre/market.h"

/* Why an agent changed an instrument's target. Codes 1 to 999 are the host's (below); from 1000 a plugin's
 * own, described in its manifest. Code 0: no reason given. */
typedef struct cadre_reason {
  uint32_t code;
  uint32_t reserved; /* 0 */
  double value;      /* what the code speaks of: a factor, a limit, a correlation; finite */
} cadre_reason;

enum {
  CADRE_REASON_SIGNAL = 1,            /* sized from the score; value: the score */
  CADRE_REASON_MAX_POSITION = 2,      /* capped at the largest position; value: the cap */
  CADRE_REASON_MIN_POSITION = 3,      /* too small to hold, set to zero; value: the minimum */
  CADRE_REASON_RISK_LIMIT = 4,        /* cut by a risk limit; value: the factor */
  CADRE_REASON_CORRELATION = 5,       /* cut for correlation; value: the factor */
  CADRE_REASON_FINAL_CUT = 6,         /* the host's last cut; value: the factor on increases */
  CADRE_REASON_RESTRICTED = 7,        /* restricted instrument; value: 0 */
  CADRE_REASON_PRICE_THRESHOLD = 8,   /* price moved beyond the threshold; value: the move */
  CADRE_REASON_NO_PRICE = 9,          /* no valid price; value: 0 */
  CADRE_REASON_LONG_ONLY = 10,        /* short targets are not allowed; value: the target refused */
  CADRE_REASON_RESIZE_THRESHOLD = 11, /* change too small to be worth trading; value: the change */
  CADRE_REASON_HELD = 12,             /* stage failed: its policy held the positions; value: 0 */
  CADRE_REASON_NO_VIEW = 13,          /* no valid score: the target is zero; value: 0 */
  CADRE_REASON_LOT = 14,              /* rounded to whole lots; value: 0 */
  CADRE_REASON_EXPOSURE = 15,         /* made to fit exposure or largest weight; value: the change left */
  CADRE_REASON_FITTED = 16,           /* cut to what the pre-trade checks accept; value: units wanted */
  CADRE_REASON_MIN_NOTIONAL = 17,     /* worth less than the least that is traded; value: that least */
  CADRE_REASON_TRADING_STATE = 18,    /* kept by a trading state; value: the change left out */
  CADRE_REASON_OTHER_SIDE = 19,       /* waits for orders on the other side to end; value: units that wait */
  CADRE_REASON_CASH = 20,             /* waits for cash; value: units that wait */
  CADRE_REASON_VOLUME_SHARE = 21,     /* no larger part of the volume is allowed; value: units that wait */
  CADRE_REASON_NO_ROOM = 22,          /* waits until the book has room for it; value: units that wait */
  CADRE_REASON_SESSION_END = 23,      /* its session is over; value: units never sent */
  CADRE_REASON_NEW_TARGET = 24,       /* a later decision needs less of it; value: units taken back */
  CADRE_REASON_TARGET_REACHED = 25,   /* the position is where it leads to; value: units never sent */
  CADRE_REASON_GONE = 26,             /* its instrument left the universe; value: units never sent */
  CADRE_REASON_FIRST_PLUGIN = 1000
};

/* Absolute targets: the share of equity each instrument should have. The host fills weight with what came
 * before and zeroes the reasons; the agent changes what it wants to change. Any non-finite weight rejects the
 * whole output. */
typedef struct cadre_targets {
  uint32_t size;
  uint32_t instrument_count;
  double* weight;        /* [instrument_count], fractions of equity, signed */
  cadre_reason* reasons; /* [instrument_count] */
} cadre_targets;

/* One opinion per instrument. valid[i] = 0: no opinion, and score and confidence are ignored. */
typedef struct cadre_views {
  uint32_t size;
  uint32_t instrument_count;
  double* score;      /* [instrument_count], signed z-score */
  double* confidence; /* [instrument_count], 0 .. 1 */
  uint8_t* valid;     /* [instrument_count] */
} cadre_views;

/* How much of one limit is used. */
#define CADRE_BOOK UINT32_C(0xffffffff) /* in place of an instrument: the limit is the whole book's */
enum { CADRE_LIMIT_HARD = 1 };
/* What is done about a limit beyond cutting what would exceed it, in the bits 8 to 11 of its flags. Hosts
 * that do only the first refuse the others. */
enum {
  CADRE_LIMIT_ACTION_CUT = 0u << 8,     /* nothing that exceeds it is sent */
  CADRE_LIMIT_ACTION_WARN = 1u << 8,    /* nothing is cut; people are told */
  CADRE_LIMIT_ACTION_REDUCE = 2u << 8,  /* a breach between decisions makes a reducing one due */
  CADRE_LIMIT_ACTION_FLATTEN = 3u << 8, /* a breach closes every position of the limit's scope */
  CADRE_LIMIT_ACTION_HALT = 4u << 8     /* a breach halts the book */
};
#define CADRE_LIMIT_ACTION_MASK (15u << 8)
typedef struct cadre_limit_use {
  cadre_id name;       /* "portfolio_volatility", "position_risk", "value_at_risk" ... */
  double value;        /* >= 0, in the limit's unit */
  double limit;        /* > 0 */
  uint32_t instrument; /* index, or CADRE_BOOK */
  uint32_t flags;      /* CADRE_LIMIT_HARD: not to be exceeded at all; else soft, with the loop's tolerance */
} cadre_limit_use;

/* The risk of a book that holds given weights. All figures are positive numbers, fractions of equity. */
enum { CADRE_ACCEPTABLE = 1, CADRE_NOT_ACCEPTABLE = 2 };
typedef struct cadre_risk_report {
  uint32_t size;
  uint32_t acceptable;       /* out: CADRE_ACCEPTABLE or CADRE_NOT_ACCEPTABLE */
  double volatility;         /* out: annualised; NaN when not computed */
  double value_at_risk;      /* out: at the agent's confidence and horizon; NaN when not computed */
  double expected_shortfall; /* out: NaN when not computed */
  double* component_risk;  /* out: [instrument_count], annualised, adds up to volatility; NULL: do not fill */
  cadre_limit_use* limits; /* out: the binding ones first; at most limit_capacity */
  uint32_t limit_capacity;
  uint32_t limit_count; /* out */
  uint32_t instrument_count;
  uint32_t reserved; /* 0 */
  /* out: of soft limits, the share of the excess of the book that is held which one decision removes, 0 .. 1.
   * A figure may then be max(limit x (1 + tolerance), now - adjustment_speed x (now - limit)), in the host's
   * loop and in its last check. 0: the loop goes to the limit and its tolerance, and the last check allows
   * what the book has already. */
  double adjustment_speed;
} cadre_risk_report;

/* Correlated pairs among the positions a book would hold. */
typedef struct cadre_pair {
  uint32_t first;
  uint32_t second;
  double correlation; /* -1 .. 1 */
} cadre_pair;
typedef struct cadre_correlation_report {
  uint32_t size;
  uint32_t acceptable;        /* out: CADRE_ACCEPTABLE or CADRE_NOT_ACCEPTABLE */
  double mean_correlation;    /* out: over the pairs held; NaN with fewer than two */
  double highest_correlation; /* out: sign(w_i w_j) rho, the highest; NaN with fewer than two */
  cadre_pair* pairs;          /* out: pairs beyond the maximum, the first pair_capacity in order of index */
  uint32_t pair_capacity;
  uint32_t pair_count; /* out: how many pairs there are, which may be more than the capacity */
} cadre_correlation_report;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_TARGETS_SIZE_MIN 24u
#define CADRE_VIEWS_SIZE_MIN 32u
#define CADRE_RISK_REPORT_SIZE_MIN 64u
#define CADRE_CORRELATION_REPORT_SIZE_MIN 40u

CADRE_STATIC_ASSERT(sizeof(cadre_reason) == 16 && sizeof(cadre_targets) == 24 && sizeof(cadre_views) == 32 &&
                        sizeof(cadre_limit_use) == 88 && sizeof(cadre_risk_report) == 72 &&
                        sizeof(cadre_pair) == 16 && sizeof(cadre_correlation_report) == 40,
                    "layout");

#endif
