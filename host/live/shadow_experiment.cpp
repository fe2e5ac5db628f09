#include "host/live/shadow_experiment.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/experiment/comparison_text.hpp"
#include "host/live/event_feed.hpp"
#include "host/model/order.hpp"
#include "host/scenario/experiment_report.hpp"

namespace cadre::live {

namespace json = boost::json;

namespace {

/// Bars an experiment may be behind its book before it gives up.
constexpr std::size_t behind_most = 4096;

}  // namespace

ShadowExperiment::ShadowExperiment(scenario::ExperimentFile file, std::string book,
                                   std::unique_ptr<ShadowArm> twin, std::unique_ptr<ShadowArm> candidate)
    : file_(std::move(file)),
      book_(std::move(book)),
      since_(now_text()),
      twin_(std::move(twin)),
      candidate_(std::move(candidate)) {}

ShadowExperiment::~ShadowExperiment() {
  end("the host stopped");
  if (thread_.joinable()) thread_.join();
}

base::Problems ShadowExperiment::begin(scenario::Book& control) {
  auto learned = control.checkpoint();
  if (!learned) return learned.problems();
  base::Problems problems = twin_->begin(control, *learned);
  problems.append(candidate_->begin(control, *learned));
  if (problems.has_errors()) return problems;
  control_.name = book_;
  if (control.date() != 0) {
    control_.dates.push_back(control.date());
    control_.values.push_back(control.portfolio().equity().to_double());
  }
  control.listen(this);
  listening_ = true;
  thread_ = std::thread([this] { loop(); });
  return problems;
}

void ShadowExperiment::leave(scenario::Book& control) {
  if (listening_) control.stop_listening(this);
  listening_ = false;
}

void ShadowExperiment::end(const std::string& reason) {
  const std::lock_guard lock(queue_mutex_);
  if (ended_.empty()) ended_ = reason;
  closed_ = true;
  queue_changed_.notify_all();
}

bool ShadowExperiment::running() const {
  const std::lock_guard lock(queue_mutex_);
  return ended_.empty();
}

void ShadowExperiment::on_bar(std::uint64_t, const journal::BarRecord& bar) {
  heard_.push_back([bar](ShadowArm& arm) { arm.take_bar(bar); });
}

void ShadowExperiment::on_signal(std::uint64_t, const journal::SignalRecord& record) {
  const cadre_signal& s = record.signal;
  const market::ExternalSignal signal{s.time_ns,
                                      base::date_of_time(s.time_ns),
                                      std::string(model::id_text(s.strategy)),
                                      record.instrument,
                                      s.direction,
                                      s.strength,
                                      s.confidence,
                                      s.horizon_days};
  heard_.push_back([signal](ShadowArm& arm) { arm.take_signal(signal); });
}

void ShadowExperiment::on_universe(std::uint64_t, const journal::UniverseRecord& universe) {
  heard_.push_back(
      [instruments = universe.instruments](ShadowArm& arm) { arm.change_universe(instruments); });
}

void ShadowExperiment::on_account(std::uint64_t, const journal::AccountRecord& account) {
  Bar bar{std::move(heard_), account.date, account.equity.to_double()};
  heard_.clear();
  const std::lock_guard lock(queue_mutex_);
  if (closed_) return;
  if (queue_.size() >= behind_most) {
    ended_ = "it could not follow the book: " + std::to_string(queue_.size()) + " bars behind";
    closed_ = true;
  } else {
    queue_.push_back(std::move(bar));
  }
  queue_changed_.notify_all();
}

void ShadowExperiment::loop() {
  for (;;) {
    Bar bar;
    {
      std::unique_lock lock(queue_mutex_);
      queue_changed_.wait(lock, [&] { return closed_ || !queue_.empty(); });
      if (queue_.empty()) return;
      bar = std::move(queue_.front());
    }
    {
      const std::lock_guard lock(arms_mutex_);
      take(bar);
    }
    // Only now: an empty queue means that everything heard has been worked off.
    const std::lock_guard lock(queue_mutex_);
    queue_.pop_front();
    queue_changed_.notify_all();
  }
}

void ShadowExperiment::take(const Bar& bar) {
  for (ShadowArm* arm : {twin_.get(), candidate_.get()}) {
    for (const Step& step : bar.steps)
      step(*arm);
    arm->finish_bar();
  }
  control_.dates.push_back(bar.date);
  control_.values.push_back(bar.control_equity);
  compare_decisions(bar.date);
  for (const ShadowArm* arm : {twin_.get(), candidate_.get()}) {
    const std::string failure = arm->failure();
    if (!failure.empty()) end(failure);
  }
}

void ShadowExperiment::compare_decisions(std::int32_t) {
  const journal::DecisionRecord* a = twin_->decision();
  const journal::DecisionRecord* b = candidate_->decision();
  if (a == nullptr || b == nullptr) return;
  ++decisions_;
  const auto difference = scenario::difference_of(*a, *b, candidate_->stages());
  if (difference) differences_.push_back(*difference);
}

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

json::object ShadowExperiment::summary() const {
  std::string ended;
  {
    std::unique_lock lock(queue_mutex_);
    ended = ended_;
  }
  const std::lock_guard lock(arms_mutex_);
  const experiment::Comparison comparison =
      experiment::compare(twin_->equity(), candidate_->equity(), file_.rule);
  return {{"name", file_.name},
          {"book", book_},
          {"state", ended.empty() ? "running" : "ended"},
          {"reason", ended},
          {"since", since_},
          {"periods", comparison.n},
          {"verdict", experiment::verdict_name(comparison.verdict)},
          {"differing_decisions", differences_.size()}};
}

json::object ShadowExperiment::results() const {
  {
    // What the book has said until now is part of the results.
    std::unique_lock lock(queue_mutex_);
    queue_changed_.wait(lock, [&] { return queue_.empty(); });
  }
  json::object body = summary();
  const std::lock_guard lock(arms_mutex_);
  scenario::ExperimentOutcome outcome;
  outcome.name = file_.name;
  outcome.comparison = experiment::compare(twin_->equity(), candidate_->equity(), file_.rule);
  outcome.control = twin_->result();
  outcome.candidate = candidate_->result();
  outcome.decisions = decisions_;
  outcome.differences = differences_;
  body["comparison"] = json::parse(experiment::to_json(outcome.comparison));
  body["decisions"] = decisions_;
  json::array first;
  for (const auto& [stage, count] : scenario::first_stages(differences_))
    first.push_back({{"stage", stage}, {"count", count}});
  body["first_to_differ"] = std::move(first);
  if (!differences_.empty())
    body["first_difference"] = {{"date", base::format_date(differences_.front().date)},
                                {"stage", differences_.front().stage},
                                {"instruments", differences_.front().instruments}};
  const double bias = simulator_bias_bp();
  body["simulator_bias_bp"] = std::isfinite(bias) ? json::value(bias) : json::value(nullptr);
  body["order_hashes"] = {{"twin", twin_->order_hash()}, {"candidate", candidate_->order_hash()}};
  report::ExperimentPageInput page =
      scenario::experiment_page_input(file_, outcome, twin_->equity(), candidate_->equity());
  page.title = file_.name + ", in shadow of book " + book_;
  body["page"] = report::experiment_page(page);
  return body;
}

}  // namespace cadre::live
