#include "host/backtest/explain.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <map>
#include <optional>

#include "host/agent/catalog.hpp"
#include "host/base/text.hpp"
#include "host/book/run_head.hpp"
#include "host/config/instrument_table.hpp"
#include "host/config/scenario_config.hpp"
#include "host/journal/journal.hpp"
#include "host/model/order.hpp"
#include "host/model/quantity.hpp"

namespace cadre::backtest {

namespace {

constexpr std::string_view quantity_limit_text =
    "cut to 9,000,000,000 units, the largest position there is: quote the instrument for 1,000 units or "
    "more, "
    "or give the book less cash";

/// Whether some step ends at the largest position, in a sentence; empty: none does.
std::string note_of(const std::vector<chain::WaterfallStep>& steps) {
  const bool at_most = std::any_of(steps.begin(), steps.end(), [](const auto& step) {
    return std::abs(step.quantity_e9) / 1'000'000'000 == model::position_units_most;
  });
  return at_most ? std::string(quantity_limit_text) : std::string();
}

/// What is needed of a journal up to one order, and its reports after it.
class Search {
 public:
  explicit Search(std::string client_id) : client_id_(std::move(client_id)) {
    parent_id_ = client_id_.substr(0, client_id_.rfind('/') == std::string::npos ? 0 : client_id_.rfind('/'));
  }

  bool take(const journal::Record& record) {
    base::Decoder from(record.payload);
    switch (record.type) {
      case journal::RecordType::head: {
        journal::HeadRecord head;
        if (!decode(from, head, record.format)) return false;
        head_ = head.text;
        return true;
      }
      case journal::RecordType::revision:
        return is_decided() || decode(from, revision_, record.format);
      case journal::RecordType::universe: {
        if (is_decided()) return true;
        journal::UniverseRecord universe;
        if (!decode(from, universe, record.format)) return false;
        instruments_ = universe.instruments;
        return true;
      }
      case journal::RecordType::decision:
        return is_decided() || decode(from, decision_, record.format);
      case journal::RecordType::parent_order: {
        journal::ParentOrderRecord parent;
        if (!decode(from, parent, record.format)) return false;
        if (!parent_ && model::id_text(parent.order.client_id) == parent_id_) parent_ = parent.order;
        return true;
      }
      case journal::RecordType::order: {
        journal::OrderRecord order;
        if (!decode(from, order, record.format)) return false;
        const std::string id(model::id_text(order.order.client_id));
        ids_.push_back(id);
        if (id == client_id_) {
          order_ = order;
          found_ = true;
        }
        return true;
      }
      case journal::RecordType::report: {
        journal::ReportRecord report;
        if (!decode(from, report, record.format)) return false;
        if (model::id_text(report.report.client_id) == client_id_) reports_.push_back(report.report);
        return true;
      }
      default:
        return true;
    }
  }

  /// Whether the decision is known that led to the order, or to the one that it is a part of.
  bool is_decided() const { return found_ || parent_; }

