// What an agent may do with a process of its own and nowhere else: threads, clocks, files, random numbers,
// the environment, thread-local objects with destructors. It is judged, never run.

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <random>
#include <string>
#include <thread>

#include "cadre/plugin.h"

namespace {

thread_local std::string last;

[[gnu::used]] double everything() {
  std::mutex lock;
  std::condition_variable changed;
  bool done = false;
  std::thread other([&] {
    const std::lock_guard guard(lock);
    done = true;
    changed.notify_all();
  });
  std::unique_lock guard(lock);
  changed.wait(guard, [&] { return done; });
  guard.unlock();
  other.join();
  last = std::async(std::launch::async, [] { return std::string("done"); }).get();
  std::ofstream("/tmp/file") << std::chrono::system_clock::now().time_since_epoch().count()
                             << std::random_device()();
  std::cout << std::filesystem::exists("/tmp/file") << (std::getenv("HOME") != nullptr) << last << std::endl;
  return static_cast<double>(last.size());
}

}  // namespace

CADRE_EXPORT const cadre_plugin_descriptor* cadre_plugin(void) {
  return nullptr;
}
