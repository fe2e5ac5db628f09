/* The execution state: all that an agent may read for one decision. Read-only, valid until the call returns.
 */
#ifndef CADRE_STATE_H
#define CADRE_STATE_H

#include "cadre/abi.h"
#include "cadre/market.h"
#include "cadre/proposal.h"

/* A service: what a provider published for this input. Which service is at which place of `services` is the
 * order of `requires` in the reading agent's manifest entry; every agent sees its own list. */
typedef struct cadre_service {
  cadre_id id; /* "cadre.covariance/1" */
  cadre_matrix
      matrix; /* rows x columns; a column vector has columns = 1; values NULL: optional and not bound */
  uint32_t observations; /* periods it was estimated from; 0: not ready */
  uint32_t reserved;     /* 0 */
} cadre_service;

/* Bounds every target has to keep, whatever the stage. */
enum {
  CADRE_LONG_ONLY = 1u,
  CADRE_MARGIN_ACCOUNT = 2u /* the book may owe cash: its margin requirement bounds it, its cash does not */
};
typedef struct cadre_constraints {
  uint32_t size;
  uint32_t flags;            /* CADRE_LONG_ONLY, CADRE_MARGIN_ACCOUNT */
  double max_gross_exposure; /* sum of absolute weights */
  double max_net_exposure;   /* absolute sum of weights */
  double max_weight;         /* largest absolute weight */
} cadre_constraints;

/* How orders have been executed so far. NaN until there is something to measure. */
typedef struct cadre_execution_metrics {
  uint32_t size;
  uint32_t reserved; /* 0 */
  uint64_t orders;
  uint64_t fills;
  double mean_shortfall_bp; /* fills against the decision price, positive is a cost; basis points */
  double fees;              /* money so far, in the book's currency */
} cadre_execution_metrics;

/* What of the book one strategy may use. No host gives any out yet: the state has none. */
typedef struct cadre_strategy_budget {
  uint32_t size;
  uint32_t reserved;         /* 0 */
  double max_gross_exposure; /* share of equity, of the positions its views lead to */
  double max_risk;           /* annualised volatility of these positions, share of equity */
  cadre_id strategy;
} cadre_strategy_budget;

/* How the volume of a session spreads over its time of day. */
typedef struct cadre_volume_curve {
  uint32_t size;
  uint32_t buckets;    /* per session; 0: there is none */
  const double* share; /* bucket b of instrument i at share[b * stride + i]; of an instrument they add up to
                          1, or all are NaN where its volume is not known */
  uint64_t stride;     /* doubles between buckets, >= instrument_count */
  int64_t bucket_ns;   /* length of a bucket */
  int64_t first_ns;    /* begin of the first one, UTC */
} cadre_volume_curve;

typedef struct cadre_execution_state {
  uint32_t size;
  uint32_t instrument_count;
  uint64_t universe_epoch;  /* changes when the universe changes; starts at 1 */
  uint64_t sequence;        /* of the journaled event this is the state after */
  int64_t time_ns;          /* UTC, of that event */
  int32_t session_date;     /* yyyymmdd */
  uint32_t reserved;        /* 0 */
  double periods_per_year;  /* bars in a year; of daily ones, as many as sessions */
  double sessions_per_year; /* e.g. 252 */
  double equity;            /* positions at `price` + cash, book currency; constant within a decision */
  double cash;
  cadre_string book;
  cadre_string currency;               /* ISO 4217 */
  const cadre_instrument* instruments; /* [instrument_count], instrument_stride bytes apart */
  uint64_t instrument_stride;
  cadre_column open; /* of the bar that just closed; values NULL where the data have none */
  cadre_column high;
  cadre_column low;
  cadre_column close;
  cadre_column volume;            /* units */
  cadre_column price;             /* the mark: the last valid close */
  const double* weight;           /* [instrument_count] filled positions at `price`, share of equity */
  const double* working_weight;   /* [instrument_count] open orders, signed, share of equity */
  const int64_t* quantity_e9;     /* [instrument_count] filled positions, signed */
  const int64_t* working_buy_e9;  /* [instrument_count] open buys, >= 0 */
  const int64_t* working_sell_e9; /* [instrument_count] open sells, >= 0 */
  cadre_windows sessions;         /* history with one row per trading session */
  cadre_windows bars;             /* history with one row per bar; of daily bars, the same rows */
  const cadre_signal* signals;    /* all signals of this decision, signal_stride bytes apart */
  uint64_t signal_stride;
  uint64_t signal_count;
  cadre_column score; /* the aggregator's views; values NULL before that stage */
  cadre_column confidence;
  const cadre_constraints* constraints;
  const cadre_service* services; /* [service_count], service_stride bytes apart, this agent's own;
                                  none in observe */
  uint64_t service_stride;
  uint64_t service_count;
  const cadre_risk_report* risk; /* the newest analysis of this decision; NULL before it and in observe */
  const cadre_correlation_report* correlation; /* likewise */
  const cadre_execution_metrics* execution;
  const cadre_strategy_budget* budgets; /* [budget_count], budget_stride bytes apart */
  uint64_t budget_stride;
  uint64_t budget_count;
  const cadre_volume_curve* volume_curve; /* NULL: there is none */
  cadre_column opening_bid;               /* the quotes at the open of the bar that just closed */
  cadre_column opening_ask;               /* values NULL where the data have none */
  cadre_column bid;                       /* the quotes at its close, likewise */
  cadre_column ask;
  int64_t bar_period_ns;   /* how long a bar is; 0: not known */
  double short_collateral; /* money, >= 0: what of `cash` short positions hold back, which buys nothing: of
                              each the larger of what it was sold for and what it is worth */
} cadre_execution_state;

/* Sizes at the release of this ABI: what every other side can rely on. Structs grow behind them. */
#define CADRE_CONSTRAINTS_SIZE_MIN 32u
#define CADRE_EXECUTION_METRICS_SIZE_MIN 40u
#define CADRE_EXECUTION_STATE_SIZE_MIN 608u
#define CADRE_STRATEGY_BUDGET_SIZE_MIN 88u
#define CADRE_VOLUME_CURVE_SIZE_MIN 40u

CADRE_STATIC_ASSERT(sizeof(cadre_service) == 96 && sizeof(cadre_constraints) == 32 &&
                        sizeof(cadre_execution_metrics) == 40 && sizeof(cadre_execution_state) == 720 &&
                        sizeof(cadre_strategy_budget) == 88 && sizeof(cadre_volume_curve) == 40,
                    "layout");

/* Instrument i of a state, whatever the size of the host's struct. */
static inline const cadre_instrument* cadre_instrument_at(const cadre_execution_state* state, uint32_t i) {
  return (const cadre_instrument*)(const void*)((const char*)state->instruments +
                                                i * state->instrument_stride);
}
static inline const cadre_signal* cadre_signal_at(const cadre_execution_state* state, uint64_t i) {
  return (const cadre_signal*)(const void*)((const char*)state->signals + i * state->signal_stride);
}
static inline const cadre_service* cadre_service_at(const cadre_execution_state* state, uint64_t i) {
  return (const cadre_service*)(const void*)((const char*)state->services + i * state->service_stride);
}

#endif
