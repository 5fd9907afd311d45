#ifndef CASARE_CWIPE_H
#define CASARE_CWIPE_H

/*
 * Memory of the heap that is overwritten when it is given back.
 *
 * A program that links this has free and realloc of its own, which stand before those of the C library for all of the
 * process, libraries included. They do what those do until they are told to overwrite.
 */

/* From now on, and for good: what is given back to the heap is overwritten with zeros. Where the C library is not GNU's
   nothing changes. */
void casare_wipe_freed_memory(void);

#endif
