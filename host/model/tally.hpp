#pragma once

#include <cstdint>

namespace cadre::model {

/// How much a book has done: what status, reports and the end of a journal say.
struct Tally {
  std::uint64_t decisions = 0;
  std::uint64_t orders = 0;           ///< decided, with those that the gate rejected
  std::uint64_t rejected_orders = 0;  ///< by the gate
  std::uint64_t fills = 0;            ///< reports that moved a quantity

  void count_decision() { ++decisions; }
  void count_order(bool accepted) {
    ++orders;
    rejected_orders += accepted ? 0 : 1;
  }
  /// Whether it was a fill.
  bool count_report(std::int64_t quantity_e9) {
    fills += quantity_e9 > 0 ? 1 : 0;
    return quantity_e9 > 0;
  }
};

}  // namespace cadre::model
