// What a running host says of itself, and the inputs it takes.

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <functional>

#include "host/agent/library.hpp"
#include "host/agent/process_use.hpp"
#include "host/agent/sandbox.hpp"
#include "host/base/date.hpp"
#include "host/base/problem_json.hpp"
#include "host/base/text.hpp"
#include "host/base/version.hpp"
#include "host/chain/waterfall.hpp"
#include "host/control/host_parts.hpp"
#include "host/control/next_steps.hpp"
#include "host/control/operation.hpp"
#include "host/control/state_json.hpp"
#include "host/model/order.hpp"

namespace cadre::control {

namespace json = boost::json;

namespace {

json::value date_json(std::int32_t date) {
  return date == 0 ? json::value(nullptr) : json::value(base::format_date(date));
}

// How a field of a snapshot is shown.
json::value shown(const std::string& text) {
  return json::value(text);
}
json::value shown(std::uint64_t count) {
  return json::value(count);
}
json::value shown(bool) = delete;  // both would become a count without a word
json::value shown(double) = delete;
json::value shown(base::Money money) {
  return json::value(money.to_string());
}
json::value shown(base::OptionalDate date) {
  return date_json(date.date);
}

/// The side, status and so on of an order, for people and programs.
json::object order_json(const execution::TrackedOrder& tracked, const model::Universe& universe) {
  const cadre_order& order = tracked.order;
  json::object line{{"client_id", model::id_text(order.client_id)},
                    {"instrument", order.instrument < universe.size()
                                       ? json::value(universe.instruments[order.instrument].id)
                                       : json::value(nullptr)},
                    {"side", model::side_name(order.side)},
                    {"type", model::order_type_name(order.type)},
                    {"quantity", base::Quantity::from_raw(order.quantity_e9).to_string()},
                    {"filled", base::Quantity::from_raw(tracked.filled_e9).to_string()},
                    {"status", model::order_status_name(tracked.shown_status())},
                    {"decided", base::format_time(order.decision_time_ns)}};
  if (order.limit_price_e9 != 0)
    line["limit_price"] = base::Price::from_raw(order.limit_price_e9).to_string();
  if (order.stop_price_e9 != 0) line["stop_price"] = base::Price::from_raw(order.stop_price_e9).to_string();
  const auto checks = execution::pre_trade_checks();
  json::array failed;
  for (std::size_t row = 0; row < checks.size(); ++row) {
    if ((tracked.failed_checks >> row & 1) != 0) failed.push_back(json::value(checks[row].code));
  }
  if (!failed.empty()) line["failed_checks"] = std::move(failed);
  if (tracked.reason != 0) line["reason"] = tracked.reason;
  return line;
}

live::Answer ended(const live::BookRunner& runner) {
  base::Problems problems = runner.why_stopped();
  if (problems.empty()) problems.error("BOOK_ENDED", {}, "the book " + runner.id() + " has ended");
  return {live::Outcome::stopping, {}, problems};
}

/// The processes of a book's isolated agents, with what they have used.
json::array processes_json(const std::vector<agent::ProcessUse>& uses, const std::string& book) {
  json::array processes;
  for (const agent::ProcessUse& use : uses) {
    if (use.book != book) continue;
    processes.push_back({{"pid", use.process},
                         {"stages", json::value_from(use.agents)},
                         {"processor_seconds", use.processor_seconds},
                         {"resident_bytes", use.resident_bytes},
                         {"own_bytes", use.own_bytes},
                         {"grown_bytes", use.grown_bytes},
                         {"data_bytes", use.data_bytes},
                         {"data_bytes_most", use.data_bytes_most},
                         {"output_lines", use.output_lines},
                         {"output_left_out", use.output_left_out}});
  }
  return processes;
}

std::int64_t seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count();
}

/// How many seconds ago that was by the wall clock; null: it has not been.
json::value age_json(std::int64_t time_ns) {
  if (time_ns == 0) return nullptr;
  return std::max<std::int64_t>(0, (base::now_ns() - time_ns) / 1'000'000'000);
}

json::value or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

/// Names, never values.
json::array secrets_json(const chain::PlannedStage& stage) {
  json::array names;
  for (const agent::SecretUse& use : stage.secrets)
    names.push_back(json::value(use.name));
  return names;
}

/// How far the trial of a book is; null when it is on none.
json::value trial_json(const revision::Charge& charge, const std::string& book,
                       const live::BookSnapshot& now) {
  const auto trial = std::find_if(charge.trials.begin(), charge.trials.end(),
                                  [&](const revision::BookTrial& each) { return each.book == book; });
  if (trial == charge.trials.end()) return nullptr;
  const config::ConfirmConfig& confirm = charge.setup.host.confirm;
  constexpr std::int64_t minute_ns = 60'000'000'000;
  return json::object{{"revision", trial->revision},
                      {"confirmed", trial->confirmed},
                      {"since", base::format_time(trial->since_ns)},
                      {"decisions", std::min(revision::decisions_of(*trial, now), confirm.decisions)},
                      {"of_decisions", confirm.decisions},
                      {"minutes", std::max<std::int64_t>(0, base::now_ns() - trial->since_ns) / minute_ns},
                      {"of_minutes", confirm.minutes},
                      {"longest_minutes", confirm.longest_minutes}};
}

json::array books_json(const HostParts& host, const revision::Charge& charge) {
  json::array books;
  const std::vector<agent::ProcessUse> uses = agent::process_uses();
  const bool bounds_files = agent::can_bound_files();
  for (std::size_t b = 0; b < charge.setup.plans.size(); ++b) {
    const auto found = live::find_book(host.books, charge.setup.host.books[b].scenario.book.id);
    if (found == nullptr) continue;  // on its way
    live::BookRunner& runner = *found;
    const live::BookSnapshot now = runner.snapshot();
    json::array stages;
    for (const chain::PlannedStage& stage : charge.setup.plans[b].stages) {
      const agent::Manifest& manifest = *stage.entry.manifest;
      const auto failures = now.failures.find(stage.instance->name);
      const auto quarantined = now.quarantined.find(stage.instance->name);
      const auto misses = now.deadline_misses.find(stage.instance->name);
      const auto since = charge.stage_since.find(runner.id() + '/' + stage.instance->name);
      stages.push_back(
          {{"stage", stage.instance->name},
           {"agent", stage.entry.agent->id},
           {"version", manifest.version.to_string()},
           {"sha256", manifest.sha256},
           {"since_revision", since != charge.stage_since.end() ? since->second : 1},
           {"failures", failures != now.failures.end() ? failures->second.count : 0},
           {"last_failure",
            failures != now.failures.end() ? json::value(failures->second.last) : json::value(nullptr)},
           {"last_failure_revision",
            failures != now.failures.end() ? json::value(failures->second.revision) : json::value(nullptr)},
           {"isolation", agent::isolation_name(stage.isolation)},
           {"trusted_by", agent::trusted_by_name(stage.trusted_by)},
           {"sandbox", stage.isolated() ? json::value(bounds_files ? "full" : "weak") : json::value(nullptr)},
           {"quarantined",
            quarantined != now.quarantined.end() ? json::value(quarantined->second) : json::value(nullptr)},
           {"not_restarted", or_null(host.not_restarted.why(runner.id(), stage.instance->name))},
           {"deadline_us",
            manifest.deadline_us != 0 ? json::value(manifest.deadline_us) : json::value(nullptr)},
           {"deadline_misses", misses != now.deadline_misses.end() ? misses->second : 0},
           {"memory_mb", manifest.memory_mb != 0 ? json::value(manifest.memory_mb) : json::value(nullptr)},
           {"secrets", secrets_json(stage)},
           {"left_out", or_null(stage.left_out)}});
    }
    json::object book{{"book", runner.id()}};
    live::visit_status_fields(now, [&](const char* name, const auto& value) { book[name] = shown(value); });
    json::array states;
    for (const execution::StateChange& change : now.states)
      states.push_back(state_json(change, runner.id()));
    book["states"] = std::move(states);
    book["halt_is_due"] = runner.halts().is_due();
    book["last_bar_seconds"] = age_json(now.last_bar_ns);
    book["last_decision_seconds"] = age_json(now.last_decision_ns);
    book["queue"] = {{"depth", now.queue_depth}, {"capacity", now.queue_capacity}};
    book["trial"] = trial_json(charge, runner.id(), now);
    book["stages"] = std::move(stages);
    book["processes"] = processes_json(uses, runner.id());
    books.push_back(std::move(book));
  }
  return books;
}

live::Answer status(HostParts& host, const Call&) {
  json::value experiments = host.experiments->list();
  json::array refused = host.reload->refused_json();
  json::array sources = host.reload->sources_json();
  const std::vector<std::string> waiting = host.reload->waiting();
  json::array steps;
  for (const std::string& step : next_steps(host, refused, !waiting.empty()))
    steps.push_back(json::value(step));
  const live::BookList::Books books = host.books.now();
  bool halted = !books.empty();
  for (const auto& book : books)
    halted = halted && book->snapshot().state == live::BookState::halted;
  json::array hanging;
  for (const Hanging& each : host.watchdog->hanging())
    hanging.push_back(json::value(each.text()));
  const std::vector<std::string> reasons = not_ready_reasons(host);
  const agent::ProcessUse own = agent::own_use();
  json::object body = host.reload->read([&](const revision::Charge& charge) {
    return json::object{{"name", charge.setup.host.name},
                        {"state", host.stopped  ? "stopping"
                                  : !host.ready ? "starting"
                                  : halted      ? "halted"
                                                : "running"},
                        {"ready", reasons.empty()},
                        {"not_ready", json::value_from(reasons)},
                        {"since", host.since},
                        {"uptime_seconds", seconds_since(host.began)},
                        {"host_version", std::string(base::version())},
                        {"pid", getpid()},
                        {"processor_seconds", own.processor_seconds},
                        {"own_bytes", own.own_bytes},
                        {"grown_bytes", own.grown_bytes},
                        {"state_folder", std::filesystem::absolute(host.options.state).string()},
                        {"revision",
                         {{"number", charge.revision.number},
                          {"based_on", charge.revision.based_on},
                          {"restores", charge.revision.restores},
                          {"since", charge.since},
                          {"actor", charge.revision.actor},
                          {"reason", charge.revision.reason}}},
                        {"books", books_json(host, charge)},
                        {"sources", std::move(sources)},
                        {"refused", std::move(refused)},
                        {"waiting", json::value_from(waiting)},
                        {"retained", host.reload->retained_json()},
                        {"hanging", std::move(hanging)},
                        {"quarantine", quarantine_json(*host.quarantine)},
                        {"last_run", last_run_json(host.last_flight)},
                        {"experiments", std::move(experiments)},
                        {"next_steps", std::move(steps)}};
  });
  return {live::Outcome::done, std::move(body), {}};
}

/// What `ask` has to say of the book that the path names.
live::Answer of_book(HostParts& host, const Call& call,
                     const std::function<live::Answer(live::BookRunner&)>& ask) {
  const auto runner = live::find_book(host.books, call.path[0]);
  return runner == nullptr ? live::unknown_book(host.books, call.path[0]) : ask(*runner);
}

/// The object that `read` makes of the book that the path names, between two of its events.
live::Answer read_book(HostParts& host, const Call& call,
                       const std::function<json::object(live::BookRunner&, book::Book&)>& read) {
  return of_book(host, call, [&](live::BookRunner& runner) -> live::Answer {
    // Owned by the errand too: it may be at work when nobody waits for it any more.
    const auto body = std::make_shared<json::object>();
    const live::Asked asked =
        runner.with_book([&runner, read, body](book::Book& book) { *body = read(runner, book); });
    if (asked != live::Asked::done) return ended(runner);
    return {live::Outcome::done, std::move(*body), {}};
  });
}

live::Answer portfolio(HostParts& host, const Call& call) {
  return read_book(host, call, [](live::BookRunner& runner, book::Book& live) {
    const model::Portfolio& portfolio = live.ledger().portfolio();
    const execution::OrderTracker& tracker = live.ledger().tracker();
    const double equity = portfolio.equity().to_double();
    json::array positions, working, instruments;
    for (std::uint32_t i = 0; i < live.ledger().universe().size(); ++i) {
      const std::string& id = live.ledger().universe().instruments[i].id;
      instruments.push_back(json::value(id));
      const base::Quantity buys = base::Quantity::from_raw(tracker.working_buy_e9(i));
      const base::Quantity sells = base::Quantity::from_raw(tracker.working_sell_e9(i));
      if (buys.raw() != 0 || sells.raw() != 0)
        working.push_back({{"instrument", id}, {"buys", buys.to_string()}, {"sells", sells.to_string()}});
      if (portfolio.quantity(i).raw() == 0) continue;
      // To a millionth, as a text like every other amount.
      const double weight = std::round(portfolio.value(i).to_double() / equity * 1e6) / 1e6;
      positions.push_back(
          {{"instrument", id},
           {"quantity", portfolio.quantity(i).to_string()},
           {"price", portfolio.price(i).to_string()},
           {"value", portfolio.value(i).to_string()},
           {"weight", equity > 0 ? json::value(base::format_double(weight)) : json::value(nullptr)}});
    }
    return json::object{{"book", runner.id()},
                        {"currency", runner.snapshot().currency},
                        {"date", date_json(live.ledger().date())},
                        {"sequence", live.ledger().sequence()},
                        {"equity", portfolio.equity().to_string()},
                        {"cash", portfolio.cash().to_string()},
                        {"profit", portfolio.profit().to_string()},
                        {"costs", portfolio.costs().to_string()},
                        {"borrow", portfolio.borrow().to_string()},
                        {"interest", portfolio.interest().to_string()},
                        {"positions", std::move(positions)},
                        {"working", std::move(working)},
                        {"instruments", std::move(instruments)}};
  });
}

/// What is left to be sent of an order that goes in parts.
json::object parent_json(const execution::ParentOrder& parent, const model::Universe& universe) {
  const cadre_order& order = parent.order;
  json::object line{{"client_id", model::id_text(order.client_id)},
                    {"instrument", universe.instruments[order.instrument].id},
                    {"side", model::side_name(order.side)},
                    {"type", model::order_type_name(order.type)},
                    {"quantity", base::Quantity::from_raw(order.quantity_e9).to_string()},
                    {"left", base::Quantity::from_raw(parent.left_e9()).to_string()},
                    {"parts_sent", parent.children},
                    {"parts_left", parent.slices.size()},
                    {"next", base::format_time(parent.slices.front().time_ns)}};
  if (parent.waits == execution::ParentOrder::Waits::for_other_side) line["waits_for"] = "other_side";
  if (parent.waits == execution::ParentOrder::Waits::for_cash) line["waits_for"] = "cash";
  if (parent.waits == execution::ParentOrder::Waits::for_net) line["waits_for"] = "net";
  if (parent.why.code != 0) line["reason"] = chain::reason_name(parent.why.code);
  if (parent.is_waiting()) line["waited_sessions"] = parent.waited_sessions;
  return line;
}

/// The newest `limit` orders that `is_wanted`, and what is still to be sent.
live::Answer newest_orders(HostParts& host, const Call& call,
                           bool (*is_wanted)(const execution::TrackedOrder&)) {
  return read_book(host, call, [limit = call.limit, is_wanted](live::BookRunner& runner, book::Book& live) {
    json::array list;
    const auto& orders = live.ledger().tracker().orders();
    for (std::size_t k = orders.size(); k > 0 && list.size() < limit; --k) {
      if (is_wanted(orders[k - 1])) list.push_back(order_json(orders[k - 1], live.ledger().universe()));
    }
    json::array scheduled;
    for (const execution::ParentOrder& parent : live.ledger().schedule().parents())
      scheduled.push_back(parent_json(parent, live.ledger().universe()));
    return json::object{
        {"book", runner.id()}, {"orders", std::move(list)}, {"scheduled", std::move(scheduled)}};
  });
}

live::Answer orders(HostParts& host, const Call& call) {
  return newest_orders(host, call, [](const execution::TrackedOrder&) { return true; });
}

live::Answer open_orders(HostParts& host, const Call& call) {
  return newest_orders(host, call, [](const execution::TrackedOrder& order) { return order.open(); });
}

live::Answer decisions(HostParts& host, const Call& call) {
  return read_book(host, call, [limit = call.limit](live::BookRunner& runner, book::Book&) {
    json::array list;
    const auto& newest = runner.decisions();
    for (auto it = newest.rbegin(); it != newest.rend() && list.size() < limit; ++it) {
      json::object line{{"sequence", it->sequence},
                        {"date", date_json(it->date)},
                        {"revision", it->revision},
                        {"orders", it->orders},
                        {"risk_passes", it->passes},
                        {"cut_factor", it->cut_factor},
                        {"failed", json::value_from(it->failed)},
                        {"reasons", json::value_from(it->reasons)}};
      if (it->volatility == it->volatility) line["volatility"] = it->volatility;
      list.push_back(std::move(line));
    }
    return json::object{{"book", runner.id()}, {"decisions", std::move(list)}};
  });
}

live::Answer post_bars(HostParts& host, const Call& call) {
  return of_book(host, call, [&](live::BookRunner& runner) { return runner.offer_bars(call.inputs); });
}

live::Answer post_signals(HostParts& host, const Call& call) {
  return of_book(host, call, [&](live::BookRunner& runner) { return runner.offer_signals(call.inputs); });
}

}  // namespace

std::span<const Operation> book_operations() {
  using Brings = Operation::Brings;
  static const Operation rows[] = {
      {.method = "GET",
       .path = "/v1/status",
       .description = "what runs, since when, by whom, and what to do next",
       .run = status,
       .revision_at = "/revision/number"},
      {"GET", "/v1/books/{book}/portfolio",
       "cash, positions with their weights, what is working, and the instruments", portfolio},
      {.method = "GET",
       .path = "/v1/books/{book}/orders",
       .description = "orders, newest first",
       .run = orders,
       .has_limit = true},
      {.method = "GET",
       .path = "/v1/books/{book}/orders/open",
       .description = "orders that are open, newest first",
       .run = open_orders,
       .has_limit = true},
      {.method = "GET",
       .path = "/v1/books/{book}/decisions",
       .description = "decisions, newest first",
       .run = decisions,
       .has_limit = true},
      {"POST", "/v1/books/{book}/bars", "bars", post_bars, Brings::inputs},
      {"POST", "/v1/books/{book}/signals", "signals", post_signals, Brings::inputs}};
  return rows;
}

}  // namespace cadre::control
