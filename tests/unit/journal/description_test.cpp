#include "host/journal/description.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "host/journal/field_checks.hpp"

namespace {

using namespace cadre;
namespace json = boost::json;

std::size_t bytes_of(std::string_view kind) {
  if (kind == "u32" || kind == "i32") return 4;
  if (kind == "u64" || kind == "i64" || kind == "f64") return 8;
  return kind == "id" ? sizeof(cadre_id) : 0;
}

TEST(Description, every_number_of_a_record_has_one_name_and_the_reader_knows_it) {
  const json::value format = journal::describe_format();
  EXPECT_EQ(format.at("format_version").to_number<std::uint32_t>(), journal::format_version);
  std::set<std::string> names;
  std::uint32_t expected = 1;
  for (const json::value& record : format.at("records").as_array()) {
    const auto type = record.at("type").to_number<std::uint32_t>();
    const std::string name(record.at("name").as_string());
    EXPECT_EQ(type, expected++);
    EXPECT_EQ(journal::record_type_name(static_cast<journal::RecordType>(type)), name);
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_EQ(journal::record_type_name(static_cast<journal::RecordType>(expected)), "");
  EXPECT_EQ(journal::record_type_name(static_cast<journal::RecordType>(0)), "");
}

TEST(Description, fields_of_structs_follow_one_another_without_a_gap) {
  const json::value format = journal::describe_format();
  ASSERT_EQ(format.at("structs").as_object().size(), 7u);
  for (const auto& [name, about] : format.at("structs").as_object()) {
    std::size_t at = 0;
    for (const json::value& field : about.at("fields").as_array()) {
      EXPECT_EQ(field.at("offset").to_number<std::size_t>(), at) << name << " " << field;
      at += bytes_of(field.at("kind").as_string());
    }
    EXPECT_EQ(about.at("bytes").to_number<std::size_t>(), at) << name;
  }
}

TEST(Description, says_of_what_nested_fields_are) {
  const json::value format = journal::describe_format();
  const json::array& decision = format.at("records").as_array()[5].at("fields").as_array();
  const auto field = [&](std::string_view name) -> const json::value& {
    for (const json::value& one : decision)
      if (one.at("name").as_string() == name) return one;
    throw std::out_of_range(std::string(name));
  };
  EXPECT_EQ(field("equity").at("kind").as_string(), "money");
  EXPECT_EQ(field("price_e9").at("of").as_string(), "i64");
  EXPECT_EQ(field("limits").at("of").as_string(), "cadre_limit_use");
  EXPECT_EQ(field("failures").at("fields").as_array()[2].at("name").as_string(), "policy");
}

TEST(Description, a_field_that_is_no_longer_written_names_its_last_format) {
  const json::value format = journal::describe_format();
  const json::value& verdict = format.at("records").as_array()[6].at("fields").as_array()[1];
  EXPECT_EQ(verdict.at("name").as_string(), "verdict");
  EXPECT_EQ(verdict.at("last_format").to_number<std::uint32_t>(), 1u);
}

struct Padded {
  std::uint32_t a = 0;
  std::uint64_t b = 0;
};
struct Mixed {
  std::string text{};
  std::vector<std::string> texts{};
  base::Money money{};
  bool is_set = false;
};

}  // namespace

template <>
inline constexpr auto cadre::journal::fields<Padded> =
    std::tuple{cadre::journal::Field{"a", &Padded::a, ""}, cadre::journal::Field{"b", &Padded::b, ""}};
template <>
inline constexpr auto cadre::journal::fields<Mixed> =
    std::tuple{cadre::journal::Field{"text", &Mixed::text, ""}};

namespace {

TEST(Description, a_member_that_the_table_leaves_out_and_padding_are_noticed) {
  EXPECT_TRUE(journal::is_complete<Padded>());
  EXPECT_FALSE(journal::fills_struct<Padded>());
  EXPECT_EQ(journal::member_count<Mixed>(), 4u);
  EXPECT_FALSE(journal::is_complete<Mixed>());
}

}  // namespace
