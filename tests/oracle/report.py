#!/usr/bin/env python3
"""What a report shows of a process, and what it must not.

A real process gets secrets of more than twenty kinds (those of scrub.py) in values, keys, locals, arguments, the environment, messages of
exceptions and buffers, and holds much memory by them, so that they stand where reports look. None of them may be in a report of
any format; with --include-content each that has a shape or stands under a secret's name is masked. A second process has names
that are Markdown, HTML or Mermaid, and names that are endless: reports stay whole, harmless and below the trackers' size.

    report.py --python PYTHON --exuvia build/exuvia [--keep DIR]
"""
import argparse
import html
import html.parser
import json
import os
import re
import stat
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import place
import process
import scrub

SCHEMA = os.path.join(process.HERE, '..', '..', 'schema', 'report.schema.json')
ENDINGS = ('md', 'html', 'json')
MARKDOWN_MOST = 65536
# Without a shape that anybody could know: these stand under a secret's name somewhere.
NAMED = ('password', 'api_key', 'prose', 'number', 'phone', 'iban', 'ssn')
# What of a kind is secret when contents are shown; all of it for the others.
CORES = {'bearer': '8xLOxBtZp8qQmW3f', 'basic': 'YWxhZGRpbjpvcGVuc2VzYW1l', 'pem': 'MIIEvQIBADAN', 'jwt': 'eyJzdWIiOiI0NzExIn0',
         'url': 's3cretpw', 'cookie': '38afes7a8b2c4d6e', 'told': 'hunter2-Zq7',
         'command': 'Bu1lder-7', 'header': 'Zz38q9es7a', 'json': 'qT77zWv', 'query': 'Qq7zT19xLm', 'dsn': 'Vv8zz!kk2'}
HEAVY = r'''
import gc
gc.disable()
kept.heavy = {u'%s' % v: [bytearray(500000), i] for i, v in enumerate(secrets.values())}
kept.heavier = [bytearray(3000000), u'%s' % secrets['email']]
kept.named = dict(('secret_' + k, secrets[k]) for k in NAMED)
class Deep(object):
    pass
for i, v in enumerate(secrets.values()):
    d = Deep()
    d.kept = [bytearray(50000)]
    setattr(kept, 'deep%d' % i, {u'%s' % v: d})
kept.made = []
for v in secrets.values():
    name = u'%s' % v if sys.version_info[0] > 2 else (u'%s' % v).encode('utf-8')
    made = type(name, (object,), {'__module__': name})
    kept.made.append([made() for i in range(200)])
    cycle = made()
    cycle.self, cycle.weight = cycle, bytearray(60000)
    del cycle
    for instance in kept.made[-1]:
        instance.empty = []
def hold(argument):
    pieces = [u'%s%d' % (argument, i) for i in range(3000)]
    raise KeyError(u'%s' % argument)
try:
    hold(secrets['email'])
except KeyError:
    kept.error = sys.exc_info()
import threading
for v in secrets.values():
    t = threading.Thread(target=time.sleep, args=(3600,))
    t.daemon = True
    t.name = u'%s' % v if sys.version_info[0] > 2 else (u'%s' % v).encode('utf-8')
    t.start()
'''.replace('NAMED', repr(NAMED))
NAMES = ['@torvalds', '#1', '</script><img src=x onerror=alert(1)>', '| a | b |', '````', '"];click n0 "javascript:alert(1)"', '$x^2$',
         'https://evil.example/?a=1&b=2', '[x](javascript:alert(1))', '\n\n# heading', '<!-- ', '-->', '&lt;', ']]>', u'\u202egnp.exe', '```mermaid']
HOSTILE = r'''
import json, sys, time, threading
names = json.loads(sys.stdin.readline()) + [c * 60000 for c in 'a|*#@<']
def text(name):
    return name if sys.version_info[0] > 2 else name.encode('utf-8')
kept = []
for i, name in enumerate(names):
    try:
        made = type(text(name.replace('\0', '')), (object,), {})
    except (ValueError, TypeError):
        continue
    instance = made()
    setattr(instance, text(name), {name: [bytearray(400000)]})
    kept.append({name: instance})
    try:
        exec(compile('def f():\n    local = [u"%d" % i for i in range(2000)]\n    raise ValueError(local)\nf()\n',
                     text(name.replace('\n', ' '))[:4000], 'exec'), {})
    except ValueError:
        kept.append(sys.exc_info())
    t = threading.Thread(target=time.sleep, args=(3600,))
    t.daemon = True
    t.name = text(name)
    t.start()
def wait(n):
    if n:
        return wait(n - 1)
    print('ready')
    sys.stdout.flush()
    time.sleep(3600)
wait(60)
'''


