#!/usr/bin/env python3
"""The incident of the demo: a worker downloads a report, the server stalls, the read times out, and a logging handler
that keeps the last record keeps the whole body with it.

    incident.py [--mebibytes N]    the worker: prints 'ready' when it has failed and waits, as workers do

Runs on 2.7 and on every 3.x.
"""
from __future__ import print_function

import argparse
import contextlib
import logging
import multiprocessing
import os
import sys
import threading
import time

try:
    from http.server import BaseHTTPRequestHandler
    from io import StringIO
    from socketserver import TCPServer, ThreadingMixIn
    from urllib.request import ProxyHandler, build_opener
except ImportError:  # 2.7
    import cStringIO
    from BaseHTTPServer import BaseHTTPRequestHandler
    from SocketServer import TCPServer, ThreadingMixIn
    from StringIO import StringIO
    from urllib2 import ProxyHandler, build_opener

PIECE = 8 * 1024
log = logging.getLogger('worker')


class LastRecord(logging.Handler):
    """Keeps the last record for a status page. And with it exc_info, the traceback, its frames, their locals."""

    def __init__(self):
        logging.Handler.__init__(self)
        self.last_record = None

    def emit(self, record):
        self.last_record = record


class Stalling(BaseHTTPRequestHandler):
    """Promises a large body, sends most of it in pieces, and stalls."""

    def do_GET(self):
        size = int(self.path.rpartition('=')[2]) << 20
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain; charset=ascii')
        self.send_header('Content-Length', str(2 * size))
        self.end_headers()
        row = '2026-01-31;worker;%08d;the quick brown fox jumps over the lazy dog\n'
        sent = 0
        while sent < size:
            piece = ''.join(row % n for n in range(sent, sent + 100)).encode('ascii')
            self.wfile.write(piece[:size - sent])
            sent += len(piece[:size - sent])
        time.sleep(3600)

    def log_message(self, *_):
        pass


class Server(ThreadingMixIn, TCPServer):
    daemon_threads = True


def ends_with(worker):
    while os.getppid() == worker:
        time.sleep(0.5)
    os._exit(0)


def serve(pipe, worker):
    threading.Thread(target=ends_with, args=(worker,)).start()
    server = Server(('127.0.0.1', 0), Stalling)
    pipe.send(server.server_address[1])
    server.serve_forever()


class Worker(object):
    def __init__(self, port):
        self.port = port
        self.done = 0

    def read_body(self, response):
        body = StringIO()
        pieces = []
        while True:
            piece = response.read(PIECE)
            if not piece:
                return body, pieces
            body.write(piece.decode('ascii'))
            pieces.append(piece)

    if sys.version_info[0] == 2:  # where many wrote into a cStringIO as well
        def read_body(self, response):
            body = StringIO()
            raw = cStringIO.StringIO()
            pieces = []
            while True:
                piece = response.read(PIECE)
                if not piece:
                    return body, pieces, raw
                body.write(piece.decode('ascii'))
                raw.write(piece)
                pieces.append(piece)

    def fetch(self, report):
        url = 'http://127.0.0.1:%d/%s' % (self.port, report)
        with contextlib.closing(build_opener(ProxyHandler({})).open(url, timeout=2)) as response:
            received = self.read_body(response)
        return received[0].getvalue()

    def run(self, jobs):
        for job in jobs:
            try:
                self.fetch(job)
                self.done += 1
            except EnvironmentError:
                log.exception('job %s failed', job)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--mebibytes', type=int, default=24, help='what the server sends before it stalls')
    options = parser.parse_args()

    log.addHandler(LastRecord())
    log.propagate = False
    # fork: the server is the worker's child, whatever the platform's default has become (3.14: forkserver)
    processes = multiprocessing.get_context('fork') if hasattr(multiprocessing, 'get_context') else multiprocessing
    ours, theirs = processes.Pipe()
    server = processes.Process(target=serve, args=(theirs, os.getpid()))
    server.daemon = True
    server.start()
    worker = Worker(ours.recv())
    worker.run(['report?mebibytes=%d' % options.mebibytes])
    print('ready')
    sys.stdout.flush()
    while True:
        time.sleep(60)


if __name__ == '__main__':
    main()
