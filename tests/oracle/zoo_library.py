"""Files, data types, parsers, the operating system, network, databases, ctypes."""
from __future__ import print_function

import random
import sys

from zoo_kit import PY3, advance, exhaust, exhibit, text


# ---- io ----

@exhibit
def files(zoo):
    import io
    import tempfile
    import os
    add = zoo.add
    pieces = ['a piece of text %d\n' % i for i in range(2000)]

    def accumulating():
        s = io.StringIO()
        for p in pieces:
            s.write(text(p))
        return s

    def accumulating_few():
        s = io.StringIO()
        s.write(u'one')
        s.write(u'\u20ac two')
        return s

    def realized():
        s = accumulating()
        s.seek(0)
        s.readline()
        return s

    def joined_once():
        s = io.StringIO()
        for i in range(200000):
            s.write(u'x')
        return s

    def closed(f):
        f.close()
        return f

    class StringIO(io.StringIO):
        pass

    class BytesIO(io.BytesIO):
        __slots__ = ('tag',)

    named = StringIO(u'initial')
    named.name = ['attribute']
    add('StringIO', lambda: [io.StringIO(), io.StringIO(u'initial'), io.StringIO(u'a\r\nb', newline=None),
                             io.StringIO(u'x', newline=u'\r\n'), accumulating(), accumulating_few(), realized(),
                             joined_once(), closed(io.StringIO(u'gone')), named, advance(iter(io.StringIO(u'a\nb\nc')))])
    shared = b'shared bytes ' * 100
    unshared = io.BytesIO(shared)
    unshared.write(b'changed')
    grown = io.BytesIO()
    for i in range(1000):
        grown.write(b'chunk')
    exported = io.BytesIO(b'exported')
    tagged = BytesIO(b'tagged')
    tagged.tag = [1]
    add('BytesIO', lambda: [io.BytesIO(), io.BytesIO(shared), unshared, grown, exported, exported.getbuffer(), tagged,
                            closed(io.BytesIO(b'gone'))])
    raw = tempfile.TemporaryFile(buffering=0) if PY3 else tempfile.TemporaryFile()
    raw.write(b'line\n' * 10000)
    raw.seek(0)
    add('files', lambda: [raw, io.open(os.devnull, 'rb'), io.open(os.devnull, 'wb'), io.open(os.devnull, 'r+b'),
                          closed(io.open(os.devnull)), closed(io.open(os.devnull, 'rb')), io.open(os.devnull, 'rb', 0)])
    add('text files', lambda: [
        half_read(io), io.open(os.devnull, 'w', encoding='utf-8'), io.open(os.devnull, encoding='utf-16', errors='replace'),
        pending(io, os), io.TextIOWrapper(io.BytesIO(b'a\r\nb'), newline='', encoding='latin-1')])
    add('buffered', lambda: [
        io.BufferedReader(raw), io.BufferedReader(io.BytesIO(b'abc'), 5), io.BufferedWriter(io.BytesIO()),
        io.BufferedRandom(io.BytesIO(b'random')), io.BufferedRWPair(io.BytesIO(b'r'), io.BytesIO())])
    add('newline decoder', lambda: [io.IncrementalNewlineDecoder(None, True),
                                    io.IncrementalNewlineDecoder(__import__('codecs').getincrementaldecoder('utf-8')(), 0)])
    add('temporary files', lambda: [tempfile.SpooledTemporaryFile(), tempfile.TemporaryFile('w+')])
    add('bases', lambda: [io.IOBase(), io.RawIOBase(), io.BufferedIOBase(), io.TextIOBase()])
    return [raw, sys.stdin, sys.stdout, sys.stderr]


def half_read(io):
    f = io.TextIOWrapper(io.BytesIO(u'z\xe9ile \u20ac\n'.encode('utf-8') * 5000), encoding='utf-8')
    f.readline()
    f.read(10)
    f.note = ['attribute']
    return f


def pending(io, os):
    f = io.open(os.devnull, 'w', encoding='utf-8')
    for i in range(20):
        f.write(u'pending %d' % i)
    return f


