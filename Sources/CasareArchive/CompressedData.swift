import CArchive

/// A way of compressing one stream of bytes.
package enum Compression: String, Hashable, Sendable, CaseIterable {
    case gzip, zstd

    /// The compression that data begins with the mark of (RFC 1952 §2.3.1, RFC 8878 §3.1.1).
    package init?(of data: some Sequence<UInt8>) {
        let start = Array(data.prefix(4))
        if start.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if start == [0x28, 0xB5, 0x2F, 0xFD] {
            self = .zstd
        } else {
            return nil
        }
    }
}

/// Compressed bytes in memory.
package enum CompressedData {
    private static let chunkBytes = 64 << 10

    /// Unpacks gzip or Zstandard data, told apart by how it begins.
    ///
    /// Data cut off or damaged is an error as far as its format shows it; libarchive does not hold gzip's own checksum
    /// against the content.
    ///
    /// - Parameter bytesMax: How much may come out; little data can be made to unpack to more than there is memory.
    package static func unpack(_ data: [UInt8], bytesMax: Int) throws(ArchiveError) -> [UInt8] {
        guard let compression = Compression(of: data) else {
            throw .malformed(reason: "The data is neither gzip nor Zstandard")
        }
        let library = try ArchiveLibrary.loaded()
        guard let archive = library.archive_read_new() else { throw .malformed(reason: "There is no memory") }
        defer { _ = library.archive_read_free(archive) }
        switch compression {
        case .gzip: _ = library.archive_read_support_filter_gzip(archive)
        case .zstd: _ = library.archive_read_support_filter_zstd(archive)
        }
        _ = library.archive_read_support_format_raw(archive)
        // The raw format is at least one byte.
        _ = library.archive_read_support_format_empty(archive)
        var content: [UInt8] = []
        var failure: ArchiveError?
        data.withUnsafeBytes { bytes in
            var entry: OpaquePointer?
            guard library.archive_read_open_memory(archive, bytes.baseAddress, bytes.count) == ARCHIVE_OK else {
                failure = ArchiveLibrary.failure(of: archive, library)
                return
            }
            // Data that only begins like gzip, such as half of its header, is taken for data of no compression at all.
            guard library.archive_filter_code(archive, 0) != ARCHIVE_FILTER_NONE else {
                failure = .malformed(reason: "The data begins like \(compression.rawValue), and is not")
                return
            }
            switch library.archive_read_next_header(archive, &entry) {
            case ARCHIVE_OK: failure = Self.read(archive, library, into: &content, bytesMax: bytesMax)
            // Nothing was compressed.
            case ARCHIVE_EOF: break
            default: failure = ArchiveLibrary.failure(of: archive, library)
            }
        }
        if let failure { throw failure }
        return content
    }

    private static func read(
        _ archive: OpaquePointer, _ library: casare_archive, into content: inout [UInt8], bytesMax: Int
    ) -> ArchiveError? {
        while true {
            var count = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: self.chunkBytes) { buffer, initialized in
                count = library.archive_read_data(archive, buffer.baseAddress, buffer.count)
                initialized = max(count, 0)
            }
            if count < 0 { return ArchiveLibrary.failure(of: archive, library) }
            if count == 0 { return nil }
            content += chunk
            if content.count > bytesMax { return .tooLarge(bytesMax: bytesMax) }
        }
    }
}
