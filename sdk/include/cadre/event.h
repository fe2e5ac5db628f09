/* What an agent learns from: every journaled event of its book, exactly once, in order. */
#ifndef CADRE_EVENT_H
#define CADRE_EVENT_H

#include "cadre/abi.h"
#include "cadre/market.h"
#include "cadre/order.h"

enum {
  CADRE_EVENT_BAR = 1u,      /* a bar closed: its columns and the windows are in the state */
  CADRE_EVENT_FILL = 2u,     /* payload: cadre_execution_report with quantity > 0 */
  CADRE_EVENT_OUTCOME = 4u,  /* payload: cadre_outcome, a view whose whole horizon has closed */
  CADRE_EVENT_UNIVERSE = 8u, /* payload: cadre_universe_change; the state is already the new epoch's */
  CADRE_EVENT_TIMER = 16u,   /* payload: cadre_timer, of this instance (ext/timer.h) */
  CADRE_EVENT_SIGNAL = 32u,  /* payload: cadre_signal that came from outside */
  CADRE_EVENT_CORPORATE_ACTION = 64u /* payload: cadre_corporate_action. No host sends it yet: one that is
                                        asked for it refuses the agent */
};

typedef struct cadre_event {
  uint32_t size;
  uint32_t kind;       /* one CADRE_EVENT_* */
  uint64_t sequence;   /* contiguous per book */
  int64_t time_ns;     /* UTC */
  const void* payload; /* by kind; NULL without one */
} cadre_event;

/* Where every instrument went, both ways. Index i of the old epoch is old_to_new[i] now, or CADRE_GONE; index
 * i of now was new_to_old[i] before, or CADRE_GONE for one that is new. */
enum { CADRE_GONE = -1 };
typedef struct cadre_universe_change {
  uint32_t size;
  uint32_t old_count;
  uint64_t old_epoch;
  const int32_t* old_to_new; /* [old_count] */
  const int32_t* new_to_old; /* [instrument_count of the state] */
} cadre_universe_change;

/* A timer that the instance had armed. */
typedef struct cadre_timer {
  uint32_t size;
  uint32_t reserved; /* 0 */
  uint64_t id;       /* as it was armed */
  int64_t due_ns;    /* UTC; the event's time is not before it */
  uint64_t
      expirations; /* >= 1: periods that have passed since the last time; more than one after an outage */
} cadre_timer;

/* What became of one view of one strategy on one instrument, for learning: once, on the bar with which its
 * horizon closes, or before the instrument leaves the universe. One view of a strategy on an instrument is
 * followed at a time: its signal in a decision begins one, and the first signal after its outcome the next.
 */
typedef struct cadre_outcome {
  uint32_t size;
  uint32_t instrument;
  double score;  /* the view: direction x strength, signed */
  double weight; /* the mean weight of the instrument in the book at the bars of the horizon */
  double
      realised_return; /* simple, of the instrument from the mark of the view to that of the horizon's end */
  double risk;         /* forecast of the volatility of that return, when the view was made: the standard
                          deviation of the session returns there were, times the root of the horizon; NaN with
                          fewer than CADRE_OUTCOME_RETURNS_MIN of them, and in a data set without movement */
  cadre_id strategy;
} cadre_outcome;
#define CADRE_OUTCOME_RETURNS_MIN 20u

/* Something that happened to an instrument and not by trading, before the first price of ex_date. */
enum {
  CADRE_CORPORATE_SPLIT = 1, /* ratio: new units for one old one */
  CADRE_CORPORATE_CASH_DIVIDEND =
      2,                        /* cash: per unit held at the close before, in the instrument's currency */
  CADRE_CORPORATE_RENAME = 3,   /* its id is another from now on */
  CADRE_CORPORATE_MERGER = 4,   /* cash per unit, and the instrument ends */
  CADRE_CORPORATE_DELISTING = 5 /* cash: the terminal value of one unit, and the instrument ends */
};
typedef struct cadre_corporate_action {
  uint32_t size;
  uint32_t kind; /* CADRE_CORPORATE_SPLIT ... */
  uint32_t instrument;
  int32_t ex_date;   /* yyyymmdd */
  int32_t pay_date;  /* yyyymmdd; 0: none */
  uint32_t reserved; /* 0 */
  double ratio;      /* > 0; 1 without one */
  int64_t cash_e9;   /* in 1e-9 of a currency unit; 0 without one */
} cadre_corporate_action;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_EVENT_SIZE_MIN 32u
#define CADRE_UNIVERSE_CHANGE_SIZE_MIN 32u
#define CADRE_OUTCOME_SIZE_MIN 104u
#define CADRE_TIMER_SIZE_MIN 32u
#define CADRE_CORPORATE_ACTION_SIZE_MIN 40u

CADRE_STATIC_ASSERT(sizeof(cadre_event) == 32 && sizeof(cadre_universe_change) == 32 &&
                        sizeof(cadre_outcome) == 104 && sizeof(cadre_timer) == 32 &&
                        sizeof(cadre_corporate_action) == 40,
                    "layout");

#endif