@exhibit
def directories(zoo):
    import os
    import tempfile
    where = tempfile.mkdtemp()
    for n in range(5):
        open(os.path.join(where, 'file%d' % n), 'w').close()
    entries = list(os.scandir(where))
    for e in entries:
        e.stat()
        e.stat(follow_symlinks=False)
    iterator = os.scandir(where.encode())
    next(iterator)
    other = os.scandir(os.path.join(where, '.'))
    fresh = list(os.scandir(where.encode()))
    for e in entries:
        os.unlink(e.path)
    os.rmdir(where)
    pathlib = __import__('pathlib')
    return [entries, iterator, other, fresh, pathlib.Path('/a/b'), pathlib.PurePosixPath('x')]


@exhibit
def structseqs(zoo):
    import os
    import time
    add = zoo.add
    add('os results', lambda: [os.stat('/'), os.stat_result(range(10)), os.statvfs('/'), os.times(), os.uname()])
    add('terminal_size', lambda: os.terminal_size((80, 24)))
    add('sched_param', lambda: os.sched_param(0))
    add('waitid', waitid)
    add('struct_time', lambda: [time.localtime(), time.gmtime(0), time.struct_time(range(9)),
                                time.strptime('2020', '%Y')])
    add('pwd', lambda: __import__('pwd').getpwall())
    add('grp', lambda: __import__('grp').getgrall())
    add('spwd', lambda: __import__('spwd').getspall())
    add('rusage', lambda: __import__('resource').getrusage(0))
    add('siginfo', siginfo)
    add('sys', lambda: [sys.flags, sys.float_info, sys.version_info, sys.hash_info, sys.int_info, sys.thread_info])
    add('asyncgen hooks', lambda: sys.get_asyncgen_hooks())
    add('curses version', lambda: __import__('curses').ncurses_version)
    add('except hook', lambda: __import__('threading').ExceptHookArgs((ValueError, ValueError(1), None, None)))
    add('unraisable', unraisable)
    return time


def waitid():
    import os
    pid = os.fork()
    if not pid:
        os._exit(3)
    return os.waitid(os.P_PID, pid, os.WEXITED)


def siginfo():
    import os
    import signal
    old = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    os.kill(os.getpid(), signal.SIGUSR2)
    info = signal.sigtimedwait([signal.SIGUSR2], 1)
    signal.pthread_sigmask(signal.SIG_SETMASK, old)
    return info


def unraisable():
    caught = []
    old, sys.unraisablehook = sys.unraisablehook, caught.append

    class Bad(object):
        def __del__(self):
            raise ValueError('in __del__')
    Bad()
    sys.unraisablehook = old
    return caught


# ---- data types and parsers ----

@exhibit
def dates(zoo):
    import datetime as dt

    class Zone(dt.tzinfo):
        def utcoffset(self, when):
            return dt.timedelta(hours=1)

    class Stamp(dt.datetime):
        pass

    zone = Zone()
    zone.name = 'zone with attributes'
    plain = [dt.date(2020, 2, 29), dt.datetime(2020, 1, 1, 12), dt.time(1, 2, 3, 4), dt.timedelta(5, 6, 7),
             dt.datetime(1, 1, 1, tzinfo=zone), dt.time(tzinfo=zone), zone]
    stamp = Stamp(2021, 1, 1, tzinfo=zone)
    stamp.source = ['attribute']
    hash(plain[1])
    zoo.add('timezones', lambda: [dt.timezone.utc, dt.timezone(dt.timedelta(hours=2)), dt.date.today().isocalendar(),
                                  dt.timezone(dt.timedelta(hours=-3), 'named'),
                                  dt.datetime.now(dt.timezone(dt.timedelta(minutes=7))),
                                  dt.time(1, tzinfo=dt.timezone.utc, fold=1)])
    zoo.add('zoneinfo', zones)
    return [plain, stamp, Stamp(2022, 2, 2), time_objects()]


def time_objects():
    import calendar
    return [calendar.Calendar(), calendar.month_name]


