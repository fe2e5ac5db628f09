#include "host/journal/records.hpp"

#include <cstring>
#include <span>
#include <type_traits>

#include "host/base/invariant.hpp"

#include "host/journal/compact.hpp"
#include "host/journal/field_checks.hpp"
#include "host/journal/fields.hpp"

namespace cadre::journal {
namespace {

static_assert(is_complete<HeadRecord>() && is_complete<model::Bar>() && is_complete<SignalRecord>() &&
              is_complete<UniverseRecord>() && is_complete<RevisionRecord>() && is_complete<StageEffect>() &&
              is_complete<StageFailure>() && is_complete<DecisionRecord>() && is_complete<OrderRecord>() &&
              is_complete<ReportRecord>() && is_complete<AccountRecord>() && is_complete<EndRecord>() &&
              is_complete<CommandRecord>() && is_complete<CheckpointRecord::Agent>() &&
              is_complete<CheckpointRecord::Timer>() && is_complete<CheckpointRecord>() &&
              is_complete<NoteRecord>() && is_complete<TimerRecord>() && is_complete<ViewRecord>() &&
              is_complete<OutcomeRecord>() && is_complete<CommitRecord>() &&
              is_complete<OrderRequestRecord>() && is_complete<ParentOrderRecord>() &&
              is_complete<ParentOrderRecord::Slice>());
CADRE_STATIC_ASSERT(fills_struct<cadre_signal>() && fills_struct<cadre_order>() &&
                        fills_struct<cadre_execution_report>() && fills_struct<cadre_reason>() &&
                        fills_struct<cadre_limit_use>() && fills_struct<cadre_outcome>(),
                    "a field that a struct of the ABI has gained is journaled");

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

/// How many bytes a struct of the ABI, or a field of one, has in a journal of a plain format.
template <class T>
constexpr std::size_t abi_bytes(uint32_t format) {
  if constexpr (std::is_same_v<T, cadre_id>) {
    return format <= last_format_with_short_ids ? short_id_bytes : sizeof(cadre_id);
  } else if constexpr (base::AbiStruct<T>) {
    std::size_t bytes = 0;
    for_each_field<T>([&]<class Member>(const Field<T, Member>& field) {
      if (format >= field.first_format) bytes += abi_bytes<Member>(format);
    });
    return bytes;
  } else {
    return sizeof(T);
  }
}

/// Reads a struct of the ABI out of the bytes that a journal has of it, as this host knows it.
template <class T>
void take_struct(std::span<const std::byte> stored, T& value, uint32_t format) {
  if (abi_bytes<T>(format) == sizeof(T)) {
    std::memcpy(&value, stored.data(), sizeof(T));
    return;
  }
  value = T{};
  for_each_field<T>([&]<class Member>(const Field<T, Member>& field) {
    if (format < field.first_format) return;
    std::memcpy(&(value.*field.member), stored.data(), abi_bytes<Member>(format));
    stored = stored.subspan(abi_bytes<Member>(format));
  });
  if constexpr (requires { value.size; }) value.size = sizeof(T);
}

template <class T>
void get_struct(base::Decoder& from, T& value, uint32_t format) {
  const auto stored = from.get_sized(abi_bytes<T>(format));
  if (from.ok()) take_struct(stored, value, format);
}

template <class T>
void get_structs(base::Decoder& from, std::vector<T>& values, uint32_t format) {
  const std::size_t stride = from.get_stride(abi_bytes<T>(format));
  values.resize(from.get_count(stride));
  for (T& value : values) {
    const auto stored = from.get_raw(stride);
    if (from.ok()) take_struct(stored, value, format);
  }
}

/// The fewest bytes that a value can have, in any plain format.
template <class T>
constexpr std::size_t bytes_min() {
  if constexpr (std::is_same_v<T, bool>) {
    return 1;
  } else if constexpr (base::Number<T> || std::is_same_v<T, base::Money>) {
    return sizeof(T);
  } else if constexpr (base::AbiStruct<T>) {
    return sizeof(uint32_t) + abi_bytes<T>(1);
  } else if constexpr (is_vector<T>) {
    return base::AbiStruct<typename T::value_type> ? 2 * sizeof(uint32_t) : sizeof(uint32_t);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return sizeof(uint32_t);
  } else {
    std::size_t bytes = 0;
    for_each_field<T>([&]<class Member>(const Field<T, Member>& field) {
      if (field.first_format == 1) bytes += bytes_min<Member>();
    });
    return bytes;
  }
}

template <class T>
void get_value(base::Decoder& from, T& value, uint32_t format);
template <class T>
void get_value(CompactReader& from, T& value, uint32_t format);

/// The text of an id, with all that stands behind its end: nothing, in one of ours.
std::string_view all_of(const cadre_id& id) {
  std::size_t bytes = sizeof id.text;
  while (bytes != 0 && id.text[bytes - 1] == '\0')
    --bytes;
  return {id.text, bytes};
}

template <class From, class Record, class T>
void get_field(From& from, Record& record, const Field<Record, T>& field, uint32_t format) {
  if (format >= field.first_format)
    get_value(from, record.*field.member, format);
  else
    record.*field.member = T{};
}

template <class From, class Record, class T>
void get_field(From& from, Record&, const RetiredField<T>& field, uint32_t format) {
  if (format > field.last_format) return;
  T passed_over{};
  get_value(from, passed_over, format);
}

template <class Record>
void get_fields(base::Decoder& from, Record& record, uint32_t format);

/// As formats up to last_plain_format have it: numbers as they lie in memory.
template <class T>
void get_value(base::Decoder& from, T& value, uint32_t format) {
  if constexpr (std::is_arithmetic_v<T>) {
    from.get(value);
  } else if constexpr (std::is_same_v<T, base::Money>) {
    value = base::Money::from_raw(from.get<int64_t>());
  } else if constexpr (std::is_same_v<T, std::string>) {
    from.get_text(value);
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    from.get_texts(value);
  } else if constexpr (!is_vector<T>) {
    get_struct(from, value, format);
  } else if constexpr (base::Number<typename T::value_type>) {
    from.get_array(value);
  } else if constexpr (base::AbiStruct<typename T::value_type>) {
    get_structs(from, value, format);
  } else {
    value.resize(from.get_count(bytes_min<typename T::value_type>()));
    for (auto& element : value)
      get_fields(from, element, format);
  }
}

template <class Record>
void get_fields(base::Decoder& from, Record& record, uint32_t format) {
  for_each_field<Record>([&](const auto& field) { get_field(from, record, field, format); });
}

/// A field of every struct of many, one behind the other.
template <class Struct, class T>
Column<T> column_of(const std::vector<Struct>& values, const Field<Struct, T>& field) {
  return {&(values.front().*field.member), values.size(), sizeof(Struct)};
}

template <class Record>
void put_fields(CompactWriter& to, const Record& record);

template <class Struct>
void put_columns(CompactWriter& to, const std::vector<Struct>& values) {
  to.put_count(values.size(), sizeof(Struct));
  if (values.empty()) return;
  for_each_field<Struct>([&]<class T>(const Field<Struct, T>& field) {
    if constexpr (std::is_same_v<T, cadre_id>) {
      for (const Struct& value : values)
        to.put_text(all_of(value.*field.member));
    } else {
      to.put_column(column_of(values, field));
    }
  });
}

template <class T>
void put_value(CompactWriter& to, const T& value) {
  if constexpr (std::is_arithmetic_v<T>) {
    to.put(value);
  } else if constexpr (std::is_same_v<T, base::Money>) {
    to.put(value.raw());
  } else if constexpr (std::is_same_v<T, std::string>) {
    to.put_text(value);
  } else if constexpr (std::is_same_v<T, cadre_id>) {
    to.put_text(all_of(value));
  } else if constexpr (!is_vector<T>) {
    put_fields(to, value);
  } else if constexpr (base::Number<typename T::value_type>) {
    to.put_count(value.size(), sizeof(typename T::value_type));
    to.put_column(Column<typename T::value_type>(value.data(), value.size()));
  } else if constexpr (base::AbiStruct<typename T::value_type>) {
    put_columns(to, value);
  } else {
    to.put_count(value.size(), sizeof(typename T::value_type));
    for (const auto& element : value)
      put_value(to, element);
  }
}

template <class Record, class T>
void put_field(CompactWriter& to, const Record& record, const Field<Record, T>& field) {
  put_value(to, record.*field.member);
}

template <class Record, class T>
void put_field(CompactWriter&, const Record&, const RetiredField<T>&) {}

template <class Record>
void put_fields(CompactWriter& to, const Record& record) {
  for_each_field<Record>([&](const auto& field) { put_field(to, record, field); });
}

template <class Record>
void get_fields(CompactReader& from, Record& record, uint32_t format);

template <class Struct>
void get_columns(CompactReader& from, std::vector<Struct>& values, uint32_t format) {
  values.resize(from.get_count(sizeof(Struct), 0));
  if (values.empty()) return;
  for_each_field<Struct>([&]<class T>(const Field<Struct, T>& field) {
    if (format < field.first_format) {
      for (Struct& value : values)
        value.*field.member = T{};
    } else if constexpr (std::is_same_v<T, cadre_id>) {
      for (Struct& value : values)
        from.get_text((value.*field.member).text, sizeof(cadre_id));
    } else {
      from.get_column(&(values.front().*field.member), values.size(), sizeof(Struct));
    }
  });
}

template <class T>
void get_value(CompactReader& from, T& value, uint32_t format) {
  if constexpr (std::is_arithmetic_v<T>) {
    from.get(value);
  } else if constexpr (std::is_same_v<T, base::Money>) {
    int64_t raw = 0;
    from.get(raw);
    value = base::Money::from_raw(raw);
  } else if constexpr (std::is_same_v<T, std::string>) {
    from.get_text(value);
  } else if constexpr (std::is_same_v<T, cadre_id>) {
    from.get_text(value.text, sizeof value);
  } else if constexpr (!is_vector<T>) {
    get_fields(from, value, format);
    if constexpr (requires { value.size; }) value.size = sizeof(T);
  } else if constexpr (base::Number<typename T::value_type>) {
    value.resize(from.get_count(sizeof(typename T::value_type), 0));
    from.get_column(value.data(), value.size());
  } else if constexpr (base::AbiStruct<typename T::value_type>) {
    get_columns(from, value, format);
  } else {
    value.resize(from.get_count(sizeof(typename T::value_type), 1));
    for (auto& element : value)
      get_value(from, element, format);
  }
}

template <class Record>
void get_fields(CompactReader& from, Record& record, uint32_t format) {
  for_each_field<Record>([&](const auto& field) { get_field(from, record, field, format); });
}

// A column is absent or has one number per instrument.
template <class... Column>
bool columns_fit(std::size_t instruments, const Column&... column) {
  return ((column.empty() || column.size() == instruments) && ...);
}

template <class Record>
bool columns_fit(const Record&) {
  return true;
}

bool columns_fit(const model::Bar& bar) {
  const std::size_t count = bar.close_e9.size();
  const std::size_t intraday = bar.has_intraday ? count : 0;
  return bar.valid.size() == count && bar.volume.size() == (bar.has_volume ? count : 0) &&
         bar.open_e9.size() == intraday && bar.high_e9.size() == intraday && bar.low_e9.size() == intraday &&
         columns_fit(count, bar.bid_e9, bar.ask_e9, bar.opening_bid_e9, bar.opening_ask_e9) &&
         bar.bid_e9.size() == bar.ask_e9.size() && bar.opening_bid_e9.size() == bar.opening_ask_e9.size();
}

bool columns_fit(const DecisionRecord& decision) {
  const std::size_t count = decision.price_e9.size();
  bool fit =
      columns_fit(count, decision.position_e9, decision.working_e9, decision.score, decision.score_valid);
  for (const StageEffect& stage : decision.stages)
    fit = fit && columns_fit(count, stage.target, stage.reasons);
  return fit;
}

}  // namespace

template <class Record>
void encode(base::Encoder& to, const Record& record) {
  CADRE_INVARIANT(columns_fit(record), "journal.columns", "the columns of a record have one length");
  CompactWriter writer(to);
  put_fields(writer, record);
}

template <class Record>
bool decode(base::Decoder& from, Record& record, uint32_t format) {
  if (format <= last_plain_format) {
    get_fields(from, record, format);
  } else {
    CompactReader reader(from);
    get_fields(reader, record, format);
  }
  return from.finished() && columns_fit(record);
}

// NOLINTBEGIN(bugprone-macro-parentheses): the argument is a type
#define CADRE_RECORD(Record)                              \
  template void encode(base::Encoder& to, const Record&); \
  template bool decode(base::Decoder& from, Record& record, uint32_t format)
// NOLINTEND(bugprone-macro-parentheses)
CADRE_RECORD(HeadRecord);
CADRE_RECORD(model::Bar);
CADRE_RECORD(SignalRecord);
CADRE_RECORD(UniverseRecord);
CADRE_RECORD(RevisionRecord);
CADRE_RECORD(DecisionRecord);
CADRE_RECORD(OrderRecord);
CADRE_RECORD(ReportRecord);
CADRE_RECORD(AccountRecord);
CADRE_RECORD(EndRecord);
CADRE_RECORD(CommandRecord);
CADRE_RECORD(CheckpointRecord);
CADRE_RECORD(CommitRecord);
CADRE_RECORD(NoteRecord);
CADRE_RECORD(TimerRecord);
CADRE_RECORD(ViewRecord);
CADRE_RECORD(OutcomeRecord);
CADRE_RECORD(OrderRequestRecord);
CADRE_RECORD(ParentOrderRecord);
#undef CADRE_RECORD

std::string_view record_type_name(RecordType type) {
  std::string_view name;
  std::apply([&](const auto&... row) { ((name = row.type == type ? row.name : name), ...); }, record_table);
  return name;
}

bool is_record_type_name(std::string_view name) {
  return std::apply([&](const auto&... row) { return ((row.name == name) || ...); }, record_table);
}

}  // namespace cadre::journal
