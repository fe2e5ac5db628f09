"""Reads the journal of a run or of a book. What a record holds is in manifests/schema/journal.json, which the host writes from its own table of fields.
Checksums are left to the host."""

import collections.abc
import functools
import json
import os
import ctypes
import glob
import struct

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FORMATS = {"bool": "?", "u8": "B", "u32": "I", "u64": "Q", "i32": "i", "i64": "q", "f64": "d", "money": "q", "id": "64s"}
MAGIC = b"CADREJOURNAL"
FILE_HEAD_BYTES, FRAME_HEAD_BYTES, FRAME_TAIL_BYTES = 16, 16, 8
NUMBERED = ("bar", "signal", "universe", "report", "command")
SIDES = {ord("1"): "buy", ord("2"): "sell"}


@functools.cache
def description():
    with open(os.path.join(ROOT, "manifests", "schema", "journal.json"), encoding="utf-8") as file:
        return json.load(file)


@functools.cache
def kinds():
    """Number of a type of record -> what the table says of it."""
    return {record["type"]: record for record in description()["records"]}


def written_in(fields, file_format):
    return [field for field in fields if field.get("first_format", 1) <= file_format <= field.get("last_format", file_format)]


@functools.cache
def unpacker(name, file_format):
    """(names of the fields, what unpacks them, which are ids) of a struct of the ABI, whose fields follow one another without a gap."""
    fields, short = written_in(description()["structs"][name]["fields"], file_format), description()["short_ids"]
    formats = dict(FORMATS, id=f"{short['bytes']}s") if file_format <= short["last_format"] else FORMATS
    return [f["name"] for f in fields], struct.Struct("<" + "".join(formats[f["kind"]] for f in fields)), [f["kind"] == "id" for f in fields]


def struct_at(name, payload, at, file_format):
    names, form, ids = unpacker(name, file_format)
    return {n: text_at(value) if is_id else value for n, value, is_id in zip(names, form.unpack_from(payload, at), ids)}


def text_at(bytes_of_text):
    return bytes_of_text.rstrip(b"\0").decode()


class Columns(collections.abc.Sequence):
    """Structs of a format whose fields stand one behind the other, for all of them."""

    def __init__(self, columns, count):
        self.columns, self.count = columns, count

    def __len__(self):
        return self.count

    def __getitem__(self, place):
        if not 0 <= place < self.count:
            raise IndexError(place)
        return {name: column[place] for name, column in self.columns.items()}


class Structs(collections.abc.Sequence):
    """Many of the same, unpacked when they are asked for."""

    def __init__(self, name, payload, size, file_format):
        self.name, self.payload, self.size, self.file_format = name, payload, size, file_format

    def __len__(self):
        return len(self.payload) // self.size

    def __getitem__(self, place):
        if not 0 <= place < len(self):
            raise IndexError(place)
        return struct_at(self.name, self.payload, place * self.size, self.file_format)


class Cursor:
    def __init__(self, payload, file_format):
        self.payload, self.file_format, self.at = payload, file_format, 0

    def numbers(self, form, count=1):
        form = f"<{count}{FORMATS[form]}"
        values = struct.unpack_from(form, self.payload, self.at)
        self.at += struct.calcsize(form)
        return values

    def count(self):
        return self.numbers("u32")[0]

    def bytes(self):
        return self.take(self.count())

    def take(self, count):
        self.at += count
        assert self.at <= len(self.payload)
        return self.payload[self.at - count:self.at]

    def struct_bytes(self, name, size, count=1):
        assert size >= unpacker(name, self.file_format)[1].size, (name, size)
        return self.take(size * count)

    def value(self, field):
        kind = field["kind"]
        if kind == "text":
            return self.bytes().decode()
        if kind == "bytes":
            return self.bytes()
        if kind == "texts":
            return [self.bytes().decode() for _ in range(self.count())]
        if kind == "array":
            count = self.count()
            return self.numbers(field["of"], count)
        if kind == "struct":
            return struct_at(field["of"], self.struct_bytes(field["of"], self.count()), 0, self.file_format)
        if kind == "structs":
            size, count = self.count(), self.count()
            return Structs(field["of"], self.struct_bytes(field["of"], size, count), size, self.file_format)
        if kind == "list":
            return [self.fields(field["fields"]) for _ in range(self.count())]
        return self.numbers(kind)[0]

    def fields(self, all_fields):
        return {field["name"]: self.value(field) for field in written_in(all_fields, self.file_format)}


def unzigzag(value):
    return (value >> 1) ^ -(value & 1)


def double_of(high_bytes):
    """Of its highest bytes: the others are zero."""
    return struct.unpack("<d", bytes(8 - len(high_bytes)) + high_bytes)[0]


