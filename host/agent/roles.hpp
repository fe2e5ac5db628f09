#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cadre/cadre.h"

namespace cadre::agent {

/// The roles that agents play, in the order of a decision. One row of role_table.inc each.
enum class RoleId : std::uint32_t {
#define ROW(name, ...) name,
#include "host/agent/role_table.inc"
#undef ROW
};

/// How many agents of one role a chain has.
enum class Count { one, optional, some, any };

/// The function of a role that gets targets and changes them. `table`: the agent's function table.
using ChangeTargets = cadre_status (*)(const void* table, const void* self,
                                       const cadre_execution_state* state, cadre_targets* targets);

struct Role {
  RoleId number;
  std::string_view name;  ///< of an instance that was given none: "risk_manager"
  std::string_view key;   ///< in the configuration: "risk_managers"
  Count count;
  bool fails_closed;    ///< its failures cannot be bypassed
  std::string_view id;  ///< what manifests name: "cadre.risk_manager/1"
  std::uint32_t table_bytes;
  std::span<const std::string_view> functions;  ///< of its table, in order
  ChangeTargets change_targets;                 ///< null: it does something else
  std::string_view text;

  bool many() const { return count == Count::some || count == Count::any; }
  bool required() const { return count == Count::one || count == Count::some; }
  /// Whether an agent of the role `declared` may fill its stages: providers of any service do what providers
  /// of covariances do.
  bool is_played_by(std::string_view declared) const {
    return declared == id || (number == RoleId::service && declared == CADRE_ROLE_SERVICE_PROVIDER);
  }
};

/// All of them, in the order of a decision.
std::span<const Role> roles();
const Role& role(RoleId number);
/// The role that an agent declares; null for one that this host does not know.
const Role* find_role(std::string_view declared);
inline constexpr std::size_t role_count = 0
#define ROW(...) +1  // NOLINT(bugprone-macro-parentheses): one more summand for each row
#include "host/agent/role_table.inc"
#undef ROW
    ;

}  // namespace cadre::agent
