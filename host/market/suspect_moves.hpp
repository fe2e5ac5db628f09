#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/model/bar.hpp"

namespace cadre::market {

/// What becomes of a posted bar with a move that no market makes often, unless its sender says that it is
/// right: taken with an event, refused, or taken by a book that is halted first.
enum class MovePolicy { take, refuse, halt };
inline void value_named(std::string_view name, MovePolicy& value) {
  value = name == "take" ? MovePolicy::take : name == "refuse" ? MovePolicy::refuse : MovePolicy::halt;
}

/// A price that is far from the close before it.
struct SuspectMove {
  std::size_t instrument = 0;  ///< column of the data
  std::int32_t date = 0;
  const char* field = "close";  ///< or open, high, low
  std::int64_t before_e9 = 0, after_e9 = 0;
};

/// Whether the move from one price to another is beyond `suspect_move`, a share of the first. False when
/// there is no first one.
bool is_suspect(std::int64_t before_e9, std::int64_t after_e9, double suspect_move);

/// "AA moves +9900.0 % on 2020-01-06, from 10 to 1000".
std::string move_text(const std::string& instrument, std::int32_t date, std::int64_t before_e9,
                      std::int64_t after_e9);
/// The same, with the field where it is not the close.
std::string move_text(const SuspectMove& move, const std::vector<std::string>& instruments);
/// All of them in one sentence: the first three, and how many there are besides.
std::string moves_text(const std::vector<SuspectMove>& moves, const std::vector<std::string>& instruments);

/// The suspect moves of a bar, at most one an instrument: that of its close, else of the open, high or low.
/// `closes_e9`: by column of the data, 0 where there is none; empty: there are none.
std::vector<SuspectMove> find_moves(const std::vector<std::int64_t>& closes_e9, const model::Bar& bar,
                                    double suspect_move);

}  // namespace cadre::market
