#include "host/book/preview.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "host/book/dated_changes.hpp"
#include "host/book/journal_fold.hpp"
#include "host/book/probe.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

namespace {

constexpr std::size_t largest_most = 10;

/// Means over decisions, of which some have no number.
struct Mean {
  double sum = 0;
  std::uint64_t count = 0;
  void add(double value) {
    if (!std::isfinite(value)) return;
    sum += value;
    ++count;
  }
  double value() const { return count == 0 ? std::nan("") : sum / static_cast<double>(count); }
};

/// One side while it is looked at.
struct Tallied {
  Preview::Side side;
  Mean gross, net, volatility;

  void add_targets(const journal::DecisionRecord& record) {
    volatility.add(record.volatility);
    if (record.stages.empty()) return;
    double absolute = 0, signed_sum = 0;
    for (const double weight : record.stages.back().target) {
      absolute += std::abs(weight);
      signed_sum += weight;
    }
    gross.add(absolute);
    net.add(signed_sum);
  }
  Preview::Side done() {
    side.gross = gross.value();
    side.net = net.value();
    side.volatility = volatility.value();
    return side;
  }
};

}  // namespace

/// The chain on the copy of the book, beside what the journal says was decided.
class PreviewRun final : public JournalFold::Watcher {
 public:
  PreviewRun(const config::ScenarioConfig& config, std::shared_ptr<chain::Chain> chain,
             const PreviewGround& ground)
      : config_(config),
        chain_(std::move(chain)),
        ground_(ground),
        book_(config, ground.instruments, 0),
        decision_(ground.image->decisions) {}

  base::Result<Preview> run() {
    stand_beside(book_, *ground_.image->book);
    base::Problems problems =
        book_.enter_beside(ground_.image->learned, chain_,
                           revision_record(chain_->revision, 0, book_.ledger().date(), config_, *chain_));
    if (problems.has_errors()) return problems;
    BookLoop loop(book_, config_);
    OrderHash hash;
    market::TakenBars bars;
    JournalFold fold(loop, book_, hash, bars);
    fold.watch(this);
    problems = fold.follow(ground_.journal, ground_.image->journal_bytes, ground_.to);
    if (problems.has_errors()) return problems;
    end_decision();
    preview_.recorded = recorded_.done();
    preview_.candidate = candidate_.done();
    const auto rank = [](const Preview::Difference& one) {
      return std::tuple(-one.share, one.date, one.instrument);
    };
    std::sort(preview_.largest.begin(), preview_.largest.end(),
              [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    if (preview_.largest.size() > largest_most) preview_.largest.resize(largest_most);
    return std::move(preview_);
  }

  void on_bar() override { end_decision(); }

  void on_decision(const journal::DecisionRecord& record) override {
    if (++decision_ + ground_.decisions_most <= ground_.decisions_made) return;
    is_looked_at_ = true;
    recorded_.side.last_turnover = candidate_.side.last_turnover = 0;
    ++preview_.decisions;
    date_ = record.date;
    equity_ = record.equity.to_double();
    if (preview_.from == 0) preview_.from = date_;
    preview_.to = date_;
    prefix_ = config_.book.id + '.' + std::to_string(record.sequence) + '.';
    moved_.assign(book_.ledger().universe().size(), {});
    recorded_.add_targets(record);
    const chain::Decision* decision = consider(book_);
    if (decision == nullptr) {
      ++preview_.candidate_silent;
      return;
    }
    candidate_.add_targets(decision->record);
    for (const journal::StageFailure& failure : decision->record.failures) {
      Preview::Failure& failed = preview_.failed[failure.instance];
      if (failed.decisions++ == 0) failed.reason = failure.reason;
    }
    for (const chain::DecidedOrder& decided : decision->orders)
      add(candidate_, decided.order, decided.verdict.failed == 0, &Moved::candidate_e9);
  }

  void on_order(const journal::OrderRecord& record) override {
    if (!is_looked_at_ || !model::id_text(record.order.client_id).starts_with(prefix_)) return;
    add(recorded_, record.order, record.failed_checks.empty(), &Moved::recorded_e9);
  }

 private:
  struct Moved {
    std::int64_t recorded_e9 = 0, candidate_e9 = 0;
  };

  double share_of(std::uint32_t instrument, std::int64_t quantity_e9) const {
    const model::Instrument& about = book_.ledger().universe().instruments[instrument];
    const double price = book_.ledger().portfolio().price(instrument).to_double();
    return static_cast<double>(quantity_e9) * 1e-9 * price * about.multiplier.to_double() / equity_;
  }

  void add(Tallied& tallied, const cadre_order& order, bool is_let_through, std::int64_t Moved::*side) {
    if (!is_let_through) {
      ++tallied.side.rejected;
      return;
    }
    ++tallied.side.orders;
    const double share = share_of(order.instrument, order.quantity_e9);
    tallied.side.turnover += share;
    tallied.side.last_turnover += share;
    moved_[order.instrument].*side += order.quantity_e9 * model::sign_of_side(order.side);
  }

  /// What belongs to the decision has been read.
  void end_decision() {
    if (!std::exchange(is_looked_at_, false)) return;
    bool differs = false;
    for (std::uint32_t i = 0; i < moved_.size(); ++i) {
      const Moved& moved = moved_[i];
      if (moved.recorded_e9 == moved.candidate_e9) continue;
      differs = true;
      preview_.largest.push_back({date_, book_.ledger().universe().instruments[i].id, moved.recorded_e9,
                                  moved.candidate_e9,
                                  std::abs(share_of(i, moved.candidate_e9 - moved.recorded_e9))});
    }
    preview_.differ += differs;
  }

  const config::ScenarioConfig& config_;
  std::shared_ptr<chain::Chain> chain_;
  const PreviewGround& ground_;
  Book book_;
  Preview preview_;
  Tallied recorded_, candidate_;
  std::uint64_t decision_;  ///< made until now
  bool is_looked_at_ = false;
  std::int32_t date_ = 0;
  double equity_ = 0;
  std::string prefix_;  ///< of the client ids of its orders
  std::vector<Moved> moved_;
};

base::Result<Preview> preview_chain(const config::ScenarioConfig& config, chain::ChainPlan plan,
                                    const std::vector<std::string>& fresh, const agent::Store& store,
                                    agent::ProbeTerms terms, const PreviewGround& ground) {
  terms.ground = "the newest decisions of book " + config.book.id;
  const base::Problems refused = isolate_for_probe(config, plan, fresh, store, terms);
  if (refused.has_errors()) return refused;
  plan.stages.back().left_out = "a preview sends nothing";
  auto chain = chain::build_chain(config, plan, store, nullptr, nullptr);
  if (!chain) return chain.problems();
  return PreviewRun(config, std::move(chain).take(), ground).run();
}

}  // namespace cadre::book
