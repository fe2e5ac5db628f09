#include "host/agent/store.hpp"

#include <elf.h>
#include <sys/stat.h>

#include <fstream>

#include <gmock/gmock.h>

#include "host/agent/catalog.hpp"
#include "host/agent/library.hpp"
#include "host/base/hash.hpp"
#include "tests/unit/agent/test_agents.hpp"

namespace cadre::agent {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A plugin of its own in a folder, to be spoiled.
struct Plugin {
  TestFolder folder;
  std::string bytes = library_bytes(*test_manifest("good"));

  /// Writes these bytes as the library; the manifest fits them, or the original ones.
  Manifest with(const std::string& library, bool restamped) {
    auto text = base::read_file(test_manifest("good")->file);
    std::string manifest = std::move(text).take();
    if (restamped) manifest = replaced(manifest, base::sha256_hex(bytes), base::sha256_hex(library));
    folder.write("plugin/test_agent_good.so", library);
    auto read = read_manifest(folder.write("plugin/good.json", manifest));
    EXPECT_TRUE(read);
    return std::move(read).take();
  }
  Store store() const { return Store(folder.path() / "store"); }
  bool stored_anything() const { return fs::exists(folder.path() / "store"); }
  std::string refusal(const std::string& library, bool restamped) {
    const auto adopted = store().adopt(with(library, restamped), ImportList::in_process);
    EXPECT_FALSE(adopted);
    EXPECT_FALSE(stored_anything());
    return codes_of(adopted.problems()) + "\n" + lines_of(adopted.problems());
  }
};

TEST(Store, keeps_a_copy_under_its_digest) {
  Plugin plugin;
  const auto adopted = plugin.store().adopt(plugin.with(plugin.bytes, false), ImportList::in_process);
  ASSERT_TRUE(adopted) << lines_of(adopted.problems());
  EXPECT_EQ(*adopted, plugin.folder.path() / "store" / base::sha256_hex(plugin.bytes) / "test_agent_good.so");
  EXPECT_EQ(*base::read_file(*adopted), plugin.bytes);
}

TEST(Store, adopts_the_same_bytes_once) {
  Plugin plugin;
  const Manifest manifest = plugin.with(plugin.bytes, false);
  const auto first = plugin.store().adopt(manifest, ImportList::in_process);
  const auto when = fs::last_write_time(*first);
  const auto second = plugin.store().adopt(manifest, ImportList::in_process);
  ASSERT_TRUE(second);
  EXPECT_EQ(*second, *first);
  EXPECT_EQ(fs::last_write_time(*second), when);
}

TEST(Store, replaces_a_copy_that_was_damaged) {
  Plugin plugin;
  const Manifest manifest = plugin.with(plugin.bytes, false);
  const auto first = plugin.store().adopt(manifest, ImportList::in_process);
  std::ofstream(*first, std::ios::trunc) << "damage";
  const auto second = plugin.store().adopt(manifest, ImportList::in_process);
  ASSERT_TRUE(second);
  EXPECT_EQ(*base::read_file(*second), plugin.bytes);
}

TEST(Store, is_a_folder_of_agents_by_itself) {
  Plugin plugin;
  ASSERT_TRUE(plugin.store().adopt(plugin.with(plugin.bytes, false), ImportList::in_process));
  const Catalog catalog = Catalog::discover({plugin.store().root()});
  EXPECT_TRUE(catalog.problems().empty()) << lines_of(catalog.problems());
  ASSERT_EQ(catalog.entries().size(), 1u);
  const Store again(plugin.folder.path() / "again");
  EXPECT_TRUE(again.adopt(*catalog.entries()[0].manifest, ImportList::in_process));
}

TEST(Store, refuses_bytes_the_manifest_does_not_describe) {
  Plugin plugin;
  EXPECT_THAT(plugin.refusal(plugin.bytes + "x", false), HasSubstr("LIBRARY_HASH\n"));
}

TEST(Store, says_truncated_when_the_hash_differs_for_that_reason) {
  Plugin plugin;
  EXPECT_THAT(
      plugin.refusal(plugin.bytes.substr(0, plugin.bytes.size() / 2), false),
      testing::AllOf(HasSubstr("LIBRARY_HASH AUDIT_NOT_A_LIBRARY\n"), HasSubstr("is truncated or damaged")));
  EXPECT_THAT(plugin.refusal("", false), HasSubstr("is empty"));
}

TEST(Store, refuses_what_is_not_for_this_machine) {
  Plugin plugin;
  std::string other = plugin.bytes;
  other[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_RISCV);
  EXPECT_THAT(plugin.refusal(other, true), HasSubstr("AUDIT_MACHINE\n"));
  EXPECT_THAT(plugin.refusal("text", true), HasSubstr("AUDIT_NOT_A_LIBRARY\n"));
}

TEST(Store, refuses_a_library_that_is_missing) {
  Plugin plugin;
  const Manifest manifest = plugin.with(plugin.bytes, false);
  fs::remove(manifest.library);
  const auto adopted = plugin.store().adopt(manifest, ImportList::in_process);
  EXPECT_EQ(codes_of(adopted.problems()), "LIBRARY_MISSING");
  EXPECT_THAT(lines_of(adopted.problems()), HasSubstr("good.json"));
  EXPECT_FALSE(plugin.stored_anything());
}

TEST(Store, refuses_what_is_no_file_without_waiting_for_it) {
  Plugin plugin;
  const Manifest manifest = plugin.with(plugin.bytes, false);
  fs::remove(manifest.library);
  ASSERT_EQ(::mkfifo(manifest.library.c_str(), 0600), 0);
  const auto adopted = plugin.store().adopt(manifest, ImportList::in_process);
  EXPECT_EQ(codes_of(adopted.problems()), "FILE_NOT_REGULAR");
  EXPECT_THAT(lines_of(adopted.problems()),
              testing::AllOf(HasSubstr("good.json"), HasSubstr("a pipe, a socket or a device")));
}

TEST(Store, refuses_a_file_of_40_gb_before_it_reads_it) {
  Plugin plugin;
  const Manifest manifest = plugin.with(plugin.bytes, false);
  fs::resize_file(manifest.library, 40ULL << 30);
  const auto adopted = plugin.store().adopt(manifest, ImportList::in_process);
  EXPECT_EQ(codes_of(adopted.problems()), "FILE_TOO_LARGE");
  EXPECT_THAT(lines_of(adopted.problems()), HasSubstr("the file has 40960 MB, at most 256 MB are read"));
  EXPECT_FALSE(plugin.stored_anything());
}

TEST(Store, follows_a_link_to_the_library) {
  Plugin plugin;
  const Manifest manifest = plugin.with(plugin.bytes, false);
  fs::rename(manifest.library, plugin.folder.path() / "elsewhere.so");
  fs::create_symlink(plugin.folder.path() / "elsewhere.so", manifest.library);
  EXPECT_TRUE(plugin.store().adopt(manifest, ImportList::in_process));
}

TEST(Store, judges_by_the_list_for_where_the_agent_will_run) {
  const Manifest manifest = *test_manifest("starts_thread");
  const TestFolder folder;
  EXPECT_EQ(codes_of(Store(folder.path()).adopt(manifest, ImportList::in_process).problems()),
            "AUDIT_BANNED_IMPORT");
  EXPECT_TRUE(Store(folder.path()).adopt(manifest, ImportList::isolated));
}

TEST(Store, refuses_a_folder_it_cannot_write_to) {
  Plugin plugin;
  const fs::path file = plugin.folder.write("file", "");
  const auto adopted = Store(file / "store").adopt(plugin.with(plugin.bytes, false), ImportList::in_process);
  EXPECT_EQ(codes_of(adopted.problems()), "STORE_NOT_WRITABLE");
}

TEST(Store, the_original_may_be_overwritten_and_deleted_while_it_is_loaded) {
  Plugin plugin;
  const auto manifest = std::make_shared<const Manifest>(plugin.with(plugin.bytes, false));
  const auto copy = plugin.store().adopt(*manifest, ImportList::in_process);
  ASSERT_TRUE(copy);
  const auto library = Library::load(*copy, manifest);
  ASSERT_TRUE(library) << lines_of(library.problems());
  std::ofstream(manifest->library, std::ios::trunc) << "overwritten in place";
  EXPECT_NE((*library)->agent("test.good"), nullptr);
  fs::remove(manifest->library);
  const cadre_agent* made = nullptr;
  const cadre_host host{sizeof(cadre_host), CADRE_ABI_VERSION, nullptr, {}, {}, nullptr};
  EXPECT_EQ((*library)->descriptor().create(&host, CADRE_TEXT("test.good"), &made), CADRE_OK);
  made->destroy(made->self);
}

}  // namespace
}  // namespace cadre::agent
