// Experiments of a running host: who may start one, on which book, with which agents.

#include <boost/json.hpp>

#include "host/control/host_parts.hpp"
#include "host/control/operation.hpp"
#include "host/shadow/shadow_experiments.hpp"

namespace cadre::control {

namespace {

live::Answer start(HostParts& host, const Call& call) {
  const std::string origin = call.text("origin").empty() ? "experiment" : call.text("origin");
  std::string book = call.text("book");
  if (!host.ready) return {live::Outcome::stopping, {}, {}};
  if (const auto books = host.books.now(); book.empty() && books.size() == 1) book = books.front()->id();
  if (book.empty()) {
    base::Problems problems;
    problems.error("BOOK_NOT_NAMED", base::Place::of(origin), "the host has several books",
                   "name one with --book; `cadre status` lists them");
    return {live::Outcome::invalid, {}, problems};
  }
  const auto document = base::JsonDocument::parse(origin, call.document("experiment"));
  if (!document) return {live::Outcome::invalid, {}, document.problems()};
  auto file = experiment::read_experiment(*document, std::filesystem::path(origin).parent_path());
  if (!file) return {live::Outcome::invalid, {}, file.problems()};
  return host.reload->between_changes([&](const revision::Charge& charge) -> live::Answer {
    if (!host.ready)
      return {live::Outcome::stopping, {}, {}};  // it began to stop while we waited for our turn
    if (const auto ground = experiment_ground(host, charge, book))
      return host.experiments->start(*file, *document, *ground, call.mandate);
    return live::unknown_book(host.books, book);
  });
}

live::Answer stop(HostParts& host, const Call& call) {
  return host.reload->between_changes(
      [&](const revision::Charge&) { return host.experiments->stop(call.path[0], call.mandate); });
}

live::Answer list(HostParts& host, const Call&) {
  return {live::Outcome::done, host.experiments->list(), {}};
}

live::Answer results(HostParts& host, const Call& call) {
  return host.experiments->results(call.path[0]);
}

}  // namespace

std::optional<shadow::ShadowExperiments::StartGround> experiment_ground(const HostParts& host,
                                                                        const revision::Charge& charge,
                                                                        const std::string& book) {
  const auto runner = live::find_book(host.books, book);
  for (const config::BookConfig& running_book : charge.setup.host.books) {
    if (runner == nullptr || running_book.scenario.book.id != book) continue;
    const agent::Catalog running = revision::pinned_catalog(*host.store, charge.revision.plugins, book);
    const agent::Catalog installed = agent::Catalog::discover(host.options.agent_folders);
    return shadow::ShadowExperiments::StartGround{
        runner,
        running_book,
        [running, installed](const config::ScenarioConfig& scenario) {
          return revision::keeping_catalog(scenario, running, installed);
        },
        [installed](const config::ScenarioConfig&) { return agent::Catalog(installed); },
        charge.setup.host.trust.allow_weak_sandbox,
        charge.setup.host.probe_timeout_ms};
  }
  return std::nullopt;
}

std::span<const Operation> experiment_operations() {
  using Brings = Operation::Brings;
  static const Operation rows[] = {
      {"GET", "/v1/experiments", "all experiments", list},
      {"POST",
       "/v1/experiments",
       "start one",
       start,
       Brings::change,
       {{"book"}, {"origin"}, {"experiment", Member::Kind::document, true}}},
      {"GET", "/v1/experiments/{name}/results", "the comparison so far, and a page", results},
      {"POST", "/v1/experiments/{name}:stop", "end one", stop, Brings::change}};
  return rows;
}

}  // namespace cadre::control
