#include "host/agent/roles.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace cadre::agent {

namespace {

// Roles that only change targets have tables of one shape: a process of its own serves them all alike.
struct TargetsTable {
  std::uint32_t size;
  std::uint32_t reserved;
  cadre_status (*change)(const void* self, const cadre_execution_state* state, cadre_targets* targets);
};

template <class Table, auto function>
cadre_status change(const void* table, const void* self, const cadre_execution_state* state,
                    cadre_targets* targets) {
  static_assert(sizeof(Table) == sizeof(TargetsTable), "a role that only changes targets has one function");
  return (static_cast<const Table*>(table)->*function)(self, state, targets);
}

#define FUNCTIONS(...) __VA_ARGS__
#define ROW(name, key, count, on_failure, id, table, functions, changes, text)    \
  constexpr std::string_view name##_functions[] = {FUNCTIONS functions};          \
  static_assert(sizeof(table) == 8 + sizeof(void*) * std::size(name##_functions), \
                #name " lists all functions");
#include "host/agent/role_table.inc"
#undef ROW

#define CHANGES(table, function) &change<table, &table::function>
constexpr bool policy = false, closed = true;
#define ROW(name, key, count, on_failure, id, table, functions, changes, text)      \
  Role{RoleId::name,     #name,   key, Count::count, on_failure, id, sizeof(table), \
       name##_functions, changes, text},
constexpr Role table[] = {
#include "host/agent/role_table.inc"
};
#undef ROW

}  // namespace

std::span<const Role> roles() {
  return table;
}

const Role& role(RoleId number) {
  return table[static_cast<std::size_t>(number)];
}

const Role* find_role(std::string_view declared) {
  const auto* found = std::find_if(std::begin(table), std::end(table),
                                   [&](const Role& each) { return each.is_played_by(declared); });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace cadre::agent
