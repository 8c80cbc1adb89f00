#!/usr/bin/env python3
"""The shell of `exuvia sql DB` on a terminal: completion, history, .mode, Ctrl-C. Needs a build with libedit.

    shell.py --exuvia build/exuvia [--cache DIR]
"""
import argparse
import os
import pty
import select
import signal
import stat
import sys
import tempfile
import termios
import time

import cookbook
import golden


class Terminal:
    def __init__(self, command, environment):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.execve(command[0], command, environment)
        self.seen = ''

    def until(self, text, seconds=30):
        """Reads until `text` has come; what came up to there."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise SystemExit('FAIL no %r in %r' % (text, self.seen))
            try:
                block = os.read(self.fd, 4096)
            except OSError:  # Linux: EIO when the other side has closed
                block = b''
            if not block:
                raise SystemExit('FAIL ended without %r: %r' % (text, self.seen))
            self.seen += block.decode('utf-8', 'replace')
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text):
        os.write(self.fd, text.encode())

    def editing(self, seconds=30):
        """Waits until the shell reads characters: what is typed before is lost when the terminal changes to that."""
        end = time.monotonic() + seconds
        while termios.tcgetattr(self.fd)[3] & termios.ICANON:
            if time.monotonic() > end:
                raise SystemExit('FAIL the terminal is not edited')
            time.sleep(0.005)

    def ask(self, text, answer=None):
        self.until('exuvia> ')
        self.editing()
        self.type(text)
        if answer:
            self.until(answer)
        else:
            self.until('\n')

    def wait(self):
        while True:
            try:
                if not os.read(self.fd, 4096):
                    break
            except OSError:
                break
        return os.waitpid(self.pid, 0)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--cache')
    options = parser.parse_args()
    if not os.path.exists(options.exuvia):
        print('SKIP no exuvia at %s' % options.exuvia)
        return 77
    signal.alarm(120)
    exuvia = os.path.abspath(options.exuvia)
    with tempfile.TemporaryDirectory(prefix='exuvia-shell-') as home:
        cache = golden.cache_of(options.cache, exuvia) if options.cache else home
        os.makedirs(cache, exist_ok=True)
        database = cookbook.database_at('incident', exuvia, cache)
        environment = dict(os.environ, HOME=home, TERM='xterm', LC_ALL='C.UTF-8', COLUMNS='120', NO_COLOR='1')
        environment.pop('XDG_STATE_HOME', None)

        shell = Terminal([exuvia, 'sql', database], environment)
        shell.ask("SELECT count(*) AS n FROM chunk_l\t WHERE kin\t = 'list';\n", '\n14\r\n')  # a table, a column
        shell.ask('.mod\t csv\n')
        shell.ask("SELECT 'é' || t.qualn\t AS q FROM traceback b JOIN object o ON o.id = b.object_id\n", '...> ')
        shell.type('JOIN type t ON t.id = o.type_id LIMIT 1;\n')
        shell.until('étraceback\r\n')
        shell.ask('.mode jso\t\n')
        shell.ask('SELECT wha\t102) AS s;\n', '"s": "None"')  # a function
        shell.ask('.mode table\n')
        shell.ask('cookbook:excep\ts\n', 'Which exceptions are alive')  # two begin so
        shell.ask('.cookbook tracebac\t\n', 'Which tracebacks are alive')
        shell.ask('.schema tracebac\t\n', 'CREATE TABLE traceback(')
        shell.ask('.mode xml\n', 'not one of its values')
        shell.ask('SELECT nonsense', 'nonsense')
        time.sleep(0.2)
        os.kill(shell.pid, signal.SIGINT)  # what is typed is forgotten, the shell stays
        shell.ask('SELECT 40 + 2;\n', ' 42\r\n')
        shell.ask('.quit\n')
        if shell.wait():
            raise SystemExit('FAIL it did not end well')

        history = os.path.join(home, '.local/state/exuvia/history')
        for path, mode in ((history, 0o600), (os.path.dirname(history), 0o700)):
            if stat.S_IMODE(os.stat(path).st_mode) != mode:
                raise SystemExit('FAIL %s is open to others' % path)

        shell = Terminal([exuvia, 'sql', database], environment)
        shell.ask('\x1b[A\x1b[A\n', ' 42\r\n')  # .quit, and the query before it
        shell.ask('\x04')
        if shell.wait():
            raise SystemExit('FAIL it did not end well')
    print('completion, history, modes, Ctrl-C')
    return 0


if __name__ == '__main__':
    sys.exit(main())
