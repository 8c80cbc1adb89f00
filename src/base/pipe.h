/* A bounded queue between a thread that fills batches and one that empties them. The batches are the caller's: as many
 * slots as he gives, used in a ring; he makes and frees what is in them. */
#ifndef EXU_BASE_PIPE_H
#define EXU_BASE_PIPE_H

#include "base/base.h"
#include <pthread.h>

struct exu_pipe {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void **slots;
    unsigned slot_count;
    uint64_t filled, emptied;
    bool finished; /* the filler: nothing comes after what is filled */
    bool given_up; /* the emptier: wants no more */
};

void exu_pipe_init(struct exu_pipe *pipe, void **slots, unsigned slot_count);
void exu_pipe_deinit(struct exu_pipe *pipe);

/* The filler's side. The slot to fill next, waiting for one; NULL once the other side gave up. */
void *exu_pipe_fill(struct exu_pipe *pipe);
void exu_pipe_filled(struct exu_pipe *pipe);
void exu_pipe_finish(struct exu_pipe *pipe);

/* The emptier's side. The next filled slot, waiting for one; NULL at the end. */
void *exu_pipe_empty(struct exu_pipe *pipe);
void exu_pipe_emptied(struct exu_pipe *pipe);
void exu_pipe_give_up(struct exu_pipe *pipe);

#endif
