#include "host/revision/reload.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

#include "host/agent/library.hpp"
#include "host/base/date.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/problem_json.hpp"
#include "host/book/dated_changes.hpp"
#include "host/revision/book_part.hpp"
#include "host/revision/change_preview.hpp"
#include "host/revision/probe_setup.hpp"
#include "host/revision/swap.hpp"

namespace cadre::revision {

namespace json = boost::json;

namespace {

/// Libraries that stay mapped although nobody uses them, before further changes wait for a restart.
constexpr std::size_t retained_most = 8;

}  // namespace

Reload::Reload(Ground ground) : ground_(std::move(ground)) {
  if (auto seen = base::read_file(ground_.state / "considered")) considered_ = *seen;
  auto text = base::read_file(ground_.state / "refused");
  if (!text) return;
  saved_refusals_ = *text;
  boost::system::error_code error;
  const json::value list = json::parse(*text, error);
  if (error || !list.is_array()) return;
  for (const json::value& each : list.get_array()) {
    const auto member = [&](const char* name) {
      const json::value* value = base::find(each, name);
      return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    // A file that the watch refused and that this host does not follow cannot be mended here.
    if (is_of_files(member("/actor")) && member("/source") != ground_.config.string()) continue;
    const json::value* problems = base::find(each, "/problems");
    refused_.push_back({member("/time"), member("/actor"), member("/source"),
                        problems != nullptr ? base::problems_from_json(*problems) : base::Problems{}});
  }
}

void Reload::begin(Setup setup, const Revision& revision, const std::string& since) {
  const std::lock_guard lock(status_mutex_);
  charge_ = {std::move(setup), revision, since, {}};
  // A revision of 0.9 has no defaults of agents in it: they are no change.
  charge_.revision.config = charge_.setup.host.complete;
  for (const auto& book : ground_.books.now()) {
    book->chain().each_stage([&](const chain::Stage& stage) {
      charge_.stage_since[book->id() + '/' + stage.name] = book->chain().revision;
    });
  }
  for (const BookTrial& trial : read_trials(ground_.state / trials_file)) {
    if (is_still_on_trial(trial, ground_.revisions, charge_.revision)) charge_.trials.push_back(trial);
  }
  newest_ = ground_.revisions.last();
  taken_ = taken_before();
  ground_.metrics.revision().set(static_cast<double>(revision.number));
}

void Reload::start() {
  {
    const Turn turn = take_turn();
    if (!turn) return;
    follow_watch();
    takes_changes_ = true;
  }
  trials_thread_ = std::thread([this] { watch_trials(); });
  if (charge_.setup.host.watch.enabled) look(false);
}

base::Problems Reload::stop() {
  takes_changes_ = false;
  {
    const Turn turn = take_turn(std::chrono::seconds(1));  // a change on its way comes to its end
    if (!turn) return change_hangs();
  }
  folder_watch_.reset();
  trials_changed_.notify_all();
  if (trials_thread_.joinable()) trials_thread_.join();
  return {};
}

Reload::Turn Reload::take_turn(std::chrono::milliseconds grace) {
  constexpr std::chrono::milliseconds look_interval{20};
  const auto begun = std::chrono::steady_clock::now();
  Turn turn(control_mutex_, std::defer_lock);
  while (!turn.try_lock_for(look_interval)) {
    if (std::chrono::steady_clock::now() - begun >= grace && !ground_.hanging().empty()) break;
  }
  return turn;
}

base::Problems Reload::change_hangs() const {
  base::Problems problems;
  problems.error("CHANGE_HANGS", {}, "another change does not come to its end: " + ground_.hanging(),
                 "end the host with SIGTERM and start it again: it boots the revision from before");
  return problems;
}

void Reload::forget_refusals(const std::function<bool(const Refusal&)>& which) {
  {
    const std::lock_guard lock(status_mutex_);
    std::erase_if(refused_, which);
  }
  save_refusals();
}

/// What was refused is still shown after a restart.
void Reload::save_refusals() {
  const std::string text = json::serialize(refused_json());
  if (text == saved_refusals_ || (saved_refusals_.empty() && text == "[]")) return;
  saved_refusals_ = text;
  (void)base::write_file_atomically(ground_.state / "refused", text);
}

std::string first_error(const base::Problems& problems) {
  const auto first = std::find_if(problems.begin(), problems.end(), [](const base::Problem& problem) {
    return problem.severity == base::Severity::error;
  });
  return first == problems.end() ? std::string() : base::to_line(*first);
}

live::Answer Reload::refuse(const Proposal& proposal, const base::Problems& problems) {
  ground_.metrics.applies(metrics::Applied::refused).add();
  const std::string why = first_error(problems);
  base::log_event(base::LogLevel::warn, "apply_refused",
                  {{"actor", proposal.mandate.actor}, {"source", proposal.source}, {"why", why}});
  ground_.feed.say("apply_refused",
                   {{"actor", proposal.mandate.actor}, {"source", proposal.source}, {"why", why}});
  if (!proposal.dry_run) {
    const std::lock_guard lock(status_mutex_);
    std::erase_if(refused_, [&](const Refusal& other) { return other.source == proposal.source; });
    refused_.push_back({base::now_text(), proposal.mandate.actor, proposal.source, problems});
  }
  save_refusals();
  return {live::Outcome::invalid, {}, problems};
}

std::vector<std::string> Reload::book_ids() const {
  std::vector<std::string> ids;
  for (const auto& book : ground_.books.now())
    ids.push_back(book->id());
  return ids;
}

live::Answer Reload::propose_pinned(const Revision& revision, const Proposal& proposal) {
  PinnedCatalogs pinned(ground_.store, revision.plugins);
  return propose(
      revision.config, [&](const std::string& book) -> const agent::Catalog& { return pinned.of(book); },
      proposal);
}

live::Answer Reload::propose(const json::value& complete, const CatalogOf& catalog_of,
                             const Proposal& proposal) {
  auto host = config::read_host(complete, proposal.source);
  if (!host) return refuse(proposal, host.problems());
  order_books(*host, book_ids());
  const json::value next = host->complete;
  auto setup = plan_setup(std::move(host).take(), catalog_of, ground_.store);
  if (!setup) {
    base::Problems problems = check_changeable(charge_.setup.host.complete, next, proposal.source);
    problems.append(setup.problems());
    return refuse(proposal, problems);
  }
  return propose(std::move(setup).take(), proposal);
}

live::Answer Reload::propose(Setup setup, const Proposal& proposal) {
  base::Problems problems =
      check_changeable(charge_.setup.host.complete, setup.host.complete, proposal.source);
  problems.append(check_against_data(setup, ground_.books));
  if (problems.has_errors()) return refuse(proposal, problems);
  const Revision next{.number = ground_.revisions.last() + 1,
                      .based_on = charge_.revision.number,
                      .line = proposal.line.value_or(charge_.revision.number),
                      .time_ns = base::now_ns(),
                      .actor = proposal.mandate.actor,
                      .reason = proposal.mandate.reason,
                      .restores = proposal.restores,
                      .restores_book = proposal.restores_book,
                      .config = setup.host.complete,
                      .plugins = setup.plugins};
  const Difference changed = difference(charge_.revision, next);
  if (changed.empty() && !proposal.takes_back) {
    forget_refusals([&](const Refusal& other) { return other.source == proposal.source; });
    return {live::Outcome::done, {{"revision", charge_.revision.number}, {"unchanged", true}}, {}};
  }
  leave_out_still(setup, ground_.books, ground_.quarantine);
  leave_venues_in_place(setup, ground_.books);
  base::Problems hindered = check_environments(setup, ground_.books);
  hindered.append(hindrances(setup, next, proposal.takes_back));
  hindered.append(check_books(setup, proposal.source));
  if (!hindered.has_errors())
    hindered = probe_setup(setup, ground_.store, ground_.books, proposal.restores != 0);
  if (hindered.has_errors()) return refuse(proposal, hindered);
  auto chains = build_setup(setup, ground_.store, ground_.books, proposal.restores != 0);
  if (!chains) return refuse(proposal, chains.problems());
  if (proposal.dry_run) {
    live::Answer answer = preview(changed, setup.host, *chains);
    answer.body.as_object()["preview"] = preview_decisions(
        setup, ground_.books, ground_.store, proposal.decisions,
        [&](const live::BookRunner& book) { return changes_book(book, setup, next, false); });
    answer.problems.append(let_go(std::move(chains).take()));
    answer.problems.append(new_warnings(setup, problems));
    return answer;
  }
  const base::Problems warnings = new_warnings(setup, problems);
  live::Answer answer = take_over(std::move(setup), *chains, next, proposal);
  answer.problems.append(let_go(std::move(chains).take()));
  answer.problems.append(warnings);
  return answer;
}

/// What is worth a second look of a setup, and was not already of the one in charge. `of_data`: the same,
/// found with the data.
base::Problems Reload::new_warnings(const Setup& setup, const base::Problems& of_data) const {
  base::Problems found = of_data;
  for (const base::Problem& warning : setup.warnings) {
    const bool is_known = std::any_of(charge_.setup.warnings.begin(), charge_.setup.warnings.end(),
                                      [&](const base::Problem& known) {
                                        return known.code == warning.code && known.message == warning.message;
                                      });
    if (!is_known) found.add(warning);
  }
  return found;
}

/// Chains that were built for a change: those that no book has taken are destroyed.
base::Problems Reload::let_go(std::vector<std::shared_ptr<chain::Chain>> chains) {
  std::erase_if(chains, [](const auto& chain) { return chain == nullptr || chain.use_count() > 1; });
  return retirement_.retire(std::move(chains));
}

live::Answer Reload::take_back(const live::Mandate& mandate) {
  const Turn turn = take_turn();
  if (!turn) return {live::Outcome::conflict, {}, change_hangs()};
  if (!takes_changes_) return {live::Outcome::stopping, {}, {}};
  const live::BookList::Books books = ground_.books.now();
  const bool is_needed = std::any_of(books.begin(), books.end(), [&](const auto& book) {
    return book->chain().find_stage([&](const chain::Stage& stage) {
      return !stage.agent->left_out().empty() &&
             !ground_.quarantine.find(stage.agent->manifest().sha256, stage.agent->spec().config);
    }) != nullptr;
  });
  if (!is_needed) return {live::Outcome::done, {{"revision", charge_.revision.number}}, {}};
  Proposal proposal{mandate, "quarantine", 0, false};
  proposal.takes_back = true;
  proposal.line = charge_.revision.line;  // the same configuration: the way back is the same
  return propose_pinned(charge_.revision, proposal);
}

/// Whether a book has a part in a revision. One that has none is not touched by it, whatever state it is in.
bool Reload::changes_book(const live::BookRunner& book, const Setup& setup, const Revision& next,
                          bool takes_back) const {
  if (moves_agents(book, setup)) return true;
  const bool has_left_out = takes_back && book.chain().find_stage([](const chain::Stage& stage) {
    return !stage.agent->left_out().empty();
  }) != nullptr;
  return has_left_out || part_of(charge_.revision, book.id()) != part_of(next, book.id());
}

/// Why the change cannot be taken over just now.
base::Problems Reload::hindrances(const Setup& setup, const Revision& next, bool takes_back) const {
  base::Problems problems;
  for (const auto& book : ground_.books.now()) {
    if (changes_book(*book, setup, next, takes_back)) problems.append(book->why_stopped());
  }
  const std::size_t stuck = retained();
  if (!problems.has_errors() && stuck >= retained_most)
    problems.error("RETAINED_TOO_MANY", {},
                   std::to_string(stuck) + " libraries of replaced agents could not be unloaded",
                   "`cadre status` names them; restart the host to be rid of them");
  return problems;
}

live::Answer Reload::preview(const Difference& difference, const config::HostConfig& next,
                             const std::vector<std::shared_ptr<chain::Chain>>& chains) const {
  json::array stages;
  for (std::size_t b = 0; b < chains.size(); ++b) {
    const std::string& id = next.books[b].scenario.book.id;
    const auto runner = live::find_book(ground_.books, id);
    for (json::value& line : filled_stages(id, runner.get(), *chains[b]))
      stages.push_back(std::move(line));
  }
  json::array removed;
  for (const auto& book : leaving(next))
    removed.push_back(json::value(book->id()));
  return {live::Outcome::done,
          {{"based_on", charge_.revision.number},
           {"difference", to_json(difference)},
           {"stages", std::move(stages)},
           {"removed_books", std::move(removed)}},
          {}};
}

}  // namespace cadre::revision
