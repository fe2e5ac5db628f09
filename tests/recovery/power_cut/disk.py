"""What a disk may hold after a power cut: made of what recorder.cpp wrote down of a host that worked in a folder.

Data is durable once its file was synced, a name once the folder that it is in was. What is not may be there or not: names in the order in which they were
made, data page by page, and pages torn between sectors.
"""

import collections
import os
import struct

HEAD = struct.Struct("<IIIIQQQ")
CREATE, WRITE, TRUNCATE, SYNC, SYNC_FOLDER, RENAME, LINK, UNLINK, MKDIR, RMDIR, SYMLINK = range(1, 12)
PAGE, SECTOR = 4096, 512
Step = collections.namedtuple("Step", "kind path other inode offset data begin end")

VARIANTS = ("nothing", "everything", "names_without_data", "any")


def read_log(path):
    with open(path, "rb") as file:
        data = file.read()
    steps, at = [], 0
    while at + HEAD.size <= len(data):
        kind, path_bytes, other_bytes, _, inode, offset, data_bytes = HEAD.unpack_from(data, at)
        begin, end = at + HEAD.size, at + HEAD.size + path_bytes + other_bytes + data_bytes
        if end > len(data):
            break  # the host was killed while it wrote it
        names = data[begin:begin + path_bytes + other_bytes].decode()
        steps.append(Step(kind, names[:path_bytes], names[path_bytes:], inode, offset, data[end - data_bytes:end], at, end))
        at = end
    return steps


class File:
    def __init__(self, data=b""):
        self.synced, self.pending = bytearray(data), []

    def sync(self):
        self.synced = self.with_all()
        self.pending = []

    def with_all(self):
        data = bytearray(self.synced)
        for step in self.pending:
            put(data, step.kind, step.offset, step.data)
        return data

    def with_some(self, chance):
        """Some pages of what was written, in any order, torn or not."""
        data, whole = bytearray(self.synced), self.with_all()
        for step in self.pending:
            if step.kind == TRUNCATE:
                if chance.random() < 0.5:
                    put(data, TRUNCATE, step.offset, b"")
                continue
            for begin, end in pages(step.offset, len(step.data)):
                luck = chance.random()
                if luck < 0.2:  # torn: its first sectors, or its last
                    tear = begin - begin % PAGE + SECTOR * chance.randrange(1, PAGE // SECTOR)
                    begin, end = (begin, min(end, tear)) if chance.random() < 0.5 else (max(begin, tear), end)
                if luck < 0.6 and begin < end:
                    put(data, WRITE, begin, step.data[begin - step.offset:end - step.offset])
        if chance.random() < 0.3 and len(data) < len(whole):
            data.extend(bytes(len(whole) - len(data)))  # its size was there, and its data not
        return data


def put(data, kind, offset, new):
    if kind == TRUNCATE:
        del data[offset:]
        data.extend(bytes(offset - len(data)))
    else:
        data.extend(bytes(max(0, offset - len(data))))
        data[offset:offset + len(new)] = new


def pages(offset, count):
    at = offset
    while at < offset + count:
        end = min(offset + count, at - at % PAGE + PAGE)
        yield at, end
        at = end


class Link:
    def __init__(self, content):
        self.content = content


class Names:
    """A tree: a dict is a folder."""

    def __init__(self, root):
        self.root, self.tree = root, {}

    def folder(self, path):
        """(the folder that a path is in, its name there); None: that folder is not there."""
        *folders, name = os.path.relpath(path, self.root).split(os.sep)
        at = self.tree
        for each in folders:
            at = at.get(each)
            if not isinstance(at, dict):
                return None, name
        return at, name

    def apply(self, step, thing):
        at, name = self.folder(step.path)
        if step.kind in (RENAME, LINK):
            to, new_name = self.folder(step.other)
            if step.kind == RENAME and at is not None:
                thing = at.pop(name, None)
            if to is not None and thing is not None:
                to[new_name] = thing
        elif at is None:
            return
        elif step.kind in (UNLINK, RMDIR):
            at.pop(name, None)
        else:
            at[name] = {} if step.kind == MKDIR else thing


class Disk:
    """Takes the steps one after the other. `root`: as the host named it, as it is now: all of it is durable."""

    def __init__(self, root):
        self.root, self.inodes, self.changes, self.durable = root, {}, [], set()
        self.names_at_first = {}
        self.names = Names(root)
        self.names.tree = self.read(root)

    def read(self, folder):
        tree = {}
        for entry in os.scandir(folder):
            if entry.is_symlink():
                tree[entry.name] = Link(os.readlink(entry.path))
            elif entry.is_dir():
                tree[entry.name] = self.read(entry.path)
            elif entry.is_file():
                if entry.inode() not in self.inodes:  # else one of two names
                    self.names_at_first[entry.inode()] = entry.name
                    with open(entry.path, "rb") as file:
                        self.inodes[entry.inode()] = File(file.read())
                tree[entry.name] = self.inodes[entry.inode()]
        return tree

    def named(self, inode):
        """A name that a file had when it was made or changed, for people."""
        for step, _ in self.changes:
            if step.inode == inode:
                return step.path
        return self.names_at_first.get(inode, str(inode))

    def take(self, step):
        if step.kind in (WRITE, TRUNCATE):
            if step.inode in self.inodes:
                self.inodes[step.inode].pending.append(step)
        elif step.kind == SYNC:
            if step.inode in self.inodes:
                self.inodes[step.inode].sync()
        elif step.kind == SYNC_FOLDER:
            self.durable.update(i for i, (change, _) in enumerate(self.changes) if folder_of(change) == step.path)
        else:
            if step.kind == CREATE:
                self.inodes[step.inode] = File()
            thing = Link(step.other) if step.kind == SYMLINK else self.inodes.get(step.inode)
            self.changes.append((step, thing))

    def cut(self, variant, chance, to):
        """Writes into the new folder `to` what is there after a cut now."""
        first_lost = {"nothing": 0, "any": chance.randint(0, len(self.changes))}.get(variant, len(self.changes))
        for i, (step, thing) in enumerate(self.changes):
            if i < first_lost or i in self.durable:
                self.names.apply(step, thing)
        content = {"everything": File.with_all, "any": lambda file: file.with_some(chance)}.get(variant, lambda file: file.synced)
        self.write(self.names.tree, to, content, {})

    def write(self, tree, to, content, written):
        os.makedirs(to)
        for name, thing in tree.items():
            path = os.path.join(to, name)
            if isinstance(thing, dict):
                self.write(thing, path, content, written)
            elif isinstance(thing, Link):
                os.symlink(thing.content, path)
            elif thing in written:
                os.link(written[thing], path)
            else:
                written[thing] = path
                with open(path, "wb") as file:
                    file.write(content(thing))


def folder_of(change):
    """Whose sync makes a change of names durable: of a rename, the folder that it goes to."""
    return os.path.dirname(change.other if change.kind in (RENAME, LINK) else change.path)
