#ifndef CLIBPQ_SHIM_H
#define CLIBPQ_SHIM_H

#include <libpq-fe.h>
#include <spawn.h>

#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/prctl.h>

/* prctl takes a variable number of arguments, which Swift cannot pass. */
static inline void casare_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/* GNU extensions, which Swift's module of the C library leaves out. */
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *folder);
extern int syncfs(int descriptor);
#endif

#endif
