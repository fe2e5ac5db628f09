/* The layout of ABI 0.10: every field's place and type, every value, every id. Nothing here is ever changed. A
 * header that this file refuses to compile, or whose ids it refuses to run, breaks plugins that exist. What a later
 * version adds at the end of an open struct goes into a file of that version.
 *
 * The execution rules and the execution environment are in freeze_0_10_added.c.
 *
 * CLOSED: a struct that is embedded or has no size, and so never grows. OPEN: one that may grow at its end. */
#include <stdio.h>
#include <string.h>

#include "cadre/cadre.h"

#define CLOSED(record, bytes) _Static_assert(sizeof(record) == (bytes), #record " may not grow")
#define OPEN(record, bytes) _Static_assert(sizeof(record) >= (bytes), #record " lost fields")
#define FIELD(record, place, field, ...)                                                                      \
  _Static_assert(offsetof(record, field) == (place), #record "." #field " moved");                            \
  _Static_assert(_Generic(&((record*)0)->field, __typeof__(__typeof__(__VA_ARGS__)*): 1, default: 0),         \
                 #record "." #field " has another type")
#define VALUE(name, value) _Static_assert(name == (value), #name " changed")

/* clang-format off */

VALUE(CADRE_ABI_MAJOR, 0);
VALUE(CADRE_PLUGIN_MAGIC, UINT64_C(0x314e474c50444143));
VALUE(CADRE_BOOK, UINT32_C(0xffffffff));
_Static_assert(_Generic((cadre_status*)0, uint32_t*: 1, default: 0), "cadre_status has another type");
_Static_assert(_Generic(&cadre_plugin, const cadre_plugin_descriptor* (*)(void): 1, default: 0),
               "the entry point has another type");

/* abi.h */
CLOSED(cadre_string, 16);
FIELD(cadre_string, 0, data, const char*);
FIELD(cadre_string, 8, length, uint64_t);
CLOSED(cadre_id, 64);
FIELD(cadre_id, 0, text, char[CADRE_ID_BYTES_MAX + 1u]);
CLOSED(cadre_buffer, 24);
FIELD(cadre_buffer, 0, data, uint8_t*);
FIELD(cadre_buffer, 8, capacity, uint64_t);
FIELD(cadre_buffer, 16, needed, uint64_t);

/* host.h */
OPEN(cadre_host, 56);
FIELD(cadre_host, 0, size, uint32_t);
FIELD(cadre_host, 4, abi_version, uint32_t);
FIELD(cadre_host, 8, context, void*);
FIELD(cadre_host, 16, name, cadre_string);
FIELD(cadre_host, 32, version, cadre_string);
FIELD(cadre_host, 48, get_extension, const void* (*)(const struct cadre_host*, cadre_string));

/* market.h */
OPEN(cadre_instrument, 112);
FIELD(cadre_instrument, 0, size, uint32_t);
FIELD(cadre_instrument, 4, flags, uint32_t);
FIELD(cadre_instrument, 8, id, cadre_string);
FIELD(cadre_instrument, 24, group, cadre_string);
FIELD(cadre_instrument, 40, currency, cadre_string);
FIELD(cadre_instrument, 56, time_zone, cadre_string);
FIELD(cadre_instrument, 72, tick_e9, int64_t);
FIELD(cadre_instrument, 80, lot_e9, int64_t);
FIELD(cadre_instrument, 88, multiplier_e9, int64_t);
FIELD(cadre_instrument, 96, average_daily_volume, double);
FIELD(cadre_instrument, 104, kind, uint32_t);
FIELD(cadre_instrument, 108, reserved, uint32_t);
CLOSED(cadre_column, 16);
FIELD(cadre_column, 0, values, const double*);
FIELD(cadre_column, 8, valid, const uint8_t*);
CLOSED(cadre_window, 40);
FIELD(cadre_window, 0, values, const double*);
FIELD(cadre_window, 8, valid, const uint8_t*);
FIELD(cadre_window, 16, rows, uint32_t);
FIELD(cadre_window, 20, columns, uint32_t);
FIELD(cadre_window, 24, stride, uint64_t);
FIELD(cadre_window, 32, period, uint32_t);
FIELD(cadre_window, 36, reserved, uint32_t);
CLOSED(cadre_windows, 120);
FIELD(cadre_windows, 0, returns, cadre_window);
FIELD(cadre_windows, 40, closes, cadre_window);
FIELD(cadre_windows, 80, volumes, cadre_window);
CLOSED(cadre_matrix, 24);
FIELD(cadre_matrix, 0, values, const double*);
FIELD(cadre_matrix, 8, rows, uint32_t);
FIELD(cadre_matrix, 12, columns, uint32_t);
FIELD(cadre_matrix, 16, stride, uint64_t);
OPEN(cadre_signal, 112);
FIELD(cadre_signal, 0, size, uint32_t);
FIELD(cadre_signal, 4, instrument, uint32_t);
FIELD(cadre_signal, 8, direction, int32_t);
FIELD(cadre_signal, 12, reserved, uint32_t);
FIELD(cadre_signal, 16, strength, double);
FIELD(cadre_signal, 24, confidence, double);
FIELD(cadre_signal, 32, horizon_days, double);
FIELD(cadre_signal, 40, time_ns, int64_t);
FIELD(cadre_signal, 48, strategy, cadre_id);

/* order.h */
OPEN(cadre_order, 136);
FIELD(cadre_order, 0, size, uint32_t);
FIELD(cadre_order, 4, instrument, uint32_t);
FIELD(cadre_order, 8, side, uint32_t);
FIELD(cadre_order, 12, type, uint32_t);
FIELD(cadre_order, 16, time_in_force, uint32_t);
FIELD(cadre_order, 20, flags, uint32_t);
FIELD(cadre_order, 24, quantity_e9, int64_t);
FIELD(cadre_order, 32, limit_price_e9, int64_t);
FIELD(cadre_order, 40, stop_price_e9, int64_t);
FIELD(cadre_order, 48, expire_time_ns, int64_t);
FIELD(cadre_order, 56, decision_price_e9, int64_t);
FIELD(cadre_order, 64, decision_time_ns, int64_t);
FIELD(cadre_order, 72, client_id, cadre_id);
OPEN(cadre_trade_result, 48);
FIELD(cadre_trade_result, 0, size, uint32_t);
FIELD(cadre_trade_result, 4, status, uint32_t);
FIELD(cadre_trade_result, 8, filled_quantity_e9, int64_t);
FIELD(cadre_trade_result, 16, average_price_e9, int64_t);
FIELD(cadre_trade_result, 24, fees_e6, int64_t);
FIELD(cadre_trade_result, 32, reason, uint32_t);
FIELD(cadre_trade_result, 36, reserved, uint32_t);
FIELD(cadre_trade_result, 40, spread_cost_e6, int64_t);
OPEN(cadre_execution_report, 128);
FIELD(cadre_execution_report, 0, size, uint32_t);
FIELD(cadre_execution_report, 4, status, uint32_t);
FIELD(cadre_execution_report, 8, instrument, uint32_t);
FIELD(cadre_execution_report, 12, side, uint32_t);
FIELD(cadre_execution_report, 16, quantity_e9, int64_t);
FIELD(cadre_execution_report, 24, price_e9, int64_t);
FIELD(cadre_execution_report, 32, fees_e6, int64_t);
FIELD(cadre_execution_report, 40, spread_cost_e6, int64_t);
FIELD(cadre_execution_report, 48, time_ns, int64_t);
FIELD(cadre_execution_report, 56, reason, uint32_t);
FIELD(cadre_execution_report, 60, reserved, uint32_t);
FIELD(cadre_execution_report, 64, client_id, cadre_id);

/* proposal.h */
CLOSED(cadre_reason, 16);
FIELD(cadre_reason, 0, code, uint32_t);
FIELD(cadre_reason, 4, reserved, uint32_t);
FIELD(cadre_reason, 8, value, double);
OPEN(cadre_targets, 24);
FIELD(cadre_targets, 0, size, uint32_t);
FIELD(cadre_targets, 4, instrument_count, uint32_t);
FIELD(cadre_targets, 8, weight, double*);
FIELD(cadre_targets, 16, reasons, cadre_reason*);
OPEN(cadre_views, 32);
FIELD(cadre_views, 0, size, uint32_t);
FIELD(cadre_views, 4, instrument_count, uint32_t);
FIELD(cadre_views, 8, score, double*);
FIELD(cadre_views, 16, confidence, double*);
FIELD(cadre_views, 24, valid, uint8_t*);
CLOSED(cadre_limit_use, 88);
FIELD(cadre_limit_use, 0, name, cadre_id);
FIELD(cadre_limit_use, 64, value, double);
FIELD(cadre_limit_use, 72, limit, double);
FIELD(cadre_limit_use, 80, instrument, uint32_t);
FIELD(cadre_limit_use, 84, flags, uint32_t);
OPEN(cadre_risk_report, 64);
FIELD(cadre_risk_report, 0, size, uint32_t);
FIELD(cadre_risk_report, 4, acceptable, uint32_t);
FIELD(cadre_risk_report, 8, volatility, double);
FIELD(cadre_risk_report, 16, value_at_risk, double);
FIELD(cadre_risk_report, 24, expected_shortfall, double);
FIELD(cadre_risk_report, 32, component_risk, double*);
FIELD(cadre_risk_report, 40, limits, cadre_limit_use*);
FIELD(cadre_risk_report, 48, limit_capacity, uint32_t);
FIELD(cadre_risk_report, 52, limit_count, uint32_t);
FIELD(cadre_risk_report, 56, instrument_count, uint32_t);
FIELD(cadre_risk_report, 60, reserved, uint32_t);
CLOSED(cadre_pair, 16);
FIELD(cadre_pair, 0, first, uint32_t);
FIELD(cadre_pair, 4, second, uint32_t);
FIELD(cadre_pair, 8, correlation, double);
OPEN(cadre_correlation_report, 40);
FIELD(cadre_correlation_report, 0, size, uint32_t);
FIELD(cadre_correlation_report, 4, acceptable, uint32_t);
FIELD(cadre_correlation_report, 8, mean_correlation, double);
FIELD(cadre_correlation_report, 16, highest_correlation, double);
FIELD(cadre_correlation_report, 24, pairs, cadre_pair*);
FIELD(cadre_correlation_report, 32, pair_capacity, uint32_t);
FIELD(cadre_correlation_report, 36, pair_count, uint32_t);

/* state.h */
CLOSED(cadre_service, 96);
FIELD(cadre_service, 0, id, cadre_id);
FIELD(cadre_service, 64, matrix, cadre_matrix);
FIELD(cadre_service, 88, observations, uint32_t);
FIELD(cadre_service, 92, reserved, uint32_t);
OPEN(cadre_constraints, 32);
FIELD(cadre_constraints, 0, size, uint32_t);
FIELD(cadre_constraints, 4, flags, uint32_t);
FIELD(cadre_constraints, 8, max_gross_exposure, double);
FIELD(cadre_constraints, 16, max_net_exposure, double);
FIELD(cadre_constraints, 24, max_weight, double);
OPEN(cadre_execution_metrics, 40);
FIELD(cadre_execution_metrics, 0, size, uint32_t);
FIELD(cadre_execution_metrics, 4, reserved, uint32_t);
FIELD(cadre_execution_metrics, 8, orders, uint64_t);
FIELD(cadre_execution_metrics, 16, fills, uint64_t);
FIELD(cadre_execution_metrics, 24, mean_shortfall_bp, double);
FIELD(cadre_execution_metrics, 32, fees, double);
OPEN(cadre_execution_state, 608);
FIELD(cadre_execution_state, 0, size, uint32_t);
FIELD(cadre_execution_state, 4, instrument_count, uint32_t);
FIELD(cadre_execution_state, 8, universe_epoch, uint64_t);
FIELD(cadre_execution_state, 16, sequence, uint64_t);
FIELD(cadre_execution_state, 24, time_ns, int64_t);
FIELD(cadre_execution_state, 32, session_date, int32_t);
FIELD(cadre_execution_state, 36, reserved, uint32_t);
FIELD(cadre_execution_state, 40, periods_per_year, double);
FIELD(cadre_execution_state, 48, sessions_per_year, double);
FIELD(cadre_execution_state, 56, equity, double);
FIELD(cadre_execution_state, 64, cash, double);
FIELD(cadre_execution_state, 72, book, cadre_string);
FIELD(cadre_execution_state, 88, currency, cadre_string);
FIELD(cadre_execution_state, 104, instruments, const cadre_instrument*);
FIELD(cadre_execution_state, 112, instrument_stride, uint64_t);
FIELD(cadre_execution_state, 120, open, cadre_column);
FIELD(cadre_execution_state, 136, high, cadre_column);
FIELD(cadre_execution_state, 152, low, cadre_column);
FIELD(cadre_execution_state, 168, close, cadre_column);
FIELD(cadre_execution_state, 184, volume, cadre_column);
FIELD(cadre_execution_state, 200, price, cadre_column);
FIELD(cadre_execution_state, 216, weight, const double*);
FIELD(cadre_execution_state, 224, working_weight, const double*);
FIELD(cadre_execution_state, 232, quantity_e9, const int64_t*);
FIELD(cadre_execution_state, 240, working_buy_e9, const int64_t*);
FIELD(cadre_execution_state, 248, working_sell_e9, const int64_t*);
FIELD(cadre_execution_state, 256, sessions, cadre_windows);
FIELD(cadre_execution_state, 376, bars, cadre_windows);
FIELD(cadre_execution_state, 496, signals, const cadre_signal*);
FIELD(cadre_execution_state, 504, signal_stride, uint64_t);
FIELD(cadre_execution_state, 512, signal_count, uint64_t);
FIELD(cadre_execution_state, 520, score, cadre_column);
FIELD(cadre_execution_state, 536, confidence, cadre_column);
FIELD(cadre_execution_state, 552, constraints, const cadre_constraints*);
FIELD(cadre_execution_state, 560, services, const cadre_service*);
FIELD(cadre_execution_state, 568, service_stride, uint64_t);
FIELD(cadre_execution_state, 576, service_count, uint64_t);
FIELD(cadre_execution_state, 584, risk, const cadre_risk_report*);
FIELD(cadre_execution_state, 592, correlation, const cadre_correlation_report*);
FIELD(cadre_execution_state, 600, execution, const cadre_execution_metrics*);

/* event.h */
OPEN(cadre_event, 32);
FIELD(cadre_event, 0, size, uint32_t);
FIELD(cadre_event, 4, kind, uint32_t);
FIELD(cadre_event, 8, sequence, uint64_t);
FIELD(cadre_event, 16, time_ns, int64_t);
FIELD(cadre_event, 24, payload, const void*);
OPEN(cadre_universe_change, 32);
FIELD(cadre_universe_change, 0, size, uint32_t);
FIELD(cadre_universe_change, 4, old_count, uint32_t);
FIELD(cadre_universe_change, 8, old_epoch, uint64_t);
FIELD(cadre_universe_change, 16, old_to_new, const int32_t*);
FIELD(cadre_universe_change, 24, new_to_old, const int32_t*);
OPEN(cadre_timer, 32);
FIELD(cadre_timer, 0, size, uint32_t);
FIELD(cadre_timer, 4, reserved, uint32_t);
FIELD(cadre_timer, 8, id, uint64_t);
FIELD(cadre_timer, 16, due_ns, int64_t);
FIELD(cadre_timer, 24, expirations, uint64_t);
OPEN(cadre_outcome, 104);
FIELD(cadre_outcome, 0, size, uint32_t);
FIELD(cadre_outcome, 4, instrument, uint32_t);
FIELD(cadre_outcome, 8, score, double);
FIELD(cadre_outcome, 16, weight, double);
FIELD(cadre_outcome, 24, realised_return, double);
FIELD(cadre_outcome, 32, risk, double);
FIELD(cadre_outcome, 40, strategy, cadre_id);

/* agent.h */
CLOSED(cadre_rows, 16);
FIELD(cadre_rows, 0, returns, uint32_t);
FIELD(cadre_rows, 4, closes, uint32_t);
FIELD(cadre_rows, 8, volumes, uint32_t);
FIELD(cadre_rows, 12, reserved, uint32_t);
OPEN(cadre_requirements, 40);
FIELD(cadre_requirements, 0, size, uint32_t);
FIELD(cadre_requirements, 4, warm_up_bars, uint32_t);
FIELD(cadre_requirements, 8, sessions, cadre_rows);
FIELD(cadre_requirements, 24, bars, cadre_rows);
OPEN(cadre_agent, 72);
FIELD(cadre_agent, 0, size, uint32_t);
FIELD(cadre_agent, 4, reserved, uint32_t);
FIELD(cadre_agent, 8, self, void*);
FIELD(cadre_agent, 16, init, cadre_status (*)(void*, cadre_string));
FIELD(cadre_agent, 24, requirements, cadre_status (*)(const void*, cadre_requirements*));
FIELD(cadre_agent, 32, activate, cadre_status (*)(void*));
FIELD(cadre_agent, 40, deactivate, void (*)(void*));
FIELD(cadre_agent, 48, destroy, void (*)(void*));
FIELD(cadre_agent, 56, observe, cadre_status (*)(void*, const cadre_event*, const cadre_execution_state*));
FIELD(cadre_agent, 64, get_interface, const void* (*)(const void*, cadre_string));

/* plugin.h */
OPEN(cadre_agent_descriptor, 96);
FIELD(cadre_agent_descriptor, 0, size, uint32_t);
FIELD(cadre_agent_descriptor, 4, observes, uint32_t);
FIELD(cadre_agent_descriptor, 8, id, cadre_string);
FIELD(cadre_agent_descriptor, 24, roles, cadre_string[CADRE_ROLES_MAX]);
FIELD(cadre_agent_descriptor, 88, state_schema, uint32_t);
FIELD(cadre_agent_descriptor, 92, reserved, uint32_t);
OPEN(cadre_plugin_descriptor, 80);
FIELD(cadre_plugin_descriptor, 0, magic, uint64_t);
FIELD(cadre_plugin_descriptor, 8, size, uint32_t);
FIELD(cadre_plugin_descriptor, 12, abi_min, uint32_t);
FIELD(cadre_plugin_descriptor, 16, abi_max, uint32_t);
FIELD(cadre_plugin_descriptor, 20, agent_count, uint32_t);
FIELD(cadre_plugin_descriptor, 24, id, cadre_string);
FIELD(cadre_plugin_descriptor, 40, version, cadre_string);
FIELD(cadre_plugin_descriptor, 56, agents, const cadre_agent_descriptor*);
FIELD(cadre_plugin_descriptor, 64, agent_stride, uint64_t);
FIELD(cadre_plugin_descriptor, 72, create, cadre_status (*)(const cadre_host*, cadre_string, const cadre_agent**));

/* ext/config_reader.h */
OPEN(cadre_config_reader, 32);
FIELD(cadre_config_reader, 0, size, uint32_t);
FIELD(cadre_config_reader, 4, reserved, uint32_t);
FIELD(cadre_config_reader, 8, number, cadre_status (*)(const cadre_host*, cadre_string, cadre_string, double*));
FIELD(cadre_config_reader, 16, text, cadre_status (*)(const cadre_host*, cadre_string, cadre_string, cadre_buffer*));
FIELD(cadre_config_reader, 24, count, cadre_status (*)(const cadre_host*, cadre_string, cadre_string, uint64_t*));

/* ext/hot_config.h */
OPEN(cadre_hot_config, 32);
FIELD(cadre_hot_config, 0, size, uint32_t);
FIELD(cadre_hot_config, 4, reserved, uint32_t);
FIELD(cadre_hot_config, 8, prepare_config, cadre_status (*)(const void*, cadre_string, void**));
FIELD(cadre_hot_config, 16, commit_prepared, void (*)(void*, void*));
FIELD(cadre_hot_config, 24, discard_prepared, void (*)(const void*, void*));

/* ext/log.h */
OPEN(cadre_log, 16);
FIELD(cadre_log, 0, size, uint32_t);
FIELD(cadre_log, 4, reserved, uint32_t);
FIELD(cadre_log, 8, write, void (*)(const cadre_host*, uint32_t, cadre_string));

/* ext/random.h */
OPEN(cadre_random, 16);
FIELD(cadre_random, 0, size, uint32_t);
FIELD(cadre_random, 4, reserved, uint32_t);
FIELD(cadre_random, 8, bits, uint64_t (*)(const cadre_host*, uint64_t, uint64_t));

/* ext/reason.h */
OPEN(cadre_reason_table, 16);
FIELD(cadre_reason_table, 0, size, uint32_t);
FIELD(cadre_reason_table, 4, reserved, uint32_t);
FIELD(cadre_reason_table, 8, say, void (*)(const cadre_host*, cadre_string));

/* ext/state.h */
OPEN(cadre_state_table, 24);
FIELD(cadre_state_table, 0, size, uint32_t);
FIELD(cadre_state_table, 4, reserved, uint32_t);
FIELD(cadre_state_table, 8, save_state, cadre_status (*)(const void*, cadre_buffer*));
FIELD(cadre_state_table, 16, load_state, cadre_status (*)(void*, uint32_t, uint32_t, const uint8_t*, uint64_t));

/* ext/timer.h */
OPEN(cadre_timer_table, 24);
FIELD(cadre_timer_table, 0, size, uint32_t);
FIELD(cadre_timer_table, 4, reserved, uint32_t);
FIELD(cadre_timer_table, 8, arm, cadre_status (*)(const cadre_host*, uint64_t, int64_t, int64_t));
FIELD(cadre_timer_table, 16, disarm, cadre_status (*)(const cadre_host*, uint64_t));

/* role/correlation_adjuster.h */
OPEN(cadre_correlation_adjuster, 24);
FIELD(cadre_correlation_adjuster, 0, size, uint32_t);
FIELD(cadre_correlation_adjuster, 4, reserved, uint32_t);
FIELD(cadre_correlation_adjuster, 8, analyze_correlations, cadre_status (*)(const void*, const cadre_execution_state*, const double*, cadre_correlation_report*));
FIELD(cadre_correlation_adjuster, 16, adjust_trades, cadre_status (*)(const void*, const cadre_execution_state*, const cadre_correlation_report*, cadre_targets*));

/* role/portfolio_optimizer.h */
OPEN(cadre_portfolio_optimizer, 16);
FIELD(cadre_portfolio_optimizer, 0, size, uint32_t);
FIELD(cadre_portfolio_optimizer, 4, reserved, uint32_t);
FIELD(cadre_portfolio_optimizer, 8, optimize_targets, cadre_status (*)(const void*, const cadre_execution_state*, cadre_targets*));

/* role/position_sizer.h */
OPEN(cadre_position_sizer, 16);
FIELD(cadre_position_sizer, 0, size, uint32_t);
FIELD(cadre_position_sizer, 4, reserved, uint32_t);
FIELD(cadre_position_sizer, 8, propose_trades, cadre_status (*)(const void*, const cadre_execution_state*, cadre_targets*));

/* role/risk_manager.h */
OPEN(cadre_risk_manager, 24);
FIELD(cadre_risk_manager, 0, size, uint32_t);
FIELD(cadre_risk_manager, 4, reserved, uint32_t);
FIELD(cadre_risk_manager, 8, analyze_risk, cadre_status (*)(const void*, const cadre_execution_state*, const double*, cadre_risk_report*));
FIELD(cadre_risk_manager, 16, adjust_trades, cadre_status (*)(const void*, const cadre_execution_state*, const cadre_risk_report*, cadre_targets*));

/* role/service_provider.h */
OPEN(cadre_service_output, 40);
FIELD(cadre_service_output, 0, size, uint32_t);
FIELD(cadre_service_output, 4, rows, uint32_t);
FIELD(cadre_service_output, 8, columns, uint32_t);
FIELD(cadre_service_output, 12, observations, uint32_t);
FIELD(cadre_service_output, 16, data, double*);
FIELD(cadre_service_output, 24, stride, uint64_t);
FIELD(cadre_service_output, 32, lent, const double*);
OPEN(cadre_service_provider, 16);
FIELD(cadre_service_provider, 0, size, uint32_t);
FIELD(cadre_service_provider, 4, reserved, uint32_t);
FIELD(cadre_service_provider, 8, publish, cadre_status (*)(const void*, const cadre_execution_state*, cadre_string, cadre_service_output*));

/* role/signal_aggregator.h */
OPEN(cadre_signal_aggregator, 16);
FIELD(cadre_signal_aggregator, 0, size, uint32_t);
FIELD(cadre_signal_aggregator, 4, reserved, uint32_t);
FIELD(cadre_signal_aggregator, 8, aggregate_signals, cadre_status (*)(const void*, const cadre_execution_state*, cadre_views*));

/* role/signal_source.h */
OPEN(cadre_signal_list, 40);
FIELD(cadre_signal_list, 0, size, uint32_t);
FIELD(cadre_signal_list, 4, reserved, uint32_t);
FIELD(cadre_signal_list, 8, items, cadre_signal*);
FIELD(cadre_signal_list, 16, stride, uint64_t);
FIELD(cadre_signal_list, 24, capacity, uint64_t);
FIELD(cadre_signal_list, 32, needed, uint64_t);
OPEN(cadre_signal_source, 16);
FIELD(cadre_signal_source, 0, size, uint32_t);
FIELD(cadre_signal_source, 4, reserved, uint32_t);
FIELD(cadre_signal_source, 8, generate_signals, cadre_status (*)(const void*, const cadre_execution_state*, cadre_signal_list*));

/* role/trade_adjuster.h */
OPEN(cadre_trade_adjuster, 16);
FIELD(cadre_trade_adjuster, 0, size, uint32_t);
FIELD(cadre_trade_adjuster, 4, reserved, uint32_t);
FIELD(cadre_trade_adjuster, 8, adjust_trades, cadre_status (*)(const void*, const cadre_execution_state*, cadre_targets*));

/* Values. */
VALUE(CADRE_OK, 1);
VALUE(CADRE_DISCARD, 2);
VALUE(CADRE_REJECTED, 3);
VALUE(CADRE_ERROR, 4);
VALUE(CADRE_FATAL, 5);
VALUE(CADRE_UNSUPPORTED, 6);
VALUE(CADRE_ID_BYTES_MAX, 63u);
VALUE(CADRE_HOST_SIZE_MIN, 56u);
VALUE(CADRE_KIND_EQUITY, 0);
VALUE(CADRE_KIND_FUND, 1);
VALUE(CADRE_KIND_FUTURE, 2);
VALUE(CADRE_KIND_OPTION, 3);
VALUE(CADRE_KIND_FX_SPOT, 4);
VALUE(CADRE_KIND_CRYPTO_SPOT, 5);
VALUE(CADRE_KIND_INDEX, 6);
VALUE(CADRE_PERIOD_BAR, 1);
VALUE(CADRE_PERIOD_SESSION, 2);
VALUE(CADRE_INSTRUMENT_SIZE_MIN, 112u);
VALUE(CADRE_SIGNAL_SIZE_MIN, 112u);
VALUE(CADRE_SIDE_BUY, '1');
VALUE(CADRE_SIDE_SELL, '2');
VALUE(CADRE_ORDER_MARKET, '1');
VALUE(CADRE_ORDER_LIMIT, '2');
VALUE(CADRE_ORDER_STOP, '3');
VALUE(CADRE_ORDER_STOP_LIMIT, '4');
VALUE(CADRE_ORDER_MARKET_ON_CLOSE, '5');
VALUE(CADRE_TIF_DAY, '0');
VALUE(CADRE_TIF_GTC, '1');
VALUE(CADRE_TIF_AT_THE_OPENING, '2');
VALUE(CADRE_TIF_IOC, '3');
VALUE(CADRE_TIF_FOK, '4');
VALUE(CADRE_TIF_GTD, '6');
VALUE(CADRE_TIF_AT_THE_CLOSE, '7');
VALUE(CADRE_ORDER_NEW, '0');
VALUE(CADRE_ORDER_PARTIALLY_FILLED, '1');
VALUE(CADRE_ORDER_FILLED, '2');
VALUE(CADRE_ORDER_CANCELED, '4');
VALUE(CADRE_ORDER_REJECTED, '8');
VALUE(CADRE_ORDER_EXPIRED, 'C');
VALUE(CADRE_ORDER_SIZE_MIN, 136u);
VALUE(CADRE_TRADE_RESULT_SIZE_MIN, 48u);
VALUE(CADRE_EXECUTION_REPORT_SIZE_MIN, 128u);
VALUE(CADRE_REASON_SIGNAL, 1);
VALUE(CADRE_REASON_MAX_POSITION, 2);
VALUE(CADRE_REASON_MIN_POSITION, 3);
VALUE(CADRE_REASON_RISK_LIMIT, 4);
VALUE(CADRE_REASON_CORRELATION, 5);
VALUE(CADRE_REASON_FINAL_CUT, 6);
VALUE(CADRE_REASON_RESTRICTED, 7);
VALUE(CADRE_REASON_PRICE_THRESHOLD, 8);
VALUE(CADRE_REASON_NO_PRICE, 9);
VALUE(CADRE_REASON_LONG_ONLY, 10);
VALUE(CADRE_REASON_RESIZE_THRESHOLD, 11);
VALUE(CADRE_REASON_HELD, 12);
VALUE(CADRE_REASON_NO_VIEW, 13);
VALUE(CADRE_REASON_LOT, 14);
VALUE(CADRE_REASON_FIRST_PLUGIN, 1000);
VALUE(CADRE_LIMIT_HARD, 1);
VALUE(CADRE_ACCEPTABLE, 1);
VALUE(CADRE_NOT_ACCEPTABLE, 2);
VALUE(CADRE_TARGETS_SIZE_MIN, 24u);
VALUE(CADRE_VIEWS_SIZE_MIN, 32u);
VALUE(CADRE_RISK_REPORT_SIZE_MIN, 64u);
VALUE(CADRE_CORRELATION_REPORT_SIZE_MIN, 40u);
VALUE(CADRE_LONG_ONLY, 1u);
VALUE(CADRE_CONSTRAINTS_SIZE_MIN, 32u);
VALUE(CADRE_EXECUTION_METRICS_SIZE_MIN, 40u);
VALUE(CADRE_EXECUTION_STATE_SIZE_MIN, 608u);
VALUE(CADRE_EVENT_BAR, 1u);
VALUE(CADRE_EVENT_FILL, 2u);
VALUE(CADRE_EVENT_OUTCOME, 4u);
VALUE(CADRE_EVENT_UNIVERSE, 8u);
VALUE(CADRE_EVENT_TIMER, 16u);
VALUE(CADRE_EVENT_SIGNAL, 32u);
VALUE(CADRE_GONE, -1);
VALUE(CADRE_OUTCOME_RETURNS_MIN, 20u);
VALUE(CADRE_EVENT_SIZE_MIN, 32u);
VALUE(CADRE_UNIVERSE_CHANGE_SIZE_MIN, 32u);
VALUE(CADRE_OUTCOME_SIZE_MIN, 104u);
VALUE(CADRE_TIMER_SIZE_MIN, 32u);
VALUE(CADRE_REQUIREMENTS_SIZE_MIN, 40u);
VALUE(CADRE_AGENT_SIZE_MIN, 72u);
VALUE(CADRE_ROLES_MAX, 4);
VALUE(CADRE_AGENT_DESCRIPTOR_SIZE_MIN, 96u);
VALUE(CADRE_PLUGIN_DESCRIPTOR_SIZE_MIN, 80u);
VALUE(CADRE_CONFIG_READER_SIZE_MIN, 32u);
VALUE(CADRE_HOT_CONFIG_SIZE_MIN, 32u);
VALUE(CADRE_LOG_DEBUG, 1);
VALUE(CADRE_LOG_INFO, 2);
VALUE(CADRE_LOG_WARNING, 3);
VALUE(CADRE_LOG_ERROR, 4);
VALUE(CADRE_LOG_SIZE_MIN, 16u);
VALUE(CADRE_RANDOM_SIZE_MIN, 16u);
VALUE(CADRE_REASON_BYTES_MAX, 1000u);
VALUE(CADRE_REASON_TABLE_SIZE_MIN, 16u);
VALUE(CADRE_STATE_TABLE_SIZE_MIN, 24u);
VALUE(CADRE_TIMERS_MAX, 64u);
VALUE(CADRE_TIMER_PERIOD_MIN, INT64_C(1000000000));
VALUE(CADRE_TIMER_TABLE_SIZE_MIN, 24u);
VALUE(CADRE_SERVICE_OUTPUT_SIZE_MIN, 40u);
VALUE(CADRE_SIGNAL_LIST_SIZE_MIN, 40u);

#define ID(name, text) \
  if (strcmp(name, text) != 0) failures += printf(#name " is \"%s\", released as \"%s\"\n", name, text) > 0

int main(void) {
  int failures = 0;
  ID(CADRE_EXT_CONFIG_READER, "cadre.config_reader/1");
  ID(CADRE_EXT_HOT_CONFIG, "cadre.hot_config/1");
  ID(CADRE_EXT_LOG, "cadre.log/1");
  ID(CADRE_EXT_RANDOM, "cadre.random/1");
  ID(CADRE_EXT_REASON, "cadre.reason/1");
  ID(CADRE_EXT_STATE, "cadre.state/1");
  ID(CADRE_EXT_TIMER, "cadre.timer/1");
  ID(CADRE_ROLE_CORRELATION_ADJUSTER, "cadre.correlation_adjuster/1");
  ID(CADRE_ROLE_PORTFOLIO_OPTIMIZER, "cadre.portfolio_optimizer/1");
  ID(CADRE_ROLE_POSITION_SIZER, "cadre.position_sizer/1");
  ID(CADRE_ROLE_RISK_MANAGER, "cadre.risk_manager/1");
  ID(CADRE_ROLE_SERVICE_PROVIDER, "cadre.service_provider/1");
  ID(CADRE_ROLE_COVARIANCE_ESTIMATOR, "cadre.covariance_estimator/1");
  ID(CADRE_SERVICE_COVARIANCE, "cadre.covariance/1");
  ID(CADRE_ROLE_SIGNAL_AGGREGATOR, "cadre.signal_aggregator/1");
  ID(CADRE_ROLE_SIGNAL_SOURCE, "cadre.signal_source/1");
  ID(CADRE_ROLE_TRADE_ADJUSTER, "cadre.trade_adjuster/1");
  return failures != 0;
}
