#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

#include <sqlite3.h>

/* A macro with a cast, which Swift does not import: SQLite makes a copy of what is bound. */
static inline sqlite3_destructor_type casare_sqlite_transient(void) { return SQLITE_TRANSIENT; }

#endif
