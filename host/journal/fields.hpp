#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "host/journal/journal.hpp"
#include "host/journal/records.hpp"

/// The one table of what records hold. encode, decode and the description for other programs
/// (description.hpp) follow from it. Order and types are those of the bytes; a kind follows from the type.
namespace cadre::journal {

template <class Record, class T>
struct Field {
  std::string_view name;
  T Record::*member;
  std::string_view meaning;   ///< for people; empty in structs of the ABI, whose headers say it
  std::string_view kind{};    ///< in the description, where the type does not say it
  uint32_t first_format = 1;  ///< what an earlier format wrote does not have it
};

// For compilers that do not find it themselves (clang before 17).
template <class Record, class T>
Field(std::string_view, T Record::*, std::string_view, std::string_view = {}, uint32_t = 1)
    -> Field<Record, T>;

/// Formats up to this one held an id in 32 bytes.
inline constexpr uint32_t last_format_with_short_ids = 2;
inline constexpr std::size_t short_id_bytes = 32;
/// Formats up to this one held numbers as they lie in memory, and structs with all their bytes.
inline constexpr uint32_t last_plain_format = 4;

/// A field that formats up to `last_format` had and no host writes any more. What it held is passed over.
template <class T>
struct RetiredField {
  std::string_view name;
  uint32_t last_format;
  std::string_view meaning;
};

/// The fields of a record, of an element of a list, or of a struct of the ABI.
template <class Record>
inline constexpr auto fields = nullptr;

// clang-format off

template <>
inline constexpr auto fields<HeadRecord> = std::tuple{
    Field{"text", &HeadRecord::text, "JSON: configuration, plugins with version and sha256, seed, host version, machine"}};

template <>
inline constexpr auto fields<model::Bar> = std::tuple{
    Field{"date", &model::Bar::date, "yyyymmdd"},
    Field{"time_ns", &model::Bar::time_ns, "its close, nanoseconds since 1970"},
    Field{"epoch", &model::Bar::epoch, "of the universe"},
    Field{"has_intraday", &model::Bar::has_intraday, "otherwise open, high and low are empty"},
    Field{"has_volume", &model::Bar::has_volume, "otherwise volume is empty"},
    Field{"open_e9", &model::Bar::open_e9, "per instrument, billionths; 0 where valid is 0"},
    Field{"high_e9", &model::Bar::high_e9, "like open_e9"},
    Field{"low_e9", &model::Bar::low_e9, "like open_e9"},
    Field{"close_e9", &model::Bar::close_e9, "like open_e9"},
    Field{"volume", &model::Bar::volume, "per instrument, units"},
    Field{"valid", &model::Bar::valid, "per instrument, 1 where there is a bar"},
    Field{"period_ns", &model::Bar::period_ns, "how long the bar is, nanoseconds; 0: a day", "", 6},
    Field{"ends_session", &model::Bar::ends_session, "known to be the last bar of its session", "", 6},
    Field{"completion", &model::Bar::completion, "0: it came whole, 1: all expected instruments came one by one, 2: its source said that it is complete, 3: the grace for the rest was over, 4: a row of a later bar came", "", 6},
    Field{"bid_e9", &model::Bar::bid_e9, "per instrument, quoted at the close, billionths; 0: no quote; empty: the data have none", "", 6},
    Field{"ask_e9", &model::Bar::ask_e9, "like bid_e9", "", 6},
    Field{"opening_bid_e9", &model::Bar::opening_bid_e9, "like bid_e9, quoted at the open", "", 6},
    Field{"opening_ask_e9", &model::Bar::opening_ask_e9, "like opening_bid_e9", "", 6}};

template <>
inline constexpr auto fields<SignalRecord> = std::tuple{
    Field{"signal", &SignalRecord::signal, "as agents saw it"},
    Field{"instrument", &SignalRecord::instrument, "id"},
    Field{"id", &SignalRecord::id, "its sender's own name for it; empty: none", "", 4}};

template <>
inline constexpr auto fields<UniverseRecord> = std::tuple{
    Field{"epoch", &UniverseRecord::epoch, "the one that begins"},
    Field{"date", &UniverseRecord::date, "yyyymmdd"},
    Field{"instruments", &UniverseRecord::instruments, "ids, by index"},
    Field{"old_to_new", &UniverseRecord::old_to_new, "per index of the epoch before, the index now; -1: gone"}};

template <>
inline constexpr auto fields<RevisionRecord> = std::tuple{
    Field{"revision", &RevisionRecord::revision, "its number"},
    Field{"based_on", &RevisionRecord::based_on, "number of the one it changes; 0: the first"},
    Field{"date", &RevisionRecord::date, "yyyymmdd"},
    Field{"actor", &RevisionRecord::actor, "who asked for it; empty in a backtest"},
    Field{"reason", &RevisionRecord::reason, "why, in the actor's words"},
    Field{"text", &RevisionRecord::text, "JSON: configuration of the chain, its plugins, and the quarantines that it put an end to"},
    Field{"stages", &RevisionRecord::stages, "those whose effects decisions record, in order"}};

template <>
inline constexpr auto fields<StageEffect> = std::tuple{
    Field{"target", &StageEffect::target, "per instrument, share of equity, after this stage"},
    Field{"reasons", &StageEffect::reasons, "per instrument"}};

template <>
inline constexpr auto fields<StageFailure> = std::tuple{
    Field{"instance", &StageFailure::instance, "the stage"},
    Field{"status", &StageFailure::status, "cadre_status"},
    Field{"policy", &StageFailure::policy, "what was done instead: hold, bypass or fail_closed"},
    Field{"reason", &StageFailure::reason, "why: the agent's own sentence, or what was wrong with its answer", "", 2}};

template <>
inline constexpr auto fields<DecisionRecord> = std::tuple{
    Field{"sequence", &DecisionRecord::sequence, "of the event it answers"},
    Field{"time_ns", &DecisionRecord::time_ns, "nanoseconds since 1970"},
    Field{"date", &DecisionRecord::date, "yyyymmdd"},
    Field{"revision", &DecisionRecord::revision, "the one that decided"},
    Field{"equity", &DecisionRecord::equity, "before its orders"},
    Field{"cash", &DecisionRecord::cash, "before its orders"},
    Field{"price_e9", &DecisionRecord::price_e9, "per instrument, marks"},
    Field{"position_e9", &DecisionRecord::position_e9, "per instrument, filled, signed"},
    Field{"working_e9", &DecisionRecord::working_e9, "per instrument, open orders, signed"},
    Field{"score", &DecisionRecord::score, "per instrument, of the aggregator"},
    Field{"score_valid", &DecisionRecord::score_valid, "per instrument, 1 where there is a score"},
    Field{"stages", &DecisionRecord::stages, "as many as the revision names, in its order"},
    Field{"passes", &DecisionRecord::passes, "of the risk feedback loop"},
    Field{"outcome", &DecisionRecord::outcome, "of the loop, for good: 1 accepted, 2 converged, 3 not_converged, 4 failed"},
    Field{"cut_factor", &DecisionRecord::cut_factor, "of the final cut, on increases; 1: nothing was cut"},
    Field{"volatility", &DecisionRecord::volatility, "annualised, of the final targets; NaN: unknown"},
    Field{"value_at_risk", &DecisionRecord::value_at_risk, "share of equity; NaN: unknown"},
    Field{"expected_shortfall", &DecisionRecord::expected_shortfall, "share of equity; NaN: unknown"},
    Field{"limits", &DecisionRecord::limits, "how much of each limit was used"},
    Field{"failures", &DecisionRecord::failures, "stages that gave no usable answer"},
    Field{"bound_by", &DecisionRecord::bound_by, "limits that made orders smaller or left them out: what was wanted (NaN: no figure) and what is allowed, in units where bit 31 of the flags is set; with bit 30 the risk feedback loop changed the targets for it, before the final step", "", 8}};

template <>
inline constexpr auto fields<OrderRecord> = std::tuple{
    Field{"order", &OrderRecord::order, "as it was decided"},
    RetiredField<uint32_t>{"verdict", 1, "0: accepted, else 1 + a row of the writer's table of checks"},
    Field{"failed_checks", &OrderRecord::failed_checks, "codes of the checks it failed, the one that rejected it first; none: accepted"},
    Field{"reason", &OrderRecord::reason, "why it is smaller than what was asked for; code 0: it is not", "", 7}};

template <>
inline constexpr auto fields<OrderRequestRecord> = std::tuple{
    Field{"action", &OrderRequestRecord::action, "replace or cancel"},
    Field{"client_id", &OrderRequestRecord::client_id, "of the open order"},
    Field{"request_id", &OrderRequestRecord::request_id, "reports about the request carry it"},
    Field{"quantity_e9", &OrderRequestRecord::quantity_e9, "of a replacement: the new total, filled or not"},
    Field{"limit_price_e9", &OrderRequestRecord::limit_price_e9, "0: as it is"},
    Field{"stop_price_e9", &OrderRequestRecord::stop_price_e9, "0: as it is"},
    Field{"reason", &OrderRequestRecord::reason, "code of why it is asked for; 0: none was given", "", 7}};

template <>
inline constexpr auto fields<ParentOrderRecord::Slice> = std::tuple{
    Field{"time_ns", &ParentOrderRecord::Slice::time_ns, "not before, nanoseconds since 1970"},
    Field{"quantity_e9", &ParentOrderRecord::Slice::quantity_e9, ""},
    Field{"limit_price_e9", &ParentOrderRecord::Slice::limit_price_e9, "0: that of the order"},
    Field{"max_share", &ParentOrderRecord::Slice::max_share, "of the volume of the bar before it; 0: no bound"}};

template <>
inline constexpr auto fields<ParentOrderRecord> = std::tuple{
    Field{"order", &ParentOrderRecord::order, "all of it, sent or not"},
    Field{"waits", &ParentOrderRecord::waits, "other_side: until no order on the other side works; cash: until there is money; net: until the net position has room; empty: for its times alone"},
    Field{"target_e9", &ParentOrderRecord::target_e9, "with other_side: the position that it leads to"},
    Field{"date", &ParentOrderRecord::date, "yyyymmdd of the decision"},
    Field{"children", &ParentOrderRecord::children, "sent until now"},
    Field{"slices", &ParentOrderRecord::slices, "not sent yet; none: it has ended"},
    Field{"reason", &ParentOrderRecord::reason, "why a part of it waits, why it was made smaller, or why the rest was never sent", "", 7},
    Field{"waited_sessions", &ParentOrderRecord::waited_sessions, "that began while a part of it waited", "", 7}};

template <>
inline constexpr auto fields<ReportRecord> = std::tuple{
    Field{"report", &ReportRecord::report, "of the execution environment"}};

template <>
inline constexpr auto fields<AccountRecord> = std::tuple{
    Field{"date", &AccountRecord::date, "yyyymmdd"},
    Field{"equity", &AccountRecord::equity, "at the marks of the bar"},
    Field{"cash", &AccountRecord::cash, ""},
    Field{"profit", &AccountRecord::profit, "realised"},
    Field{"costs", &AccountRecord::costs, "paid until now"},
    Field{"interest", &AccountRecord::interest, "that cash earned until now, less what owed cash cost", "", 8}};

template <>
inline constexpr auto fields<EndRecord> = std::tuple{
    Field{"decisions", &EndRecord::decisions, "how many the run made"},
    Field{"orders", &EndRecord::orders, "how many it decided, rejected ones with them"},
    Field{"fills", &EndRecord::fills, "how many it got"},
    Field{"order_hash", &EndRecord::order_hash, "SHA-256 over all orders, in hexadecimal; format 1 hashed rejected ones otherwise"}};

template <>
inline constexpr auto fields<CommandRecord> = std::tuple{
    Field{"kind", &CommandRecord::kind, "halt, resume, trading_state, revision_confirmed, experiment_started, experiment_stopped, agent_reset, agent_quarantined, agent_restarted, deadline_missed, trial_confirmed, trial_failed, prices_ended or book_removed"},
    Field{"date", &CommandRecord::date, "yyyymmdd"},
    Field{"actor", &CommandRecord::actor, "who asked for it"},
    Field{"reason", &CommandRecord::reason, "why, in the actor's words"},
    Field{"text", &CommandRecord::text, "JSON, by kind"}};

template <>
inline constexpr auto fields<CheckpointRecord::Agent> = std::tuple{
    Field{"stage", &CheckpointRecord::Agent::stage, "that it fills"},
    Field{"agent", &CheckpointRecord::Agent::agent, "its id"},
    Field{"sha256", &CheckpointRecord::Agent::sha256, "of the library that saved it"},
    Field{"schema", &CheckpointRecord::Agent::schema, "of its state"},
    Field{"bytes", &CheckpointRecord::Agent::bytes, "its state; only the agent reads it", "bytes"}};

template <>
inline constexpr auto fields<CheckpointRecord::Timer> = std::tuple{
    Field{"stage", &CheckpointRecord::Timer::stage, "whose agent armed it"},
    Field{"id", &CheckpointRecord::Timer::id, "the agent's own"},
    Field{"due_ns", &CheckpointRecord::Timer::due_ns, "nanoseconds since 1970"},
    Field{"period_ns", &CheckpointRecord::Timer::period_ns, "0: it is due once"}};

template <>
inline constexpr auto fields<CheckpointRecord> = std::tuple{
    Field{"revision", &CheckpointRecord::revision, "that was running"},
    Field{"epoch", &CheckpointRecord::epoch, "of the universe"},
    Field{"instruments", &CheckpointRecord::instruments, "ids of that universe, by index"},
    Field{"agents", &CheckpointRecord::agents, "those with state"},
    Field{"timers", &CheckpointRecord::timers, "that are armed", "", 3}};

template <>
inline constexpr auto fields<TimerRecord> = std::tuple{
    Field{"stage", &TimerRecord::stage, "whose agent is told"},
    Field{"id", &TimerRecord::id, "the agent's own"},
    Field{"due_ns", &TimerRecord::due_ns, "nanoseconds since 1970"},
    Field{"period_ns", &TimerRecord::period_ns, "0: it was due once"},
    Field{"expirations", &TimerRecord::expirations, "periods that have passed since the last time"}};

template <>
inline constexpr auto fields<ViewRecord> = std::tuple{
    Field{"strategy", &ViewRecord::strategy, "whose view it is"},
    Field{"instrument", &ViewRecord::instrument, "id"},
    Field{"score", &ViewRecord::score, "direction x strength"},
    Field{"bars", &ViewRecord::bars, "until its horizon closes"},
    Field{"price_e9", &ViewRecord::price_e9, "the mark, billionths"},
    Field{"risk", &ViewRecord::risk, "forecast volatility over the horizon; NaN: unknown"}};

template <>
inline constexpr auto fields<OutcomeRecord> = std::tuple{
    Field{"outcome", &OutcomeRecord::outcome, "as agents saw it"},
    Field{"instrument", &OutcomeRecord::instrument, "id"}};

template <>
inline constexpr auto fields<CommitRecord> = std::tuple{
    Field{"incarnation", &CommitRecord::incarnation, "how often the book had been opened when it was written", "", 4}};

template <>
inline constexpr auto fields<NoteRecord> = std::tuple{
    Field{"kind", &NoteRecord::kind, "stopped: the book could not go on"},
    Field{"text", &NoteRecord::text, "for people"}};

template <>
inline constexpr auto fields<cadre_signal> = std::tuple{
    Field{"size", &cadre_signal::size, ""},
    Field{"instrument", &cadre_signal::instrument, ""},
    Field{"direction", &cadre_signal::direction, ""},
    Field{"reserved", &cadre_signal::reserved, ""},
    Field{"strength", &cadre_signal::strength, ""},
    Field{"confidence", &cadre_signal::confidence, ""},
    Field{"horizon_days", &cadre_signal::horizon_days, ""},
    Field{"time_ns", &cadre_signal::time_ns, ""},
    Field{"strategy", &cadre_signal::strategy, ""}};

template <>
inline constexpr auto fields<cadre_order> = std::tuple{
    Field{"size", &cadre_order::size, ""},
    Field{"instrument", &cadre_order::instrument, ""},
    Field{"side", &cadre_order::side, ""},
    Field{"type", &cadre_order::type, ""},
    Field{"time_in_force", &cadre_order::time_in_force, ""},
    Field{"flags", &cadre_order::flags, ""},
    Field{"quantity_e9", &cadre_order::quantity_e9, ""},
    Field{"limit_price_e9", &cadre_order::limit_price_e9, ""},
    Field{"stop_price_e9", &cadre_order::stop_price_e9, ""},
    Field{"expire_time_ns", &cadre_order::expire_time_ns, ""},
    Field{"decision_price_e9", &cadre_order::decision_price_e9, ""},
    Field{"decision_time_ns", &cadre_order::decision_time_ns, ""},
    Field{"client_id", &cadre_order::client_id, ""}};

template <>
inline constexpr auto fields<cadre_execution_report> = std::tuple{
    Field{"size", &cadre_execution_report::size, ""},
    Field{"status", &cadre_execution_report::status, ""},
    Field{"instrument", &cadre_execution_report::instrument, ""},
    Field{"side", &cadre_execution_report::side, ""},
    Field{"quantity_e9", &cadre_execution_report::quantity_e9, ""},
    Field{"price_e9", &cadre_execution_report::price_e9, ""},
    Field{"fees_e6", &cadre_execution_report::fees_e6, ""},
    Field{"spread_cost_e6", &cadre_execution_report::spread_cost_e6, ""},
    Field{"time_ns", &cadre_execution_report::time_ns, ""},
    Field{"reason", &cadre_execution_report::reason, ""},
    Field{"reserved", &cadre_execution_report::reserved, ""},
    Field{"client_id", &cadre_execution_report::client_id, ""},
    Field{"execution_id", &cadre_execution_report::execution_id, "", "", 6},
    Field{"request_id", &cadre_execution_report::request_id, "", "", 6},
    Field{"order_quantity_e9", &cadre_execution_report::order_quantity_e9, "", "", 6}};

template <>
inline constexpr auto fields<cadre_outcome> = std::tuple{
    Field{"size", &cadre_outcome::size, ""},
    Field{"instrument", &cadre_outcome::instrument, ""},
    Field{"score", &cadre_outcome::score, ""},
    Field{"weight", &cadre_outcome::weight, ""},
    Field{"realised_return", &cadre_outcome::realised_return, ""},
    Field{"risk", &cadre_outcome::risk, ""},
    Field{"strategy", &cadre_outcome::strategy, ""}};

template <>
inline constexpr auto fields<cadre_reason> = std::tuple{
    Field{"code", &cadre_reason::code, ""},
    Field{"reserved", &cadre_reason::reserved, ""},
    Field{"value", &cadre_reason::value, ""}};

template <>
inline constexpr auto fields<cadre_limit_use> = std::tuple{
    Field{"name", &cadre_limit_use::name, ""},
    Field{"value", &cadre_limit_use::value, ""},
    Field{"limit", &cadre_limit_use::limit, ""},
    Field{"instrument", &cadre_limit_use::instrument, ""},
    Field{"flags", &cadre_limit_use::flags, ""}};

template <class Record>
struct RecordRow {
  RecordType type;
  std::string_view name;
  std::string_view meaning;
};

/// Every type of record there is.
inline constexpr auto record_table = std::tuple{
    RecordRow<HeadRecord>{RecordType::head, "head", "The first record: what ran."},
    RecordRow<model::Bar>{RecordType::bar, "bar", "A bar closed."},
    RecordRow<SignalRecord>{RecordType::signal, "signal", "A strategy outside said what it thinks of one instrument."},
    RecordRow<UniverseRecord>{RecordType::universe, "universe", "The instruments changed, and with them every index."},
    RecordRow<RevisionRecord>{RecordType::revision, "revision", "A revision of the chain took over."},
    RecordRow<DecisionRecord>{RecordType::decision, "decision", "Why one decision came out as it did."},
    RecordRow<OrderRecord>{RecordType::order, "order", "One order of the decision before it, accepted or rejected."},
    RecordRow<ReportRecord>{RecordType::report, "report", "What became of an order."},
    RecordRow<AccountRecord>{RecordType::account, "account", "The book at the end of a session."},
    RecordRow<NoteRecord>{RecordType::note, "note", "What a reader may want to know and nothing follows from."},
    RecordRow<EndRecord>{RecordType::end, "end", "The last record of a run that came to its end."},
    RecordRow<CommandRecord>{RecordType::command, "command", "What somebody did to a running book."},
    RecordRow<CheckpointRecord>{RecordType::checkpoint, "checkpoint",
                                "What every agent of a chain had learned at this place: where recovery begins to show it events."},
    RecordRow<CommitRecord>{RecordType::commit, "commit",
                            "All before it was durable before anyone else could see a consequence of it; what stands behind the "
                            "last one had none."},
    RecordRow<TimerRecord>{RecordType::timer, "timer", "A timer that an agent had armed was due."},
    RecordRow<ViewRecord>{RecordType::view, "view", "A strategy's view of an instrument began to be followed."},
    RecordRow<OutcomeRecord>{RecordType::outcome, "outcome", "The horizon of a view closed."},
    RecordRow<OrderRequestRecord>{RecordType::order_request, "order_request", "Something is asked of an open order."},
    RecordRow<ParentOrderRecord>{RecordType::parent_order, "parent_order", "An order that is sent in parts, or waits, as it stands from here on."}};

// clang-format on

/// visit(field) for every field of a record, in order.
template <class Record, class Visit>
constexpr void for_each_field(Visit&& visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, fields<Record>);
}

}  // namespace cadre::journal
