#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace cadre::revision {

struct WatchOptions {
  std::vector<std::filesystem::path> folders;  ///< with all folders below; one that is not there may come
  /// Quiet after the last change before it is told; under a steady stream it is told after ten times this.
  std::chrono::milliseconds debounce{200};
  /// How often names, sizes, times and inodes are compared, for what sends no events: network file systems,
  /// what a symbolic link points to, a folder that was replaced. 0: never.
  std::chrono::milliseconds poll{2000};
  /// Whether to ask the kernel for events at all.
  bool events = true;
  std::filesystem::path except{};  ///< a folder below them that is not looked at; empty: none
};

/// Tells when something below some folders has changed, not what: whoever is told reads the folders again. A
/// call may come without a difference; no difference stays untold for longer than `poll`.
class FolderWatch {
 public:
  /// What is there now counts as known; changes from here on are told. `changed` is called on the watch's own
  /// thread, one call at a time, must not throw, and may call set_folders.
  FolderWatch(WatchOptions options, std::function<void()> changed);
  /// Waits for a call that is running; none begins afterwards. Not from within `changed`.
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  /// What is in them when it returns counts as known. [any-thread]
  void set_folders(std::vector<std::filesystem::path> folders);
  /// Counts from the next change on. [any-thread]
  void set_timing(std::chrono::milliseconds debounce, std::chrono::milliseconds poll);
  /// Tells once more, after the debounce, whether anything has changed or not. [any-thread]
  void tell_again();

  /// How many folders send events. Below the number of folders there are, only the comparison finds the
  /// rest. [any-thread]
  std::size_t folders_with_events() const;

 private:
  class Watcher;
  std::unique_ptr<Watcher> watcher_;
};

}  // namespace cadre::revision
