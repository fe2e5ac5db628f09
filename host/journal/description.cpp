#include "host/journal/description.hpp"

#include <boost/json.hpp>
#include <string>

#include "host/journal/compact.hpp"
#include "host/journal/fields.hpp"

namespace cadre::journal {
namespace {

namespace json = boost::json;

template <class T>
constexpr std::string_view number_kind() {
  if constexpr (std::is_same_v<T, bool>) return "bool";
  if constexpr (std::is_same_v<T, uint8_t>) return "u8";
  if constexpr (std::is_same_v<T, uint32_t>) return "u32";
  if constexpr (std::is_same_v<T, uint64_t>) return "u64";
  if constexpr (std::is_same_v<T, int32_t>) return "i32";
  if constexpr (std::is_same_v<T, int64_t>) return "i64";
  if constexpr (std::is_same_v<T, double>) return "f64";
}

template <class Struct>
constexpr std::string_view struct_name() {
  if constexpr (std::is_same_v<Struct, cadre_signal>) return "cadre_signal";
  if constexpr (std::is_same_v<Struct, cadre_order>) return "cadre_order";
  if constexpr (std::is_same_v<Struct, cadre_execution_report>) return "cadre_execution_report";
  if constexpr (std::is_same_v<Struct, cadre_reason>) return "cadre_reason";
  if constexpr (std::is_same_v<Struct, cadre_limit_use>) return "cadre_limit_use";
  if constexpr (std::is_same_v<Struct, cadre_outcome>) return "cadre_outcome";
  if constexpr (std::is_same_v<Struct, ParentOrderRecord::Slice>) return "slice";
}

template <class Record>
json::array fields_of();

template <class T>
void add_kind(json::object& to, const T*) {
  if constexpr (std::is_arithmetic_v<T>) {
    to["kind"] = number_kind<T>();
  } else if constexpr (std::is_same_v<T, base::Money>) {
    to["kind"] = "money";
  } else if constexpr (std::is_same_v<T, std::string>) {
    to["kind"] = "text";
  } else if constexpr (std::is_same_v<T, cadre_id>) {
    to["kind"] = "id";
  } else {
    to["kind"] = "struct";
    to["of"] = struct_name<T>();
  }
}

void add_kind(json::object& to, const std::vector<std::string>*) {
  to["kind"] = "texts";
}

template <class T>
void add_kind(json::object& to, const std::vector<T>*) {
  if constexpr (base::Number<T>) {
    to["kind"] = "array";
    to["of"] = number_kind<T>();
  } else if constexpr (base::AbiStruct<T>) {
    to["kind"] = "structs";
    to["of"] = struct_name<T>();
  } else {
    to["kind"] = "list";
    to["fields"] = fields_of<T>();
  }
}

template <class Record, class T>
json::object describe(const Field<Record, T>& field) {
  json::object one;
  one["name"] = field.name;
  add_kind(one, static_cast<const T*>(nullptr));
  if (!field.kind.empty()) one["kind"] = field.kind;
  if (field.first_format > 1) one["first_format"] = field.first_format;
  one["meaning"] = field.meaning;
  return one;
}

template <class T>
json::object describe(const RetiredField<T>& field) {
  json::object one;
  one["name"] = field.name;
  add_kind(one, static_cast<const T*>(nullptr));
  one["last_format"] = field.last_format;
  one["meaning"] = field.meaning;
  return one;
}

template <class Record>
json::array fields_of() {
  json::array all;
  for_each_field<Record>([&](const auto& field) { all.push_back(describe(field)); });
  return all;
}

template <class Struct>
void add_struct(json::object& to) {
  const Struct example{};
  const auto* begin = reinterpret_cast<const std::byte*>(&example);
  json::array all;
  for_each_field<Struct>([&]<class T>(const Field<Struct, T>& field) {
    json::object one;
    one["name"] = field.name;
    add_kind(one, static_cast<const T*>(nullptr));
    one["offset"] = reinterpret_cast<const std::byte*>(&(example.*field.member)) - begin;
    if (field.first_format > 1) one["first_format"] = field.first_format;
    all.push_back(std::move(one));
  });
  to[struct_name<Struct>()] = json::object{{"bytes", sizeof(Struct)}, {"fields", std::move(all)}};
}

}  // namespace

json::value describe_format() {
  json::array records;
  const auto add = [&]<class Record>(const RecordRow<Record>& row) {
    records.push_back(json::object{{"type", static_cast<uint32_t>(row.type)},
                                   {"name", row.name},
                                   {"meaning", row.meaning},
                                   {"fields", fields_of<Record>()}});
  };
  std::apply([&](const auto&... row) { (add(row), ...); }, record_table);
  json::object structs;
  add_struct<cadre_signal>(structs);
  add_struct<cadre_order>(structs);
  add_struct<cadre_execution_report>(structs);
  add_struct<cadre_reason>(structs);
  add_struct<cadre_limit_use>(structs);
  add_struct<cadre_outcome>(structs);
  add_struct<ParentOrderRecord::Slice>(structs);
  return json::object{
      {"format_version", format_version},
      {"oldest_format_read", oldest_format_read},
      {"short_ids", json::object{{"last_format", last_format_with_short_ids}, {"bytes", short_id_bytes}}},
      {"compact", json::object{{"last_plain_format", last_plain_format},
                               {"column_scales", json::value_from(column_scales)}}},
      {"records", std::move(records)},
      {"structs", std::move(structs)}};
}

}  // namespace cadre::journal
