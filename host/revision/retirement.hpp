#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/base/problem.hpp"
#include "host/chain/chain.hpp"
#include "host/live/book_runner.hpp"

namespace cadre::revision {

/// Destroys chains that nobody needs any more under a watchdog: an agent whose destructor hangs holds up
/// nobody but itself.
class Retirement {
 public:
  struct Unfinished {
    std::string since;
    std::vector<std::string> libraries;
  };

  /// Destroys them on a thread of their own and waits for that, no longer than `patience`; what hangs goes on
  /// alone. Warning: RETIRE_HANGS. [any-thread]
  base::Problems retire(std::vector<std::shared_ptr<chain::Chain>> chains,
                        std::chrono::milliseconds patience = std::chrono::seconds(2));
  /// The same of a book that has ended, once nobody else has it any more.
  base::Problems retire(std::shared_ptr<live::BookRunner> book,
                        std::chrono::milliseconds patience = std::chrono::seconds(2));
  /// The same of anything that holds agents of these libraries.
  base::Problems retire(std::vector<std::string> libraries, std::shared_ptr<void> holder,
                        std::chrono::milliseconds patience = std::chrono::seconds(2));
  /// What has not returned yet. [any-thread]
  std::vector<Unfinished> unfinished() const;

 private:
  struct Farewell;
  base::Problems say_farewell(std::vector<std::string> libraries, std::function<void()> destroy,
                              std::chrono::milliseconds patience);
  mutable std::mutex mutex_;
  mutable std::vector<std::shared_ptr<Farewell>> late_;
};

}  // namespace cadre::revision
