/* Where the state of the memory's managers lies is known to the layout: layout/place.h. */
#ifndef EXU_HEAP_PLACE_H
#define EXU_HEAP_PLACE_H

#include "layout/place.h"

#endif
