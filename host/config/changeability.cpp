#include "host/config/changeability.hpp"

#include <vector>

namespace cadre::config {

namespace {

constexpr ChangeRule elsewhere{"", Changes::never, false, "a book is begun with it"};

constexpr ChangeRule scenario_rules[] = {
    {"/name", Changes::live, false, "a word for people"},
    {"/description", Changes::live, false, "a word for people"},
    {"/chain", Changes::live, true,
     "agents, their settings, the loop and the constraints: taken over between two decisions"},
    {"/pre_trade_checks", Changes::live, true, "the next decision's orders meet the new gate"},
    {"/book", Changes::never, false, "its journal begins with its id, its currency and its cash"},
    {"/book/credit_rate", Changes::restart, false, "interest from the next day on"},
    {"/book/debit_rate", Changes::restart, false, "interest from the next day on"},
    {"/book/on_prices_end", Changes::restart, false, "what becomes of positions whose prices have ended"},
    {"/book/prices_end_after", Changes::restart, false, "when prices count as ended"},
    {"/book/long_wait_sessions", Changes::live, false, "when a wait is told as trouble"},
    {"/data", Changes::never, false, "the instruments and the adjustment of prices are those of the journal"},
    {"/data/prices/on_suspect_move", Changes::live, false, "what becomes of the next bars"},
    {"/instruments", Changes::never, false,
     "orders and positions of the journal are counted in these lots, ticks and multipliers"},
    {"/universe", Changes::never, false, "dated changes of the universe are declared beforehand"},
    {"/changes", Changes::never, false, "dated changes belong to a backtest"},
    {"/execution_environment", Changes::never, false, "it knows the open orders"},
    {"/execution_environment/config", Changes::live, false,
     "costs and prices of a simulated one, which hands over its open orders; never of one that reaches a "
     "venue"},
    {"/seed", Changes::never, false, "random numbers of a replay follow from it"},
    {"/scenario", Changes::never, false, "which kind of run it is"},
};

constexpr ChangeRule host_rules[] = {
    {"/name", Changes::live, false, "a word for people"},
    {"/description", Changes::live, false, "a word for people"},
    {"/confirm", Changes::live, false,
     "how long a change is on trial, and what ends it: for trials under way too"},
    {"/probe_timeout_ms", Changes::live, false, "how long the next change is tried"},
    {"/watch", Changes::live, false, "what is watched, and how long it has to be quiet"},
    {"/trust", Changes::live, false, "where an agent runs whose stage does not say it"},
    {"/books", Changes::live, false,
     "a new book is opened beside the others; one goes when it is halted and flat"},
    {"/queue", Changes::live, false, "what waits beyond a smaller capacity is taken all the same"},
    {"/journal", Changes::restart, false, "books are opened with it"},
    {"/checkpoint", Changes::restart, false, "books are opened with it"},
    {"/log", Changes::live, false, "what is logged, and how a line looks"},
    {"/log/output", Changes::restart, false, "the log is opened with the host"},
    {"/log/file", Changes::restart, false, "the log is opened with the host"},
    {"/log/file_mb", Changes::restart, false, "the log is opened with the host"},
    {"/log/files", Changes::restart, false, "the log is opened with the host"},
    {"/log/journal_socket", Changes::restart, false, "the log is opened with the host"},
    {"/limits", Changes::live, false, "the next decisions' orders meet the new bounds"},
    {"/admin", Changes::restart, false, "the port is opened with the host"},
};

bool covers(std::string_view rule, std::string_view pointer) {
  return pointer.rfind(rule, 0) == 0 && (pointer.size() == rule.size() || pointer[rule.size()] == '/');
}

const ChangeRule& rule_of(std::span<const ChangeRule> rules, std::string_view pointer) {
  const ChangeRule* longest = &elsewhere;
  for (const ChangeRule& rule : rules) {
    if (covers(rule.pointer, pointer) && rule.pointer.size() > longest->pointer.size()) longest = &rule;
  }
  return *longest;
}

}  // namespace

std::string_view changes_name(Changes changes) {
  switch (changes) {
    case Changes::live:
      return "live";
    case Changes::restart:
      return "restart";
    default:
      return "never";
  }
}

std::span<const ChangeRule> scenario_change_rules() {
  return scenario_rules;
}

std::span<const ChangeRule> host_change_rules() {
  return host_rules;
}

const ChangeRule& scenario_change_rule(std::string_view pointer) {
  return rule_of(scenario_rules, pointer);
}

const ChangeRule& host_change_rule(std::string_view pointer) {
  // "/books/0/scenario/chain/..."
  constexpr std::string_view books = "/books/", scenario = "/scenario";
  if (pointer.rfind(books, 0) != 0) return rule_of(host_rules, pointer);
  const std::size_t slash = pointer.find('/', books.size());
  if (slash == std::string_view::npos) return rule_of(host_rules, pointer);
  const std::string_view inside = pointer.substr(slash);
  if (!covers(scenario, inside) || inside.size() == scenario.size()) return elsewhere;
  return scenario_change_rule(inside.substr(scenario.size()));
}

std::string deciding_pointers() {
  std::string all;
  for (const ChangeRule& rule : scenario_rules) {
    if (!rule.decides) continue;
    all += (all.empty() ? "" : " and ") + std::string(rule.pointer);
  }
  return all;
}

}  // namespace cadre::config
