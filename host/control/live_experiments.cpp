// Experiments of a running host: who may start one, on which book, with which agents.

#include <boost/json.hpp>

#include "host/control/live_host.hpp"
#include "host/shadow/shadow_experiments.hpp"

namespace cadre::control {

live::Answer LiveHost::start_experiment(const live::Mandate& mandate, const std::string& text,
                                        const std::string& origin, std::string_view book) {
  const std::lock_guard control(control_mutex_);
  if (!ready_) return {live::Outcome::stopping, {}, {}};
  if (book.empty() && books_.size() == 1) book = books_.front()->id();
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
  for (std::size_t b = 0; b < books_.size(); ++b) {
    if (books_[b]->id() != book) continue;
    return experiments_->start(*file, *books_[b], running_.host.books[b],
                               revision::pinned_catalog(*store_, current_.plugins),
                               agent::Catalog::discover(options_.agent_folders), mandate);
  }
  return unknown_book(book);
}

live::Answer LiveHost::stop_experiment(const live::Mandate& mandate, std::string_view name) {
  const std::lock_guard control(control_mutex_);
  return experiments_->stop(name, mandate);
}

live::Answer LiveHost::experiments() const {
  return {live::Outcome::done, experiments_->list(), {}};
}

live::Answer LiveHost::experiment_results(std::string_view name) const {
  return experiments_->results(name);
}

}  // namespace cadre::control
