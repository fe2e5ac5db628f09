/* What ABI 0.10 got after freeze_0_10.c was written: the execution rules and the execution environment, whose
 * /1 was never frozen, what is declared for later steps, and fields at the ends of open structs. Nothing here
 * is ever changed, either. */
#include <stdio.h>
#include <string.h>

#include "cadre/cadre.h"

#define CLOSED(record, bytes) _Static_assert(sizeof(record) == (bytes), #record " may not grow")
#define OPEN(record, bytes) _Static_assert(sizeof(record) >= (bytes), #record " lost fields")
#define FIELD(record, place, field, ...)                                                                \
  _Static_assert(offsetof(record, field) == (place), #record "." #field " moved");                      \
  _Static_assert(_Generic(&((record*)0)->field, __typeof__(__typeof__(__VA_ARGS__)*) : 1, default : 0), \
                 #record "." #field " has another type")
#define VALUE(name, value) _Static_assert(name == (value), #name " changed")

/* clang-format off */

/* state.h */
OPEN(cadre_execution_state, 720);
FIELD(cadre_execution_state, 608, budgets, const cadre_strategy_budget*);
FIELD(cadre_execution_state, 616, budget_stride, uint64_t);
FIELD(cadre_execution_state, 624, budget_count, uint64_t);
FIELD(cadre_execution_state, 632, volume_curve, const cadre_volume_curve*);
FIELD(cadre_execution_state, 640, opening_bid, cadre_column);
FIELD(cadre_execution_state, 656, opening_ask, cadre_column);
FIELD(cadre_execution_state, 672, bid, cadre_column);
FIELD(cadre_execution_state, 688, ask, cadre_column);
FIELD(cadre_execution_state, 704, bar_period_ns, int64_t);
FIELD(cadre_execution_state, 712, short_collateral, double);
OPEN(cadre_instrument, 136);
FIELD(cadre_instrument, 112, borrow_rate, double);
FIELD(cadre_instrument, 120, margin_rate, double);
FIELD(cadre_instrument, 128, minimum_notional_e6, int64_t);
OPEN(cadre_execution_report, 264);
FIELD(cadre_execution_report, 128, execution_id, cadre_id);
FIELD(cadre_execution_report, 192, request_id, cadre_id);
FIELD(cadre_execution_report, 256, order_quantity_e9, int64_t);
OPEN(cadre_strategy_budget, 88);
FIELD(cadre_strategy_budget, 0, size, uint32_t);
FIELD(cadre_strategy_budget, 4, reserved, uint32_t);
FIELD(cadre_strategy_budget, 8, max_gross_exposure, double);
FIELD(cadre_strategy_budget, 16, max_risk, double);
FIELD(cadre_strategy_budget, 24, strategy, cadre_id);
OPEN(cadre_volume_curve, 40);
FIELD(cadre_volume_curve, 0, size, uint32_t);
FIELD(cadre_volume_curve, 4, buckets, uint32_t);
FIELD(cadre_volume_curve, 8, share, const double*);
FIELD(cadre_volume_curve, 16, stride, uint64_t);
FIELD(cadre_volume_curve, 24, bucket_ns, int64_t);
FIELD(cadre_volume_curve, 32, first_ns, int64_t);

/* event.h */
OPEN(cadre_corporate_action, 40);
FIELD(cadre_corporate_action, 0, size, uint32_t);
FIELD(cadre_corporate_action, 4, kind, uint32_t);
FIELD(cadre_corporate_action, 8, instrument, uint32_t);
FIELD(cadre_corporate_action, 12, ex_date, int32_t);
FIELD(cadre_corporate_action, 16, pay_date, int32_t);
FIELD(cadre_corporate_action, 20, reserved, uint32_t);
FIELD(cadre_corporate_action, 24, ratio, double);
FIELD(cadre_corporate_action, 32, cash_e9, int64_t);

/* role/execution_environment.h */
OPEN(cadre_environment_capabilities, 24);
FIELD(cadre_environment_capabilities, 0, size, uint32_t);
FIELD(cadre_environment_capabilities, 4, flags, uint32_t);
FIELD(cadre_environment_capabilities, 8, order_types, uint64_t);
FIELD(cadre_environment_capabilities, 16, times_in_force, uint64_t);
OPEN(cadre_replacement, 160);
FIELD(cadre_replacement, 0, size, uint32_t);
FIELD(cadre_replacement, 4, reserved, uint32_t);
FIELD(cadre_replacement, 8, quantity_e9, int64_t);
FIELD(cadre_replacement, 16, limit_price_e9, int64_t);
FIELD(cadre_replacement, 24, stop_price_e9, int64_t);
FIELD(cadre_replacement, 32, client_id, cadre_id);
FIELD(cadre_replacement, 96, request_id, cadre_id);
OPEN(cadre_venue_position, 88);
FIELD(cadre_venue_position, 0, size, uint32_t);
FIELD(cadre_venue_position, 4, reserved, uint32_t);
FIELD(cadre_venue_position, 8, quantity_e9, int64_t);
FIELD(cadre_venue_position, 16, average_price_e9, int64_t);
FIELD(cadre_venue_position, 24, instrument_id, cadre_id);
OPEN(cadre_venue_account, 72);
FIELD(cadre_venue_account, 0, size, uint32_t);
FIELD(cadre_venue_account, 4, has_cash, uint32_t);
FIELD(cadre_venue_account, 8, cash_e6, int64_t);
FIELD(cadre_venue_account, 16, positions, cadre_venue_position*);
FIELD(cadre_venue_account, 24, position_stride, uint64_t);
FIELD(cadre_venue_account, 32, position_capacity, uint64_t);
FIELD(cadre_venue_account, 40, positions_needed, uint64_t);
FIELD(cadre_venue_account, 48, orders, cadre_id*);
FIELD(cadre_venue_account, 56, order_capacity, uint64_t);
FIELD(cadre_venue_account, 64, orders_needed, uint64_t);
OPEN(cadre_execution_environment, 72);
FIELD(cadre_execution_environment, 0, size, uint32_t);
FIELD(cadre_execution_environment, 4, reserved, uint32_t);
FIELD(cadre_execution_environment, 8, capabilities, cadre_status (*)(const void*, cadre_environment_capabilities*));
FIELD(cadre_execution_environment, 16, execute_trade, cadre_status (*)(void*, const cadre_order*, cadre_trade_result*));
FIELD(cadre_execution_environment, 24, replace_order, cadre_status (*)(void*, const cadre_replacement*));
FIELD(cadre_execution_environment, 32, cancel_order, cadre_status (*)(void*, cadre_id));
FIELD(cadre_execution_environment, 40, query_order, cadre_status (*)(const void*, cadre_id, cadre_trade_result*));
FIELD(cadre_execution_environment, 48, next_report, cadre_status (*)(void*, cadre_execution_report*));
FIELD(cadre_execution_environment, 56, account, cadre_status (*)(const void*, cadre_venue_account*));
FIELD(cadre_execution_environment, 64, wake_descriptor, cadre_status (*)(const void*, int32_t*));

/* role/execution_rules.h */
OPEN(cadre_open_order, 136);
FIELD(cadre_open_order, 0, size, uint32_t);
FIELD(cadre_open_order, 4, instrument, uint32_t);
FIELD(cadre_open_order, 8, side, uint32_t);
FIELD(cadre_open_order, 12, type, uint32_t);
FIELD(cadre_open_order, 16, time_in_force, uint32_t);
FIELD(cadre_open_order, 20, status, uint32_t);
FIELD(cadre_open_order, 24, quantity_e9, int64_t);
FIELD(cadre_open_order, 32, filled_e9, int64_t);
FIELD(cadre_open_order, 40, limit_price_e9, int64_t);
FIELD(cadre_open_order, 48, stop_price_e9, int64_t);
FIELD(cadre_open_order, 56, decision_price_e9, int64_t);
FIELD(cadre_open_order, 64, decision_time_ns, int64_t);
FIELD(cadre_open_order, 72, client_id, cadre_id);
OPEN(cadre_requirements, 48);
FIELD(cadre_requirements, 40, ignores, uint32_t);
FIELD(cadre_requirements, 44, reserved, uint32_t);
VALUE(CADRE_IGNORES_FOR_LIMIT, 1);
OPEN(cadre_needs, 64);
FIELD(cadre_needs, 0, size, uint32_t);
FIELD(cadre_needs, 4, instrument_count, uint32_t);
FIELD(cadre_needs, 8, quantity_e9, const int64_t*);
FIELD(cadre_needs, 16, reference_price_e9, const int64_t*);
FIELD(cadre_needs, 24, target_weight, const double*);
FIELD(cadre_needs, 32, orders, const cadre_open_order*);
FIELD(cadre_needs, 40, order_stride, uint64_t);
FIELD(cadre_needs, 48, order_count, uint64_t);
FIELD(cadre_needs, 56, for_limit, const uint8_t*);
OPEN(cadre_action, 144);
FIELD(cadre_action, 0, size, uint32_t);
FIELD(cadre_action, 4, kind, uint32_t);
FIELD(cadre_action, 8, instrument, uint32_t);
FIELD(cadre_action, 12, side, uint32_t);
FIELD(cadre_action, 16, type, uint32_t);
FIELD(cadre_action, 20, time_in_force, uint32_t);
FIELD(cadre_action, 24, flags, uint32_t);
FIELD(cadre_action, 28, link, uint32_t);
FIELD(cadre_action, 32, linked, uint32_t);
FIELD(cadre_action, 36, slice_count, uint32_t);
FIELD(cadre_action, 40, first_slice, uint64_t);
FIELD(cadre_action, 48, quantity_e9, int64_t);
FIELD(cadre_action, 56, limit_price_e9, int64_t);
FIELD(cadre_action, 64, stop_price_e9, int64_t);
FIELD(cadre_action, 72, expire_time_ns, int64_t);
FIELD(cadre_action, 80, client_id, cadre_id);
OPEN(cadre_slice, 40);
FIELD(cadre_slice, 0, size, uint32_t);
FIELD(cadre_slice, 4, reserved, uint32_t);
FIELD(cadre_slice, 8, time_ns, int64_t);
FIELD(cadre_slice, 16, quantity_e9, int64_t);
FIELD(cadre_slice, 24, limit_price_e9, int64_t);
FIELD(cadre_slice, 32, max_share_of_volume, double);
OPEN(cadre_action_list, 72);
FIELD(cadre_action_list, 0, size, uint32_t);
FIELD(cadre_action_list, 4, reserved, uint32_t);
FIELD(cadre_action_list, 8, items, cadre_action*);
FIELD(cadre_action_list, 16, stride, uint64_t);
FIELD(cadre_action_list, 24, capacity, uint64_t);
FIELD(cadre_action_list, 32, needed, uint64_t);
FIELD(cadre_action_list, 40, slices, cadre_slice*);
FIELD(cadre_action_list, 48, slice_stride, uint64_t);
FIELD(cadre_action_list, 56, slice_capacity, uint64_t);
FIELD(cadre_action_list, 64, slices_needed, uint64_t);
OPEN(cadre_execution_rules, 16);
FIELD(cadre_execution_rules, 0, size, uint32_t);
FIELD(cadre_execution_rules, 4, reserved, uint32_t);
FIELD(cadre_execution_rules, 8, apply_rules, cadre_status (*)(const void*, const cadre_execution_state*, const cadre_needs*, cadre_action_list*, cadre_reason*));

/* proposal.h */
FIELD(cadre_risk_report, 64, adjustment_speed, double);

/* Values. */
VALUE(CADRE_EVENT_CORPORATE_ACTION, 64u);
VALUE(CADRE_CORPORATE_SPLIT, 1);
VALUE(CADRE_CORPORATE_CASH_DIVIDEND, 2);
VALUE(CADRE_CORPORATE_RENAME, 3);
VALUE(CADRE_CORPORATE_MERGER, 4);
VALUE(CADRE_CORPORATE_DELISTING, 5);
VALUE(CADRE_CORPORATE_ACTION_SIZE_MIN, 40u);
VALUE(CADRE_STRATEGY_BUDGET_SIZE_MIN, 88u);
VALUE(CADRE_VOLUME_CURVE_SIZE_MIN, 40u);
VALUE(CADRE_ENVIRONMENT_REPLACES, 1u);
VALUE(CADRE_ENVIRONMENT_KNOWS_ACCOUNT, 2u);
VALUE(CADRE_ENVIRONMENT_WAKES, 4u);
VALUE(CADRE_ENVIRONMENT_CAPABILITIES_SIZE_MIN, 24u);
VALUE(CADRE_REPLACEMENT_SIZE_MIN, 160u);
VALUE(CADRE_VENUE_POSITION_SIZE_MIN, 88u);
VALUE(CADRE_VENUE_ACCOUNT_SIZE_MIN, 72u);
VALUE(CADRE_ACTION_NEW, 1);
VALUE(CADRE_ACTION_REPLACE, 2);
VALUE(CADRE_ACTION_CANCEL, 3);
VALUE(CADRE_LINK_NONE, 0);
VALUE(CADRE_LINK_AFTER, 1);
VALUE(CADRE_LINK_CANCELS, 2);
VALUE(CADRE_OPEN_ORDER_SIZE_MIN, 136u);
VALUE(CADRE_NEEDS_SIZE_MIN, 56u);
VALUE(CADRE_ACTION_SIZE_MIN, 144u);
VALUE(CADRE_SLICE_SIZE_MIN, 40u);
VALUE(CADRE_ACTION_LIST_SIZE_MIN, 72u);
VALUE(CADRE_ORDER_REPLACED, '5');
VALUE(CADRE_ORDER_PENDING_CANCEL, '6');
VALUE(CADRE_ORDER_SUSPENDED, '9');
VALUE(CADRE_ORDER_PENDING_NEW, 'A');
VALUE(CADRE_ORDER_PENDING_REPLACE, 'E');
VALUE(CADRE_ORDER_UNKNOWN, 'U');
VALUE(CADRE_LIMIT_ACTION_CUT, 0u << 8);
VALUE(CADRE_LIMIT_ACTION_WARN, 1u << 8);
VALUE(CADRE_LIMIT_ACTION_REDUCE, 2u << 8);
VALUE(CADRE_LIMIT_ACTION_FLATTEN, 3u << 8);
VALUE(CADRE_LIMIT_ACTION_HALT, 4u << 8);
VALUE(CADRE_REASON_EXPOSURE, 15);
VALUE(CADRE_REASON_FITTED, 16);
VALUE(CADRE_REASON_MIN_NOTIONAL, 17);
VALUE(CADRE_REASON_TRADING_STATE, 18);
VALUE(CADRE_MARGIN_ACCOUNT, 2u);
VALUE(CADRE_REASON_OTHER_SIDE, 19);
VALUE(CADRE_REASON_CASH, 20);
VALUE(CADRE_REASON_VOLUME_SHARE, 21);
VALUE(CADRE_REASON_NO_ROOM, 22);
VALUE(CADRE_REASON_SESSION_END, 23);
VALUE(CADRE_REASON_NEW_TARGET, 24);
VALUE(CADRE_REASON_TARGET_REACHED, 25);
VALUE(CADRE_REASON_GONE, 26);

#define ID(name, text) \
  if (strcmp(name, text) != 0) failures += printf(#name " is \"%s\", released as \"%s\"\n", name, text) > 0

int main(void) {
  int failures = 0;
  ID(CADRE_ROLE_EXECUTION_ENVIRONMENT, "cadre.execution_environment/2");
  ID(CADRE_ROLE_EXECUTION_RULES, "cadre.execution_rules/2");
  ID(CADRE_SERVICE_EXPECTED_RETURNS, "cadre.expected_returns/1");
  ID(CADRE_SERVICE_RISK_FREE_RATE, "cadre.risk_free_rate/1");
  return failures != 0;
}
