#include "host/config/scenario_schema.hpp"

#include <boost/json.hpp>
#include <string>
#include <utility>

#include "host/agent/roles.hpp"
#include "host/config/key_sections.hpp"

namespace cadre::config {

namespace {

namespace json = boost::json;

// One agent that fills one stage. INSTANCE stands for it below.
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
    "on_error": {"type": "string", "enum": ["reset", "quarantine"], "default": "reset", "description": "what becomes of an instance that answers error: reset puts a fresh one in its place, warmed up, after the event; quarantine calls it no more until another version or other settings take its stage. One that answers fatal is quarantined in any case. In a running host reset also gives one whose process is gone a fresh process, as `cadre agent restart` does, unless that happens three times within a hundred bars"},
    "state": {"type": "string", "enum": ["migrate", "reset", "refuse"], "default": "migrate", "description": "when another agent takes this stage: migrate hands over what its predecessor learned, reset begins anew, refuse refuses the change when there is something to lose"},
    "isolation": {"type": "string", "enum": ["none", "process", "process_alone"], "description": "process: the agent runs in a child process over the same arena, together with the other isolated agents of its book; process_alone: in a child of its own. An environment that touches a market is always alone. none: in the process of the host. Left out: none in a backtest; a running host takes none for agents that it trusts, which are those built with it, those that /trust names and those in a folder of root, and process for all others"}
  }
})json";

// Of trade adjusters alone.
constexpr std::string_view after_text = R"json({
  "type": "string", "enum": ["position_sizer", "portfolio_optimizer", "risk_feedback", "correlation_adjuster"],
  "default": "correlation_adjuster", "description": "where it stands: behind this step of the decision, whether there is an agent for it or not"
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
      "properties": {@risk_feedback_keys@}
    },
    "constraints": {
      "type": "object",
      "default": {},
      "description": "bounds every agent sees and the host enforces after every stage; a book that is outside of one already may only shrink",
      "properties": {@constraints_keys@}
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
      "properties": {@book_keys@}
    },
    "data": {
      "type": "object",
      "required": ["prices"],
      "properties": {
        "prices": {
          "type": "object",
          "required": ["file", "adjustment", "volume"],
          "properties": {@prices_keys@}
        },
        "signals": {
          "type": "object",
          "required": ["file"],
          "properties": {@signals_keys@}
        },
        @period_keys@
      }
    },
    "instruments": {
      "type": "object",
      "default": {},
      "properties": {
        @instruments_keys@,
        "groups": {"type": "object", "additionalProperties": true, "default": {}, "description": "instrument to group (sector)"},
        "file": {"type": "string", "description": "CSV or JSON, relative to this file: a table of instruments with the columns of /instruments/table. What it holds becomes part of the configuration, in its place"},
        "table": {"type": "array", "description": "one row for each instrument; what a row leaves out is as these keys say", "items": {"type": "object", "required": ["id"], "properties": {@instrument_row_keys@}}}
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
      "properties": {
        @pre_trade_checks_keys@,
        "limits": {"type": "array", "default": [], "description": "stricter bounds for orders of an instrument, or for a book that runs an agent", "items": {"type": "object", "additionalProperties": false, "properties": {@limit_keys@}}}
      }
    },
    "seed": {"type": "integer", "minimum": 0, "default": 1, "description": "of the random numbers that agents draw"}
  }
})json";

/// One agent, or a list of them, as the table of roles says.
json::value stage_schema(const agent::Role& role) {
  json::object instance = json::parse(instance_text).as_object();
  if (!role.many()) {
    instance["description"] = role.text;
    return instance;
  }
  if (role.number == agent::RoleId::trade_adjuster)
    instance["properties"].as_object()["after"] = json::parse(after_text);
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
