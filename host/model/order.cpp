#include "host/model/order.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "host/base/invariant.hpp"

namespace cadre::model {

std::string_view side_name(std::uint32_t side) {
  return side == CADRE_SIDE_BUY ? "buy" : side == CADRE_SIDE_SELL ? "sell" : "";
}

namespace {

constexpr OrderType types[] = {{"market", CADRE_ORDER_MARKET, false, false},
                               {"limit", CADRE_ORDER_LIMIT, true, false},
                               {"stop", CADRE_ORDER_STOP, false, true},
                               {"stop_limit", CADRE_ORDER_STOP_LIMIT, true, true},
                               {"market_on_close", CADRE_ORDER_MARKET_ON_CLOSE, false, false}};

template <class Matches>
const OrderType* find_type(Matches&& matches) {
  const OrderType* found = std::find_if(std::begin(types), std::end(types), matches);
  return found == std::end(types) ? nullptr : found;
}

}  // namespace

std::span<const OrderType> order_types() {
  return types;
}

const OrderType* find_order_type(std::uint32_t type) {
  return find_type([&](const OrderType& row) { return row.type == type; });
}

const OrderType* find_order_type(std::string_view name) {
  return find_type([&](const OrderType& row) { return row.name == name; });
}

std::string_view order_type_name(std::uint32_t type) {
  const OrderType* row = find_order_type(type);
  return row == nullptr ? std::string_view() : row->name;
}

std::string_view time_in_force_name(std::uint32_t time_in_force) {
  switch (time_in_force) {
    case CADRE_TIF_DAY:
      return "day";
    case CADRE_TIF_GTC:
      return "gtc";
    case CADRE_TIF_AT_THE_OPENING:
      return "at_the_opening";
    case CADRE_TIF_IOC:
      return "ioc";
    case CADRE_TIF_FOK:
      return "fok";
    case CADRE_TIF_GTD:
      return "gtd";
    case CADRE_TIF_AT_THE_CLOSE:
      return "at_the_close";
    default:
      return "";
  }
}

std::span<const std::uint32_t> times_in_force() {
  static constexpr std::uint32_t all[] = {CADRE_TIF_DAY, CADRE_TIF_GTC, CADRE_TIF_AT_THE_OPENING,
                                          CADRE_TIF_IOC, CADRE_TIF_FOK, CADRE_TIF_AT_THE_CLOSE};
  return all;
}

std::string_view order_status_name(std::uint32_t status) {
  switch (status) {
    case CADRE_ORDER_NEW:
      return "new";
    case CADRE_ORDER_PARTIALLY_FILLED:
      return "partially_filled";
    case CADRE_ORDER_FILLED:
      return "filled";
    case CADRE_ORDER_CANCELED:
      return "canceled";
    case CADRE_ORDER_REJECTED:
      return "rejected";
    case CADRE_ORDER_EXPIRED:
      return "expired";
    case CADRE_ORDER_REPLACED:
      return "replaced";
    case CADRE_ORDER_PENDING_NEW:
      return "pending_new";
    case CADRE_ORDER_PENDING_CANCEL:
      return "pending_cancel";
    case CADRE_ORDER_PENDING_REPLACE:
      return "pending_replace";
    case CADRE_ORDER_SUSPENDED:
      return "suspended";
    case CADRE_ORDER_UNKNOWN:
      return "unknown";
    default:
      return "";
  }
}

bool reduces_position(base::Quantity position, base::Quantity signed_quantity) {
  if (position.raw() == 0 || signed_quantity.raw() == 0) return false;
  if ((position.raw() > 0) == (signed_quantity.raw() > 0)) return false;
  return std::llabs(signed_quantity.raw()) <= std::llabs(position.raw());
}

cadre_id make_id(std::string_view text) {
  CADRE_INVARIANT(text.size() <= CADRE_ID_BYTES_MAX, "model.ids_fit", "an identifier fits in place");
  cadre_id id{};
  std::copy_n(text.data(), text.size(), id.text);
  return id;
}

std::string_view id_text(const cadre_id& id) {
  return {id.text, static_cast<std::size_t>(std::find(id.text, id.text + sizeof id.text, '\0') - id.text)};
}

}  // namespace cadre::model
