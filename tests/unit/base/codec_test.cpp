#include "host/base/codec.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "cadre/order.h"

namespace {

using namespace cadre::base;

TEST(Codec, gives_back_what_was_put) {
  Encoder encoder;
  encoder.put(int32_t{-5});
  encoder.put(true);
  encoder.put(0.1);
  encoder.put_text("caf\xc3\xa9");
  encoder.put_array(std::vector<int64_t>{1, std::numeric_limits<int64_t>::min()});
  encoder.put_texts(std::vector<std::string>{"", "b"});

  Decoder decoder(encoder.bytes());
  bool yes = false;
  std::string text;
  std::vector<int64_t> numbers;
  std::vector<std::string> texts;
  EXPECT_EQ(decoder.get<int32_t>(), -5);
  decoder.get(yes);
  EXPECT_TRUE(yes);
  EXPECT_EQ(decoder.get<double>(), 0.1);
  decoder.get_text(text);
  EXPECT_EQ(text, "caf\xc3\xa9");
  decoder.get_array(numbers);
  EXPECT_EQ(numbers, (std::vector<int64_t>{1, std::numeric_limits<int64_t>::min()}));
  decoder.get_texts(texts);
  EXPECT_EQ(texts, (std::vector<std::string>{"", "b"}));
  EXPECT_TRUE(decoder.finished());
}

TEST(Codec, keeps_its_memory_when_cleared) {
  Encoder encoder;
  encoder.put_array(std::vector<double>(1000, 1.0));
  const std::byte* const before = encoder.bytes().data();
  encoder.clear();
  EXPECT_TRUE(encoder.bytes().empty());
  encoder.put_array(std::vector<double>(1000, 2.0));
  EXPECT_EQ(encoder.bytes().data(), before);
}

TEST(Codec, reading_past_the_end_gives_zero_and_is_not_ok) {
  Encoder encoder;
  encoder.put(uint8_t{9});
  Decoder decoder(encoder.bytes());
  EXPECT_EQ(decoder.get<uint64_t>(), 0u);
  EXPECT_FALSE(decoder.ok());
  EXPECT_EQ(decoder.get<uint8_t>(), 0u) << "what comes after a failure is zero too";
}

TEST(Codec, a_count_above_the_payload_allocates_nothing) {
  Encoder encoder;
  encoder.put(std::numeric_limits<uint32_t>::max());
  std::vector<double> numbers;
  std::vector<std::string> texts;
  std::string text;
  Decoder array(encoder.bytes());
  array.get_array(numbers);
  EXPECT_FALSE(array.ok());
  Decoder list(encoder.bytes());
  list.get_texts(texts);
  EXPECT_FALSE(list.ok());
  Decoder one(encoder.bytes());
  one.get_text(text);
  EXPECT_FALSE(one.ok());
  EXPECT_EQ(numbers.capacity() + texts.capacity(), 0u);
}

TEST(Codec, surplus_bytes_are_not_finished) {
  Encoder encoder;
  encoder.put(1.0);
  encoder.put(uint8_t{0});
  Decoder decoder(encoder.bytes());
  decoder.get<double>();
  EXPECT_TRUE(decoder.ok());
  EXPECT_FALSE(decoder.finished());
}

TEST(Codec, takes_the_known_part_of_a_struct_that_has_grown) {
  cadre_order order{};
  order.quantity_e9 = 77;
  Encoder encoder;
  encoder.put(static_cast<uint32_t>(sizeof order + 8));
  const auto* bytes = reinterpret_cast<const uint8_t*>(&order);
  for (std::size_t i = 0; i < sizeof order; ++i)
    encoder.put(bytes[i]);
  encoder.put(uint64_t{123});
  encoder.put(uint8_t{42});

  Decoder decoder(encoder.bytes());
  cadre_order back{};
  decoder.get_struct(back);
  EXPECT_EQ(back.quantity_e9, 77);
  EXPECT_EQ(decoder.get<uint8_t>(), 42);
  EXPECT_TRUE(decoder.finished());
}

TEST(Codec, refuses_a_struct_that_is_too_short) {
  Encoder encoder;
  encoder.put(uint32_t{8});
  encoder.put(uint64_t{0});
  Decoder decoder(encoder.bytes());
  cadre_order back{};
  decoder.get_struct(back);
  EXPECT_FALSE(decoder.ok());
}

TEST(Codec, refuses_a_bool_that_is_neither) {
  Encoder encoder;
  encoder.put(uint8_t{2});
  Decoder decoder(encoder.bytes());
  bool value = false;
  decoder.get(value);
  EXPECT_FALSE(decoder.ok());
}

}  // namespace
