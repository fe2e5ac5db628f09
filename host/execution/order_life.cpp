#include "host/execution/order_life.hpp"

namespace cadre::execution {

namespace {

/// How far a life has come; reports of an earlier stage say nothing new.
int stage_of(std::uint32_t status) {
  switch (status) {
    case CADRE_ORDER_PENDING_NEW:
      return 0;
    case CADRE_ORDER_NEW:
      return 1;
    case CADRE_ORDER_PARTIALLY_FILLED:
    case CADRE_ORDER_SUSPENDED:
      return 2;
    default:
      return 3;  // it has ended
  }
}

}  // namespace

bool is_open(std::uint32_t status) {
  return stage_of(status) < 3;
}

std::uint32_t status_after(std::uint32_t status, std::uint32_t reported) {
  switch (reported) {
    case CADRE_ORDER_PENDING_CANCEL:
    case CADRE_ORDER_PENDING_REPLACE:
    case CADRE_ORDER_REPLACED:  // what became of a request, not of the order
      return status;
    case CADRE_ORDER_NEW:
      if (status == CADRE_ORDER_SUSPENDED) return reported;
      break;
    default:
      break;
  }
  return is_open(status) && stage_of(reported) >= stage_of(status) ? reported : status;
}

}  // namespace cadre::execution
