#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

/// What must hold whatever a user, an agent or a venue does: docs/concepts/invariants.md lists every one by
/// name. They are checked in release builds too. One that is broken ends what is being done by an exception,
/// which the driver of the book catches: that book stops with the reason, and no other.
namespace cadre::base {

/// What this thread is working on, for the message of a broken invariant. The text has to outlive it.
struct Occasion {
  std::string_view book{};
  std::uint64_t event = 0;  ///< its sequence number
};
Occasion& occasion();

/// "the invariant portfolio.identities is broken: cash + positions = equity (book main, event 12,
/// portfolio.cpp:88)"
class InvariantBroken : public std::logic_error {
 public:
  InvariantBroken(std::string_view name, const std::string& message);
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

[[noreturn]] void invariant_broken(std::string_view name, std::string_view claim, const char* file, int line);

}  // namespace cadre::base

/// CADRE_INVARIANT(cash_adds_up(), "portfolio.identities", "cash + positions = equity");
/// A build with CADRE_WITHOUT_INVARIANTS leaves them out, to measure what they cost. Nothing else may.
#ifdef CADRE_WITHOUT_INVARIANTS
#define CADRE_INVARIANT(holds, name, claim) \
  do {                                      \
    if (false && !(holds)) (void)0;         \
  } while (false)
#else
#define CADRE_INVARIANT(holds, name, claim)                             \
  do {                                                                  \
    if (!(holds)) [[unlikely]]                                          \
      ::cadre::base::invariant_broken(name, claim, __FILE__, __LINE__); \
  } while (false)
#endif