def zones():
    import zoneinfo
    import datetime as dt
    found = [zoneinfo.ZoneInfo('UTC'), zoneinfo.ZoneInfo.no_cache('Europe/Berlin'), zoneinfo.ZoneInfo('America/New_York'),
             zoneinfo.ZoneInfo.no_cache('Asia/Tokyo')]
    return found + [dt.datetime(2020, 7, 1, tzinfo=z) for z in found]


@exhibit
def decimals(zoo):
    import decimal
    import fractions

    class Money(decimal.Decimal):
        pass

    D = decimal.Decimal
    money = Money('12.34')
    money.currency = 'EUR'
    context = decimal.Context(prec=50, traps=[decimal.Inexact])
    with decimal.localcontext() as local:
        local.prec = 2000
        big = D(2) ** 5000
        root = D(2).sqrt()
    return [D(0), D('1.5'), D('NaN'), D('-Infinity'), D(10) ** 30, D('1' * 76), D('1' * 77), big, root, money, context,
            context.flags, context.traps, decimal.localcontext(), decimal.getcontext(), fractions.Fraction(1, 3),
            decimal.DefaultContext]


@exhibit
def parsers(zoo):
    import csv
    import io
    import json
    import re
    import struct
    add = zoo.add
    pattern = re.compile(r'(?P<word>\w+)\s+(\d+)?')
    match = pattern.search('some text 42 here')
    match.regs
    scanner = pattern.scanner('a 1 b 2 c 3')
    scanner.search()
    add('regexes', lambda: [pattern, match, pattern.match('word '), scanner, re.compile(b'bytes(.)'),
                            re.compile(b'(b)').search(bytearray(b'abc')), pattern.finditer('a 1 b 2'),
                            advance(re.finditer(r'\w', 'abcdef')), re.compile('(?i)[a-z\u0100-\u0200]{3,5}'),
                            re.compile('(a)|b').match('b'), re.Scanner([('a', None)])])
    add('builtin methods', lambda: [pattern.match, match.group])
    packer = struct.Struct('<IhhQ10s')
    add('structs', lambda: [packer, struct.Struct('b'), struct.Struct(''), struct.iter_unpack('<H', b'abcdef'),
                            advance(struct.iter_unpack('<H', b'abcdef')), exhaust(struct.iter_unpack('<H', b'abcd'))])
    reader = csv.reader(['a,b,c\n', '1,"two,too",3\n', '"open\n', 'quote",x\n'])
    next(reader)
    sink = io.StringIO()
    writer = csv.writer(sink, dialect='excel-tab')
    writer.writerow(['x', 'y', u'\u20ac'] * 50)
    rows = csv.DictReader(io.StringIO(u'a,b\n1,2\n3,4\n'))
    add('csv', lambda: [reader, writer, sink, next(rows), rows, reader.dialect, csv.writer(sink, lineterminator=u'!\n')])
    add('json', lambda: [json.JSONDecoder(), json.JSONDecoder(object_hook=dict, parse_float=str), json.JSONEncoder(),
                         json.JSONEncoder(default=str, sort_keys=True), json_machine(json),
                         json.loads('{"a": [1, 2.5, null, true, "\\u20ac"], "b": {"a": {}}}')])
    return pattern


def json_machine(json):
    from json import encoder, scanner
    return [scanner.c_make_scanner(json.JSONDecoder(object_pairs_hook=list)),
            encoder.c_make_encoder({}, str, encoder.encode_basestring_ascii, None, ': ', ', ', False, False, True)]


