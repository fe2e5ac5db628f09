#pragma once

#include "cadre/role/signal_source.h"
#include "interpreter.hpp"

namespace cadre::python_host {

/// One live agent: an object of the author's class, and the calls into it. Every function holds the
/// interpreter's lock while it runs; none lets an exception out.
class Instance {
 public:
  Instance(const cadre_host* host, const Declared& declared) : host_(host), declared_(declared) {}
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  cadre_status configure(cadre_string config);
  cadre_status require(cadre_requirements& out) const;
  cadre_status observe(const cadre_event& event, const cadre_execution_state& state);
  cadre_status save(cadre_buffer& out) const;
  cadre_status load(const std::uint8_t* data, std::uint64_t length);
  /// `adjust_trades` or `propose_trades`: changes the targets in place, or returns all weights.
  cadre_status change_targets(const cadre_execution_state& state, cadre_targets& targets) const;
  cadre_status generate_signals(const cadre_execution_state& state, cadre_signal_list& out) const;

 private:
  /// An object of the class with its settings; false with an exception pending.
  bool make(cadre_string config);
  /// Says what is pending and makes a status of it.
  cadre_status fail() const;
  cadre_status refuse(const std::string& sentence, cadre_status status) const;
  /// Ends the views of a call; OK when the call went well and nobody kept an array.
  cadre_status finish(bool went_well, const Owned& state, const Owned& targets) const;

  const cadre_host* host_;
  const Declared& declared_;
  Owned object_;
  Owned decide_;   ///< its bound method of the role
  Owned observe_;  ///< null: the class has none
};

/// The name of the method that decides in a role; null for a role that is not played in Python.
const char* method_of(std::string_view role);

}  // namespace cadre::python_host
