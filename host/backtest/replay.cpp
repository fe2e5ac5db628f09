#include "host/backtest/replay.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/backtest/prepared_run.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/book/order_hash.hpp"
#include "host/book/order_records.hpp"
#include "host/book/run_head.hpp"
#include "host/journal/journal.hpp"
#include "host/journal/records.hpp"
#include "host/model/order.hpp"

namespace cadre::backtest {

namespace {

/// What the journal recorded: its head, its orders and requests, its end.
struct Recorded {
  std::string head;
  std::vector<std::string> orders;  ///< bytes, as order_bytes makes them
  std::vector<std::string> names;   ///< client ids; of requests, theirs
  std::string hash;
  std::uint32_t format = 0;
  bool of_a_host = false;
};

base::Result<Recorded> read_recorded(const std::filesystem::path& file) {
  auto reader = journal::JournalReader::open(file);
  if (!reader) return reader.problems();
  Recorded recorded;
  recorded.format = reader->format();
  bool readable = true;
  while (const auto record = reader->next()) {
    base::Decoder from(record->payload);
    if (record->type == journal::RecordType::head) {
      journal::HeadRecord head;
      readable = decode(from, head, record->format) && readable;
      recorded.head = head.text;
    } else if (record->type == journal::RecordType::order) {
      journal::OrderRecord order;
      readable = decode(from, order, record->format) && readable;
      recorded.orders.push_back(book::order_bytes(order.order, order.failed_checks));
      recorded.names.emplace_back(model::id_text(order.order.client_id));
    } else if (record->type == journal::RecordType::order_request) {
      journal::OrderRequestRecord stored;
      readable = decode(from, stored, record->format) && readable;
      const auto request = book::request_of(stored);
      readable = request.has_value() && readable;
      if (request) recorded.orders.push_back(book::request_bytes(*request));
      recorded.names.push_back(stored.request_id);
    } else if (record->type == journal::RecordType::commit) {
      recorded.of_a_host = true;
    } else if (record->type == journal::RecordType::end) {
      journal::EndRecord end;
      readable = decode(from, end, record->format) && readable;
      recorded.hash = end.order_hash;
    }
  }
  base::Problems problems = reader->problems();
  if (recorded.of_a_host)
    problems.error(
        "REPLAY_OF_A_HOST", base::Place::of(file),
        "this is the journal of a running host, with halts and revisions that a replay does not know yet",
        "`cadre explain` reads it; `cadre run` recovers from it");
  if (!readable || recorded.head.empty())
    problems.error("JOURNAL_BAD_RECORD", base::Place::of(file), "a record cannot be read",
                   "was it written by another version?");
  if (problems.has_errors()) return problems;
  return {std::move(recorded), problems};
}

/// Compares every order as it is decided with the one that was recorded.
class OrderComparison final : public book::BookListener {
 public:
  explicit OrderComparison(const Recorded& recorded) : recorded_(recorded) {}
  void on_order(std::uint64_t sequence, const chain::DecidedOrder& decided) override {
    ++orders_;
    compare(sequence, decided.order.client_id, book::order_bytes(decided));
  }
  void on_order_request(std::uint64_t sequence, const execution::OrderRequest& request) override {
    compare(sequence, request.request_id, book::request_bytes(request));
  }
  std::uint64_t orders() const { return orders_; }
  std::string difference() const {
    if (difference_.empty() && count_ < recorded_.orders.size())
      return "order " + recorded_.names[count_] + " of the run is missing";
    return difference_;
  }

 private:
  void compare(std::uint64_t sequence, const cadre_id& id, const std::string& bytes) {
    const std::size_t k = count_++;
    if (!difference_.empty()) return;
    const std::string name(model::id_text(id));
    if (k >= recorded_.orders.size()) {
      difference_ = "order " + name + " was not in the run";
    } else if (bytes != recorded_.orders[k]) {
      difference_ = name == recorded_.names[k]
                        ? "order " + name + " has other fields than in the run"
                        : "order " + name + " is where the run had " + recorded_.names[k];
      difference_ += " (event " + std::to_string(sequence) + ")";
    }
  }

