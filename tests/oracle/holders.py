"""What keeps exceptions alive, version by version: for each way, a local of a frame that is gone is asked for, and the
chain must lead through that way. From the traceback the same objects must be found.

    holders.py --python PY --exuvia EXUVIA

Exit status: 0 agrees, 1 differs, 77 this machine can't run it.
"""
import json, os, subprocess

import place
import process
import runner

SUBJECT = r'''
import os, sys, threading, time
def planted(name):
    return type(name, (object,), {})()
def dies(name):
    held = planted(name)
    raise ValueError(name)
def raised(name):
    try:
        dies(name)
    except ValueError:
        return sys.exc_info()
def interactive(name):
    sys.last_type, sys.last_value, sys.last_traceback = raised(name)
def latest(name):
    sys.last_exc = raised(name)[1]
def handles(name, within, ready):
    try:
        dies(name)
    except ValueError:
        within(ready)
def second(ready):
    handles('HeldByException', stands, ready)
def stands(ready):
    ready.set()
    time.sleep(3600)
def suspended(name):
    try:
        dies(name)
    except ValueError:
        yield
class Old:
    pass
def main():
    interactive('HeldByLastTraceback')
    if sys.version_info >= (3, 12):
        latest('HeldByLastException')
    sys.old = Old()
    sys.old.attribute = planted('HeldByInstance')
    if sys.version_info >= (3,):
        sys.generator = suspended('HeldByGenerator')
        next(sys.generator)
    else:
        sys.exc_clear()
    ready = threading.Event()
    thread = threading.Thread(target=handles, args=('HeldByContext', second, ready), name='handler')
    thread.daemon = True
    thread.start()
    ready.wait()
    os.write(1, b'x')
    time.sleep(3600)
main()
'''


def expected(version):
    """{what is held: (the words that its chain from the root must have, whether a traceback holds it)}"""
    generator = 'f_exc_traceback' if version < (3, 7) else 'gi_exc_traceback' if version < (3, 11) else 'gi_exc_state'
    held = {'LastTraceback': (['sysdict', 'last_traceback'], True),
            'Instance': (['sysdict', 'old', 'attribute'], False),
            # 3.x: what was handled before stands on the stack of the frame that handles the next
            'Context': (['handles', 'f_exc_traceback' if version < (3,) else 'stack', 'handler'], True),
            'Exception': (['exc_traceback' if version < (3, 7) else 'exc_info', 'handler'], True)}
    if version >= (3,):
        held['Generator'] = (['generator', generator], True)
    if version >= (3, 12):
        held['LastException'] = (['sysdict', 'last_exc'], True)
    return held


def chains(exuvia, database, start, name):
    done = subprocess.run([exuvia, 'chain', database, '--from', start, '--to', 'type:HeldBy' + name, '--format', 'json'],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else []


def compare(exuvia, database, version):
    for name, (words, traceback) in expected(version).items():
        found = chains(exuvia, database, 'root', name)
        said = json.dumps(found)
        missing = [word for word in words if word not in said]
        print('%s: %d chains, %s' % (name, len(found), 'without %s' % ', '.join(missing) if missing else 'as planted'))
        if len(found) != 1 or missing:
            yield '%s: %s' % (name, said)
        if not traceback:
            continue
        found = chains(exuvia, database, 'traceback', name)
        steps = found[0]['steps'] if len(found) == 1 else []
        if [step['type'] for step in steps[:1]] != ['traceback'] or not any(step.get('name') == 'held' for step in steps):
            yield '%s from a traceback: %s' % (name, json.dumps(found))


def check(options, where, folder):
    with runner.standing(where, ['-S', '-c', SUBJECT]) as subject:
        core = process.gcore(subject.pid, folder)
    database = os.path.join(folder, 'db')
    process.load(options.exuvia, core, database, where.load_options)
    version = tuple(int(n) for n in where.ask('import sys; print("%d %d" % sys.version_info[:2])').split())
    return list(compare(options.exuvia, database, version))


def run(options):
    where = place.Place(options.python)
    with where.folder() as folder:
        return runner.verdict(check(options, where, folder))


if __name__ == '__main__':
    runner.main(run, runner.parser(__doc__))
