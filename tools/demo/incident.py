#!/usr/bin/env python3
"""The incident of the demo: a worker downloads a report, the server stalls, the read times out, and a logging handler
that keeps the last record keeps the whole body with it.

    incident.py [--mebibytes N]    the worker: prints 'ready' when it has failed and waits, as workers do
"""
import argparse
import io
import logging
import multiprocessing
import os
import socketserver
import http.server
import time
import urllib.request

PIECE = 8 * 1024
log = logging.getLogger('worker')


class LastRecord(logging.Handler):
    """Keeps the last record for a status page. And with it exc_info, the traceback, its frames, their locals."""

    def __init__(self):
        super().__init__()
        self.last_record = None

    def emit(self, record):
        self.last_record = record


class Stalling(http.server.BaseHTTPRequestHandler):
    """Promises a large body, sends most of it in pieces, and stalls."""

    def do_GET(self):
        size = int(self.path.rpartition('=')[2]) << 20
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain; charset=ascii')
        self.send_header('Content-Length', str(2 * size))
        self.end_headers()
        row = b'2026-01-31;worker;%08d;the quick brown fox jumps over the lazy dog\n'
        sent = 0
        while sent < size:
            piece = b''.join(row % n for n in range(sent, sent + 100))
            self.wfile.write(piece[:size - sent])
            sent += len(piece[:size - sent])
        time.sleep(3600)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    worker = None

    def service_actions(self):
        if os.getppid() != self.worker:  # the worker was killed
            os._exit(0)


def serve(pipe, worker):
    with Server(('127.0.0.1', 0), Stalling) as server:
        server.worker = worker
        pipe.send(server.server_address[1])
        server.serve_forever()


class Worker:
    def __init__(self, port):
        self.port = port
        self.done = 0

    def read_body(self, response):
        body = io.StringIO()
        pieces = []
        while True:
            piece = response.read(PIECE)
            if not piece:
                return body, pieces
            body.write(piece.decode('ascii'))
            pieces.append(piece)

    def fetch(self, report):
        url = 'http://127.0.0.1:%d/%s' % (self.port, report)
        with urllib.request.urlopen(url, timeout=2) as response:
            body, pieces = self.read_body(response)
        return body.getvalue()

    def run(self, jobs):
        for job in jobs:
            try:
                self.fetch(job)
                self.done += 1
            except OSError:
                log.exception('job %s failed', job)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--mebibytes', type=int, default=24, help='what the server sends before it stalls')
    options = parser.parse_args()

    log.addHandler(LastRecord())
    log.propagate = False
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs, os.getpid()), daemon=True)
    server.start()
    worker = Worker(ours.recv())
    worker.run(['report?mebibytes=%d' % options.mebibytes])
    print('ready', flush=True)
    while True:
        time.sleep(60)


if __name__ == '__main__':
    main()
