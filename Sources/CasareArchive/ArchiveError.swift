/// Why compressed data could not be read or written.
package enum ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system has no libarchive.
    case unavailable(reason: String)
    /// The data is damaged, cut off, or in no known form.
    case malformed(reason: String)
    /// There is more in it than the caller takes.
    case tooLarge(bytesMax: Int)
    /// A name that the archive cannot hold.
    case unsuitableName(String)

    package var description: String {
        switch self {
        case .unavailable(let reason):
            "Compressed files need libarchive (Debian: apt-get install libarchive13): \(reason)"
        case .malformed(let reason): reason
        case .tooLarge(let bytesMax): "There are more than \(bytesMax) bytes in it when it is unpacked"
        case .unsuitableName(let name): "An archive cannot hold a file called '\(name)'"
        }
    }
}