@exhibit
def pickles(zoo):
    import io
    import pickle
    data = {'list': [[i, 'text %d' % i] for i in range(200)], 'tuple': (1, 2.5, None), 'set': {1, 2}, 'big': 10 ** 50}
    sink = io.BytesIO()

    class Pickler(pickle.Pickler):
        def persistent_id(self, o):
            return None

        def reducer_override(self, o):
            return NotImplemented

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, pid):
            return pid

    p = pickle.Pickler(sink, 2)
    p.dump(data)
    p.dispatch_table = {complex: lambda c: (complex, (c.real, c.imag))}
    sub = Pickler(io.BytesIO(), 2)
    sub.dump(data)
    u = pickle.Unpickler(io.BytesIO(pickle.dumps(data, 2) + pickle.dumps('second')))
    loaded = u.load()
    named = Unpickler(io.BytesIO(pickle.dumps([1, 2])), encoding='latin-1', errors='ignore')
    broken = pickle.Unpickler(io.BytesIO(pickle.dumps(data)[:-20]))
    try:
        broken.load()
    except Exception:
        pass
    text_one = pickle.Unpickler(io.BytesIO(pickle.dumps(data, 0)))
    text_one.load()
    zoo.add('out of band', lambda: [pickle.Pickler(io.BytesIO(), 5, buffer_callback=[].append),
                                    pickle.Unpickler(io.BytesIO(), buffers=[b'x'])])
    return [p, sub, u, loaded, named, broken, text_one, p.memo, u.memo, pickle.Pickler(io.BytesIO())]


@exhibit
def compressors(zoo):
    import bz2
    import zlib
    raw = b''.join(b'line %d of text\n' % i for i in range(5000)) if PY3 else b'line of text\n' * 5000
    c = zlib.compressobj()
    c.compress(raw)
    d = zlib.decompressobj()
    d.decompress(zlib.compress(raw) + b'unused data', 100)
    done = zlib.decompressobj()
    done.decompress(zlib.compress(b'done') + b'unused data')
    zoo.add('zlib dictionary', lambda: [zlib.compressobj(zdict=b'dictionary'), zlib.decompressobj(zdict=b'dictionary'),
                                        c.copy(), d.copy()])
    b = bz2.BZ2Compressor()
    b.compress(raw)
    e = bz2.BZ2Decompressor()
    e.decompress(bz2.compress(raw)[:100])
    f = bz2.BZ2Decompressor()
    f.decompress(bz2.compress(b'done') + b'unused')
    zoo.add('limited', lambda: limited(bz2, raw))
    zoo.add('lzma', lambda: lzmas(raw))
    return [c, d, done, b, e, f]


def limited(bz2, raw):
    g = bz2.BZ2Decompressor()
    g.decompress(bz2.compress(raw), 10)
    return g


def lzmas(raw):
    import lzma
    c = lzma.LZMACompressor(preset=0)
    c.compress(raw)
    d = lzma.LZMADecompressor()
    d.decompress(lzma.compress(raw, preset=0), 100)
    e = lzma.LZMADecompressor()
    e.decompress(lzma.compress(b'done', preset=0) + b'unused')
    return [c, d, e, lzma.LZMADecompressor(lzma.FORMAT_XZ)]


@exhibit
def hashes(zoo):
    import hashlib
    import hmac
    made = []
    for name in sorted(getattr(hashlib, 'algorithms_available', ['md5', 'sha1'])):
        zoo.add('hash ' + name, lambda: hashlib.new(name, b'data'))
    for module, names in (('_md5', ['md5']), ('_sha1', ['sha1']), ('_sha256', ['sha224', 'sha256']), ('_sha512', ['sha384', 'sha512']),
                          ('_sha2', ['sha256', 'sha512']), ('_sha3', ['sha3_224', 'sha3_256', 'sha3_384', 'sha3_512',
                                                                      'shake_128', 'shake_256']),
                          ('_blake2', ['blake2b', 'blake2s'])):
        for name in names:
            zoo.add(module + '.' + name, lambda: getattr(__import__(module), name)(b'x' * 5000))
    zoo.add('hmac', lambda: [hmac.new(b'key', b'text', 'sha256'), __import__('_hashlib').hmac_new(b'k', b'm', 'sha1')])
    rng = random.Random(7)
    rng.random()

    class Random(random.Random):
        pass
    sub = Random(1)
    sub.note = []
    return [made, rng, sub, random.SystemRandom()]


