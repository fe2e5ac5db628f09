#include "host/revision/retirement.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include "host/base/date.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/live/event_feed.hpp"

namespace cadre::revision {

/// Shared with the thread, which may outlive everybody else.
struct Retirement::Farewell {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  Unfinished shown;
};

namespace {

constexpr std::chrono::milliseconds holder_look_interval{5};

/// Those of the agents that no other chain has.
std::vector<std::string> libraries_of(const std::vector<std::shared_ptr<chain::Chain>>& chains) {
  std::map<const agent::LiveAgent*, long> held;
  for (const auto& chain : chains) {
    std::as_const(*chain).each_stage([&](const chain::Stage& stage) { ++held[stage.agent.get()]; });
    for (const chain::HotChange& change : chain->hot_changes)
      ++held[&change.agent()];
  }
  std::vector<std::string> libraries;
  for (const auto& chain : chains) {
    std::as_const(*chain).each_stage([&](const chain::Stage& stage) {
      const std::string library = stage.agent->manifest().library.string();
      const bool leaves = stage.agent.use_count() == held[stage.agent.get()];
      if (leaves && std::find(libraries.begin(), libraries.end(), library) == libraries.end())
        libraries.push_back(library);
    });
  }
  return libraries;
}

}  // namespace

base::Problems Retirement::retire(std::vector<std::shared_ptr<chain::Chain>> chains,
                                  std::chrono::milliseconds patience) {
  std::erase(chains, nullptr);
  std::vector<std::string> libraries = libraries_of(chains);
  if (libraries.empty()) return {};  // no agent leaves with them
  const auto leaving = std::make_shared<std::vector<std::shared_ptr<chain::Chain>>>(std::move(chains));
  return say_farewell(
      std::move(libraries), [leaving] { leaving->clear(); }, patience);
}

base::Problems Retirement::retire(std::shared_ptr<live::BookRunner> book,
                                  std::chrono::milliseconds patience) {
  std::vector<std::string> libraries;
  book->chain().each_stage([&](const chain::Stage& stage) {
    const std::string library = stage.agent->manifest().library.string();
    if (std::find(libraries.begin(), libraries.end(), library) == libraries.end())
      libraries.push_back(library);
  });
  return retire(std::move(libraries), std::shared_ptr<void>(std::move(book)), patience);
}

base::Problems Retirement::retire(std::vector<std::string> libraries, std::shared_ptr<void> holder,
                                  std::chrono::milliseconds patience) {
  const auto leaving = std::make_shared<std::shared_ptr<void>>(std::move(holder));
  // Whoever has just asked it something still holds it, and is not the one to destroy agents.
  return say_farewell(
      std::move(libraries),
      [leaving] {
        while (leaving->use_count() > 1)
          std::this_thread::sleep_for(holder_look_interval);
        leaving->reset();
      },
      patience);
}

base::Problems Retirement::say_farewell(std::vector<std::string> libraries, std::function<void()> destroy,
                                        std::chrono::milliseconds patience) {
  const auto farewell = std::make_shared<Farewell>();
  farewell->shown = {base::now_text(), std::move(libraries)};
  try {
    std::thread([farewell, destroy] {
      destroy();
      const std::lock_guard lock(farewell->mutex);
      farewell->done = true;
      farewell->changed.notify_all();
    }).detach();
  } catch (const std::system_error&) {
    destroy();  // there is no thread to be had: here, without a watchdog
    return {};
  }
  {
    std::unique_lock lock(farewell->mutex);
    if (farewell->changed.wait_for(lock, patience, [&] { return farewell->done; })) return {};
  }
  base::Problems problems;
  problems.warning("RETIRE_HANGS", base::Place::of(farewell->shown.libraries.front()),
                   "destroying the replaced agents of " + base::join(farewell->shown.libraries, ", ") +
                       " has not returned within " + std::to_string(patience.count()) + " ms",
                   "they are in the way of nobody; restart the host when convenient");
  base::log_event(base::LogLevel::error, "retire_hangs",
                  {{"libraries", base::join(farewell->shown.libraries, ", ")}});
  const std::lock_guard lock(mutex_);
  late_.push_back(farewell);
  return problems;
}

std::vector<Retirement::Unfinished> Retirement::unfinished() const {
  const std::lock_guard lock(mutex_);
  std::vector<Unfinished> unfinished;
  std::erase_if(late_, [&](const std::shared_ptr<Farewell>& farewell) {
    const std::lock_guard inner(farewell->mutex);
    if (!farewell->done) unfinished.push_back(farewell->shown);
    return farewell->done;
  });
  return unfinished;
}

}  // namespace cadre::revision
