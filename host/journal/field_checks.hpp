#pragma once

#include <cstddef>
#include <utility>

#include "host/journal/fields.hpp"

/// Proof at compile time that the table of fields leaves no member out.
namespace cadre::journal {

/// Stands for a value of any type where nothing is evaluated.
struct AnyValue {
  template <class T>
  operator T() const;
};

template <class Aggregate, std::size_t... I>
constexpr bool takes_values(std::index_sequence<I...>) {
  return requires {
    Aggregate{(static_cast<void>(I), AnyValue{})...};
  };
}

/// How many members an aggregate has.
template <class Aggregate, std::size_t count = 32>
constexpr std::size_t member_count() {
  if constexpr (count == 0 || takes_values<Aggregate>(std::make_index_sequence<count>()))
    return count;
  else
    return member_count<Aggregate, count - 1>();
}

template <class Record, class T>
constexpr bool has_member(const Field<Record, T>&) {
  return true;
}
template <class T>
constexpr bool has_member(const RetiredField<T>&) {
  return false;
}

/// Whether the table names as many members as there are.
template <class Record>
constexpr bool is_complete() {
  std::size_t named = 0;
  for_each_field<Record>([&](const auto& field) { named += has_member(field) ? 1 : 0; });
  return named == member_count<Record>();
}

/// Whether the fields of a struct of the ABI fill it: there is no padding, so nothing is left out.
template <class Struct>
constexpr bool fills_struct() {
  std::size_t bytes = 0;
  for_each_field<Struct>([&]<class T>(const Field<Struct, T>&) { bytes += sizeof(T); });
  return bytes == sizeof(Struct);
}

}  // namespace cadre::journal