@exhibit
def archives(zoo):
    import gzip
    import io
    import tarfile
    import zipfile
    store = io.BytesIO()
    z = zipfile.ZipFile(store, 'w', zipfile.ZIP_DEFLATED)
    z.writestr('member', b'content' * 1000)
    z.close()
    again = zipfile.ZipFile(store)
    member = again.open('member')
    member.read(10)
    packed = io.BytesIO()
    writer = gzip.GzipFile(fileobj=packed, mode='wb')
    writer.write(b'line\n' * 1000)
    tar = tarfile.TarFile(fileobj=io.BytesIO(), mode='w')
    tar.addfile(tarfile.TarInfo('name'))
    zoo.add('gzip reader', lambda: advance(iter(gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b'line\n' * 9))))))
    zoo.add('mail', lambda: __import__('email').message_from_string('From: a\nTo: b\n\nbody'))
    zoo.add('configuration', lambda: configuration())
    return [again, member, writer, packed, tar]


def configuration():
    import configparser
    parser = configparser.ConfigParser()
    parser.read_string(u'[section]\na = 1\nb = %(a)s 2\n')
    return [parser, parser['section']]


@exhibit
def codec_types(zoo):
    import codecs
    import io
    import unicodedata
    add = zoo.add
    for name in ('utf-8', 'utf-16', 'shift_jis', 'gb18030', 'iso2022_jp', 'euc_kr', 'cp1252', 'idna', 'big5hkscs'):
        add('codec ' + name, lambda: [codecs.lookup(name), codecs.getincrementalencoder(name)(),
                                      codecs.getincrementaldecoder(name)('replace'),
                                      codecs.getreader(name)(io.BytesIO(b'abc')), codecs.getwriter(name)(io.BytesIO())])
    codecs.register_error('zoo', lambda e: (u'?', e.end))

    def custom():
        decoder = codecs.getincrementaldecoder('shift_jis')('zoo')
        decoder.decode(b'ab\x82')
        encoder = codecs.getincrementalencoder('shift_jis')('zoo')
        reader = codecs.getreader('shift_jis')(io.BytesIO(b'abc'), 'zoo')
        encoder2 = codecs.getincrementalencoder('iso2022_jp')('ignore')
        encoder2.encode(u'\u3042')
        return [decoder, encoder, reader, encoder2, codecs.getwriter('shift_jis')(io.BytesIO(), 'zoo')]
    add('custom errors', custom)
    add('charmap', lambda: codecs.charmap_build(u''.join(map(chr, range(256)))) if PY3 else None)
    add('multibyte codec', lambda: __import__('_codecs_jp').getcodec('shift_jis'))
    add('formatter', lambda: string_formatter())
    add('ucd', lambda: unicodedata.ucd_3_2_0)
    return codecs.EncodedFile(io.BytesIO(b'x'), 'latin-1')


def string_formatter():
    import _string
    import string
    name = _string.formatter_field_name_split('a.b[1].c')[1]
    parser = _string.formatter_parser('{a!r:>10} text {b}')
    return [name, advance(_string.formatter_field_name_split('a.b[1].c')[1], 1), parser,
            advance(_string.formatter_parser('{a!r:>10} text {b}'), 1), string.Template('$x'), string.Formatter()]


