#!/usr/bin/env python3
"""Makes a small real core for corpus/, with what the process said of itself beside it.

    make-corpus.py --python /usr/bin/python3.11 --heap incident --dump gcore corpus/NAME
    make-corpus.py --python ~/.pyenv/versions/3.8.18/bin/python3.8 --heap sample corpus/3.8

writes NAME.core.zst and NAME.json.zst: one a minor version is made of the heap `sample`. The core holds the binaries' headers, dynamic symbols and the interpreter's
constants (coredump_filter 0x7f), so that it loads where none of the files are; code is left out, and what the
libraries keep read-only behind their first mapping. The process runs from a directory of its own, with an empty
environment, so that nothing of the machine that made it is inside.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TOP, 'tests', 'oracle'), os.path.join(TOP, 'tests', 'golden')]
sys.dont_write_bytecode = True

import elf
import process

PT_GNU_EH_FRAME = 0x6474e550


def unwind_tables(data, files):
    """From .eh_frame_hdr to the end of its segment: .eh_frame follows it, and neither is ever looked at."""
    loads = [s for s in elf.segments(data) if s.kind == elf.PT_LOAD]
    for start, _end, offset, _path in files:
        image = next((data[s.offset:s.offset + s.filesz] for s in loads if s.vaddr == start and s.filesz), b'')
        if offset or not image.startswith(b'\x7fELF'):
            continue
        bias = start if elf.EHDR.unpack_from(image)[1] == 3 else 0  # ET_DYN
        inner = elf.segments(image)
        for table in inner:
            if table.kind == PT_GNU_EH_FRAME:
                for segment in inner:
                    if segment.kind == elf.PT_LOAD and segment.vaddr <= table.vaddr < segment.vaddr + segment.filesz:
                        yield bias + table.vaddr, bias + segment.vaddr + segment.filesz


def prefix_of(python):
    """The folder that interpreters are installed in, where it is one of this machine's own; b'' otherwise."""
    says = 'import sys; sys.stdout.write(sys.prefix)'
    prefix = os.fsencode(os.path.dirname(subprocess.run([python, '-S', '-c', says], stdout=subprocess.PIPE, text=True,
                                                        check=True).stdout))
    return b'' if prefix in (b'/', b'/usr') else prefix


def renamed(data, prefix):
    """That folder under a name of the same length, wherever it stands: nobody needs to know it, and none of its files is
    found where the core is read. In the record, bytes are in hex."""
    neutral = b'/opt/python'.ljust(len(prefix), b'-')[:len(prefix)]
    for old, new in ((prefix, neutral), (prefix.hex().encode(), neutral.hex().encode())):
        data = data.replace(old, new) if old else data
    return data


def gone(data):
    """NT_FILE with /usr as /old, so that not one of the files is found where the core is read."""
    data = bytearray(data)
    for segment in elf.segments(data):
        if segment.kind == elf.PT_NOTE:
            span = slice(segment.offset, segment.offset + segment.filesz)
            data[span] = data[span].replace(b'\0/usr/', b'\0/old/')
    return bytes(data)


def ours(path):
    """The interpreter, libpython and the extension modules, whose names lack the 'cpython-' in 2.7."""
    return 'python' in os.path.basename(path) or '/lib-dynload/' in path


def slim(data):
    files = list(elf.mapped_files(data))

    unwinding = list(unwind_tables(data, files))
    ends_of_code = {s.vaddr + s.memsz for s in elf.segments(data) if s.kind == elf.PT_LOAD and s.flags & elf.PF_X}

    def path_of(address):
        return next((path for start, end, _offset, path in files if start <= address < end), None)

    def kept(segment):
        content = data[segment.offset:segment.offset + segment.filesz]
        if segment.kind != elf.PT_LOAD or segment.flags & elf.PF_W:
            return content
        for start, end in unwinding:
            if segment.vaddr <= start < end <= segment.vaddr + len(content):
                at = start - segment.vaddr
                content = content[:at] + bytes(end - start) + content[at + end - start:]
        path = path_of(segment.vaddr)
        if not path:
            return content if any(content) else b''  # what malloc reserved for the arenas of threads
        if segment.flags & elf.PF_X or not ('python' in os.path.basename(path) or '.so' in path):
            return b''
        # Behind a library's code stand its constants; its relocated data (_DYNAMIC) is a mapping of its own.
        if not ours(path) and segment.vaddr in ends_of_code:
            return b''
        return content

    return elf.rewrite(gone(data), kept)


def plain(value):
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, bytes):
        return {'bytes': value.hex()}
    return value


def compress(path, data):
    subprocess.run(['zstd', '-q', '--ultra', '-22', '-f', '-o', path], input=data, check=True)
    print('%s: %d KiB (%d KiB unpacked)' % (path, os.path.getsize(path) >> 10, len(data) >> 10))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--python', default='/usr/bin/python3.11')
    parser.add_argument('--heap', default='incident')
    parser.add_argument('--dump', choices=('gcore', 'kernel'), default='gcore')
    parser.add_argument('name')
    options = parser.parse_args()
    name = os.path.abspath(options.name)
    with tempfile.TemporaryDirectory(prefix='exuvia-corpus-') as scratch:
        home = '/tmp/exuvia-corpus'
        shutil.rmtree(home, ignore_errors=True)
        os.mkdir(home)
        try:
            for source in os.listdir(process.HERE):
                if source.endswith('.py'):
                    shutil.copy(os.path.join(process.HERE, source), home)
            pause = os.path.join(home, 'pause.so')
            subprocess.run(['cc', '-shared', '-fPIC', '-O1', '-o', pause, os.path.join(process.HERE, 'pause.c')], check=True)
            process.HERE = home
            with process.Subject(options.python, options.heap, pause, home, bare=True) as subject:
                complaints = process.agrees_with_child(subject)
                if complaints:
                    raise SystemExit('\n'.join(complaints))
                with open('/proc/%d/coredump_filter' % subject.pid, 'w') as file:
                    file.write('0x7f')
                core = subject.gcore() if options.dump == 'gcore' else subject.kernel_core()
                with open(core, 'rb') as file:
                    data = file.read()
                record = subject.record
        finally:
            shutil.rmtree(home, ignore_errors=True)
        prefix = prefix_of(options.python)
        compress(name + '.core.zst', renamed(slim(data), prefix))
        text = json.dumps(plain(record), separators=(',', ':')).encode('utf-8', 'surrogatepass')
        compress(name + '.json.zst', renamed(text, prefix))


if __name__ == '__main__':
    main()
