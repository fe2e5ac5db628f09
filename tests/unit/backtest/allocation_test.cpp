#include <gtest/gtest.h>

#include "host/backtest/prepared_run.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/book/book.hpp"
#include "host/book/journal_listener.hpp"
#include "host/book/market_source.hpp"
#include "host/chain/builder.hpp"
#include "host/journal/journal.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"
#include "tests/unit/plugins/allocation_count.hpp"

namespace cadre::backtest {
namespace {

/// The demo, bar by bar, with its journal.
class Demo {
 public:
  Demo() : store_(folder_.path()) {
    auto prepared = prepare_run(
        {CADRE_SOURCE_DIR "/manifests/scenarios/demo.json", {}, {CADRE_BINARY_DIR "/agents"}, {}});
    EXPECT_TRUE(prepared);
    run_ = std::make_unique<PreparedRun>(std::move(prepared).take());
    source_ = std::make_unique<book::HistorySource>(run_->prices, run_->signals);
    book_ = std::make_unique<book::Book>(*run_->config, run_->prices.instruments, run_->prices.rows());
    auto writer = journal::JournalWriter::create(folder_.path() / "journal");
    EXPECT_TRUE(writer);
    writer_ = std::move(writer).take();
    listener_ = std::make_unique<book::JournalListener>(*writer_);
    book_->listen(listener_.get());
    auto chain = chain::build_chain(*run_->config, run_->revisions.steps[0].plan, store_, nullptr);
    EXPECT_TRUE(chain);
    book_->enter(std::move(chain).take(), {.revision = 1});
    EXPECT_FALSE(book_->activate().has_errors());
  }

  bool next() { return source_->next(bar_, signals_); }
  void take_bar() {
    book_->take_bar(bar_);
    book_->take_fills();
  }
  const chain::Decision* decide() {
    const chain::Decision* decision = book_->decide();
    book_->close_bar();
    return decision;
  }

 private:
  base::TemporaryFolder folder_;
  agent::Store store_;
  std::unique_ptr<PreparedRun> run_;
  std::unique_ptr<book::HistorySource> source_;
  std::unique_ptr<book::Book> book_;
  std::unique_ptr<journal::JournalWriter> writer_;
  std::unique_ptr<book::JournalListener> listener_;
  model::Bar bar_;
  std::vector<model::ExternalSignal> signals_;
};

TEST(Decision, does_not_allocate_after_warm_up_with_the_journal_on) {
  if (!test::counts_allocations) GTEST_SKIP() << "a sanitizer has an allocator of its own";
  constexpr std::size_t warm_up = 60;  // decisions: until every buffer has met its usual size
  Demo demo;
  std::size_t decisions = 0, orders = 0, allocations = 0, decisions_with_any = 0;
  while (demo.next()) {
    const test::AllocationCount count;
    demo.take_bar();
    const chain::Decision* decision = demo.decide();
    const std::size_t made = count.since();
    if (decision == nullptr || ++decisions <= warm_up) continue;
    orders += decision->orders.size();
    allocations += made;
    decisions_with_any += made > 0;
  }
  EXPECT_EQ(allocations, 0u) << "in " << decisions_with_any << " of " << decisions << " decisions";
  EXPECT_GT(decisions, 2000u);
  EXPECT_GT(orders, 1000u);
}

TEST(AllocationCount, sees_what_is_allocated) {
  if (!test::counts_allocations) GTEST_SKIP() << "a sanitizer has an allocator of its own";
  const test::AllocationCount count;
  const std::vector<double> numbers(10);
  EXPECT_EQ(count.since(), 1u);
}

}  // namespace
}  // namespace cadre::backtest