@exhibit
def xml_types(zoo):
    import io
    import xml.etree.ElementTree as ET
    import pyexpat
    from zoo_kit import HAZARDS
    add = zoo.add
    document = '<root a="1">text<b>bold</b>tail<c><d/><e/><f/><g/><h/><i/></c><!-- comment --><?pi x?></root>'
    tree = ET.fromstring(document)
    wide = ET.Element('wide')
    for i in range(50):
        ET.SubElement(wide, 'child', {'n': str(i)}).text = 'text %d' % i
    del wide[5:]
    attributed = ET.Element('a', {'x': 'y'})
    iterator = tree.iter()
    advance(iterator, 4)
    tree.extend([ET.Element('extended', {str(i): 'x'}) for i in range(9)])
    add('elements', lambda: [tree, wide, attributed, iterator, tree.iter('b'), tree.itertext(), advance(tree.itertext()),
                             exhaust(tree.iter()), ET.ElementTree(tree), ET.Element('bare'), ET.Comment('c'),
                             ET.QName('q'), tree.__copy__()])

    def partly():
        parser = ET.XMLParser()
        parser.feed('<a><b>some <c>text')
        pull = ET.XMLPullParser(['start', 'end', 'comment', 'pi', 'start-ns', 'end-ns'])
        pull.feed('<a xmlns="urn:x"><b>half &lt; of')
        builder = ET.TreeBuilder()
        builder.start('a', {})
        builder.data('one')
        builder.data('two')
        own = ET.TreeBuilder(element_factory=ET.Element, insert_comments=True)
        events = ET.iterparse(io.BytesIO(document.encode()), ['start', 'end'])
        next(events)
        return [parser, pull, builder, own, events, ET.XMLParser()]

    def targets():
        class Target(object):
            def start(self, tag, attrib):
                pass

            def end(self, tag):
                pass

            def data(self, data):
                pass

            def close(self):
                return []
        own, unused = ET.XMLParser(target=Target()), ET.XMLParser(target=Target())
        own.feed('<a>')
        return [own, unused]

    add('own targets', targets)
    if HAZARDS:  # a tree builder's stack is a list of 20, NULL at first
        add('parsers mid-way', partly)

    def expat():
        p = pyexpat.ParserCreate()
        seen = []
        p.StartElementHandler = lambda name, attrs: seen.append(name)
        p.CharacterDataHandler = seen.append
        p.buffer_text = True
        p.Parse('<a x="y">text ', False)
        return [p, pyexpat.ParserCreate('utf-8', ' '), seen, p.ExternalEntityParserCreate('')]
    add('expat', expat)
    add('minidom', lambda: __import__('xml.dom.minidom').dom.minidom.parseString(document))
    return tree


# ---- operating system, network, databases ----

@exhibit
def network(zoo):
    import select
    import socket
    add = zoo.add
    a, b = socket.socketpair()
    a.send(b'waiting')
    closed = socket.socket()
    closed.close()
    b.settimeout(3.5)
    poll = select.poll()
    poll.register(a, select.POLLIN)
    poll.register(b)
    poll.poll(0)
    epoll = select.epoll()
    epoll.register(a)
    gone = select.epoll()
    gone.close()
    add('makefile', lambda: [a.makefile('rb'), b.makefile('rw')])
    add('selectors', lambda: selector(a))
    add('http', lambda: __import__('http.client').client.HTTPConnection('localhost'))
    return [a, b, closed, poll, select.poll(), epoll, gone]


def selector(a):
    import selectors
    s = selectors.DefaultSelector()
    s.register(a, selectors.EVENT_READ, data=['data'])
    return s


@exhibit
def ssl_types(zoo):
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.sni_callback = lambda *a: None
    context._msg_callback = lambda *a: None
    context.set_alpn_protocols(['h2', 'http/1.1'])
    one, two = ssl.MemoryBIO(), ssl.MemoryBIO()
    one.write(b'data')
    o = context.wrap_bio(one, two, server_hostname='example.org')
    try:
        o.do_handshake()
    except ssl.SSLError:
        pass
    zoo.add('default context', ssl.create_default_context)
    zoo.add('tls handshake', lambda: handshake(ssl))
    zoo.add('tls socket', lambda: tls_socket(ssl))
    return [context, server, one, two, o]


