/* Structure sequences: tuples whose type names their items, and which have more items than len() says.
 *
 * The tuple's row walks ob_size items; the others, reached by name only, lie behind them. Their places are in
 * tp_members, which names every item (Objects/structseq.c, PyStructSequence_InitType2 and
 * PyStructSequence_NewType). */
#include "model/row_macros.h"

#define NAME_LIMIT 128
#define MEMBER_LIMIT 4096

/* The member's name where it stands in the dump, which lives longer than any reference to it; NULL when it
 * does not end. */
static const char *name_in_place(const struct exu_object *o, exu_addr address)
{
    uint64_t available;
    const uint8_t *text = exu_memory_span(o->memory, address, &available);
    return text && memchr(text, 0, exu_min(available, NAME_LIMIT)) ? (const char *)text : NULL;
}

static void walk_structseq(const struct exu_object *o, const struct exu_visitor *v)
{
    uint64_t visible = exu_object_word(o, EXU_PyVarObject_ob_size), table, name, offset, target;
    uint32_t stride = exu_size(o->layout, EXU_sizeof_PyMemberDef),
             first = exu_offset(o->layout, EXU_PyTupleObject_ob_item);
    if (!(o->type->classes & EXU_IS_TUPLE) && visible <= MEMBER_LIMIT) /* 2.7: a type of its own */
        exu_emit_array(o, v, o->address + first, visible, EXU_REF_ITEM, NULL);
    if (!stride || !exu_field_read(o, o->type->address, EXU_PyTypeObject_tp_members, &table) || !table)
        return;
    for (uint64_t i = 0; i < MEMBER_LIMIT; i++) {
        exu_addr member = table + i * stride;
        if (!exu_field_read(o, member, EXU_PyMemberDef_name, &name) || !name ||
            !exu_field_read(o, member, EXU_PyMemberDef_offset, &offset))
            return;
        if (offset < first || offset % sizeof(uint64_t) || (offset - first) / sizeof(uint64_t) < visible ||
            offset - first > ROW_SIZE_LIMIT)
            continue;
        if (!exu_memory_u64(o->memory, o->address + offset, &target)) {
            exu_emit_bad(v, o->address, o->address + offset);
            return;
        }
        if (target)
            exu_emit(v, target, EXU_REF_FIELD, name_in_place(o, name),
                     (int64_t)((offset - first) / sizeof(uint64_t)));
    }
}

#define STRUCTSEQ(type_name)                                                                                 \
    {                                                                                                        \
        .name = type_name, .walk = walk_structseq                                                            \
    }

static const struct exu_type_row rows[] = {
    STRUCTSEQ("os.stat_result"),
    STRUCTSEQ("os.statvfs_result"),
    STRUCTSEQ("posix.stat_result"), /* 2.7 */
    STRUCTSEQ("posix.statvfs_result"),
    STRUCTSEQ("os.terminal_size"),
    STRUCTSEQ("posix.sched_param"),
    STRUCTSEQ("posix.times_result"),
    STRUCTSEQ("posix.uname_result"),
    STRUCTSEQ("posix.waitid_result"),
    STRUCTSEQ("time.struct_time"),
    STRUCTSEQ("pwd.struct_passwd"),
    STRUCTSEQ("grp.struct_group"),
    STRUCTSEQ("spwd.struct_spwd"),
    STRUCTSEQ("resource.struct_rusage"),
    STRUCTSEQ("signal.struct_siginfo"),
    STRUCTSEQ("curses.ncurses_version"),
    STRUCTSEQ("_lsprof.profiler_entry"),
    STRUCTSEQ("_lsprof.profiler_subentry"),
    STRUCTSEQ("_interpchannels.ChannelInfo"),
    STRUCTSEQ("_remote_debugging.AwaitedInfo"),
    STRUCTSEQ("_remote_debugging.CoroInfo"),
    STRUCTSEQ("_remote_debugging.FrameInfo"),
    STRUCTSEQ("_remote_debugging.GCStatsInfo"),
    STRUCTSEQ("_remote_debugging.InterpreterInfo"),
    STRUCTSEQ("_remote_debugging.LocationInfo"),
    STRUCTSEQ("_remote_debugging.TaskInfo"),
    STRUCTSEQ("_remote_debugging.ThreadInfo"),
    STRUCTSEQ("_thread._ExceptHookArgs"),
    STRUCTSEQ("_thread.ExceptHookArgs"), /* 3.8, 3.9 */
    STRUCTSEQ("UnraisableHookArgs"),
    STRUCTSEQ("asyncgen_hooks"),
    STRUCTSEQ("sys.flags"),
    STRUCTSEQ("sys.float_info"),
    STRUCTSEQ("sys.hash_info"),
    STRUCTSEQ("sys.int_info"),
    STRUCTSEQ("sys.long_info"), /* 2.7 */
    {.name = "os.statx_result"}, /* 3.15: numbers in a C structure */
    STRUCTSEQ("sys.thread_info"),
    STRUCTSEQ("sys.version_info"),
};
FAMILY(structseq);