def dump(where, program, line, directory, name):
    environment = dict(os.environ, PYTHONIOENCODING='utf-8', EXUVIA_TEST_PASSWORD=scrub.SECRETS['password'])
    subject = where.start(['-c', program, scrub.SECRETS['github'], '--token', scrub.SECRETS['aws']], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, env=environment)
    try:
        subject.stdin.write((json.dumps(line) + '\n').encode())
        subject.stdin.flush()
        if subject.stdout.readline().strip() != b'ready':
            raise process.Failure('the process did not get ready')
        os.makedirs(os.path.join(directory, name), exist_ok=True)
        return process.gcore(subject.pid, os.path.join(directory, name))
    finally:
        subject.kill()
        subject.wait()


def report(exuvia, database, path, *more):
    subprocess.run([exuvia, 'report', database, '-o', path, '--force', *more], check=True)
    with open(path, 'rb') as file:
        return file.read().decode('utf-8')


def plain(ending, text):
    """As one reads it: without what the format makes of characters."""
    if ending == 'json':
        return json.dumps(json.loads(text), ensure_ascii=False).replace('\\\\', '\\').replace('\\"', '"')
    text = html.unescape(text)
    if ending == 'md':
        text = re.sub(r'#(\d+);', lambda found: chr(int(found.group(1))), text.replace('\u2060', ''))
        text = re.sub(r'\\([^\w\s])|\\(_)', lambda found: found.group(1) or found.group(2), text)
    return text


def secrets_in(text, kinds, parts):
    for kind in kinds:
        value = str(scrub.SECRETS[kind])
        found = [part for part in parts(kind, value) if part in text]
        if found:
            at = text.index(found[0])
            yield '%s: %r in %r' % (kind, found[0], text[max(0, at - 60):at + 60])


