#include "load/audit.h"

#include "load/roots.h"

#include <stdlib.h>
#include <string.h>

bool exu_audit_surplus(const struct exu_process *process, const struct exu_counts *counts, uint32_t id,
                       uint32_t *ret_count, int64_t *ret_surplus)
{
    struct exu_object o;
    if (!exu_object_at(process->model, exu_address(process, id), &o))
        return false;
    uint64_t count = exu_object_refcount(&o);
    /* Include/object.h of 3.12 and later: a count that is negative as 32 bits is an immortal's. */
    if (count > INT32_MAX || (process->python->strategy.immortal && (int32_t)(uint32_t)count < 0))
        return false;
    *ret_count = (uint32_t)count;
    *ret_surplus = (int64_t)count - counts->references[id] - counts->roots[id];
    if (*ret_surplus == 0)
        return true;
    uint32_t pool, chunk; /* C code points to its statics without counting */
    return strcmp(exu_storage(process, exu_address(process, id), &pool, &chunk), "static") != 0;
}

/* Up to 3.7 property keeps the tuple of arguments of its last call for the next, with the object in it that
 * it counts no more (Objects/descrobject.c, property_descr_get, cached_args): a tuple of one that the
 * collector does not track and that nothing but a static of C refers to. */
static bool is_cached_arguments(const struct exu_process *process, const struct exu_facts *facts, uint32_t id)
{
    struct exu_object o;
    uint64_t length;
    bool tracked;
    if (facts->first[id + 1] - facts->first[id] != 1 || facts->counts.references[id] ||
        facts->counts.roots[id] || !exu_object_at(process->model, exu_address(process, id), &o) ||
        !(o.type->classes & EXU_IS_TUPLE) || exu_object_refcount(&o) != 1)
        return false;
    return exu_object_length(&o, &length) && length == 1 &&
           exu_gc_tracked(process->python, o.address, &tracked) && !tracked;
}

static void forget_cached_arguments(const struct exu_process *process, const struct exu_facts *facts)
{
    for (uint32_t id = 1; id <= process->count; id++) {
        uint32_t argument = facts->first[id + 1] > facts->first[id] ? facts->targets[facts->first[id]] : 0,
                 count;
        int64_t surplus;
        if (argument && exu_audit_surplus(process, &facts->counts, argument, &count, &surplus) &&
            surplus < 0 && is_cached_arguments(process, facts, id))
            facts->counts.references[argument]--;
    }
}

static void count_guesses(const struct exu_facts *facts, uint32_t *guesses)
{
    const struct exu_guess *guess;
    exu_vec_each (guess, &facts->guesses)
        guesses[guess->to]++;
}

struct exu_error *exu_audit_write(const struct exu_process *process, const struct exu_facts *facts,
                                  struct exu_store *store)
{
    const struct exu_counts *counts = &facts->counts;
    uint32_t *guesses = calloc((size_t)process->count + 1, sizeof *guesses);
    if (!guesses)
        return exu_error_memory();
    count_guesses(facts, guesses);
    if (process->python->strategy.cached_arguments)
        forget_cached_arguments(process, facts);
    struct exu_error *error = NULL;
    for (uint32_t id = 1; !error && id <= process->count; id++) {
        uint32_t count;
        int64_t surplus;
        if (exu_audit_surplus(process, counts, id, &count, &surplus) && surplus)
            error = EXU_ROW(store, EXU_TABLE_REFCOUNT_AUDIT, exu_cell_id(id), exu_cell_integer(count),
                            exu_cell_integer(counts->references[id]), exu_cell_integer(counts->roots[id]),
                            exu_cell_integer(guesses[id]), exu_cell_integer(counts->words[id]),
                            exu_cell_integer(surplus));
    }
    free(guesses);
    return error;
}
