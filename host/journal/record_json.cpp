#include "host/journal/record_json.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "host/base/date.hpp"
#include "host/base/decimal.hpp"
#include "host/journal/fields.hpp"
#include "host/journal/records.hpp"
#include "host/model/order.hpp"

namespace cadre::journal {

namespace {

namespace json = boost::json;

/// Whose columns are shown, and what indices mean.
struct View {
  const std::vector<std::string>& instruments;
  std::optional<std::size_t> only;

  std::string name_of(std::size_t index) const {
    return index < instruments.size() ? instruments[index] : std::to_string(index);
  }
};

template <class Record>
json::object object_of(const Record& record, const View& view);

/// Numbers by the ends of their names, which say their units.
template <class T>
json::value number(std::string_view name, T value) {
  if constexpr (std::is_same_v<T, std::int64_t>) {
    if (name.ends_with("_e9")) return json::value(base::Quantity::from_raw(value).to_string());
    if (name.ends_with("_e6")) return json::value(base::Money::from_raw(value).to_string());
  }
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) return nullptr;
  }
  if (name == "date" && std::is_same_v<T, std::int32_t> && value != 0)
    return json::value(base::format_date(static_cast<std::int32_t>(value)));
  return json::value(value);
}

template <class T>
json::value column(std::string_view name, const std::vector<T>& values, const View& view) {
  if (values.size() != view.instruments.size()) {
    json::array all;
    for (const T& value : values)
      all.push_back(number(name, value));
    return all;
  }
  json::object by_id;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!view.only || *view.only == i) by_id[view.instruments[i]] = number(name, values[i]);
  }
  return by_id;
}

template <class T>
json::value value_of(std::string_view name, const T& value, const View& view) {
  if constexpr (std::is_same_v<T, std::uint32_t>) {
    if (name == "instrument") return json::value(view.name_of(value));
    return json::value(value);
  } else if constexpr (std::is_arithmetic_v<T>) {
    return number(name, value);
  } else if constexpr (std::is_same_v<T, base::Money>) {
    return json::value(value.to_string());
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (name == "bytes") return json::value(value.size());
    boost::system::error_code error;
    json::value parsed = name == "text" ? json::parse(value, error) : json::value(value);
    return error ? json::value(value) : parsed;
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    return json::value_from(value);
  } else if constexpr (std::is_same_v<T, cadre_id>) {
    return json::value(std::string_view(value.text, ::strnlen(value.text, sizeof value.text)));
  } else if constexpr (requires { value.begin(); }) {
    if constexpr (base::Number<typename T::value_type>) {
      return column(name, value, view);
    } else {
      json::array all;
      for (const auto& element : value)
        all.push_back(object_of(element, view));
      return all;
    }
  } else {
    return object_of(value, view);
  }
}

/// In units, whatever they are stored in.
std::string_view shown_name(std::string_view name) {
  const bool is_scaled = name.ends_with("_e9") || name.ends_with("_e6");
  return is_scaled ? name.substr(0, name.size() - 3) : name;
}

/// Of an order or a report, the codes of FIX as words; empty: another field.
std::string word_of(std::string_view name, std::uint32_t code) {
  if (name == "side") return std::string(model::side_name(code));
  if (name == "type") return std::string(model::order_type_name(code));
  if (name == "time_in_force") return std::string(model::time_in_force_name(code));
  if (name == "status") return std::string(model::order_status_name(code));
  return {};
}

template <class Record, class T>
void add(json::object& to, const Record& record, const Field<Record, T>& field, const View& view) {
  if (field.name == "size" || field.name == "reserved") return;
  if constexpr (std::is_same_v<T, std::uint32_t> &&
                (std::is_same_v<Record, cadre_order> || std::is_same_v<Record, cadre_execution_report>)) {
    if (std::string word = word_of(field.name, record.*field.member); !word.empty()) {
      to[field.name] = std::move(word);
      return;
    }
  }
  if constexpr (std::is_same_v<T, std::int64_t>) {
    if (field.name == "time_ns") to["time"] = base::format_time(record.*field.member);
  }
  to[shown_name(field.name)] = value_of(field.name, record.*field.member, view);
}

template <class Record, class T>
void add(json::object&, const Record&, const RetiredField<T>&, const View&) {}

template <class Record>
json::object object_of(const Record& record, const View& view) {
  json::object object;
  for_each_field<Record>([&](const auto& field) { add(object, record, field, view); });
  return object;
}

}  // namespace

std::optional<json::object> to_json(const Record& record, const std::vector<std::string>& instruments,
                                    std::optional<std::size_t> only) {
  std::optional<json::object> object;
  const auto read = [&]<class T>(const RecordRow<T>& row) {
    if (row.type != record.type) return;
    T value;
    base::Decoder from(record.payload);
    if (!decode(from, value, record.format)) return;
    object = json::object{{"kind", row.name}, {"sequence", record.sequence}};
    const json::object fields_of_it = object_of(value, {instruments, only});
    for (const auto& member : fields_of_it)
      object->insert_or_assign(member.key(), member.value());
    (*object)["sequence"] = record.sequence;
  };
  std::apply([&](const auto&... row) { (read(row), ...); }, record_table);
  return object;
}

}  // namespace cadre::journal