class Page(html.parser.HTMLParser):
    """What a page is made of."""
    PLAIN = set('html head meta title style body main h1 h2 h3 nav ul li a section details summary p dl dt dd div table caption '
                'thead tbody tr th td ol code span figure figcaption svg rect text pre footer g path line polyline circle tspan'.split())

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.wrong, self.policy = [], [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag not in self.PLAIN:
            self.wrong.append('an element <%s>' % tag)
        for name, value in attrs:
            if name == 'id':
                self.ids.append(value)
            elif name in ('href', 'xlink:href'):
                self.links.append(value)
            elif name.startswith('on') or name in ('src', 'srcset', 'data', 'action') or 'url(' in (value or ''):
                self.wrong.append('an attribute %s="%s"' % (name, value))
            elif name == 'http-equiv':
                self.policy |= value == 'Content-Security-Policy'


def page_complaints(text, link):
    page = Page(text)
    yield from page.wrong
    if not page.policy:
        yield 'no Content-Security-Policy'
    if len(page.ids) != len(set(page.ids)):
        yield 'an id stands twice'
    for target in page.links:
        if target != link and target[1:] not in page.ids:
            yield 'a link leads to %s' % target
    if re.search(r'@import|url\(', text):
        yield 'the style loads something'


def markdown_complaints(text):
    if len(text) >= MARKDOWN_MOST or len(text.encode()) >= MARKDOWN_MOST:
        yield '%d characters of Markdown' % len(text)
    outside = re.sub(r'^(`{3,4})[^\n]*\n.*?^\1$', '', text, flags=re.M | re.S)
    outside = re.sub(r'\A(# .*\n\n)<https://[\w./?&=#]+>\n', r'\1', outside) # --link
    outside = re.sub(r'(?<!\\)`exuvia [^`\n]*`', '', outside) # commands
    for wrong in re.findall(r'(?:^|[^\w])@\w+|#\d+\b|<(?!/?(?:details|summary|b)>|https://)[^>\n]{0,40}|(?<!<)https?://\w[^\n]{0,30}', outside):
        if not re.match(r'&#\d+|#36$', wrong.strip()):
            yield 'in Markdown %r is not neutralised' % wrong
    if outside.count('<details>') != outside.count('</details>'):
        yield '<details> are not closed'
    for rows in re.findall(r'(?:^\|.*\n)+', outside, re.M):
        widths = {len(re.findall(r'(?<!\\)\|', line)) for line in rows.splitlines()}
        if len(widths) != 1:
            yield 'a table has rows of %s bars: %r' % (sorted(widths), rows[:200])
    graph = re.search(r'^```mermaid\n(.*?)^```$', text, re.M | re.S)
    for line in graph.group(1).splitlines()[1:] if graph else []:
        if not re.match(r'  n\d+\["[\w #;.,/<>\-]*"\]$|  n\d+ -->(\|"[\w #;.,/\-]*"\|)? n\d+$', line):
            yield 'a line of the graph is %r' % line


def schema_complaints(text, schema):
    if schema:
        yield from ('not as the schema says: %s at %s' % (error.message[:200], list(error.absolute_path)) for error in schema.iter_errors(json.loads(text)))


def load_schema():
    with open(SCHEMA) as file:
        text = json.load(file)
    try:
        import jsonschema
    except ImportError:
        print('SKIP the schema: no python3-jsonschema')
        return None
    jsonschema.Draft202012Validator.check_schema(text)
    return jsonschema.Draft202012Validator(text)


def whole(options, database, schema, more=(), link=None):
    """Reports of all formats as one reads them, and complaints about their form."""
    read, wrong = {}, []
    for ending in ENDINGS:
        path = database + '.report.' + ending
        text = report(options.exuvia, database, path, *more)
        if not more and report(options.exuvia, database, path) != text:
            wrong.append('%s: two reports differ' % ending)
        if stat.S_IMODE(os.stat(path).st_mode) != 0o600:
            wrong.append('%s: others can read it' % ending)
        form = {'md': markdown_complaints, 'html': lambda page: page_complaints(page, link), 'json': lambda text: schema_complaints(text, schema)}
        wrong += ['%s: %s' % (ending, complaint) for complaint in form[ending](text)]
        read[ending] = plain(ending, text)
    return read, wrong


def privacy(options, database, schema):
    hidden, wrong = whole(options, database, schema)
    for ending, text in hidden.items():
        wrong += ['%s: %s' % (ending, found) for found in secrets_in(text, scrub.SECRETS, lambda kind, value: {value, value[:12], value[-12:]})]
        if 'could not be classified' not in text:
            wrong.append('%s: no list of what could not be classified' % ending)
    shown, more = whole(options, database, schema, ('--include-content',))
    wrong += more
    for ending, text in shown.items():
        wrong += ['%s with contents: %s' % (ending, found)
                  for found in secrets_in(text, scrub.SECRETS, lambda kind, value: {CORES.get(kind, value), CORES.get(kind, value)[:12]})]
        if '[secret]' not in text:
            wrong.append('%s with contents: nothing is masked' % ending)
    return wrong


def fingerprints(options, database):
    said = subprocess.run([options.exuvia, 'report', database, '--fingerprint'], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    made = json.loads(report(options.exuvia, database, database + '.again.json'))
    chains = json.loads(subprocess.run([options.exuvia, 'chain', database, '--from', 'root', '--to', 'sql:SELECT id FROM object WHERE retained_size > 60000',
                                        '--format', 'json'], stdout=subprocess.PIPE, text=True).stdout or '[]')
    chains += json.loads(subprocess.run([options.exuvia, 'chain', database, '--from', 'traceback', '--to', 'chunks', '--format', 'json'],
                                        stdout=subprocess.PIPE, text=True).stdout or '[]')
    if made.get('fingerprint') != said:
        yield 'two fingerprints: %s and %s' % (said, made.get('fingerprint'))
    if said not in {chain['fingerprint'] for chain in chains}:
        yield 'the fingerprint %s is that of no chain' % said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--python', required=True)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--keep', metavar='DIR')
    options = parser.parse_args()
    where, schema = place.Place(options.python), load_schema()
    before, after = scrub.SUBJECT.split('def wait(')
    with tempfile.TemporaryDirectory(prefix='exuvia-report-') as directory:
        directory = options.keep or directory
        try:
            private = dump(where, before + HEAVY + 'def wait(' + after, scrub.SECRETS, directory, 'private')
            hostile = dump(where, HOSTILE, NAMES, directory, 'hostile')
        except process.Skip as skip:
            print('SKIP %s' % skip)
            return process.SKIP
        databases = [os.path.join(directory, name) for name in ('private.db', 'hostile.db')]
        for core, database in zip((private, hostile), databases):
            process.load(options.exuvia, core, database, where.load_options)
        wrong = privacy(options, databases[0], schema) + list(fingerprints(options, databases[0]))
        link = 'https://tracker.example/a?b=1&c=2#3'
        for more in (), ('--include-content', '--title', '<b>@x</b> | `1` #2', '--link', link):
            wrong += whole(options, databases[1], schema, more, link)[1]
    for line in wrong[:40]:
        print('  ' + line)
    print('%s: %s' % (options.python, '%d complaints' % len(wrong) if wrong else 'reports show none of %d secrets' % len(scrub.SECRETS)))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
