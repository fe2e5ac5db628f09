#include "host/book/agent_restart.hpp"

#include <algorithm>

namespace cadre::book {

namespace {

/// The same stages, with nobody in them.
std::unique_ptr<chain::Chain> without_agents(const chain::Chain& running) {
  auto chain = std::make_unique<chain::Chain>();
  chain->revision = running.revision;
  chain->risk_feedback = running.risk_feedback;
  chain->constraints = running.constraints;
  chain->pre_trade_checks = running.pre_trade_checks;
  chain->services = running.services;
  running.each_stage([&](const chain::Stage& stage) {
    chain::Stage empty = stage;
    empty.agent = agent::leave_out(stage.agent->entry(), stage.agent->spec(), "only one stage is shown this");
    empty.services.clear();
    chain->add(std::move(empty));
  });
  return chain;
}

}  // namespace

AgentRestart::AgentRestart(const Book& book, std::shared_ptr<const BookImage> image, std::string stage)
    : image_(std::move(image)), stage_(std::move(stage)), alone_(without_agents(book.chain())) {
  // It sees as many rows of history as in the book.
  alone_->requirements = book.chains_.requirements();
}

base::Problems AgentRestart::catch_up(std::shared_ptr<agent::LiveAgent> fresh,
                                      const std::filesystem::path& journal, std::uint64_t to) {
  fresh_ = std::move(fresh);
  alone_->each_stage([&](chain::Stage& stage) {
    if (stage.name == stage_) stage.agent = fresh_;
  });
  copy_ = copy_of(*image_->book);
  loop_ = std::make_unique<BookLoop>(*copy_, copy_->config_);
  fold_ = std::make_unique<JournalFold>(*loop_, *copy_, hash_, bars_);
  journal::RevisionRecord record;
  record.revision = alone_->revision;
  copy_->enter(std::move(alone_), record);
  copy_->timers_.restore(image_->learned.timers);
  shown_bytes_ = image_->journal_bytes;
  journal::CheckpointRecord learned = image_->learned;
  std::erase_if(learned.agents, [&](const auto& agent) { return agent.stage != stage_; });
  knows_ = !learned.agents.empty() && learned.agents[0].agent == fresh_->declaration().id;
  base::Problems problems = copy_->chains_.load(learned, nullptr);
  if (!problems.has_errors()) problems.append(follow(journal, to));
  return problems;
}

base::Problems AgentRestart::follow(const std::filesystem::path& journal, std::uint64_t to) {
  copy_->troubles_.clear();
  base::Problems problems = fold_->follow(journal, shown_bytes_, to);
  shown_bytes_ = to;
  if (problems.has_errors() || copy_->troubles_.empty()) return problems;
  const auto& trouble = copy_->troubles_.front();
  problems.error("AGENT_FAILED_AGAIN", base::Place::of(fresh_->manifest().library),
                 stage_ + " (" + fresh_->declaration().id + " " + fresh_->manifest().version.to_string() +
                     ") was made again and shown what happened since the last checkpoint, at event " +
                     std::to_string(copy_->ledger().sequence()) + ", and answered " + trouble.what +
                     (trouble.reason.empty() ? "" : ": " + trouble.reason),
                 "apply another version of it");
  return problems;
}

base::Result<journal::CommandRecord> AgentRestart::commit(Book& book, const std::filesystem::path& journal,
                                                          std::uint64_t to, journal::CommandRecord command) {
  base::Problems problems = follow(journal, to);
  if (problems.has_errors()) return problems;
  book.refresh_state();
  problems = book.chains_.restart(stage_, fresh_, knows_, book.present());
  if (problems.has_errors()) return problems;
  command.date = book.ledger_.date();
  command.text = identity_text(*book.chain().stage_named(stage_));
  return command;
}

}  // namespace cadre::book
