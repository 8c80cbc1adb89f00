#include "base/pipe.h"

void exu_pipe_init(struct exu_pipe *pipe, void **slots, unsigned slot_count)
{
    *pipe = (struct exu_pipe){.slots = slots, .slot_count = slot_count};
    pthread_mutex_init(&pipe->lock, NULL);
    pthread_cond_init(&pipe->changed, NULL);
}

void exu_pipe_deinit(struct exu_pipe *pipe)
{
    pthread_mutex_destroy(&pipe->lock);
    pthread_cond_destroy(&pipe->changed);
}

void *exu_pipe_fill(struct exu_pipe *pipe)
{
    pthread_mutex_lock(&pipe->lock);
    while (pipe->filled - pipe->emptied == pipe->slot_count && !pipe->given_up)
        pthread_cond_wait(&pipe->changed, &pipe->lock);
    void *slot = pipe->given_up ? NULL : pipe->slots[pipe->filled % pipe->slot_count];
    pthread_mutex_unlock(&pipe->lock);
    return slot;
}

void *exu_pipe_empty(struct exu_pipe *pipe)
{
    pthread_mutex_lock(&pipe->lock);
    while (pipe->filled == pipe->emptied && !pipe->finished)
        pthread_cond_wait(&pipe->changed, &pipe->lock);
    void *slot = pipe->filled == pipe->emptied ? NULL : pipe->slots[pipe->emptied % pipe->slot_count];
    pthread_mutex_unlock(&pipe->lock);
    return slot;
}

static void count(struct exu_pipe *pipe, uint64_t *counter)
{
    pthread_mutex_lock(&pipe->lock);
    ++*counter;
    pthread_cond_broadcast(&pipe->changed);
    pthread_mutex_unlock(&pipe->lock);
}

void exu_pipe_filled(struct exu_pipe *pipe)
{
    count(pipe, &pipe->filled);
}

void exu_pipe_emptied(struct exu_pipe *pipe)
{
    count(pipe, &pipe->emptied);
}

static void mark(struct exu_pipe *pipe, bool *flag)
{
    pthread_mutex_lock(&pipe->lock);
    *flag = true;
    pthread_cond_broadcast(&pipe->changed);
    pthread_mutex_unlock(&pipe->lock);
}

void exu_pipe_finish(struct exu_pipe *pipe)
{
    mark(pipe, &pipe->finished);
}

void exu_pipe_give_up(struct exu_pipe *pipe)
{
    mark(pipe, &pipe->given_up);
}