  std::string client_id_, parent_id_, head_;
  std::optional<cadre_order> parent_;  ///< as it was decided
  journal::RevisionRecord revision_;
  journal::DecisionRecord decision_;
  journal::OrderRecord order_;
  std::vector<std::string> instruments_;  ///< of the epoch; empty until the universe changed once
  std::vector<cadre_execution_report> reports_;
  std::vector<std::string> ids_;
  bool found_ = false;
};

/// The sentences that the agents of a revision have for their own reason codes, by stage.
std::map<std::string, std::map<std::uint32_t, std::string>> plugin_reasons(const std::filesystem::path& run,
                                                                           const std::string& revision_text) {
  std::map<std::string, std::map<std::uint32_t, std::string>> reasons;
  const agent::Catalog catalog = agent::Catalog::discover({run / "plugins"});
  auto revision = base::JsonDocument::parse("revision", revision_text);
  if (!revision) return reasons;
  for (const auto& filled : revision->root().at("agents").as_array()) {
    for (const agent::CatalogEntry& entry : catalog.entries()) {
      if (entry.agent->id == filled.at("agent").as_string() &&
          entry.manifest->sha256 == filled.at("sha256").as_string()) {
        reasons[std::string(filled.at("stage").as_string())] = entry.agent->reasons;
      }
    }
  }
  return reasons;
}

base::Problems unknown_order(const std::filesystem::path& run, const std::string& id,
                             const std::vector<std::string>& known) {
  // The folder of a host's book has a journal and no tables.
  std::error_code error;
  const std::filesystem::path orders = run / "orders.csv";
  base::Problems problems;
  problems.error("ORDER_UNKNOWN", base::Place::of(run / "journal"),
                 "the run has no order " + base::quote(id) + base::did_you_mean(id, known),
                 std::filesystem::exists(orders, error)
                     ? "the ids are in " + orders.string()
                     : base::join({"`cadre journal show ", run.string(), " --kind order` shows them"}, ""));
  return problems;
}

}  // namespace

base::Result<Explanation> explain_order(const std::filesystem::path& run, const std::string& client_id) {
  const std::filesystem::path file = run / "journal";
  auto reader = journal::JournalReader::open(file);
  if (!reader) return reader.problems();
  base::Problems problems;
  Search search(client_id);
  while (const auto record = reader->next()) {
    if (search.take(*record)) continue;
    problems.error("JOURNAL_BAD_RECORD", base::Place::of(file),
                   "the record with sequence " + std::to_string(record->sequence) + " cannot be read",
                   "was it written by another version?");
    return problems;
  }
  if (reader->problems().has_errors()) return reader->problems();
  if (!search.found_) return unknown_order(run, client_id, search.ids_);
  auto head = book::read_head(file, search.head_);
  if (!head) return head.problems();
  auto config = config::read_scenario(head->config, head->folder);
  if (!config) return config.problems();

  Explanation result;
  result.has_times = config->data.timing.is_intraday();
  result.order = search.order_;
  result.decision = std::move(search.decision_);
  result.index = result.order.order.instrument;
  if (search.instruments_.empty()) search.instruments_ = head->universe;
  result.instrument =
      result.index < search.instruments_.size() ? search.instruments_[result.index] : std::string();
  result.instruments = search.instruments_;
  result.decision_reason = search.revision_.reason;
  result.reports = std::move(search.reports_);
  const model::Instrument about = config::describe_instrument(config->instruments, result.instrument);
  const std::int64_t decided_quantity =
      search.parent_ ? search.parent_->quantity_e9 : result.order.order.quantity_e9;
  const std::int64_t signed_quantity = decided_quantity * model::sign_of_side(result.order.order.side);
  // A settlement of a position that left the universe comes from no decision.
  const bool decided = result.decision.stages.size() == search.revision_.stages.size() &&
                       result.index < result.decision.price_e9.size() &&
                       std::string_view(client_id).find(".settle.") == std::string_view::npos;
  const auto own_reasons = plugin_reasons(run, search.revision_.text);
  if (decided) {
    result.steps =
        chain::waterfall(result.decision, search.revision_.stages, result.index, about, signed_quantity);
    if (!result.order.failed_checks.empty() && !search.parent_) {
      chain::WaterfallStep refused = result.steps.back();
      refused.stage = "pre_trade_checks";
      refused.quantity_e9 -= signed_quantity;
      refused.change_e9 = -signed_quantity;
      refused.reason = {};
      result.steps.push_back(std::move(refused));
    }
  }
  result.note = note_of(result.steps);
  if (search.parent_ && result.note.empty())
    result.note = "part of the order " + search.parent_id_ + ", which was decided for " +
                  base::Quantity::from_raw(decided_quantity).to_string() + " units in all";
  for (const chain::WaterfallStep& step : result.steps) {
    const auto stage = own_reasons.find(step.stage);
    const bool own = stage != own_reasons.end() && stage->second.count(step.reason.code) != 0;
    result.reasons.push_back(own ? stage->second.at(step.reason.code) : chain::reason_name(step.reason.code));
  }
  return result;
}

}  // namespace cadre::backtest
