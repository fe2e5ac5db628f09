#pragma once

#include <boost/json.hpp>

namespace cadre::app::testing {

/// A host of two books, one of them in trouble.
inline boost::json::value status_fixture() {
  return boost::json::parse(R"({
    "name": "demo", "state": "running", "ready": true, "since": "2026-11-25T02:04:39Z",
    "host_version": "0.9.0", "pid": 4711, "state_folder": "runs/live",
    "revision": {"number": 42, "based_on": 41, "since": "2026-11-25T02:10:00.5Z", "actor": "ann",
                 "reason": "the limit of the largest position goes from ten to eight per cent"},
    "books": [
      {"book": "main", "state": "deciding", "date": "2011-05-02", "sequence": 900, "decisions": 1234,
       "orders": 5678, "open_orders": 3, "equity": "1034567.50", "cash": "1000", "profit": "34567.5",
       "currency": "USD", "queue": {"depth": 0, "capacity": 1024}, "revision": 42,
       "stages": [
         {"stage": "position_sizer", "agent": "cadre.position_sizer.kelly_with_a_long_name", "version": "1.0.0",
          "sha256": "ab", "since_revision": 40, "failures": 0, "isolation": "none"},
         {"stage": "risk_manager", "agent": "cadre.risk_manager.cvar", "version": "2.1.0", "sha256": "cd",
          "since_revision": 42, "failures": 2, "isolation": "process"}],
       "processes": [{"pid": 4712, "stages": ["risk_manager"], "processor_seconds": 12.4, "resident_bytes": 41943040, "own_bytes": 36700160, "grown_bytes": 4194304, "data_bytes": 73400320, "data_bytes_most": 2147483648}]},
      {"book": "second", "state": "halted", "reason": "drawdown of 12 %", "date": "2011-05-02",
       "decisions": 9, "open_orders": 0, "equity": "-5", "profit": "-1000005", "currency": "USD",
       "queue": {"depth": 600, "capacity": 1024}}],
    "refused": [{"time": "2026-11-25T02:20:00Z", "actor": "watch", "source": "host.json", "problems": [
      {"code": "CONFIG_OUT_OF_RANGE", "severity": "error", "file": "chain.json", "line": 14, "column": 22,
       "pointer": "/risk/max", "message": "0 is below the minimum 1", "next_step": "use at least 1"}]}],
    "waiting": ["libnew.so: does not match its manifest yet"],
    "retained": [{"library": "libold.so", "reason": "a thread of it runs"}],
    "experiments": [{"name": "hrp", "book": "main", "state": "running", "since": "2026-11-25T02:30:00Z",
                     "periods": 1200, "verdict": "inconclusive"}],
    "next_steps": ["`cadre resume --book second --reason ...` once the drawdown is understood"]})");
}

}  // namespace cadre::app::testing