  const Recorded& recorded_;
  std::uint64_t count_ = 0, orders_ = 0;
  std::string difference_;
};

/// The agents that the run used, which come before what is installed now under the same version.
agent::Catalog catalog_of(const ReplayOptions& options, base::Problems& warnings) {
  std::vector<std::filesystem::path> folders = {options.run / "plugins"};
  agent::Catalog own = agent::Catalog::discover(folders);
  const auto lost =
      std::count_if(own.problems().begin(), own.problems().end(),
                    [](const base::Problem& problem) { return problem.code == "ABI_MISMATCH"; });
  if (lost == 0 && options.overrides.empty()) return own;
  folders.insert(folders.end(), options.agent_folders.begin(), options.agent_folders.end());
  if (lost != 0 && !options.agent_folders.empty())
    warnings.warning("REPLAY_OTHER_AGENTS", base::Place::of(options.run / "plugins"),
                     std::to_string(lost) +
                         " of the run's plugins were built for an ABI that this host does not "
                         "offer; agents of the same names took their places");
  return agent::Catalog::discover(folders, agent::Twins::first_wins);
}

}  // namespace

base::Result<ReplayOutcome> replay_run(const ReplayOptions& options, const ProgressReport& progress) {
  const std::filesystem::path file = options.run / "journal";
  auto recorded = read_recorded(file);
  if (!recorded) return recorded.problems();
  auto head = book::read_head(file, recorded->head);
  if (!head) return head.problems();
  base::Problems problems;
  base::Problems cut_short = recorded.problems();
  if (recorded->hash.empty())
    cut_short.warning("JOURNAL_WITHOUT_END", base::Place::of(file),
                      "the run did not come to its end: only what was recorded can be compared");
  for (const config::Override& change : options.overrides)
    problems.append(head->config.set(change.pointer, change.value, change.origin));
  if (problems.has_errors()) return problems;
  auto config = config::read_scenario(head->config, head->folder);
  if (!config) return config.problems();

  const agent::Catalog catalog = catalog_of(options, cut_short);
  auto revisions = book::plan_revisions(*config, head->folder, catalog);
  if (!revisions) {
    // A manifest that cannot be used may be why an agent is missing.
    problems.append(catalog.problems());
    problems.append(revisions.problems());
    return problems;
  }

  auto source = book::JournalSource::open(file, head->instruments);
  if (!source) return source.problems();

  base::TemporaryFolder temporary;
  const agent::Store store(temporary.path());
  ScenarioRun scenario_run(*config, *revisions, store, *source);
  OrderComparison comparison(*recorded);
  book::OrderHash hash;
  scenario_run.book().listen(&comparison);
  scenario_run.book().listen(&hash);
  problems.append(scenario_run.start());
  if (problems.has_errors()) return problems;
  const std::size_t total = source->expected_bars();
  problems.append(scenario_run.run([&](std::size_t done) {
    if (progress) progress(done, total);
  }));
  if (problems.has_errors()) return problems;

  ReplayOutcome outcome;
  outcome.orders = comparison.orders();
  outcome.recorded_orders = recorded->orders.size();
  outcome.order_hash = hash.hex();
  outcome.recorded_hash = recorded->hash;
  outcome.first_difference = comparison.difference();
  outcome.recorded_format = recorded->format;
  outcome.hash_was_compared =
      !outcome.recorded_hash.empty() && recorded->format >= book::order_hash_since_format;
  outcome.identical = outcome.first_difference.empty() &&
                      (!outcome.hash_was_compared || outcome.recorded_hash == outcome.order_hash);
  return {std::move(outcome), cut_short};
}

}  // namespace cadre::backtest
