#include "host/book/book_image.hpp"

#include <cstring>
#include <string_view>

#include "host/base/hash.hpp"
#include "host/journal/journal.hpp"

namespace cadre::book {

namespace {

constexpr std::string_view magic = "CADRECHECKPT";

std::string_view text_of(const base::Encoder& from) {
  return {reinterpret_cast<const char*>(from.bytes().data()), from.bytes().size()};
}

template <class Record>
void put_record(base::Encoder& to, const Record& record) {
  base::Encoder inner;
  journal::encode(inner, record);
  to.put_text(text_of(inner));
}

template <class Record>
bool get_record(base::Decoder& from, Record& record, std::uint32_t format) {
  std::string bytes;
  from.get_text(bytes);
  base::Decoder inner({reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()});
  return from.ok() && decode(inner, record, format);
}

base::Problems damaged(const std::filesystem::path& file, const std::string& what) {
  base::Problems problems;
  problems.error("CHECKPOINT_DAMAGED", base::Place::of(file), what,
                 "an earlier one, or the journal from its beginning, takes its place");
  return problems;
}

}  // namespace

std::string encode_image(const BookImage& image, const std::string& orders,
                         const std::vector<std::uint64_t>& block_sums) {
  base::Encoder to;
  to.put(image_format);
  to.put(journal::format_version);
  to.put(image.book->ledger().sequence());
  to.put(image.journal_bytes);
  image.facts.save(to);
  put_record(to, image.learned);
  to.put_text(image.order_hash);
  to.put_text(image.door);
  to.put_count(image.standing.size());
  for (const journal::CommandRecord& command : image.standing)
    put_record(to, command);
  to.put(image.book->ledger().history().first_block());
  to.put_array(block_sums);
  to.put_text(orders);
  base::Encoder book;
  save_book(book, *image.book);
  to.put_text(text_of(book));

  std::string bytes(magic);
  bytes += text_of(to);
  const std::uint64_t sum = base::checksum64(bytes.data(), bytes.size());
  bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  return bytes;
}

base::Result<StoredImage> decode_image(const std::filesystem::path& file, const std::string& bytes) {
  if (bytes.size() < magic.size() + sizeof(std::uint64_t) || !bytes.starts_with(magic))
    return damaged(file, "this is no checkpoint");
  const std::size_t covered = bytes.size() - sizeof(std::uint64_t);
  std::uint64_t sum = 0;
  std::memcpy(&sum, bytes.data() + covered, sizeof sum);
  if (sum != base::checksum64(bytes.data(), covered)) return damaged(file, "its checksum is wrong");
  base::Decoder from(
      {reinterpret_cast<const std::byte*>(bytes.data()) + magic.size(), covered - magic.size()});
  const auto format = from.get<std::uint32_t>();
  const auto record_format = from.get<std::uint32_t>();
  if (format != image_format || record_format > journal::format_version)
    return damaged(file, "it has format " + std::to_string(format) + ", this host reads format " +
                             std::to_string(image_format));
  StoredImage image;
  image.record_format = record_format;
  from.get(image.sequence);
  from.get(image.journal_bytes);
  bool fits = image.facts.load(from) && get_record(from, image.learned, record_format);
  from.get_text(image.order_hash);
  from.get_text(image.door);
  for (std::size_t left = from.get_count(4); left != 0 && fits && from.ok(); --left)
    fits = get_record(from, image.standing.emplace_back(), record_format);
  from.get(image.first_block);
  from.get_array(image.block_sums);
  from.get_text(image.orders);
  from.get_text(image.book);
  if (!fits || !from.finished()) return damaged(file, "what it holds cannot be read");
  return image;
}

}  // namespace cadre::book
