#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets: inputs/NAME/seed-*, small and near to what is real. Needs corpus/, zstd, gcc.

    seeds.py            writes them beside this file
"""
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, 'tools'))

import mutilate

PT_LOAD, PT_NOTE, EHDR, PHDR = mutilate.PT_LOAD, mutilate.PT_NOTE, mutilate.EHDR, mutilate.PHDR


def save(target, name, data):
    folder = os.path.join(HERE, 'inputs', target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, 'seed-' + name), 'wb') as file:
        file.write(data)


def small_core(data, segments, page):
    """The notes of a core, and the beginnings of some of its segments, ELF headers first."""
    fields = list(EHDR.unpack_from(data))
    headers = [PHDR.unpack_from(data, fields[5] + i * fields[9]) for i in range(fields[10])]
    notes = [h for h in headers if h[0] == PT_NOTE]
    loads = [h for h in headers if h[0] == PT_LOAD and h[5]]
    loads.sort(key=lambda h: data[h[2]:h[2] + 4] != b'\x7fELF')
    kept = notes + sorted(loads[:segments], key=lambda h: h[3])
    fields[5], fields[6], fields[10], fields[11], fields[12] = 64, 0, len(kept), 0, 0
    body, out = b'', b''
    start = 64 + len(kept) * PHDR.size
    for h in kept:
        part = data[h[2]:h[2] + (h[5] if h[0] == PT_NOTE else min(h[5], page))]
        out += PHDR.pack(h[0], h[1], start + len(body), h[3], h[4], len(part), max(h[6], len(part)), 1)
        body += part
    return EHDR.pack(*fields) + out + body


def in_frames(data, size=700):
    """zstd files in frames: without a table, with one, with checksums in it, with a damaged frame, with tables that lie; recipes."""
    parts = [data[at:at + size] for at in range(0, len(data), size)]
    def pack(part, *options):
        return subprocess.run(['zstd', '-19', '-qc', f'--stream-size={len(part)}', *options], input=part, stdout=subprocess.PIPE,
                              check=True).stdout

    frames, plain = [pack(part) for part in parts], [pack(part, '--no-check') for part in parts]

    def table(packed, raw, sums=None):
        rows = b''.join(struct.pack('<II', len(p), len(r)) + (b'' if sums is None else sums) for p, r in zip(packed, raw))
        tail = rows + struct.pack('<IBI', len(packed), 0 if sums is None else 0x80, 0x8F92EAB1)
        return struct.pack('<II', 0x184D2A5E, len(tail)) + tail

    whole = b''.join(frames)
    damaged = bytearray(whole)
    damaged[len(frames[0]) + 20] ^= 0x55
    swapped = table([frames[1], frames[0], *frames[2:]], parts)
    return {'frames': whole, 'frames-table': whole + table(frames, parts),
            'frames-sums': b''.join(plain) + table(plain, parts, b'sums'),
            'frames-damaged': bytes(damaged) + table(frames, parts), 'frames-swapped': whole + swapped,
            'frames-many': whole + table(frames, parts)[:-9] + struct.pack('<IBI', 2 ** 32 - 1, 0, 0x8F92EAB1),
            'recipe': bytes([3, 0, 0]) + b'content' * 30, 'recipe-lies': bytes([7, 1, 2, 20, 0, 1, 90, 1, 4]) + b'content' * 30}


DWARF = r'''
typedef struct _typeobject PyTypeObject;
typedef struct { union { long ob_refcnt; unsigned split[2]; }; PyTypeObject *ob_type; } PyObject;
typedef struct { PyObject ob_base; long ob_size; } PyVarObject;
typedef struct { PyVarObject ob_base; PyObject **ob_item; long allocated; } PyListObject;
typedef struct { PyObject ob_base; long length; long hash;
                 struct { unsigned interned : 2, kind : 3, compact : 1, ascii : 1; } state; } PyASCIIObject;
struct pool_header { union { unsigned char *padding; unsigned count; } ref; unsigned char *freeblock; };
struct _typeobject { PyVarObject ob_base; const char *tp_name; long tp_basicsize; };
PyListObject list; PyASCIIObject text; struct pool_header pool; PyTypeObject type;
'''


def make_dwarf(*options):
    with tempfile.TemporaryDirectory() as folder:
        source, binary = os.path.join(folder, 'x.c'), os.path.join(folder, 'x')
        with open(source, 'w') as file:
            file.write(DWARF)
        subprocess.run(['gcc', '-shared', '-nostdlib', '-fdebug-prefix-map=' + folder + '=/', '-o', binary, source, *options],
                       check=True, cwd=folder)
        with open(binary, 'rb') as file:
            data = file.read()
        return data


def main():
    rng = random.Random(1)
    for name in ('plain', 'incident', '3.13'):
        core = mutilate.read_core(os.path.join(TOP, 'corpus', name + '.core.zst'))
        small = small_core(core, 4, 1024)
        save('core', name, small)
        packed = subprocess.run(['zstd', '-19', '-qc'], input=small, stdout=subprocess.PIPE, check=True).stdout
        save('compressed', name, packed)
    save('compressed', 'two-frames', packed[:0] + subprocess.run(['zstd', '-qc'], input=b'\x7fELF' * 50, stdout=subprocess.PIPE).stdout * 2)
    save('compressed', 'skippable', struct.pack('<II', 0x184d2a50, 4) + b'abcd' + packed)
    for name, data in in_frames(small).items():
        save('compressed', name, data)
    for version in ('3.13', '3.14', '3.15'):
        core = mutilate.read_core(os.path.join(TOP, 'corpus', version + '.core.zst'))
        at = core.index(b'xdebugpy')
        save('offsets', version, bytes([rng.randrange(64)]) + core[at + 8:at + 1200])
    for name, options in (('5', ['-gdwarf-5']), ('4', ['-gdwarf-4']), ('types', ['-gdwarf-5', '-fdebug-types-section']),
                          ('gz', ['-gdwarf-5', '-gz'])):
        save('dwarf', name, make_dwarf(*options))
    table = compile('def f(a):\n  for i in a:\n    yield (i +\n 1)\n', 'x', 'exec').co_consts[0]
    for kind in range(4):
        save('lines', f'kind-{kind}', bytes([kind, 1, 20, 0]) + (table.co_linetable if kind == 0 else bytes(
            [6, 1, 8, 255, 2, 128, 0, 3, 255, 0, 4, 2])))
    for target in ('objects', 'malloc', 'pymalloc'):
        for i in range(4):
            save(target, f'random-{i}', rng.randbytes(4 + 90 * (i + 1)))
    for i, words in enumerate(('root', 'traceback', 'frame', 'frame:fetch', 'thread:Worker', 'module:app', 'exception:KeyError',
                               'type:builtins.str', 'chunks', '0x1000', '#14', '#99999999999', '4096')):
        save('where', str(i), words.encode())
    return 0


if __name__ == '__main__':
    sys.exit(main())
