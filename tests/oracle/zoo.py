"""One of everything: live instances of the C types of the standard library, in many states.

    zoo = build()          keep it alive: everything hangs on it
    zoo.skipped            what could not be built here, with the reason
    holes()                the types of this interpreter without an instance

Runs on 2.7 and 3.x; newer syntax stands in strings. `python zoo.py` prints what was skipped and the holes.
"""
from __future__ import print_function

import gc
import random
import sys
import warnings

import zoo_kit
import zoo_values    # noqa: F401 (they register their exhibits)
import zoo_language  # noqa: F401
import zoo_library   # noqa: F401
import zoo_versions  # noqa: F401


def build(seed=1):
    zoo = zoo_kit.Zoo()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        for function in zoo_kit.EXHIBITS:
            zoo.add(function.__name__, lambda: function(zoo))
        zoo.add('random', lambda: random_containers(random.Random(seed)))
    return zoo



def random_containers(rng, count=150):
    made = [[], {}, set(), [1, 2, 3]]
    try:
        from collections import deque, OrderedDict
    except ImportError:
        deque, OrderedDict = list, dict

    class Thing(object):
        pass

    def value():
        kind = rng.randrange(10)
        if kind < 3:
            return rng.choice(made)
        if kind < 5:
            return rng.randrange(-10 ** 6, 10 ** 6)
        if kind < 6:
            return 'string %d' % rng.randrange(1000)
        if kind < 7:
            return rng.random()
        if kind < 8:
            return (rng.choice(made), rng.randrange(10))
        if kind < 9:
            return u'wide \u20ac %d' % rng.randrange(1000)
        return None

    def key():
        kind = rng.randrange(6)
        if kind < 3:
            return 'key %d' % rng.randrange(500)
        if kind < 4:
            return rng.randrange(10 ** 5)
        if kind < 5:
            return (rng.randrange(50), 'pair')
        return u'k\u20acy %d' % rng.randrange(500)

    for _ in range(count):
        kind = rng.randrange(6)
        size, less = rng.choice([0, 1, 3, 10, 100, 400]), rng.random()
        if kind == 0:
            o = [value() for _ in range(size)]
            del o[int(size * less):]
        elif kind in (1, 2):
            o = {} if kind == 1 else OrderedDict()
            for _ in range(size):
                o[key()] = value()
            for k in list(o):
                if rng.random() < less:
                    del o[k]
        elif kind == 3:
            o = set(key() for _ in range(size))
            for k in list(o):
                if rng.random() < less:
                    o.discard(k)
        elif kind == 4:
            o = deque()
            for _ in range(size):
                (o.append if rng.random() < 0.5 else o.insert)(*([value()] if hasattr(o, 'never') else [0, value()])) \
                    if not isinstance(o, deque) else (o.append if rng.random() < 0.5 else o.appendleft)(value())
            for _ in range(int(size * less)):
                o.pop()
        else:
            o = Thing()
            for _ in range(min(size, 40)):
                setattr(o, 'attribute%d' % rng.randrange(60), value())
            for k in list(vars(o)) if rng.random() < 0.3 else ():
                if rng.random() < less:
                    delattr(o, k)
        made.append(o)
    return made


# ---- what is missing ----

def every_type():
    found, queue = set(), [object]
    queue += [o for o in gc.get_objects() if issubclass(type(o), type)]
    queue += [type(o) for o in gc.get_objects()]
    while queue:
        kind = queue.pop()
        if kind not in found:
            found.add(kind)
            queue += type.__subclasses__(kind)
    return found


def holes():
    """C types (no class statement made them) of this interpreter that have no live instance of their own."""
    seen, queue, kinds = set(), list(gc.get_objects()), set()
    while queue:
        o = queue.pop()
        if id(o) not in seen:
            seen.add(id(o))
            kinds.add(type(o))
            queue += gc.get_referents(o)
    return sorted('%s.%s' % (k.__module__, k.__name__) for k in every_type() - kinds if not made_by_python(k))


def made_by_python(kind):
    module = sys.modules.get(str(kind.__dict__.get('__module__')))
    return bool(getattr(module, '__file__', None)) and not str(module.__file__).endswith('.so') \
        and kind.__flags__ & (1 << 9) or '__module__' in kind.__dict__ and str(kind.__module__).startswith('zoo') \
        or issubclass(kind, BaseException)


if __name__ == '__main__':
    built = build()
    again = build()
    for skipped in built.skipped:
        print('skipped %s: %s' % skipped)
    print('%d animals, %d objects' % (len(built.animals), len(gc.get_objects())))
    print('no instance of: ' + ', '.join(holes()))
