#!/usr/bin/env python3
"""The names of C types by what they define, for cores whose interpreter's files are gone: tp_name lies in a read-only
page then, but the type's dict does not.

    type-names.py FILE PYTHON...      adds what these interpreters say to FILE (src/layout/type_names.tsv)
    type-names.py --check FILE PYTHON...   exit 1: FILE lacks some of it

A line: the signature in 16 hex digits (see src/layout/type_names.c), tp_name, the minor versions that have it: ",3.8,3.9,".
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tests', 'oracle'))
import place

ASK = r'''
import sys, pkgutil, os
sys.dont_write_bytecode = True
try:
    sys.stderr = open(os.devnull, 'w')
    import warnings
    warnings.simplefilter('ignore')
except Exception:
    pass
names = list(sys.builtin_module_names)
for folder in sys.path:
    if folder.endswith('lib-dynload'):
        names += [n.split('.')[0] for n in sorted(os.listdir(folder)) if '.so' in n]
names += ['io', 'abc', 'types', 'collections', 'functools', 'threading', 'datetime', 'decimal', 'contextvars', 'ctypes',
          'asyncio', 're', 'json', 'pickle', 'sqlite3', 'ssl', 'zoneinfo', 'xml.etree.ElementTree', 'select', 'typing']
for name in names:
    if 'test' in name or 'tkinter' in name or name.startswith('_xx') or name in ('xxsubtype', 'readline', 'xxlimited'):
        continue
    try:
        __import__(name)
    except BaseException:
        pass
# in 2.7 much is made ready by the first use
made = []
class C(object):
    def m(self): pass
    @property
    def p(self): return 1
    @classmethod
    def c(cls): pass
    @staticmethod
    def s(): pass
def g(a=1):
    yield a
def f():
    x = 1
    def inner(): return x
    return inner
for make in ('C.m', 'C().m', 'C().c', 'g()', 'f().__closure__[0] if hasattr(f, "__closure__") else f().func_closure[0]', 'iter([])',
             'iter(())', 'iter({})', 'iter(set())', 'iter("")', 'iter(b"")', 'iter(bytearray())', 'reversed([])', 'slice(1)', 'Ellipsis',
             'NotImplemented', 'None', 'iter(range(2))', 'iter({}.items())', 'iter({}.values())', '{}.keys()', '{}.items()',
             '{}.values()', 'enumerate([])', 'zip()', 'map(len, [])', 'filter(len, [])', 'iter(int, 1)', 'memoryview(b"")',
             'sys._getframe()', 'f.__code__', '[].append', 'C.__dict__', 'type.__dict__["__name__"]', 'int.__add__', '(1).__add__',
             'dict.__dict__["fromkeys"]', 'str.join', 'super(C, C())', 'sys.flags', 'sys.version_info', 'sys.float_info',
             'object.__new__', '[].__iter__', 'xrange(2)', 'iter(xrange(2))', 'buffer("")', 'iter(C().m, 1)', '(x for x in [])'):
    try:
        made.append(eval(make))
    except BaseException:
        pass
for o in made:
    try:
        type(o)
        dir(o)
        type(o).__doc__
        hash(type(o))
        getattr(o, '__class__')
    except BaseException:
        pass
try:
    raise ValueError()
except ValueError:
    dir(sys.exc_info()[2])
    made.append(sys.exc_info()[2])
seen, stack = set(), [object] + [type(o) for o in made]
out = []
while stack:
    t = stack.pop()
    if id(t) in seen:
        continue
    seen.add(id(t))
    try:
        stack.extend(type.__subclasses__(t))
    except TypeError:
        continue
    if t.__flags__ & (1 << 9):
        continue
    module = type.__dict__['__module__'].__get__(t)
    tail = type.__dict__['__name__'].__get__(t)
    # a static type's module is what stands before the last dot of tp_name
    name = tail if module in ('builtins', '__builtin__') else '%s.%s' % (module, tail)
    keys = [k for k in t.__dict__.keys() if isinstance(k, str)]
    out.append('\t'.join([name, str(t.__basicsize__), str(t.__itemsize__), str(t.__flags__)] + keys))
sys.stdout.write('%d.%d\n' % sys.version_info[:2] + '\n'.join(out) + '\n')
'''
M = (1 << 64) - 1
# Python code adds them to types now and then
PASSED_OVER = {'__abstractmethods__', '__doc__'}


def fnv(data, h=14695981039346656037):
    for byte in data:
        h = (h ^ byte) * 1099511628211 & M
    return h


# Include/object.h: BASETYPE, HAVE_VECTORCALL, HAVE_GC, METHOD_DESCRIPTOR, the *_SUBCLASS bits; or what they were before
FLAGS = 0xff800000 | 1 << 10 | 1 << 11 | 1 << 14 | 1 << 17


def signature(basicsize, itemsize, flags, keys):
    total = sum(fnv(key.encode('utf-8', 'surrogatepass')) for key in keys if key not in PASSED_OVER) & M
    words = (total, basicsize & M, itemsize & M, flags & FLAGS)
    return fnv(b''.join(word.to_bytes(8, 'little') for word in words))


def ask(python):
    """(line without versions, version) of every type."""
    asked = place.Place(python).start(['-s', '-E', '-c', ASK], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    said = asked.communicate()[0]
    version, *lines = said.decode('utf-8', 'replace').splitlines() or ['']
    for line in lines:
        name, basicsize, itemsize, flags, *keys = line.split('\t')
        if keys:
            yield '%016x\t%s' % (signature(int(basicsize), int(itemsize), int(flags), keys), name), version


def main():
    check = sys.argv[1:2] == ['--check']
    path, *pythons = sys.argv[2 if check else 1:]
    rows = {}
    try:
        with open(path) as file:
            for line in file.read().splitlines():
                row, _, versions = line.rpartition('\t')
                rows[row] = set(versions.strip(',').split(','))
    except FileNotFoundError:
        pass
    asked = set(pair for python in pythons for pair in ask(python))
    if not asked:
        print('SKIP no interpreter answered')
        return 77
    new = sorted((row, version) for row, version in asked if version not in rows.get(row, ()))
    print('%d rows; %d of %d answers are new' % (len(rows), len(new), len(asked)))
    if check:
        for row, version in new[:20]:
            print(version, row)
        return 1 if new else 0
    for row, version in new:
        rows.setdefault(row, set()).add(version)
    with open(path, 'w') as file:
        for row in sorted(rows):
            file.write('%s\t,%s,\n' % (row, ','.join(sorted(rows[row], key=lambda v: [int(n) for n in v.split('.')]))))
    return 0


if __name__ == '__main__':
    sys.exit(main())
