"""A heap whose unreachable cycles have something to run yet: finalizers of every kind, and callbacks of weak references.
Each writes down that it ran. Runs on 2.7 and on 3.6 and later."""
from __future__ import print_function

import array
import io
import weakref

RAN = array.array('L')        # addresses of objects whose finalizer ran
CALLED = array.array('L')     # addresses of weak references whose callback was called
GARBAGE = array.array('L')    # members of cycles
KEPT = []


def called(reference):
    CALLED.append(id(reference))


class Quiet(object):
    pass


class Noisy(object):
    def __del__(self):
        RAN.append(id(self))


class Inherits(Noisy):
    pass


class Slotted(object):
    __slots__ = ('me', '__weakref__')

    def __del__(self):
        RAN.append(id(self))


class Items(list):
    def __del__(self):
        RAN.append(id(self))


class Failure(Exception):
    def __del__(self):
        RAN.append(id(self))


class Bare(object):
    """The collector knows nothing of its instances."""
    __slots__ = ()

    def __del__(self):
        RAN.append(id(self))


class Late(object):
    pass


Late.__del__ = Noisy.__dict__['__del__']


class Phoenix(Noisy):
    def __del__(self):
        RAN.append(id(self))
        KEPT.append(self)


class Old:
    """Of 2.7's old classes there."""


class OldNoisy:
    def __del__(self):
        RAN.append(id(self))


class OldInherits(Old, OldNoisy):
    pass


def in_try(box):
    try:
        yield 1
    finally:
        RAN.append(box[0])


def in_except(box):
    for n in range(3):
        try:
            yield n
        except GeneratorExit:
            RAN.append(box[0])
            raise


def in_loop(box):
    for n in range(3):
        yield n


def behind_try(box):
    try:
        box = list(box)
    finally:
        yield 1


def of_itself(o):
    o.me = o
    GARBAGE.append(id(o))


def keep(o):
    """What hangs on this survives that a finalizer opens the way round."""
    cycle = [o]
    cycle.append(cycle)
    GARBAGE.append(id(cycle))
    GARBAGE.append(id(o))


def objects():
    for kind in (Noisy, Noisy, Inherits, Slotted, Failure, Late, Quiet, Old, OldNoisy, OldInherits):
        of_itself(kind())
    items = Items()
    items.append(items)
    GARBAGE.append(id(items))
    owner = Quiet()
    owner.bare = Bare()
    of_itself(owner)
    held = Noisy()
    held.quiet = Quiet()
    of_itself(held)
    KEPT.append(weakref.ref(held, called))
    KEPT.append(weakref.ref(held.quiet, called))
    single = Old()
    single.__del__ = len     # 2.7 looks there first; it would fail: nobody calls it
    of_itself(single)
    stream = io.BytesIO(b'text')
    of_itself(stream)


def again():
    """Its finalizer ran, it was saved, and is garbage once more: from 3.4 on nothing is left to run."""
    Phoenix()
    of_itself(KEPT.pop())


def generators():
    for make in (in_try, in_except):
        box = [None]
        generator = make(box)
        next(generator)
        box[0] = id(generator)
        box.append(generator)
        GARBAGE.append(id(box))
        GARBAGE.append(id(generator))
    for make in (in_try, in_except, in_loop, behind_try):
        box = [None]
        generator = make(box)
        next(generator)
        box[0] = id(generator)
        keep(generator)
        KEPT.append(weakref.ref(generator, called))
    ended = in_loop([])
    list(ended)
    keep(ended)
    keep(in_try([]))
    generator = ended = None


def references():
    for kind in (Quiet, Noisy, Slotted, Old):
        target = kind()
        of_itself(target)
        KEPT.extend((weakref.ref(target), weakref.ref(target, called), weakref.ref(target, called), weakref.proxy(target, called)))
    target = Quiet()
    target.reference = weakref.ref(target, called)   # goes with it
    of_itself(target)
    target = Quiet()
    target.hangs = array.array('b', b'text')
    of_itself(target)
    KEPT.append(weakref.ref(target.hangs, called))

    class Made(object):
        pass
    GARBAGE.append(id(Made))
    KEPT.append(weakref.ref(Made, called))
    by_name, by_key, members = weakref.WeakValueDictionary(), weakref.WeakKeyDictionary(), weakref.WeakSet()
    KEPT.extend((by_name, by_key, members))
    target = Quiet()
    by_name['name'] = target
    by_key[target] = 'value'
    members.add(target)
    of_itself(target)


def build():
    objects()
    again()
    generators()
    references()
