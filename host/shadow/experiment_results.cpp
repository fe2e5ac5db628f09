// What a shadow experiment says of itself: its line in the list, its comparison, its page.

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "host/base/text.hpp"
#include "host/experiment/comparison_text.hpp"
#include "host/experiment/experiment_report.hpp"
#include "host/shadow/shadow_experiment.hpp"

namespace cadre::shadow {

namespace json = boost::json;

/// Mean return of the book itself less that of its simulated twin: what the simulator gets wrong.
double ShadowExperiment::simulator_bias_bp() const {
  const auto& real = control_.values;
  const auto& twin = twin_->equity().values;
  const std::size_t n = std::min(real.size(), twin.size());
  if (n < 2) return std::nan("");
  double sum = 0;
  for (std::size_t k = 1; k < n; ++k)
    sum += real[k] / real[k - 1] - twin[k] / twin[k - 1];
  return 1e4 * sum / static_cast<double>(n - 1);
}

/// What is invalid between two finished runs, too few periods, is only early in one that goes on.
experiment::Comparison ShadowExperiment::judge(const experiment::Series& twin,
                                               const experiment::Series& candidate) const {
  experiment::Comparison comparison = experiment::compare(twin, candidate, file_.rule);
  const bool too_few = twin.dates == candidate.dates && comparison.n < experiment::minimum_pairs;
  if (too_few && comparison.verdict == experiment::Verdict::invalid) {
    comparison.verdict = experiment::Verdict::inconclusive;
    comparison.reason = "too early: " + std::to_string(comparison.n) +
                        " periods, of which a comparison needs " + std::to_string(experiment::minimum_pairs);
  }
  return comparison;
}

json::object ShadowExperiment::summary() const {
  std::string ended, state;
  {
    const std::lock_guard lock(queue_mutex_);
    ended = ended_;
    state = state_name();
  }
  const std::lock_guard lock(numbers_mutex_);
  const experiment::Comparison comparison = judge(twin_equity_, candidate_equity_);
  return {{"name", file_.name},
          {"book", book_},
          {"state", state},
          {"reason", ended},
          {"since", definition_.since},
          {"periods", comparison.n},
          {"halted_bars", halted_bars_},
          {"verdict", experiment::verdict_name(comparison.verdict)},
          {"differing_decisions", differences_.size()}};
}

std::optional<json::object> ShadowExperiment::results(std::chrono::milliseconds patience) const {
  json::object body;
  {
    const auto question = std::make_shared<Question>();
    std::unique_lock lock(queue_mutex_);
    question->bars = bars_heard_;
    if (!over_) questions_.push_back(question);
    queue_changed_.notify_all();
    const bool told = queue_changed_.wait_for(lock, patience, [&] { return over_ || question->answered; });
    std::erase(questions_, question);
    if (!told) return std::nullopt;
    body = question->answered ? question->answer : last_words_;
    if (body.contains("state")) {
      // As of now: it may have ended after it was asked.
      body["state"] = state_name();
      body["reason"] = ended_;
    }
  }
  if (!body.contains("state")) {
    for (auto& [key, value] : summary())
      body[key] = value;
  }
  return body;
}

/// On the thread that has the arms.
json::object ShadowExperiment::describe() const {
  json::object body = summary();
  experiment::ExperimentOutcome outcome;
  outcome.name = file_.name;
  outcome.comparison = judge(twin_->equity(), candidate_->equity());
  outcome.control = twin_->result();
  outcome.candidate = candidate_->result();
  outcome.decisions = decisions_;
  outcome.differences = differences_;
  body["comparison"] = json::parse(experiment::to_json(outcome.comparison));
  body["decisions"] = decisions_;
  body["failures"] = {{"control", json::value_from(twin_failures_)},
                      {"candidate", json::value_from(candidate_failures_)}};
  experiment::describe_differences(differences_, body);
  const double bias = simulator_bias_bp();
  body["simulator_bias_bp"] = std::isfinite(bias) ? json::value(bias) : json::value(nullptr);
  body["order_hashes"] = {{"twin", twin_->order_hash()}, {"candidate", candidate_->order_hash()}};
  report::ExperimentPageInput page =
      experiment::experiment_page_input(file_, outcome, twin_->equity(), candidate_->equity());
  if (!body.at("reason").as_string().empty())
    page.warnings.push_back((body.at("state") == "failed" ? "It failed: " : "It is over: ") +
                            std::string(body.at("reason").as_string()));
  if (halted_bars_ != 0)
    page.warnings.push_back("Left out of the comparison: the " + std::to_string(halted_bars_) +
                            (halted_bars_ == 1 ? " bar" : " bars") +
                            " during which the book was halted. The arms decided nothing then.");
  page.title = file_.name + ", in shadow of book " + book_;
  page.closing = "The control is a simulated twin of the book " + book_ +
                 ", not the book itself; the book returned " +
                 (std::isfinite(bias) ? base::format_double(bias) : std::string("-")) +
                 " basis points a period more than its twin, which is what the simulation gets wrong.";
  body["page"] = report::experiment_page(page);
  return body;
}

}  // namespace cadre::shadow
