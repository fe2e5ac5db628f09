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
#include "host/execution/order_schedule.hpp"
#include "host/journal/journal.hpp"
#include "host/model/bar.hpp"
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
    parent_id_ = client_id_.substr(0, client_id_.rfind('/'));
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
      case journal::RecordType::parent_order:
        return take_parent(from, record.format);
      case journal::RecordType::bar: {
        model::Bar bar;
        if (!parent_ || !whole_.goes_on) return true;
        if (!journal::decode(from, bar, record.format)) return false;
        date_ = bar.date;
        time_ns_ = bar.time_ns;
        return true;
      }
      case journal::RecordType::order_request: {
        journal::OrderRequestRecord request;
        if (!decode(from, request, record.format)) return false;
        if (request.client_id == client_id_ && request.reason != 0) requests_.push_back(request.reason);
        return true;
      }
      case journal::RecordType::order: {
        journal::OrderRecord order;
        if (!decode(from, order, record.format)) return false;
        const std::string id(model::id_text(order.order.client_id));
        ids_.push_back(id);
        if (parent_ && execution::parent_part(order.order.client_id) == parent_id_) {
          ++whole_.parts;
          if (order.failed_checks.empty()) whole_.sent_e9 += order.order.quantity_e9;
          left_e9_ -= order.order.quantity_e9;
          whole_.goes_on = left_e9_ > 0;
        }
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
        if (parent_ && execution::parent_part(report.report.client_id) == parent_id_) {
          const auto units = static_cast<double>(report.report.quantity_e9);
          whole_.filled_e9 += report.report.quantity_e9;
          whole_.filled_notional += units * 1e-9 * static_cast<double>(report.report.price_e9) * 1e-9;
        }
        return true;
      }
      default:
        return true;
    }
  }

  bool take_parent(base::Decoder& from, std::uint32_t format) {
    journal::ParentOrderRecord parent;
    if (!decode(from, parent, format)) return false;
    const std::string id(model::id_text(parent.order.client_id));
    if (id != parent_id_) {
      if (parents_.empty() || parents_.back() != id) parents_.push_back(id);
      return true;
    }
    if (!parent_) {
      parent_ = parent.order;
      whole_.client_id = id;
      whole_.quantity_e9 = parent.order.quantity_e9;
      date_ = decision_.date;
      time_ns_ = decision_.time_ns;
    }
    left_e9_ = 0;
    for (const auto& slice : parent.slices)
      left_e9_ += slice.quantity_e9;
    whole_.goes_on = left_e9_ != 0;
    if (parent.reason.code != 0) whole_.events.push_back({date_, time_ns_, parent.reason, left_e9_});
    return true;
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
  std::vector<std::string> ids_, parents_;
  std::vector<std::uint32_t> requests_;
  PartsExplained whole_;
  std::int64_t left_e9_ = 0;  ///< to be sent of the whole
  std::int32_t date_ = 0;     ///< of the last bar, from the decision on
  std::int64_t time_ns_ = 0;
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

/// Why each step is what it is, in the words of the agents for their own codes. What execution rules leave
/// out is told with the last change of the targets.
std::vector<std::string> reasons_in_words(const std::filesystem::path& run,
                                          const config::ScenarioConfig& config,
                                          const journal::RevisionRecord& revision,
                                          const std::vector<chain::WaterfallStep>& steps) {
  const auto own_reasons = plugin_reasons(run, revision.text);
  std::string rules;
  for (const config::InstanceConfig& instance : config.chain.instances) {
    if (instance.role == agent::RoleId::execution_rules) rules = instance.name;
  }
  std::vector<std::string> reasons;
  for (const chain::WaterfallStep& step : steps) {
    const bool is_of_rules = !revision.stages.empty() && step.stage == revision.stages.back();
    const auto stage = own_reasons.find(is_of_rules ? rules : step.stage);
    const bool own = stage != own_reasons.end() && stage->second.count(step.reason.code) != 0;
    reasons.push_back(own ? stage->second.at(step.reason.code) : chain::reason_name(step.reason.code));
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
  const bool is_whole = !search.found_ && search.parent_ && search.parent_id_ == client_id;
  if (is_whole) search.order_.order = *search.parent_;
  search.ids_.insert(search.ids_.end(), search.parents_.begin(), search.parents_.end());
  if (!search.found_ && !is_whole) return unknown_order(run, client_id, search.ids_);
  auto head = book::read_head(file, search.head_);
  if (!head) return head.problems();
  auto config = config::read_scenario(head->config, head->folder);
  if (!config) return config.problems();

  Explanation result;
  result.has_times = config->data.timing.is_intraday();
  result.order = search.order_;
  result.is_whole = is_whole;
  result.requests = std::move(search.requests_);
  if (search.parent_) result.whole = std::move(search.whole_);
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
  if (search.parent_ && !is_whole && result.note.empty())
    result.note = "part of the order " + search.parent_id_ + ", which was decided for " +
                  base::Quantity::from_raw(decided_quantity).to_string() + " units in all";
  result.reasons = reasons_in_words(run, *config, search.revision_, result.steps);
  return result;
}

}  // namespace cadre::backtest