class CompactCursor(Cursor):
    """Of the formats behind `last_plain_format`."""

    SIGNED = ("i32", "i64", "money")

    def __init__(self, payload, file_format):
        super().__init__(payload, file_format)
        self.last = ((), ())  # the two columns of doubles before

    def byte(self):
        return self.take(1)[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    def count(self):
        return self.varint()

    def low(self, width):
        return int.from_bytes(self.take(width), "little")

    def number(self, kind):
        if kind in ("bool", "u8"):
            value = self.byte()
            return bool(value) if kind == "bool" else value
        if kind in ("u32", "u64"):
            return self.varint()
        if kind == "i32":
            return unzigzag(self.varint())
        first = self.byte()
        if kind == "f64":
            return double_of(self.take(first))
        return unzigzag(self.low(first >> 4)) * 10 ** (first & 0xf)

    def column(self, kind, count):
        values = self.numbers_of_column(kind, count)
        if kind == "f64":
            self.last = (self.last[1], values)
        return values

    def numbers_of_column(self, kind, count):
        if not count:
            return ()
        form = self.byte()
        if form == 0:
            return (self.number(kind),) * count
        if kind == "f64":
            return self.doubles(form, count)
        width, masked, factor = form & 0xf, form & 0x10, 10 ** description()["compact"]["column_scales"][form >> 5]
        mask = self.low((count + 7) // 8) if masked else -1
        stored = [self.low(width) if mask >> i & 1 else 0 for i in range(count)]
        return tuple(unzigzag(value) * factor if kind in self.SIGNED else value for value in stored)

    def doubles(self, form, count):
        kind, width = form & 0xf, form >> 4
        reference = self.last[0]
        if kind == 1:
            assert len(reference) == count
            return reference
        codes = self.low((count + 3) // 4) if kind == 2 else -1
        values, last = [], 0.0
        for i in range(count):
            code = codes >> 2 * i & 3
            if code == 3:
                last = double_of(self.take(width))
            values.append((0.0, last, reference[i] if code == 2 else None, last)[code])
        return tuple(values)

    def value(self, field):
        kind = field["kind"]
        if kind == "array":
            return self.column(field["of"], self.count())
        if kind == "struct":
            return self.fields(description()["structs"][field["of"]]["fields"])
        if kind == "structs":
            count, columns = self.count(), {}
            for each in written_in(description()["structs"][field["of"]]["fields"], self.file_format) if count else ():
                columns[each["name"]] = [text_at(self.bytes()) for _ in range(count)] if each["kind"] == "id" else self.column(each["kind"], count)
            return Columns(columns, count)
        if kind == "id":
            return text_at(self.bytes())
        if kind in ("text", "bytes", "texts", "list"):
            return super().value(field)
        return self.number(kind)


class Record:
    """One frame; its fields are read when they are asked for."""

    def __init__(self, number, sequence, payload, end, file_format):
        self.kind, self.number = kinds()[number]["name"], number
        self.sequence, self.payload, self.end, self.file_format = sequence, payload, end, file_format

    @functools.cached_property
    def fields(self):
        cursor = (Cursor if self.file_format <= description()["compact"]["last_plain_format"] else CompactCursor)(self.payload, self.file_format)
        values = cursor.fields(kinds()[self.number]["fields"])
        assert cursor.at == len(self.payload), self.kind
        return values

    def __getitem__(self, name):
        return self.fields[name]


def file_format(path):
    with open(path, "rb") as file:
        head = file.read(FILE_HEAD_BYTES)
    assert head[:12] == MAGIC, path
    return struct.unpack_from("<I", head, 12)[0]


def segment_bytes(path):
    """All bytes of a segment, uncompressed by the library that the host does it with too."""
    with open(path, "rb") as file:
        data = file.read()
    if not path.endswith(".zst"):
        return data
    zstd = ctypes.CDLL("libzstd.so.1")
    zstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    size = zstd.ZSTD_getFrameContentSize(data, ctypes.c_size_t(len(data)))
    plain = ctypes.create_string_buffer(size)
    assert zstd.ZSTD_decompress(plain, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data))) == size, path
    return plain.raw


def segments_of(path):
    """Older segments lie beside the newest, by number; one that is compressed at this moment is there in both forms."""
    older = {}
    for name in sorted(glob.glob(os.path.join(os.path.dirname(path), "segments", "*.journal*"))):
        older.setdefault(os.path.basename(name)[:8], name)
    return [older[number] for number in sorted(older)] + [path]


def read_journal(path):
    """All whole records of all segments, in order; the heads of later segments are none."""
    records, begins_at = [], 0
    for place, segment in enumerate(segments_of(path)):
        data = segment_bytes(segment)
        assert data[:12] == MAGIC, segment
        own_format, = struct.unpack_from("<I", data, 12)
        at = FILE_HEAD_BYTES
        while at + FRAME_HEAD_BYTES + FRAME_TAIL_BYTES <= len(data):
            length, number, sequence = struct.unpack_from("<IIQ", data, at)
            begin, end = at + FRAME_HEAD_BYTES, at + FRAME_HEAD_BYTES + length + FRAME_TAIL_BYTES
            if end > len(data):
                break
            if place == 0 or at != FILE_HEAD_BYTES:
                records.append(Record(number, sequence, data[begin:begin + length], begins_at + end, own_format))
            at = end
        begins_at += len(data)
    return records


def committed(records):
    """What the last commit covers: the rest had no consequence for anyone."""
    last = max((i for i, record in enumerate(records) if record.kind == "commit"), default=-1)
    return records[:last + 1]


def was_accepted(order):
    return not order["failed_checks"]


def report_of(record):
    """(client id, status, quantity, price), the status as FIX's character"""
    report = record["report"]
    return report["client_id"], chr(report["status"]), report["quantity_e9"], report["price_e9"]


def order_without_id(record):
    """An id is made of a sequence number."""
    return tuple(value for name, value in record["order"].items() if name != "client_id")


class Journal:
    """A whole journal, by kind."""

    def __init__(self, path):
        self.records = read_journal(path)

    def of(self, kind):
        return [record for record in self.records if record.kind == kind]

    def orders_without_ids(self):
        return [order_without_id(record) for record in self.of("order")]

    def agent_state(self, stage):
        """What the last checkpoint has of the agent of this stage."""
        return next(agent for agent in self.of("checkpoint")[-1]["agents"] if agent["stage"] == stage)

    def sequences(self):
        """Of what takes a number of its own, and of what such a thing led to."""
        return [record.sequence for record in self.records if record.kind not in ("head", "commit", "checkpoint")]

    def gaps(self):
        """Sequence numbers that are missing, or that go back."""
        numbers = self.sequences()
        return [(a, b) for a, b in zip(numbers, numbers[1:]) if not a <= b <= a + 1]
