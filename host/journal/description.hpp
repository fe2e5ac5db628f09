#pragma once

#include <boost/json/value.hpp>

namespace cadre::journal {

/// The format of a journal for programs in other languages, made of the table in fields.hpp: format_version,
/// the records with their fields, and the structs of the ABI that stand in them with the offset of every
/// field. Kinds of fields, in formats up to `last_plain_format`:
///
///   bool u8 u32 u64 i32 i64 f64   a number as it lies in memory, little-endian; bool is a byte, 0 or 1
///   money                         i64, millionths
///   text                          u32 length | bytes
///   bytes                         as text, but not to be read as such
///   texts                         u32 count | texts
///   array                         u32 count | numbers of the kind `of`
///   struct                        u32 size | the struct of the ABI named `of`; a newer host's may be larger
///   structs                       u32 size of one | u32 count | structs of the ABI named `of`
///   list                          u32 count | elements, each with `fields`
///   id                            in a struct: 32 bytes of text, filled up with zeros
///
/// From the format behind it on (compact.hpp), where every record can still be read alone:
///
///   bool u8            as above
///   u32 u64            varint: seven bits a byte, the lowest first; the highest bit says that one follows
///   i32                varint of the zigzag of it: 0, -1, 1, -2 ... are 0, 1, 2, 3 ...
///   i64 money          a byte e | w << 4, and the lowest w bytes of the zigzag of the number / 10^e
///   f64                a byte w, and the highest w bytes, of which the first stands last
///   text bytes         varint length | bytes
///   texts              varint count | texts
///   array              varint count | column
///   struct             its fields, one behind the other
///   structs            varint count | of every field a column; of an id, texts
///   list               varint count | elements, each with `fields`
///   id                 as text, without the zeros at its end
///   column             nothing when it is empty; else a byte, its form. Form 0: all are the same, as a value
///                      of its kind.
///                      Integers: w | m << 4 | s << 5; where m is 1, a bit a number that says which ones are
///                      not zero; then of each of these w bytes, of the number itself when it has no sign,
///                      else of the zigzag of the number / 10^column_scales[s].
///                      Doubles: f | w << 4. f 1: the same as the reference. f 2: two bits a number, 0: zero,
///                      1: the same as the last one with 3, 2: the same as that of the reference, 3: its
///                      highest w bytes follow, all behind the bits. f 3: the highest w bytes of each. The
///                      reference is the column of doubles before the one before, in the same record, if it
///                      has as many numbers.
///
/// Bits begin with the lowest. A field with `last_format` stands only in journals of formats up to that one.
boost::json::value describe_format();

}  // namespace cadre::journal
