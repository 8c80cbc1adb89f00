"""What async.py dumps: an asyncio program with one of everything that waits. One task writes down what the process knows
of itself while all others stand still, and then stands still, too, inside that step.

    awaiting_subject.py RECORD
"""
import asyncio
import gc
import inspect
import json
import sys
import time
import types

NAMES = sys.version_info >= (3, 8)
keep = {}


class Awaitable:
    def __init__(self, inner):
        self.inner = inner

    def __await__(self):
        return (yield from self.inner.__await__())


@types.coroutine
def old_style(future):
    yield from future


def plain_generator(items):
    for item in items:
        yield item


def delegating_generator(items):
    yield from plain_generator(items)


async def numbers(event):
    yield 1
    await event.wait()
    yield 2


async def innermost(future):
    await future


async def middle(future):
    await innermost(future)


async def nested(future):
    await middle(future)


async def sleeper():
    await asyncio.sleep(3600)


async def iterate(event):
    async for number in numbers(event):
        keep['number'] = number


async def gathered(*tasks):
    await asyncio.gather(*tasks)


async def shielded(task):
    await asyncio.shield(task)


async def waits(*tasks):
    await asyncio.wait(tasks)


async def waits_for(task):
    await asyncio.wait_for(task, 3600)


async def awaits(what):
    await what


async def grouped(future):
    async with asyncio.TaskGroup() as group:
        keep['in group'] = group.create_task(nested(future))


async def queue_getter(queue):
    await queue.get()


async def finished():
    return 7


async def failed():
    raise ValueError('as planned')


def task(name, coroutine, python=False):
    loop = keep['loop']
    if python:
        made = asyncio.tasks._PyTask(coroutine, loop=loop, **({'name': name} if NAMES else {}))
    else:
        made = loop.create_task(coroutine)
        if NAMES and name:
            made.set_name(name)
    keep[name] = made
    return made


def driven(awaitable, wanted):
    """What the C objects between two generators drive: nothing but the collector shows it."""
    return next((o for o in gc.get_referents(awaitable) if isinstance(o, wanted)), None)


PREFIXES = ((types.CoroutineType, 'cr', 'cr_await'), (types.AsyncGeneratorType, 'ag', 'ag_await'),
            (types.GeneratorType, 'gi', 'gi_yieldfrom'))
BETWEEN = {'coroutine_wrapper': types.CoroutineType, 'async_generator_asend': types.AsyncGeneratorType,
           'async_generator_athrow': types.AsyncGeneratorType, 'FutureIter': asyncio.Future}


def state_of(o, frame):
    if isinstance(o, types.AsyncGeneratorType):  # 3.6 keeps one of its own that was never started
        return 'created' if frame.f_lasti == -1 else 'suspended'
    if isinstance(o, types.CoroutineType):
        return inspect.getcoroutinestate(o).rpartition('_')[2].lower()
    return inspect.getgeneratorstate(o).rpartition('_')[2].lower()


def describe():
    awaiting, futures = [], []
    for o in gc.get_objects():
        for kind, prefix, attribute in PREFIXES:
            if type(o) is kind:
                frame, awaited = getattr(o, prefix + '_frame'), getattr(o, attribute)
                if frame is not None:
                    awaiting.append((id(o), state_of(o, frame), awaited and id(awaited), frame.f_code.co_name, frame.f_lineno))
        if type(o).__name__ in BETWEEN:
            awaited = driven(o, BETWEEN[type(o).__name__])
            if awaited is not None:
                awaiting.append((id(o), None, id(awaited), None, None))
        if isinstance(o, (asyncio.Future, asyncio.futures._PyFuture)):
            is_task = isinstance(o, (asyncio.Task, asyncio.tasks._PyTask))
            waiter = getattr(o, '_fut_waiter', None)
            state = 'cancelled' if o.cancelled() else 'done' if o.done() else 'pending'
            coroutine = o._coro if is_task and state == 'pending' else None
            if is_task and coroutine.cr_running if coroutine is not None else False:
                state = 'running'
            futures.append((id(o), is_task, state, id(waiter) if waiter is not None else None,
                            coroutine is not None and id(coroutine) or None))
    stacks, names = {}, {}
    current = keep['reporter']
    for t in [k for k in keep.values() if isinstance(k, (asyncio.Task, asyncio.tasks._PyTask))]:
        if not t.done() and t is not current:
            stacks[id(t)] = [(f.f_code.co_name, f.f_lineno) for f in t.get_stack()]
    if sys.version_info < (3, 7):
        every = asyncio.Task.all_tasks(keep['loop']) | asyncio.tasks._PyTask.all_tasks(keep['loop'])
    else:
        every = asyncio.all_tasks(keep['loop'])
        if hasattr(asyncio.tasks, '_py_all_tasks'):  # 3.14: tasks of Python's own are registered apart
            every |= asyncio.tasks._py_all_tasks(keep['loop'])
    pending = [id(t) for t in every if not t.done()]
    return {'awaiting': awaiting, 'futures': futures, 'stacks': stacks, 'pending': pending}


