#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/book/book.hpp"
#include "host/book/listener.hpp"
#include "host/report/run_folder.hpp"

namespace cadre::book {

/// Collects what became of every order of a run, and of those that went in parts or had to wait.
class OrderRecorder final : public BookListener {
 public:
  explicit OrderRecorder(const Book& book) : book_(book) {}

  void on_order(std::uint64_t sequence, const chain::DecidedOrder& decided) override;
  void on_order_request(std::uint64_t sequence, const execution::OrderRequest& request) override;
  void on_parent_order(std::uint64_t sequence, const execution::ParentOrder& parent) override;

  std::vector<report::OrderRow> orders() const;
  std::vector<report::ParentRow> parents() const;

 private:
  const Book& book_;
  std::vector<std::string>
      order_instruments_;  ///< per order of the tracker: indices change with the universe
  std::vector<report::When> order_dates_;
  std::vector<std::uint32_t> cut_reasons_;                             ///< likewise
  std::map<std::string, std::uint32_t, std::less<>> request_reasons_;  ///< by client id: the last one
  struct Parent {
    report::When when{};
    std::string instrument;
    cadre_order order{};  ///< as it was decided
    std::int64_t sent_e9 = 0;
    bool has_ended = false;  ///< before all of it was sent
    std::vector<std::uint32_t> reasons;
    void note(std::uint32_t reason);
  };
  std::vector<Parent> parents_;  ///< in the order of their decisions
  std::map<std::string, std::size_t, std::less<>> place_of_parent_;
};

}  // namespace cadre::book
