#include "host/revision/change_preview.hpp"

#include <malloc.h>

#include <boost/json.hpp>
#include <cmath>

#include "host/base/date.hpp"
#include "host/base/decimal.hpp"
#include "host/base/problem_json.hpp"
#include "host/book/preview.hpp"
#include "host/book/probe.hpp"
#include "host/live/probe_ground.hpp"

namespace cadre::revision {

namespace json = boost::json;

namespace {

json::value number(double value) {
  return std::isfinite(value) ? json::value(value) : json::value(nullptr);
}

json::object to_json(const book::Preview::Side& side) {
  return {{"orders", side.orders},
          {"rejected", side.rejected},
          {"turnover", number(side.turnover)},
          {"last_turnover", number(side.last_turnover)},
          {"gross_exposure", number(side.gross)},
          {"net_exposure", number(side.net)},
          {"volatility", number(side.volatility)}};
}

json::object to_json(const book::Preview& preview, const std::string& id) {
  json::object said{{"book", id},
                    {"decisions", preview.decisions},
                    {"differ", preview.differ},
                    {"silent", preview.candidate_silent},
                    {"recorded", to_json(preview.recorded)},
                    {"candidate", to_json(preview.candidate)}};
  if (preview.from != 0) {
    said["from"] = base::format_date(preview.from);
    said["to"] = base::format_date(preview.to);
  }
  json::array largest, failed;
  for (const book::Preview::Difference& one : preview.largest)
    largest.push_back(json::object{{"date", base::format_date(one.date)},
                                   {"instrument", one.instrument},
                                   {"recorded", base::Quantity::from_raw(one.recorded_e9).to_string()},
                                   {"candidate", base::Quantity::from_raw(one.candidate_e9).to_string()},
                                   {"share", number(one.share)}});
  for (const auto& [stage, failure] : preview.failed)
    failed.push_back(
        json::object{{"stage", stage}, {"decisions", failure.decisions}, {"reason", failure.reason}});
  said["largest"] = std::move(largest);
  said["failed"] = std::move(failed);
  return said;
}

/// The book as it was so many decisions ago. Errors: PROBE_WITHOUT_BOOK, BOOK_WITHOUT_CHECKPOINT.
base::Result<book::PreviewGround> ground_of(live::BookRunner& runner, std::uint64_t decisions) {
  const auto ground = std::make_shared<book::PreviewGround>();
  const auto none = std::make_shared<base::Problems>();
  live::BookCheckpoints& checkpoints = runner.checkpoints();
  const live::Asked asked = runner.with_book([ground, none, decisions, &checkpoints](book::Book&) {
    ground->to = checkpoints.journal_bytes();
    ground->decisions_made = checkpoints.decisions();
    ground->image = checkpoints.before_last(ground->decisions_made, decisions);
    if (ground->image == nullptr) *none = checkpoints.why_none();
  });
  if (asked != live::Asked::done) return live::without_book(runner);
  if (none->has_errors()) return *none;
  ground->decisions_most = decisions;
  ground->instruments = runner.instruments();
  ground->journal = checkpoints.journal();
  return *ground;
}

}  // namespace

json::array preview_decisions(const Setup& next, const live::BookList& books, const agent::Store& store,
                              std::uint64_t decisions,
                              const std::function<bool(const live::BookRunner&)>& is_changed) {
  json::array said;
  for (std::size_t b = 0; b < next.plans.size() && decisions != 0; ++b) {
    const config::ScenarioConfig& config = next.host.books[b].scenario;
    const auto runner = live::find_book(books, config.book.id);
    if (runner == nullptr || !is_changed(*runner)) continue;
    const auto stages = book::new_stages(next.plans[b], &runner->chain(), runner->replaced_chain());
    auto ground = ground_of(*runner, decisions);
    auto preview = ground ? book::preview_chain(config, next.plans[b], stages.fresh, store,
                                                agent::probe_terms(next.host.probe_timeout_ms), *ground)
                          : base::Result<book::Preview>(ground.problems());
    if (preview)
      said.push_back(to_json(*preview, config.book.id));
    else
      said.push_back(json::object{{"book", config.book.id}, {"problems", base::to_json(preview.problems())}});
  }
  malloc_trim(0);  // as after a probe: copies of books are large
  return said;
}

}  // namespace cadre::revision
