/* Unpacks the frames of a zstd file, several at a time, and finds out which are damaged: what lies before and behind these is
 * there all the same. */
#ifndef EXU_CORE_UNFRAME_H
#define EXU_CORE_UNFRAME_H

#include "base/anomaly.h"
#include "base/progress.h"
#include "base/vec.h"
#include "core/zframes.h"
#include "core/spill.h"

/* Bytes of the core that are lost, [start, end). */
struct exu_lost {
    uint64_t start, end;
};
typedef exu_vec(struct exu_lost) exu_lost_list;

enum exu_unframed {
    EXU_UNFRAMED,           /* all that there is, with what is lost */
    EXU_UNFRAMED_TABLE,     /* the frames are not as the table says: it can't be used. `frames->wrong` says why */
    EXU_UNFRAMED_OTHERWISE, /* another way may do better: nothing is whole, or a frame wants more memory than one of many gets */
};

/* Into the spill, which must be as new; when the end is not EXU_UNFRAMED, it is to be restarted. `lost` is sorted, its parts
 * don't touch; each damaged frame is an anomaly ('damaged'). */
EXU_MUST_CHECK struct exu_error *exu_unframe(struct exu_zframes *frames, struct exu_spill *spill, struct exu_progress *progress,
                                             struct exu_anomalies *anomalies, exu_lost_list *lost, enum exu_unframed *ret);

#endif
