#include "host/base/version.hpp"

#include "host/base/hash.hpp"

namespace cadre::base {

namespace {

constexpr std::string_view compiler =
#if defined(__clang__)
    "clang " __clang_version__;
#elif defined(__GNUC__)
    "gcc " __VERSION__;
#else
    "unknown";
#endif

}  // namespace

std::string_view version() {
  return CADRE_VERSION;
}

const Build& this_build() {
  static const Build build = [] {
    constexpr std::uint64_t program_bytes_most = 1ULL << 30;
    auto digest = sha256_file("/proc/self/exe", program_bytes_most);
    return Build{std::string(version()), digest ? std::move(digest).take() : std::string(),
                 std::string(compiler)};
  }();
  return build;
}

}  // namespace cadre::base
