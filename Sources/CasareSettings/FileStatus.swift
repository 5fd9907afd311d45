#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What kind of file something is, and who may do what with it.
///
/// Here, and asked from here: where a module also sees Foundation, the compiler cannot tell whose `stat` is meant.
package struct FileStatus: Hashable, Sendable {
    package let isRegular: Bool
    package let isFolder: Bool
    /// The permissions, 0 to 0o777.
    package let permissions: UInt32

    /// Of what a path leads to. `nil` where there is nothing, or it cannot be looked at.
    package init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of an open file. `nil` for a descriptor that is none.
    package init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        let kind = status.st_mode & S_IFMT
        self.isRegular = kind == S_IFREG
        self.isFolder = kind == S_IFDIR
        self.permissions = UInt32(status.st_mode & 0o777)
    }

    /// Whether others than its owner may do anything with it.
    package var isOpenToOthers: Bool { self.permissions & 0o077 != 0 }
}