async def reporter(path):
    await asyncio.sleep(0.3)
    tasks = {name: t for name, t in keep.items() if isinstance(t, (asyncio.Task, asyncio.tasks._PyTask))}
    gc.collect()
    record = describe()
    # Asked for last: from 3.12 on the asking makes the name. One stays unasked, its name is known from its number.
    unasked = keep['unasked']
    record['names'] = {id(t): t.get_name() for t in tasks.values() if NAMES and t is not unasked}
    record['unasked'] = id(unasked)
    record['keys'] = {name: id(t) for name, t in tasks.items()}
    record['awaited_by'] = keep['awaited_by']
    with open(path, 'w') as file:
        json.dump(record, file)
    sys.stdout.write('ready\n')
    sys.stdout.flush()
    time.sleep(3600)


async def main(path):
    loop = keep['loop']
    event, queue, future = asyncio.Event(), asyncio.Queue(), loop.create_future()
    keep['generators'] = [plain_generator('ab'), delegating_generator('ab'), plain_generator('never started')]
    next(keep['generators'][0])
    next(keep['generators'][1])
    keep['not started'] = nested(future)
    task('nested', nested(future))
    task('sleeper', sleeper())
    task('iterates', iterate(event))
    task('queue', queue_getter(queue))
    task('old style', awaits(old_style(future)))
    task('awaitable', awaits(Awaitable(innermost(future))))
    task('child', nested(future))
    task('parent', awaits(keep['child']))
    task('gather 1', sleeper())
    task('gather 2', nested(future))
    task('gathers', gathered(keep['gather 1'], keep['gather 2']))
    task('in shield', sleeper())
    task('shields', shielded(keep['in shield']))
    task('in wait', sleeper())
    task('waits', waits(keep['in wait']))
    task('python child', nested(asyncio.futures._PyFuture(loop=loop)), python=True)
    task('python parent', awaits(keep['python child']), python=True)
    task('done', finished())
    task('failed', failed())
    task('cancelled', sleeper())
    keep['unasked'] = loop.create_task(sleeper())
    keep['awaited_by'] = {'child': ['parent'], 'gather 1': ['gathers'], 'gather 2': ['gathers'], 'in shield': ['shields'],
                          'in wait': ['waits'], 'python child': ['python parent'], 'nested': [], 'parent': [], 'sleeper': []}
    if sys.version_info < (3, 12):  # later it awaits in the task itself
        task('waited for', sleeper())
        task('waits for', waits_for(keep['waited for']))
        keep['awaited_by']['waited for'] = ['waits for']
    if sys.version_info >= (3, 11):
        task('group', grouped(future))
        keep['awaited_by']['in group'] = ['group']
    await asyncio.sleep(0)
    keep['cancelled'].cancel()
    task('reporter', reporter(path))
    await keep['reporter']


keep['loop'] = asyncio.new_event_loop()
asyncio.set_event_loop(keep['loop'])
keep['loop'].run_until_complete(main(sys.argv[1]))
