/* The notes of our own in dumps: their types. What each holds is in FORMAT.md.
 *
 * gdb and binutils look at the types of notes whose owner they don't know (bfd/elf.c elfcore_grok_note), so ours are far
 * from all of theirs. */
#ifndef EXU_DUMP_FORMAT_H
#define EXU_DUMP_FORMAT_H

#define EXU_NOTE_OWNER "exuvia"
#define EXU_SNAPSHOT_VERSION 1

enum exu_note_type {
    /* A pack: what `load` would find out with the files of the first machine. */
    EXU_NOTE_PACK = 0x45585501, /* 'EXU' 1: it is a pack, of which version, made from what */
    EXU_NOTE_IMAGES,            /* mapped ELF files */
    EXU_NOTE_MEMORY,            /* mappings and segments, and what backs them */
    EXU_NOTE_SYMBOLS,           /* the .symtab of one image */
    EXU_NOTE_LAYOUT,            /* what DWARF said of one interpreter, as a layout row */
    EXU_NOTE_ANOMALIES,         /* what was found damaged when the core was opened */
    EXU_NOTE_VERSIONS,          /* of the C library, of malloc and of Python */
    EXU_NOTE_COREDUMP,          /* what systemd wrote down beside the core */
    /* A snapshot: what the kernel said of the process. */
    EXU_NOTE_SNAPSHOT = 0x45585521, /* 'EXU' 0x21: how and when it was taken */
    EXU_NOTE_SMAPS,                 /* /proc/PID/smaps */
    EXU_NOTE_CGROUP,                /* limits and use of memory */
    EXU_NOTE_STATUS,                /* /proc/PID/status */
};

/* Whether a segment in MEMORY has bytes. */
enum exu_pack_bytes { EXU_PACK_NO_BYTES, EXU_PACK_BYTES, EXU_PACK_ZEROS };

#endif
