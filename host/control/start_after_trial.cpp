// What a start does when the host before it died while books were on trial.

#include <algorithm>

#include "host/base/date.hpp"
#include "host/base/text.hpp"
#include "host/control/start_plan.hpp"
#include "host/revision/book_part.hpp"

namespace cadre::control {

namespace {

using revision::BookTrial;

/// A second death, whatever it was by, is one too many.
constexpr std::uint64_t deaths_most = 1;

bool has_died(const agent::LastFlight& last) {
  using End = agent::LastFlight::End;
  return last.end == End::crashed || last.end == End::lost || last.end == End::abandoned;
}

/// Whether a stage of the book is left out.
bool is_without_agent(const revision::Setup& setup, const std::string& book) {
  for (std::size_t b = 0; b < setup.plans.size(); ++b) {
    if (setup.host.books[b].scenario.book.id != book) continue;
    const auto& stages = setup.plans[b].stages;
    return std::any_of(stages.begin(), stages.end(),
                       [](const chain::PlannedStage& stage) { return !stage.left_out.empty(); });
  }
  return false;
}

/// The plan with every book on trial as it was confirmed.
base::Result<StartPlan> confirmed_plan(const StartPlan& plan, const std::vector<BookTrial>& trials,
                                       const HostParts& host) {
  std::vector<std::string> ids;
  for (const config::BookConfig& book : plan.setup.host.books)
    ids.push_back(book.scenario.book.id);
  StartPlan back{plan.revision, {}};
  revision::Revision& next = back.revision;
  std::uint64_t oldest = plan.revision.number;
  for (const BookTrial& trial : trials) {
    const auto confirmed = host.revisions->get(trial.confirmed);
    if (!confirmed) return confirmed.problems();
    // A book that the trial brought has nothing to go back to: it stays, halted.
    if (revision::part_of(*confirmed, trial.book).empty()) continue;
    next = revision::with_part_of(next, *confirmed, trial.book, ids);
    oldest = std::min(oldest, trial.confirmed);
  }
  auto setup = revision::plan_boot(next, *host.store, host.options.agent_folders);
  if (!setup) return setup.problems();
  back.setup = std::move(setup->setup);
  revision::leave_out(back.setup, *host.quarantine);
  next.number = host.revisions->last() + 1;
  next.based_on = plan.revision.number;
  next.line = oldest;
  next.time_ns = base::now_ns();
  next.actor = "host";
  next.restores = oldest;
  next.restores_book = trials.size() == 1 ? trials.front().book : std::string();
  next.config = back.setup.host.complete;
  next.plugins = back.setup.plugins;
  return back;
}

}  // namespace

base::Problems count_death(const HostParts& host) {
  const std::filesystem::path file = host.options.state / revision::trials_file;
  std::vector<BookTrial> open = revision::read_trials(file);
  if (open.empty() || !has_died(host.last_flight)) return {};
  for (BookTrial& trial : open)
    ++trial.deaths;
  return revision::write_trials(file, open);
}

base::Result<StartPlan> after_trial(StartPlan plan, const HostParts& host) {
  const std::filesystem::path file = host.options.state / revision::trials_file;
  std::vector<BookTrial> open = revision::read_trials(file);
  std::erase_if(open, [&](const BookTrial& trial) {
    return !revision::is_still_on_trial(trial, *host.revisions, plan.revision);
  });
  const bool is_made = plan.revision.number > host.revisions->last();
  if (open.empty() || is_made || host.options.revision) return plan;
  auto back = confirmed_plan(plan, open, host);
  if (!back) return back.problems();
  const bool is_to_blame = std::any_of(open.begin(), open.end(), [&](const BookTrial& trial) {
    return is_without_agent(plan.setup, trial.book) && !is_without_agent(back->setup, trial.book);
  });
  std::uint64_t deaths = 0;
  for (const BookTrial& trial : open)
    deaths = std::max(deaths, trial.deaths);
  if (!is_to_blame && deaths <= deaths_most) return plan;
  const std::string why = is_to_blame ? "a host crashed or hung in an agent of it"
                                      : "a host died on it " + std::to_string(deaths) + " times";
  base::Problems problems;
  std::vector<std::string> books;
  for (const BookTrial& trial : open) {
    books.push_back(trial.book);
    const auto confirmed = host.revisions->get(trial.confirmed);
    const bool is_back = confirmed && !revision::part_of(*confirmed, trial.book).empty();
    back->halts[trial.book] = "revision " + std::to_string(trial.revision) + " was on trial and " + why +
                              (is_back ? "; revision " + std::to_string(trial.confirmed) + " is back"
                                       : "; it brought the book, so that there is nothing to go back to");
  }
  back->trials.emplace();
  const std::string failed =
      "the trial of revision " + std::to_string(open.front().revision) + " failed: " + why;
  // Books that the trial brought go nowhere: then it is the same revision that starts.
  const bool goes_back = back->revision.restores != plan.revision.number;
  if (goes_back)
    back->revision.reason = failed;
  else
    back->revision = plan.revision;
  problems.warning("TRIAL_FAILED", {}, failed + "; halted: " + base::join(books, ", "),
                   "look at it, then `cadre resume`");
  return {std::move(back).take(), problems};
}

}  // namespace cadre::control
