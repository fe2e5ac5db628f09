#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/book/book.hpp"
#include "host/book/listener.hpp"
#include "host/report/run_folder.hpp"

namespace cadre::book {

/// What a run wanted to trade and did not: why, how often, and what that cost, which is the opportunity cost
/// of implementation shortfall (Perold 1988); below zero it is what was saved. What a decision leaves out is
/// measured from its marks to those of the next one, which wants it anew; what is left of an order that
/// ended, from the price it was decided at to the mark when it ended.
class OpportunityRecorder final : public BookListener {
 public:
  explicit OpportunityRecorder(const Book& book);

  void on_bar(std::uint64_t sequence, const model::Bar& bar) override;
  void on_report(std::uint64_t sequence, const cadre_execution_report& report) override;
  void on_decision(std::uint64_t sequence, const chain::Decision& decision) override;
  void on_order_request(std::uint64_t sequence, const execution::OrderRequest& request) override;
  void on_parent_order(std::uint64_t sequence, const execution::ParentOrder& parent) override;

  /// By reason, the dearest first.
  std::vector<report::UnexecutedRow> rows() const;

 private:
  /// What one decision did not send of one instrument.
  struct LeftOut {
    std::size_t column = 0;  ///< of the instrument in the bars
    double units = 0;        ///< signed
    double price = 0;
    double multiplier = 1;
    report::UnexecutedRow* row = nullptr;
  };

  void value_left_out();
  /// Why less was sent of an instrument than was wanted. The text lives as long as the decision.
  std::string_view reason_of(const chain::Decision& decision, std::uint32_t instrument);
  std::string_view name_of(std::uint32_t code);
  report::UnexecutedRow& row_of(std::string_view reason);
  void leave_out(const cadre_order& order, double rest, report::UnexecutedRow& row);
  void count(report::UnexecutedRow& row, std::uint32_t instrument);

  const Book& book_;
  std::vector<double> last_close_;  ///< per column of the bars
  std::vector<LeftOut> left_out_;   ///< of the last decision
  std::map<std::string, report::UnexecutedRow, std::less<>> rows_;
  std::map<std::string, std::uint32_t, std::less<>> asked_;  ///< why an open order was to end, by client id
  std::string name_;                                         ///< of a reason, for a moment
};

}  // namespace cadre::book
