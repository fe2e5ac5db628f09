#include "host/agent/allowed_imports.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace cadre::agent {

namespace {

/// A list of groups taken apart: whole names to look up, patterns to try one after another.
class Names {
 public:
  void add(std::string_view names, int group) {
    for (std::size_t at = 0; at < names.size();) {
      const std::size_t begin = names.find_first_not_of(" \n", at);
      if (begin == std::string_view::npos) return;
      const std::size_t end = std::min(names.find_first_of(" \n", begin), names.size());
      add_word(names.substr(begin, end - begin), group);
      at = end;
    }
  }
  /// The number of the group that has the name, or -1.
  int find(std::string_view name) const {
    if (const auto found = whole_.find(std::string(name)); found != whole_.end()) return found->second;
    for (const auto& [pattern, group] : patterns_) {
      if (fits(name, pattern)) return group;
    }
    return -1;
  }

 private:
  void add_word(std::string_view word, int group) {
    constexpr std::string_view in_three_widths = "=fl";
    if (word.ends_with(in_three_widths)) {
      const std::string name(word.substr(0, word.size() - in_three_widths.size()));
      for (const char* width : {"", "f", "l"})
        whole_.emplace(name + width, group);
    } else if (word.find('*') != std::string_view::npos) {
      patterns_.emplace_back(word, group);
    } else {
      whole_.emplace(word, group);
    }
  }

  std::unordered_map<std::string, int> whole_;
  std::vector<std::pair<std::string_view, int>> patterns_;
};

template <class Group>
Names names_of(std::span<const Group> groups) {
  Names names;
  int number = 0;
  for (const Group& group : groups)
    names.add(group.names, number++);
  return names;
}

/// Longer than any name that a list has.
constexpr std::size_t name_of_interest_most = 512;

}  // namespace

bool fits(std::string_view name, std::string_view pattern) {
  std::size_t n = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

ImportVerdict judge_import(std::string_view symbol, ImportList list) {
  static const Names refused = names_of(refused_imports());
  static const Names allowed = names_of(allowed_imports());
  static const Names isolated = names_of(isolated_imports());
  if (symbol.size() > name_of_interest_most) return {};
  if (const int group = refused.find(symbol); group >= 0) {
    const RefusedGroup& found = refused_imports()[static_cast<std::size_t>(group)];
    if (list == ImportList::in_process || found.isolated_too) return {false, found.sentence, found.instead};
  }
  const bool is_listed =
      allowed.find(symbol) >= 0 || (list == ImportList::isolated && isolated.find(symbol) >= 0);
  return {is_listed, {}, {}};
}

}  // namespace cadre::agent
