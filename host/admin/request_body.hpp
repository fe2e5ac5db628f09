#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/admin/http_message.hpp"
#include "host/control/operation.hpp"

namespace cadre::admin {

// Bodies are cut, not written anew: a price keeps its digits and a configuration its lines.

/// The texts of the elements of a JSON array. The text must be valid.
std::vector<std::string> element_texts(std::string_view array_text);
/// The text of one member of a JSON object, with the blanks before it; empty when there is none. The text
/// must be valid.
std::string member_text(std::string_view object_text, std::string_view key);

/// Objects that one request may bring.
constexpr std::size_t inputs_max = 100'000;

/// The objects of a body: one or an array of them (application/json), or one per line (application/x-ndjson).
/// Else a response: 400, 413, 415 or 422.
std::optional<Response> read_inputs(const Request& request, std::vector<std::string>& texts);

/// Characters of the two texts that a change is journaled with.
constexpr std::size_t reason_characters_max = 1'000, actor_characters_max = 100;

/// Reads the change that somebody asks for into a call: an object with actor, reason, and the members of the
/// operation. The actor of the call is the user at the other end of the socket, and the name that the body
/// may add: `anna (root)`; at 127.0.0.1 the name, as `anna (token)`. Else a response: 400, 415 or 422, with
/// every fault of the body.
std::optional<Response> read_change(const Request& request, std::span<const control::Member> members,
                                    control::Call& call);

}  // namespace cadre::admin
