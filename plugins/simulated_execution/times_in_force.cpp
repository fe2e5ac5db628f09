#include "times_in_force.hpp"

namespace cadre::simulated_execution {

namespace {

using Life = TimeInForce::Life;

// clang-format off
constexpr TimeInForce rows[] = {
    // code                      moment             life                   all or nothing  what is left
    {CADRE_TIF_DAY,              Moment::day,       Life::session,         false,          CADRE_ORDER_EXPIRED},
    {CADRE_TIF_GTC,              Moment::day,       Life::until_cancelled, false,          CADRE_ORDER_EXPIRED},
    {CADRE_TIF_IOC,              Moment::immediate, Life::one_meeting,     false,          CADRE_ORDER_CANCELED},
    {CADRE_TIF_FOK,              Moment::immediate, Life::one_meeting,     true,           CADRE_ORDER_CANCELED},
    {CADRE_TIF_AT_THE_OPENING,   Moment::opening,   Life::one_meeting,     false,          CADRE_ORDER_EXPIRED},
    {CADRE_TIF_AT_THE_CLOSE,     Moment::closing,   Life::one_meeting,     false,          CADRE_ORDER_EXPIRED},
};
// clang-format on

}  // namespace

const TimeInForce* find_time_in_force(std::uint32_t code) {
  for (const TimeInForce& row : rows) {
    if (row.code == code) return &row;
  }
  return nullptr;
}

std::uint64_t times_in_force() {
  std::uint64_t all = 0;
  for (const TimeInForce& row : rows)
    all |= CADRE_BIT_OF(row.code);
  return all;
}

}  // namespace cadre::simulated_execution
