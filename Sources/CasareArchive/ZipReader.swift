import CArchive
import Glibc

/// Reads a zip archive, member by member in the order of its directory. Blocks; one thread uses it at a time.
package final class ZipReader {
    private static let blockBytes = 64 << 10
    /// What code page 437 has for the bytes from 0x80 on: the encoding of names that are not marked as UTF-8 (APPNOTE
    /// §D.1).
    private static let codePage437 = Array(
        """
        ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
        αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}
        """.unicodeScalars)

    private let archive: OpaquePointer
    private let library: casare_archive

    /// - Parameter descriptor: An open, seekable file. It must stay open as long as this is used.
    package init(descriptor: Int32) throws(ArchiveError) {
        self.library = try ArchiveLibrary.loaded()
        guard let archive = self.library.archive_read_new() else { throw .malformed(reason: "There is no memory") }
        self.archive = archive
        _ = self.library.archive_read_support_format_zip_seekable(archive)
        guard self.library.archive_read_open_fd(archive, descriptor, Self.blockBytes) == ARCHIVE_OK else {
            throw ArchiveLibrary.failure(of: archive, self.library)
        }
    }

    deinit { _ = self.library.archive_read_free(self.archive) }

    /// Goes to the next member; nil after the last.
    package func next() throws(ArchiveError) -> ZipEntry? {
        var entry: OpaquePointer?
        let result = ArchiveLibrary.withUTF8Names { self.library.archive_read_next_header(self.archive, &entry) }
        if result == ARCHIVE_EOF { return nil }
        // A warning is about a name that is not what it is marked as; its bytes are there all the same.
        guard result == ARCHIVE_OK || result == ARCHIVE_WARN, let entry else {
            throw ArchiveLibrary.failure(of: self.archive, self.library)
        }
        let kind: ZipEntry.Kind
        switch self.library.archive_entry_filetype(entry) {
        case mode_t(CASARE_FILE): kind = .file
        case mode_t(CASARE_DIRECTORY): kind = .directory
        default: kind = .special
        }
        return ZipEntry(
            name: try self.name(of: entry), kind: self.library.archive_entry_symlink(entry) == nil ? kind : .special,
            size: self.library.archive_entry_size_is_set(entry) == 0
                ? nil : Int(self.library.archive_entry_size(entry)),
            isEncrypted: self.library.archive_entry_is_encrypted(entry) != 0)
    }

    /// The next bytes of the present member; empty at its end.
    package func read() throws(ArchiveError) -> [UInt8] {
        var count = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: Self.blockBytes) { buffer, initialized in
            count = self.library.archive_read_data(self.archive, buffer.baseAddress, buffer.count)
            initialized = max(count, 0)
        }
        guard count >= 0 else { throw ArchiveLibrary.failure(of: self.archive, self.library) }
        return chunk
    }

    private func name(of entry: OpaquePointer) throws(ArchiveError) -> String {
        let pointer = ArchiveLibrary.withUTF8Names { self.library.archive_entry_pathname(entry) }
        guard let pointer else { throw .malformed(reason: "The archive has a member without a name") }
        if let name = String(validatingCString: pointer) { return name }
        var name = String.UnicodeScalarView()
        for byte in UnsafeBufferPointer(start: pointer, count: strlen(pointer)) {
            let code = UInt8(bitPattern: byte)
            name.append(code < 0x80 ? Unicode.Scalar(code) : Self.codePage437[Int(code - 0x80)])
        }
        return String(name)
    }
}