def handshake(ssl):
    """Anonymous key exchange needs no certificate."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    for c in (server, client):
        c.maximum_version = ssl.TLSVersion.TLSv1_2
        c.set_ciphers('AECDH-AES256-SHA:@SECLEVEL=0')
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    s, c = server.wrap_bio(up, down, server_side=True), client.wrap_bio(down, up)
    for _ in range(4):
        for o in (c, s):
            try:
                o.do_handshake()
            except ssl.SSLWantReadError:
                pass
    return [s, c, c.session, s.session]


def tls_socket(ssl):
    import socket
    a, b = socket.socketpair()
    context = ssl.create_default_context()
    wrapped = context.wrap_socket(a, server_hostname='localhost', do_handshake_on_connect=False)
    wrapped.setblocking(False)
    try:
        wrapped.do_handshake()
    except ssl.SSLError:
        pass
    return [wrapped, b]


@exhibit
def sqlite_types(zoo):
    import sqlite3
    add = zoo.add
    db = sqlite3.connect(':memory:')
    db.row_factory = sqlite3.Row
    db.execute('CREATE TABLE t (a, b BLOB)')
    db.executemany('INSERT INTO t VALUES (?, ?)', [(i, b'x' * i) for i in range(100)])
    db.set_trace_callback(lambda s: None)
    db.set_progress_handler(lambda: 0, 10000)
    db.set_authorizer(lambda *a: 0)
    db.create_function('twice', 1, lambda x: 2 * x)
    db.create_collation('backwards', lambda a, b: 0)
    cursor = db.cursor()
    cursor.execute('SELECT a, b FROM t ORDER BY a')
    rows = cursor.fetchmany(5)
    other = db.cursor()
    other.row_factory = lambda c, r: list(r)
    other.execute('SELECT twice(a) FROM t')
    other.fetchone()
    closed = sqlite3.connect(':memory:')
    closed.execute('SELECT 1')
    closed.close()

    class Connection(sqlite3.Connection):
        pass

    class Cursor(sqlite3.Cursor):
        pass
    sub = sqlite3.connect(':memory:', factory=Connection)
    sub.note = ['attribute']
    add('sqlite subclasses', lambda: [sub, sub.cursor(Cursor)])
    add('sqlite blob', lambda: db.blobopen('t', 'b', 5))
    add('sqlite statement', lambda: db('SELECT 1 + 1'))
    add('sqlite protocol', lambda: sqlite3.PrepareProtocol())
    add('sqlite empty', lambda: [db.cursor(), sqlite3.connect(':memory:')])
    return [db, cursor, rows, other, closed]


@exhibit
def threads(zoo):
    import threading
    add = zoo.add
    held = threading.Lock()
    held.acquire()
    rlock = threading.RLock()
    rlock.acquire()
    rlock.acquire()
    local = threading.local()
    local.value = ['of the main thread']

    class Local(threading.local):
        def __init__(self, *args, **kwargs):
            self.args = args, kwargs

    sub = Local(1, [2], k=3)
    finished = threading.Thread(target=lambda: setattr(local, 'value', 'theirs'), name='finished')
    finished.start()
    finished.join()
    timer = threading.Timer(1000, len, ['x'])
    add('queues', queues)
    add('semaphores', semaphores)
    add('executor', lambda: __import__('concurrent.futures').futures.Future())
    return [threading.Lock(), held, rlock, threading.RLock(), local, threading.local(), sub, finished, timer,
            threading.Condition(), threading.Event(), threading.Semaphore(3), threading.Barrier(2), threading._RLock(),
            threading.current_thread()] if PY3 else [held, rlock, local, sub]


def queues():
    from zoo_kit import HAZARDS
    import queue
    simple = queue.SimpleQueue()
    for i in range(50):
        simple.put([i])
    if HAZARDS:  # the places of what was taken out are NULL, in a list that the collector shows
        for i in range(20):
            simple.get()
    full = queue.Queue(5)
    full.put('item')
    heap = queue.PriorityQueue()
    heap.put((1, 'x'))
    return [simple, queue.SimpleQueue(), full, heap, queue.LifoQueue()]


def semaphores():
    import multiprocessing
    c = multiprocessing.get_context('fork')
    return [c.Lock(), c.RLock(), c.Semaphore(2), c.Event(), c.Value('i', 5), c.Array('d', 3), c.Lock()._semlock]


@exhibit
def context_variables(zoo):
    import contextvars
    variables = [contextvars.ContextVar('variable %d' % i, default=[i]) for i in range(60)]
    bare = contextvars.ContextVar('bare')
    contexts, tokens = [contextvars.Context()], []
    for count in (1, 5, 17, 40, 60):
        context = contextvars.Context()

        def fill():
            for v in variables[:count]:
                tokens.append(v.set(['set %d' % count]))
        context.run(fill)
        contexts.append(context)
        contexts.append(context.copy())
    last = contexts[-1]

    def shrink():
        for v in variables[:30]:
            token = v.set(1)
            v.reset(token)
            tokens.append(token)
    last.run(shrink)
    views = [last.keys(), last.values(), last.items()]
    bare.set('in the main context') if len(zoo.animals) < 0 else None
    return [variables, bare, contexts, tokens, views, [advance(iter(v)) for v in views], iter(last),
            contextvars.copy_context(), contextvars.Token.MISSING]


# ---- ctypes ----

@exhibit
def ctypes_types(zoo):
    import ctypes
    add = zoo.add

    class Point(ctypes.Structure):
        _fields_ = [('x', ctypes.c_int), ('y', ctypes.c_double), ('bits', ctypes.c_int, 3)]

    class Node(ctypes.Structure):
        pass
    Node._fields_ = [('next', ctypes.POINTER(Node)), ('point', Point), ('name', ctypes.c_char_p), ('o', ctypes.py_object)]

    class Either(ctypes.Union):
        _fields_ = [('i', ctypes.c_int), ('p', Point)]

    class Big(ctypes.BigEndianStructure):
        _fields_ = [('x', ctypes.c_uint32)]

    class Packed(ctypes.Structure):
        _pack_ = 1
        _fields_ = [('a', ctypes.c_char * 50), ('b', ctypes.c_short)]

    node = Node(None, Point(1, 2.5, 3), b'name', ['object'])
    node.next = ctypes.pointer(Node())
    point = Point(7, 8.5, 1)
    point.note = ['attribute']
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.py_object)(lambda a, b: 0)
    function = ctypes.pythonapi.Py_IncRef
    function.argtypes = [ctypes.py_object]
    function.restype = None
    checked = ctypes.CDLL(None).strlen
    checked.errcheck = lambda r, f, a: r
    checked.argtypes = [ctypes.c_char_p]
    simple = [getattr(ctypes, n)() for n in ('c_byte', 'c_int', 'c_longlong', 'c_double', 'c_char', 'c_wchar', 'c_void_p',
                                             'c_bool', 'c_size_t', 'c_longdouble') if hasattr(ctypes, n)]
    texts = [ctypes.c_char_p(b'kept bytes'), ctypes.c_wchar_p(u'kept text \u20ac'), ctypes.create_string_buffer(b'x', 1000),
             ctypes.create_unicode_buffer(u'wide', 100), ctypes.py_object([1])]
    array = (Point * 10)(*[(i, i) for i in range(10)])
    pointers = (ctypes.c_char_p * 5)(b'one', b'two')
    matrix = ((ctypes.c_int * 4) * 3)()
    number = ctypes.c_int(5)
    add('ctypes views', lambda: [memoryview(matrix), memoryview(array), memoryview(point), memoryview(number).cast('B')])
    add('ctypes parts', lambda: [array[3], node.point, node.next.contents, ctypes.pointer(number).contents, Point.x, Point.bits,
                                 ctypes.cast(pointers, ctypes.POINTER(ctypes.c_char_p)), ctypes.byref(number),
                                 ctypes.byref(array), ctypes.c_int.from_buffer(bytearray(8)),
                                 Point.from_buffer_copy(b'\0' * ctypes.sizeof(Point)), ctypes.c_int.from_param(5),
                                 ctypes.c_char_p.from_param(b'x'), ctypes.c_wchar_p.from_param('x'), point.__reduce__()])
    add('ctypes prototypes', lambda: ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.POINTER(ctypes.c_int))(
        ('frexp', ctypes.CDLL(None)), ((1, 'x', [0]), (2, 'exponent'))))
    resized = ctypes.create_string_buffer(10)
    ctypes.resize(resized, 5000)
    return [point, node, Either(3), Big(1), Packed(), callback, function, checked, simple, texts, array, pointers, matrix,
            number, ctypes.pointer(number), ctypes.POINTER(Node)(), resized, ctypes.pythonapi, ctypes.CDLL(None)]
