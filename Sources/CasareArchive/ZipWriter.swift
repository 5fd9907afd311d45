import CArchive
import Glibc

/// Writes a zip archive, member by member. Blocks; one thread uses it at a time.
package final class ZipWriter {
    package enum Method: Sendable { case stored, deflated }

    private let archive: OpaquePointer
    private let library: casare_archive

    /// - Parameter descriptor: A file open for writing. It is not closed here, and must stay open until `finish`.
    package init(descriptor: Int32, method: Method) throws(ArchiveError) {
        self.library = try ArchiveLibrary.loaded()
        guard let archive = self.library.archive_write_new() else { throw .malformed(reason: "There is no memory") }
        self.archive = archive
        _ = self.library.archive_write_set_format_zip(archive)
        switch method {
        case .stored: _ = self.library.archive_write_zip_set_compression_store(archive)
        case .deflated: _ = self.library.archive_write_zip_set_compression_deflate(archive)
        }
        // Without this the file would be filled up with zeros to a whole block.
        _ = self.library.archive_write_set_bytes_in_last_block(archive, 1)
        guard self.library.archive_write_open_fd(archive, descriptor) == ARCHIVE_OK else {
            throw ArchiveLibrary.failure(of: archive, self.library)
        }
    }

    deinit { _ = self.library.archive_write_free(self.archive) }

    /// Begins a file, whose content `write` then gives.
    ///
    /// - Parameters:
    ///   - name: With `/` between directories.
    ///   - size: Exactly as many bytes as will be written.
    package func beginFile(
        named name: String, size: Int, permissions: UInt32, modifiedAt: Int
    ) throws(ArchiveError) {
        guard !name.isEmpty, !name.utf8.contains(0) else { throw .unsuitableName(name) }
        guard let entry = self.library.archive_entry_new() else { throw .malformed(reason: "There is no memory") }
        defer { self.library.archive_entry_free(entry) }
        let result = ArchiveLibrary.withUTF8Names {
            self.library.archive_entry_copy_pathname(entry, name)
            self.library.archive_entry_set_filetype(entry, UInt32(CASARE_FILE))
            self.library.archive_entry_set_perm(entry, permissions)
            self.library.archive_entry_set_size(entry, Int64(size))
            self.library.archive_entry_set_mtime(entry, modifiedAt, 0)
            return self.library.archive_write_header(self.archive, entry)
        }
        guard result == ARCHIVE_OK else { throw ArchiveLibrary.failure(of: self.archive, self.library) }
    }

    package func write(_ content: [UInt8]) throws(ArchiveError) {
        var written = 0
        while written < content.count {
            let count = content.withUnsafeBytes { bytes in
                self.library.archive_write_data(self.archive, bytes.baseAddress! + written, bytes.count - written)
            }
            guard count > 0 else { throw ArchiveLibrary.failure(of: self.archive, self.library) }
            written += count
        }
    }

    /// Writes the archive's directory. Without it the file is no archive.
    package func finish() throws(ArchiveError) {
        guard self.library.archive_write_close(self.archive) == ARCHIVE_OK else {
            throw ArchiveLibrary.failure(of: self.archive, self.library)
        }
    }
}
