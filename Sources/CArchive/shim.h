#ifndef CARCHIVE_SHIM_H
#define CARCHIVE_SHIM_H

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>

/*
 * The functions of libarchive that are used here, found when they are first needed: linked, the library and the ten that
 * it loads would cost every start of every program 3 ms, a quarter of what `casarectl --help` takes in all.
 */
#define CASARE_ARCHIVE_FUNCTIONS(each)                                                                                 \
    each(archive_error_string)                                                                                         \
    each(archive_filter_code)                                                                                          \
    each(archive_read_new)                                                                                             \
    each(archive_read_free)                                                                                            \
    each(archive_read_support_filter_gzip)                                                                             \
    each(archive_read_support_filter_zstd)                                                                             \
    each(archive_read_support_format_empty)                                                                            \
    each(archive_read_support_format_raw)                                                                              \
    each(archive_read_support_format_zip_seekable)                                                                     \
    each(archive_read_open_memory)                                                                                     \
    each(archive_read_open_fd)                                                                                         \
    each(archive_read_next_header)                                                                                     \
    each(archive_read_data)                                                                                            \
    each(archive_write_new)                                                                                            \
    each(archive_write_free)                                                                                           \
    each(archive_write_close)                                                                                          \
    each(archive_write_set_format_zip)                                                                                 \
    each(archive_write_zip_set_compression_deflate)                                                                    \
    each(archive_write_zip_set_compression_store)                                                                      \
    each(archive_write_set_bytes_in_last_block)                                                                        \
    each(archive_write_open_fd)                                                                                        \
    each(archive_write_header)                                                                                         \
    each(archive_write_data)                                                                                           \
    each(archive_entry_new)                                                                                            \
    each(archive_entry_free)                                                                                           \
    each(archive_entry_pathname)                                                                                       \
    each(archive_entry_filetype)                                                                                       \
    each(archive_entry_size)                                                                                           \
    each(archive_entry_size_is_set)                                                                                    \
    each(archive_entry_is_encrypted)                                                                                   \
    each(archive_entry_symlink)                                                                                        \
    each(archive_entry_copy_pathname)                                                                                  \
    each(archive_entry_set_filetype)                                                                                   \
    each(archive_entry_set_perm)                                                                                       \
    each(archive_entry_set_size)                                                                                       \
    each(archive_entry_set_mtime)

#define CASARE_ARCHIVE_FIELD(name) __typeof__(&name) name;
struct casare_archive { CASARE_ARCHIVE_FUNCTIONS(CASARE_ARCHIVE_FIELD) };
#undef CASARE_ARCHIVE_FIELD

/* Fills in the functions. Returns what is wrong when the library or one of them is missing, otherwise NULL. */
static inline const char *casare_archive_load(struct casare_archive *functions) {
    void *library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
#define CASARE_ARCHIVE_LOAD(name)                                                                                      \
    functions->name = (__typeof__(&name))dlsym(library, #name);                                                        \
    if (!functions->name) return dlerror();
    CASARE_ARCHIVE_FUNCTIONS(CASARE_ARCHIVE_LOAD)
#undef CASARE_ARCHIVE_LOAD
    return 0;
}

/* These are macros with casts, which Swift does not import. */
enum { CASARE_FILE = AE_IFREG, CASARE_DIRECTORY = AE_IFDIR };

#endif
