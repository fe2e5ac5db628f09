#include "host/config/scenario_schema.hpp"

#include <boost/json.hpp>
#include <initializer_list>
#include <string>
#include <utility>

#include "host/agent/roles.hpp"

namespace cadre::config {

namespace {

namespace json = boost::json;

// One agent that fills one stage. INSTANCE stands for it below; "name" and "after" are added where they have
// a meaning.
constexpr std::string_view instance_text = R"json({
  "type": "object",
  "required": ["agent"],
  "properties": {
    "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]*$", "description": "how the instance is called in bindings, reports and logs; the stage's name when left out"},
    "agent": {"type": "string", "description": "an agent's id, as `cadre agent list` shows it"},
    "version": {"type": "string", "default": "*", "description": "a range of the plugin's versions: *, 1.2.3, ^1.2, ~1.2, >=1.0 <2"},
    "config": {"type": "object", "additionalProperties": true, "default": {}, "description": "the agent's own settings, checked against its manifest"},
    "bind": {"type": "object", "additionalProperties": true, "default": {}, "description": "service id to the name of the instance that provides it; only needed when several do"},
    "on_failure": {"type": "string", "enum": ["hold", "bypass"], "default": "hold", "description": "what the chain does for a decision in which this agent gives no valid answer: hold keeps every position as it is, bypass passes on what came in. Risk managers and execution rules cannot be bypassed: they fail closed"},
    "state": {"type": "string", "enum": ["migrate", "reset", "refuse"], "default": "migrate", "description": "when another agent takes this stage: migrate hands over what its predecessor learned, reset begins anew, refuse refuses the change when there is something to lose"},
    "isolation": {"type": "string", "enum": ["none", "process"], "default": "none", "description": "process: the agent runs in a child process over the same arena"}
  }
})json";

constexpr std::string_view chain_text = R"json({
  "type": "object",
  "properties": {
    "name": {"type": "string", "default": "chain"},
    "description": {"type": "string"},
    "risk_feedback": {
      "type": "object",
      "default": {},
      "description": "the loop analyze, adjust, analyze again",
      "properties": @risk_feedback_keys@
    },
    "constraints": {
      "type": "object",
      "default": {},
      "description": "bounds every agent sees and the host enforces after every stage; a book that is outside of one already may only shrink",
      "properties": @constraints_keys@
    }
  }
})json";

constexpr std::string_view scenario_text = R"json({
  "type": "object",
  "required": ["scenario", "chain", "data", "execution_environment"],
  "properties": {
    "name": {"type": "string", "default": "scenario", "description": "shown in reports"},
    "description": {"type": "string"},
    "scenario": {"const": "backtest", "description": "which kind of run this file is for"},
    "chain": CHAIN,
    "book": {
      "type": "object",
      "default": {},
      "properties": {
        "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,11}$", "default": "main", "description": "begins every client order id"},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "default": "USD", "description": "three capital letters as in ISO 4217; instruments in another currency are refused"},
        "initial_cash": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000000000000, "default": 1000000, "description": "in the book's currency"}
      }
    },
    "data": {
      "type": "object",
      "required": ["prices"],
      "properties": {
        "prices": {
          "type": "object",
          "required": ["file", "adjustment", "volume"],
          "properties": {
            "file": {"type": "string", "description": "CSV, relative to this file: wide closes (date,AA,...) or long bars (date,symbol,open,high,low,close,volume)"},
            "adjustment": {"type": "string", "enum": ["raw", "split", "total_return"], "description": "what the prices are adjusted for"},
            "volume": {"type": "string", "enum": ["shares", "none"], "description": "none: there is no volume, and volume checks do not apply"},
            "missing": {"type": "string", "enum": ["refuse", "carry", "leave"], "default": "refuse", "description": "a day without a price: refuse the file, carry the last price as a mark (not tradable), or leave it missing"},
            "instruments": {"type": "array", "items": {"type": "string"}, "uniqueItems": true, "default": [], "description": "the ones to use; empty: all"},
            "suspect_move": {"type": "number", "exclusiveMinimum": 0, "default": 0.25, "description": "a one-day move beyond this is reported as a suspected corporate action"}
          }
        },
        "signals": {
          "type": "object",
          "required": ["file"],
          "properties": {"file": {"type": "string", "description": "CSV or JSON lines of signals made elsewhere, relative to this file"}}
        },
        "from": {"type": "string", "description": "first date, YYYY-MM-DD"},
        "to": {"type": "string", "description": "last date, YYYY-MM-DD"},
        "periods_per_year": {"type": "number", "exclusiveMinimum": 0, "default": 252, "description": "bars a year"}
      }
    },
    "instruments": {
      "type": "object",
      "default": {},
      "properties": {
        "tick": {"type": "number", "exclusiveMinimum": 0, "default": 0.01, "description": "price step"},
        "lot": {"type": "number", "exclusiveMinimum": 0, "default": 1, "description": "quantity step"},
        "multiplier": {"type": "number", "exclusiveMinimum": 0, "default": 1, "description": "currency per unit of price and quantity"},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "default": "USD"},
        "groups": {"type": "object", "additionalProperties": true, "default": {}, "description": "instrument to group (sector)"}
      }
    },
    "universe": {
      "type": "array",
      "default": [],
      "description": "dated changes of the universe; before the first one all instruments of the data are in it",
      "items": {
        "type": "object",
        "required": ["from", "instruments"],
        "properties": {
          "from": {"type": "string", "description": "first date it holds for, YYYY-MM-DD"},
          "instruments": {"type": "array", "minItems": 1, "items": {"type": "string"}, "uniqueItems": true}
        }
      }
    },
    "changes": {
      "type": "array",
      "default": [],
      "description": "dated changes of the configuration: what an operator would have applied",
      "items": {
        "type": "object",
        "required": ["at"],
        "properties": {
          "at": {"type": "string", "description": "applied after the decision of this date, YYYY-MM-DD"},
          "set": {"type": "object", "additionalProperties": true, "description": "JSON pointer to new value"},
          "rollback": {"type": "boolean", "default": false, "description": "back to the revision before the last change"},
          "state": {"type": "string", "enum": ["migrate", "reset"], "default": "migrate", "description": "what replaced agents do with what their predecessors learned"},
          "reason": {"type": "string", "default": ""}
        }
      }
    },
    "execution_environment": INSTANCE,
    "pre_trade_checks": {
      "type": "object",
      "default": {},
      "properties": @pre_trade_checks_keys@
    },
    "seed": {"type": "integer", "minimum": 0, "default": 1, "description": "of the random numbers that agents draw"}
  }
})json";

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string result(text);
  for (std::size_t at = result.find(what); at != std::string::npos; at = result.find(what, at + by.size())) {
    result.replace(at, what.size(), by);
  }
  return result;
}

