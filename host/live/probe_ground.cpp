#include "host/live/probe_ground.hpp"

#include <memory>
#include <utility>

namespace cadre::live {

base::Problems without_book(const BookRunner& runner) {
  base::Problems problems;
  problems.error("PROBE_WITHOUT_BOOK", {},
                 "book " + runner.id() + " does not answer: nothing can be tried on it",
                 "`cadre status` says why");
  return problems;
}

namespace {

base::Result<book::ProbeGround> copy_for_probe(const BookRunner& runner, const config::ScenarioConfig& config,
                                               const std::vector<std::string>& back) {
  struct Copy {
    book::ProbeGround ground;
    base::Problems problems;
  };
  const auto copy = std::make_shared<Copy>();
  copy->ground.instruments = runner.instruments();
  copy->ground.book = std::make_unique<book::Book>(config, runner.instruments(), 0);
  // Whoever waits may give up before the book comes to it: it owns what it needs.
  const Asked asked = runner.with_book([copy, back](book::Book& running) {
    auto learned = book::learned_for(back, running);
    copy->problems = learned.problems();
    if (!learned) return;
    copy->ground.learned = std::move(learned).take();
    book::stand_beside(*copy->ground.book, running);
  });
  if (asked != Asked::done) return without_book(runner);
  if (copy->problems.has_errors()) return copy->problems;
  return std::move(copy->ground);
}

}  // namespace

book::ProbeSource probe_source(const BookRunner& runner, const config::ScenarioConfig& config,
                               std::vector<std::string> back) {
  return {runner.snapshot().sequence,
          [&runner, &config, back = std::move(back)]() { return copy_for_probe(runner, config, back); }};
}

}  // namespace cadre::live
