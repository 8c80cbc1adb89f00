"""Parts of the heaps in the language of 3.6 and later."""


async def nested(word):
    await Pause(word)


class Pause:
    def __init__(self, word):
        self.word = word

    def __await__(self):
        yield self.word


async def stream():
    got = []
    for n in range(3):
        got.append(n)
        yield n


def delegating(generator):
    yield from generator


def suspended(generator):
    waiting = nested('word')
    waiting.send(None)
    fresh = nested('never begun')
    agen = stream()
    try:
        agen.asend(None).send(None)
    except StopIteration:
        pass
    delegates = delegating(generator)
    next(delegates)
    return waiting, fresh, agen, delegates


def cells(x):
    y = [x]

    def reads_x():
        return x, y

    def writes_y():
        nonlocal y
        y = x
        return unset

    if x < 0:
        unset = None
    return reads_x, writes_y


def raise_from(error, cause):
    raise error from cause


async def poll(name):
    await Pause('the loop')


async def supervise():
    await poll('heart')


async def finally_runs(box, pause):
    try:
        await pause
    finally:
        box[1].append(box[0])


async def stream_finally(box):
    try:
        yield 1
    finally:
        box[1].append(box[0])


def unfinished(ran, keep):
    """Coroutines and asynchronous generators in unreachable cycles: waiting, begun, never begun."""
    box = [None, ran]
    waiting = finally_runs(box, Pause('word'))
    waiting.send(None)
    box[0] = id(waiting)
    keep(waiting)
    box = [None, ran]
    agen = stream_finally(box)
    try:
        agen.asend(None).send(None)
    except StopIteration:
        pass
    box[0] = id(agen)
    keep(agen)
    keep(nested('never begun'))
    keep(stream_finally([]))
