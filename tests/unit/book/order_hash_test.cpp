#include "host/book/order_hash.hpp"

#include <gtest/gtest.h>

#include "host/execution/pre_trade_gate.hpp"
#include "host/model/order.hpp"

namespace {

using namespace cadre;

cadre_order order() {
  cadre_order one{};
  one.size = sizeof one;
  one.client_id = model::make_id("main.255.3");
  one.quantity_e9 = 7;
  return one;
}

TEST(OrderHash, of_an_accepted_order_ends_with_eight_zeros) {
  const std::string bytes = book::order_bytes(order(), {});
  EXPECT_EQ(bytes.size(), 32u + 4 * 4 + 6 * 8 + 8);
  EXPECT_EQ(bytes.substr(bytes.size() - 8), std::string(8, '\0'));
}

TEST(OrderHash, of_ids_that_begin_alike_differs_from_the_thirty_second_byte_on) {
  cadre_order one = order();
  one.client_id = model::make_id(std::string(32, 'a') + ".1");
  cadre_order other = order();
  other.client_id = model::make_id(std::string(32, 'a') + ".2");
  EXPECT_NE(book::order_bytes(one, {}), book::order_bytes(other, {}));
  EXPECT_EQ(book::order_bytes(one, {}).size(), 35u + 4 * 4 + 6 * 8 + 8);
}

TEST(OrderHash, of_a_rejected_order_ends_with_the_codes_of_its_checks_whatever_their_rows) {
  const std::vector<std::string> codes = {"FAT_FINGER_MAX_QUANTITY", "CREDIT_BUYING_POWER"};
  const std::string bytes = book::order_bytes(order(), codes);
  const std::string end("CREDIT_BUYING_POWER\0FAT_FINGER_MAX_QUANTITY\0", 44);
  EXPECT_EQ(bytes.substr(bytes.size() - end.size()), end);
  EXPECT_EQ(book::order_bytes(order(), std::vector<std::string>{codes[1], codes[0]}), bytes);
}

TEST(OrderHash, is_the_same_for_an_order_that_is_decided_and_one_out_of_a_journal) {
  const std::vector<std::string> codes = {"FAT_FINGER_MAX_QUANTITY", "CREDIT_BUYING_POWER"};
  book::OrderHash decided, journaled;
  decided.on_order(1, {order(), execution::verdict_of(codes)});
  journaled.add(order(), codes);
  EXPECT_EQ(decided.hex_so_far(), journaled.hex_so_far());
  decided.on_order(2, {order(), {}});
  journaled.add(order(), {});
  EXPECT_EQ(decided.hex_so_far(), journaled.hex_so_far());
}

TEST(OrderHash, covers_what_is_asked_of_open_orders) {
  execution::OrderRequest request;
  request.kind = CADRE_ACTION_REPLACE;
  request.client_id = model::make_id("main.255.3");
  request.request_id = model::make_id("main.300.r1");
  request.quantity_e9 = 5;
  request.reason = CADRE_REASON_NEW_TARGET;
  book::OrderHash without, with, journaled, larger;
  for (book::OrderHash* hash : {&without, &with, &journaled, &larger})
    hash->on_order(1, {order(), {}});
  with.on_order_request(2, request);
  request.reason = 0;  // a word about it changes nothing
  journaled.add(request);
  request.quantity_e9 = 6;
  larger.on_order_request(2, request);
  EXPECT_NE(with.hex_so_far(), without.hex_so_far());
  EXPECT_EQ(with.hex_so_far(), journaled.hex_so_far());
  EXPECT_NE(with.hex_so_far(), larger.hex_so_far());
}

}  // namespace
