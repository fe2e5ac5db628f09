#pragma once

#include <span>
#include <string_view>

namespace cadre::agent {

/// Which imports a library is allowed: those of an agent in the host's process, or the wider ones of an agent
/// with a process of its own ("isolation": "process").
enum class ImportList { in_process, isolated };

/// Names that belong together, written with spaces between them. "*" stands for any text; "name=fl" for name,
/// namef and namel.
struct ImportGroup {
  std::string_view title;
  std::string_view
      sentence;  ///< why they are allowed, or, of a refused group, what they do ("starts threads")
  std::string_view names;
};
/// What an agent in the process may import, and what it may import besides where it has its own.
std::span<const ImportGroup> allowed_imports();
std::span<const ImportGroup> isolated_imports();

/// Names that are refused although a pattern above would let them through, or whose refusal has a reason and
/// something to use instead. The others are refused since they are not on the list.
struct RefusedGroup {
  std::string_view sentence;  ///< "starts threads"
  std::string_view instead;   ///< what to do, as a next step
  bool isolated_too = false;  ///< refused with a process of its own as well
  std::string_view names;
};
std::span<const RefusedGroup> refused_imports();

struct ImportVerdict {
  bool allowed = false;
  std::string_view sentence{};  ///< why not, as words ("starts threads"); empty when it is on no list at all
  std::string_view instead{};   ///< what to do then, may be empty
};
/// Judges one import by its name without version. Never fails; [any-thread].
ImportVerdict judge_import(std::string_view symbol, ImportList list);

/// Whether a name fits one word of a group: "*" stands for any text.
bool fits(std::string_view name, std::string_view pattern);

}  // namespace cadre::agent
