// Experiments of a running host: who may start one, on which book, with which agents.

#include <boost/json.hpp>

#include "host/control/control_desk.hpp"
#include "host/shadow/shadow_experiments.hpp"

namespace cadre::control {

live::Answer ControlDesk::start_experiment(const live::Mandate& mandate, const std::string& text,
                                           const std::string& origin, std::string_view book) {
  if (!host_.ready) return {live::Outcome::stopping, {}, {}};
  if (book.empty() && host_.books.size() == 1) book = host_.books.front()->id();
  if (book.empty()) {
    base::Problems problems;
    problems.error("BOOK_NOT_NAMED", base::Place::of(origin), "the host has several books",
                   "name one with --book; `cadre status` lists them");
    return {live::Outcome::invalid, {}, problems};
  }
  const auto document = base::JsonDocument::parse(origin, text);
  if (!document) return {live::Outcome::invalid, {}, document.problems()};
  auto file = experiment::read_experiment(*document, std::filesystem::path(origin).parent_path());
  if (!file) return {live::Outcome::invalid, {}, file.problems()};
  return host_.reload->between_changes([&](const revision::Charge& charge) {
    for (std::size_t b = 0; b < host_.books.size(); ++b) {
      if (host_.books[b]->id() != book) continue;
      return host_.experiments->start(*file, *host_.books[b], charge.setup.host.books[b],
                                      revision::pinned_catalog(*host_.store, charge.revision.plugins),
                                      agent::Catalog::discover(host_.options.agent_folders), mandate);
    }
    return live::unknown_book(host_.books, book);
  });
}

live::Answer ControlDesk::stop_experiment(const live::Mandate& mandate, std::string_view name) {
  return host_.reload->between_changes(
      [&](const revision::Charge&) { return host_.experiments->stop(name, mandate); });
}

live::Answer ControlDesk::experiments() const {
  return {live::Outcome::done, host_.experiments->list(), {}};
}

live::Answer ControlDesk::experiment_results(std::string_view name) const {
  return host_.experiments->results(name);
}

}  // namespace cadre::control
