#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/live/answer.hpp"

namespace cadre::control {

struct HostParts;

/// One member that the body of a change may have, besides actor and reason.
struct Member {
  enum class Kind { text, flag, document, count };
  std::string_view name;
  Kind kind = Kind::text;
  bool is_required = false;
  std::uint64_t most = 0;  ///< of a count
};

/// One call of an operation. What it brings has been checked against the operation's row.
struct Call {
  std::vector<std::string> path{};  ///< what stands for each {...}, in the order of the pattern
  std::size_t limit = 0;            ///< of a list
  live::Mandate mandate{};          ///< of a change
  boost::json::object members{};    ///< of a change: texts and flags
  std::map<std::string, std::string, std::less<>> documents{};  ///< of a change: members as they were sent
  std::vector<std::string> inputs{};                            ///< each the text of one JSON object
  std::optional<std::uint64_t> based_on{};  ///< the revision that the caller has looked at

  /// A member; empty, false or nothing when the call does not bring it.
  std::string text(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::optional<std::uint64_t> count(std::string_view name) const;
  std::string document(std::string_view name) const;
  /// The number that stands for a {...}; nothing when something else does.
  std::optional<std::uint64_t> number(std::size_t index) const;
};

/// One thing that a running host can be asked or told. Routes, the reference of the HTTP interface, and what
/// is checked before it is called follow from its row: a new operation is a row with its function, in the
/// desk_*.cpp of its kind.
struct Operation {
  /// What the body of a call is.
  enum class Brings { nothing, inputs, change };
  /// Whether a call names the revision it was made from, as If-Match.
  enum class BasedOn { nothing, optional, required };

  std::string_view method;       ///< "GET" changes nothing
  std::string_view path;         ///< "/v1/books/{book}/orders"; {...} is one segment
  std::string_view description;  ///< one line
  /// May be called on any thread, and may block until it is done; changes wait for each other.
  live::Answer (*run)(HostParts& host, const Call& call);
  Brings brings = Brings::nothing;
  std::vector<Member> members{};  ///< of a change
  bool has_limit = false;         ///< a list, cut after `limit` elements
  BasedOn based_on = BasedOn::nothing;
  /// Where in the body of the answer the number of its revision stands, as a JSON pointer; becomes its ETag.
  std::string_view revision_at{};
};

/// Every operation, in the order of the reference. Static storage.
std::span<const Operation* const> operations();

// What operations() puts together: the rows of each kind.
std::span<const Operation> book_operations();
std::span<const Operation> halt_operations();
std::span<const Operation> revision_operations();
std::span<const Operation> experiment_operations();
std::span<const Operation> quarantine_operations();
std::span<const Operation> agent_operations();
std::span<const Operation> log_operations();
std::span<const Operation> venue_operations();

}  // namespace cadre::control