/// The keys of one section, as the rows of host/config/keys say.
std::string keys_schema(std::initializer_list<std::pair<const char*, const char*>> rows) {
  json::object properties;
  for (const auto& [name, members] : rows)
    properties[name] = json::parse("{" + std::string(members) + "}");
  return json::serialize(properties);
}

#define KEY(name, type, schema) {#name, schema},
/// A schema's text with the keys of its sections filled in.
std::string with_keys(std::string_view text) {
  std::string all = replaced(text, "@risk_feedback_keys@",
                             keys_schema({
#include "host/config/keys/risk_feedback.inc"
                             }));
  all = replaced(all, "@constraints_keys@",
                 keys_schema({
#include "host/config/keys/constraints.inc"
                 }));
  return replaced(all, "@pre_trade_checks_keys@",
                  keys_schema({
#include "host/config/keys/pre_trade_checks.inc"
                  }));
}
#undef KEY

/// One agent, or a list of them, as the table of roles says.
json::value stage_schema(const agent::Role& role) {
  json::object instance = json::parse(instance_text).as_object();
  if (!role.many()) {
    instance["description"] = role.text;
    return instance;
  }
  json::object list{{"type", "array"}};
  if (role.count == agent::Count::some) list["minItems"] = 1;
  list["items"] = std::move(instance);
  if (role.count == agent::Count::any) list["default"] = json::array();
  list["description"] = role.text;
  return list;
}

/// The stages of the table of roles, in its order, stand before the chain's own keys.
json::value whole_chain_schema() {
  json::object schema = json::parse(with_keys(chain_text)).as_object();
  const json::object own = schema.at("properties").as_object();
  json::object properties;
  json::array required;
  for (const char* key : {"name", "description"})
    properties[key] = own.at(key);
  for (const agent::Role& role : agent::roles()) {
    if (role.number == agent::RoleId::execution_environment) continue;  // the scenario's
    properties[role.key] = stage_schema(role);
    if (role.required()) required.push_back(json::value(role.key));
  }
  for (const auto& [key, value] : own)
    properties[key] = value;
  schema["required"] = std::move(required);
  schema["properties"] = std::move(properties);
  return schema;
}

}  // namespace

const json::value& chain_schema() {
  static const json::value schema = whole_chain_schema();
  return schema;
}

const json::value& scenario_schema() {
  static const json::value schema =
      json::parse(replaced(replaced(with_keys(scenario_text), "CHAIN", json::serialize(chain_schema())),
                           "INSTANCE", instance_text));
  return schema;
}

}  // namespace cadre::config
