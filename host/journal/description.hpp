#pragma once

#include <boost/json/value.hpp>

namespace cadre::journal {

/// The format of a journal for programs in other languages, made of the table in fields.hpp: format_version,
/// the records with their fields, and the structs of the ABI that stand in them with the offset of every
/// field. Kinds of fields:
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
/// A field with `last_format` stands only in journals of formats up to that one.
boost::json::value describe_format();

}  // namespace cadre::journal
