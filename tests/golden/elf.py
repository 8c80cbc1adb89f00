"""Reading and rewriting ELF64 little-endian cores, as far as the tests and the corpus need it."""
import struct

EHDR = struct.Struct('<16sHHIQQQIHHHHHH')
PHDR = struct.Struct('<IIQQQQQQ')
PT_LOAD, PT_NOTE = 1, 4
PF_X, PF_W, PF_R = 1, 2, 4
ET_EXEC, ET_CORE = 2, 4
EM_X86_64, EM_AARCH64 = 62, 183
NT_FILE = 0x46494c45


class Segment:
    def __init__(self, kind, flags, offset, vaddr, paddr, filesz, memsz, align):
        self.kind, self.flags, self.offset, self.vaddr = kind, flags, offset, vaddr
        self.paddr, self.filesz, self.memsz, self.align = paddr, filesz, memsz, align

    def pack(self):
        return PHDR.pack(self.kind, self.flags, self.offset, self.vaddr, self.paddr, self.filesz, self.memsz, self.align)


def header(kind=ET_CORE, machine=EM_X86_64, count=0, ident=b'\x7fELF\2\1\1' + bytes(9)):
    return EHDR.pack(ident, kind, machine, 1, 0, EHDR.size if count else 0, 0, 0, EHDR.size, PHDR.size, count, 0, 0, 0)


def segments(data):
    fields = EHDR.unpack_from(data)
    offset, size, count = fields[5], fields[9], fields[10]
    return [Segment(*PHDR.unpack_from(data, offset + i * size)) for i in range(count)]


def notes(data):
    for segment in segments(data):
        if segment.kind != PT_NOTE:
            continue
        at, end = segment.offset, segment.offset + segment.filesz
        while at + 12 <= end:
            namesz, descsz, kind = struct.unpack_from('<III', data, at)
            name = data[at + 12:at + 12 + namesz].rstrip(b'\0')
            at += 12 + (namesz + 3 & ~3)
            yield kind, name, data[at:at + descsz]
            at += descsz + 3 & ~3


def mapped_files(data):
    """(start, end, offset, path) of NT_FILE."""
    for kind, _name, body in notes(data):
        if kind == NT_FILE:
            count, page = struct.unpack_from('<QQ', body)
            names = body[16 + 24 * count:].split(b'\0')
            for i in range(count):
                start, end, offset = struct.unpack_from('<QQQ', body, 16 + 24 * i)
                yield start, end, offset * page, names[i].decode('utf-8', 'replace')


def rewrite(data, kept):
    """A core with the same segments, with the bytes that `kept(segment)` returns (a prefix of each)."""
    old = segments(data)
    at = (EHDR.size + PHDR.size * len(old) + 4095) & ~4095
    head, body = [], []
    for segment in old:
        content = kept(segment)
        new = Segment(segment.kind, segment.flags, at, segment.vaddr, segment.paddr, len(content), segment.memsz, segment.align)
        body.append(content + bytes(-len(content) % 4096))
        at += len(body[-1])
        head.append(new.pack())
    fields = list(EHDR.unpack_from(data))
    fields[5], fields[6], fields[10], fields[11], fields[12], fields[13] = EHDR.size, 0, len(old), 0, 0, 0
    start = EHDR.pack(*fields) + b''.join(head)
    return start + bytes(-len(start) % 4096) + b''.join(body)
