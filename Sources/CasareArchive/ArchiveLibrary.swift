import CArchive
import Glibc

/// libarchive, loaded when it is first needed.
enum ArchiveLibrary {
    private static let loading: Result<casare_archive, ArchiveError> = {
        var functions = casare_archive()
        if let reason = casare_archive_load(&functions) {
            return .failure(.unavailable(reason: String(cString: reason)))
        }
        return .success(functions)
    }()

    static func loaded() throws(ArchiveError) -> casare_archive { try self.loading.get() }

    /// Runs a call that reads or writes the names of entries.
    ///
    /// libarchive converts them between the archive's encoding and that of the thread's locale, which in a program that
    /// never called `setlocale` is ASCII.
    static func withUTF8Names<Result>(_ body: () -> Result) -> Result {
        guard let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil) else { return body() }
        let former = uselocale(locale)
        defer {
            uselocale(former)
            freelocale(locale)
        }
        return body()
    }

    static func failure(of archive: OpaquePointer, _ functions: casare_archive) -> ArchiveError {
        let message = functions.archive_error_string(archive).map { String(cString: $0) }
        return .malformed(reason: message ?? "libarchive failed without a message")
    }
}
