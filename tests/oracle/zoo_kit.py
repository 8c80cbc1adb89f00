"""What the exhibits of the zoo are built with."""
from __future__ import print_function

import sys

PY3 = sys.version_info[0] >= 3
text = type(u'')


class Zoo(object):
    def __init__(self):
        self.animals = []   # (name, object)
        self.skipped = []   # (name, why)

    def add(self, name, make):
        """Keeps what `make` returns. A failure is written down and stops nothing."""
        try:
            animal = make()
        except Exception as e:
            self.skipped.append((name, '%s: %s' % (type(e).__name__, str(e)[:100])))
            return None
        self.animals.append((name, animal))
        return animal

    def run(self, name, source, **names):
        """Runs `source` and keeps all it defines."""
        scope = {'__name__': 'zoo_' + name.replace(' ', '_'), 'sys': sys}
        scope.update(names)

        def make():
            exec(compile(source, '<zoo %s>' % name, 'exec'), scope)
            return scope
        return self.add(name, make)


EXHIBITS = []

# States that are fine for C but crash Python code that looks at them (NULL items in tuples and lists).
HAZARDS = False


def exhibit(function):
    EXHIBITS.append(function)
    return function


def advance(iterator, steps=2):
    for _ in range(steps):
        next(iterator)
    return iterator


def exhaust(iterator):
    for _ in iterator:
        pass
    return iterator
