/* Which versions of the C library and of malloc's replacement a process runs, by the texts that these have in their constants. No
 * code is run for it. And what a pack or a snapshot said of that when it was made: a hint, of which nothing else depends. */
#ifndef EXU_CORE_VERSIONS_H
#define EXU_CORE_VERSIONS_H

/* NULL: not known. */
struct exu_versions {
    const char *c_library; /* 'glibc 2.36 (Debian GLIBC 2.36-9+deb12u9)', 'musl' */
    const char *malloc;    /* of a library that can take malloc's place: 'jemalloc 5.3.0-0-g54eaed1d8b56b1aa528be3bdd1877e59c56fa90c' */
    const char *python;    /* '3.11.2'; only in what was said */
};

struct exu_core;
/* Reads the images of an open core; the texts live as long as the core. */
void exu_versions_find(const struct exu_core *core, struct exu_versions *ret);

#endif
