#include "host/revision/probation.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/seal.hpp"

namespace cadre::revision {

namespace json = boost::json;

namespace {

constexpr std::int64_t minute_ns = 60'000'000'000;

std::uint64_t failures_of(const live::BookSnapshot& now) {
  std::uint64_t all = 0;
  for (const auto& [stage, failures] : now.failures)
    all += failures.count;
  return all;
}

std::uint64_t misses_of(const live::BookSnapshot& now) {
  std::uint64_t all = 0;
  for (const auto& [stage, misses] : now.deadline_misses)
    all += misses;
  return all;
}

/// Counters of a process begin again with it.
std::uint64_t since(std::uint64_t now, std::uint64_t before) {
  return now - std::min(now, before);
}

/// Orders that the pre-trade checks rejected, and those they accept a part of at most.
std::uint64_t refused_of(const live::BookSnapshot& now) {
  return now.rejected_orders + now.fitted_orders;
}

/// Why the trial has failed; empty while no guardrail is passed.
std::string passed_guardrail(const config::ConfirmConfig& config, const BookTrial& trial,
                             const live::BookSnapshot& now, std::int64_t now_ns) {
  const std::uint64_t failures = since(failures_of(now), trial.failures_before);
  if (config.failures > 0 && failures >= config.failures) {
    std::string last;
    for (const auto& [stage, failed] : now.failures)
      last = stage + ": " + failed.last;
    return std::to_string(failures) + " failed answers of agents, the limit is " +
           std::to_string(config.failures) + "; " + last;
  }
  const std::uint64_t rejected = since(refused_of(now), trial.rejected_before);
  if (config.rejected_orders > 0 && rejected >= config.rejected_orders)
    return std::to_string(rejected) + " orders that were rejected or too large, the limit is " +
           std::to_string(config.rejected_orders);
  const std::uint64_t misses = since(misses_of(now), trial.misses_before);
  if (config.deadline_misses > 0 && misses >= config.deadline_misses)
    return std::to_string(misses) + " missed deadlines, the limit is " +
           std::to_string(config.deadline_misses);
  constexpr std::int64_t second_ns = 1'000'000'000;
  const std::int64_t silent_s = (now_ns - trial.heard_ns) / second_ns;
  if (config.heartbeat_s > 0 && silent_s >= static_cast<std::int64_t>(config.heartbeat_s))
    return "no bar for " + std::to_string(silent_s) + " seconds, the limit is " +
           std::to_string(config.heartbeat_s);
  const double equity = now.equity.to_double();
  if (config.drawdown > 0 && trial.equity_most > 0 && equity <= trial.equity_most * (1 - config.drawdown))
    return "equity fell from " + std::to_string(trial.equity_most) + " to " + std::to_string(equity) +
           ", the limit is a share of " + std::to_string(config.drawdown);
  return {};
}

std::uint64_t number_at(const json::value& value, const char* name) {
  const json::value* found = base::find(value, name);
  if (found == nullptr || !found->is_number()) return 0;
  boost::system::error_code error;
  const auto number = found->to_number<std::uint64_t>(error);
  return error ? 0 : number;
}

}  // namespace

BookTrial begin_trial(const std::string& book, std::uint64_t revision, std::uint64_t confirmed,
                      const live::BookSnapshot& now, std::int64_t now_ns) {
  return {.book = book,
          .revision = revision,
          .confirmed = confirmed,
          .since_ns = now_ns,
          .decisions_before = now.decisions,
          .rejected_before = refused_of(now),
          .failures_before = failures_of(now),
          .misses_before = misses_of(now),
          .bars_heard = now.bars,
          .heard_ns = now_ns,
          .equity_most = now.equity.to_double()};
}

std::uint64_t decisions_of(const BookTrial& trial, const live::BookSnapshot& now) {
  return since(now.decisions, trial.decisions_before);
}

TrialVerdict judge(const config::ConfirmConfig& config, BookTrial& trial, const live::BookSnapshot& now,
                   std::int64_t now_ns) {
  using End = TrialVerdict::End;
  trial.equity_most = std::max(trial.equity_most, now.equity.to_double());
  if (trial.heard_ns == 0 || now.bars != trial.bars_heard) {
    trial.heard_ns = now_ns;
    trial.bars_heard = now.bars;
  }
  if (std::string why = passed_guardrail(config, trial, now, now_ns); !why.empty()) return {End::failed, why};
  const auto minutes =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, now_ns - trial.since_ns) / minute_ns);
  const std::uint64_t decisions = decisions_of(trial, now);
  if (decisions >= config.decisions && minutes >= config.minutes)
    return {End::confirmed,
            std::to_string(decisions) + " decisions in " + std::to_string(minutes) + " minutes"};
  if (minutes >= config.longest_minutes)
    return {End::confirmed, "the longest time of a trial, " + std::to_string(config.longest_minutes) +
                                " minutes, with " + std::to_string(decisions) + " decisions"};
  return {};
}

base::Problems check_trials(const std::filesystem::path& file) {
  std::error_code error;
  const bool is_there = std::filesystem::exists(file, error);
  const auto text = is_there ? base::read_file(file) : base::Result<std::string>(std::string());
  if (!text) return text.problems();
  const std::string_view content(*text);
  return base::check_seal(file, is_there ? &content : nullptr, base::SealFor::whole,
                          "no book is on trial any more, and what runs counts as confirmed");
}

std::vector<BookTrial> read_trials(const std::filesystem::path& file) {
  std::vector<BookTrial> trials;
  const auto document = base::JsonDocument::load(file);
  if (!document || !document->root().is_array()) return trials;
  for (const json::value& each : document->root().get_array()) {
    const json::value* book = base::find(each, "/book");
    if (book == nullptr || !book->is_string()) continue;
    trials.push_back({.book = std::string(book->get_string()),
                      .revision = number_at(each, "/revision"),
                      .confirmed = number_at(each, "/confirmed"),
                      .since_ns = static_cast<std::int64_t>(number_at(each, "/since_ns")),
                      .deaths = number_at(each, "/deaths"),
                      .decisions_before = number_at(each, "/decisions_before"),
                      .rejected_before = number_at(each, "/rejected_before")});
  }
  return trials;
}

base::Problems write_trials(const std::filesystem::path& file, const std::vector<BookTrial>& trials) {
  json::array lines;
  for (const BookTrial& trial : trials)
    lines.push_back({{"book", trial.book},
                     {"revision", trial.revision},
                     {"confirmed", trial.confirmed},
                     {"since_ns", trial.since_ns},
                     {"deaths", trial.deaths},
                     {"decisions_before", trial.decisions_before},
                     {"rejected_before", trial.rejected_before}});
  return base::write_sealed(file, json::serialize(lines) + "\n");
}

}  // namespace cadre::revision
