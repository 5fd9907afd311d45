#include "CWipe.h"

/* A sanitizer has a heap of its own. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define CASARE_HAS_SANITIZER 1
#endif
#endif

#if defined(__linux__) && !defined(CASARE_HAS_SANITIZER)
#include <features.h>
#endif

#if defined(__GLIBC__) && !defined(CASARE_HAS_SANITIZER)

#include <malloc.h>
#include <stdatomic.h>
#include <string.h>

/* The same functions under the names that the library keeps for those who replace them (glibc's manual, "Replacing
   malloc": what is replaced may call them). */
extern void *__libc_malloc(size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

static atomic_bool wipes;

void casare_wipe_freed_memory(void) { atomic_store_explicit(&wipes, 1, memory_order_relaxed); }

static void wipe(void *memory, size_t size) {
    memset(memory, 0, size);
    /* Memory that nobody reads any more need not be written, for all that the compiler knows. */
    __asm__ __volatile__("" : : "r"(memory) : "memory");
}

void free(void *memory) {
    if (memory && atomic_load_explicit(&wipes, memory_order_relaxed)) wipe(memory, malloc_usable_size(memory));
    __libc_free(memory);
}

void *realloc(void *memory, size_t size) {
    if (!memory || size == 0 || !atomic_load_explicit(&wipes, memory_order_relaxed))
        return __libc_realloc(memory, size);
    /* The library's own would leave behind what it has moved. */
    const size_t there = malloc_usable_size(memory);
    if (size <= there && size >= there / 2) return memory;
    void *moved = __libc_malloc(size);
    if (!moved) return NULL;
    memcpy(moved, memory, there < size ? there : size);
    free(memory);
    return moved;
}

#else

void casare_wipe_freed_memory(void) {}

#endif
