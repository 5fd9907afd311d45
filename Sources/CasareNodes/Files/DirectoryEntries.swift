import Glibc

/// The names of what a directory holds, itself and its parent left out, in no particular order. Blocks.
struct DirectoryEntries: ~Copyable {
    private let stream: OpaquePointer

    /// `nil` when it cannot be opened; errno says why.
    init?(_ directory: String) {
        guard let stream = opendir(directory) else { return nil }
        self.stream = stream
    }

    deinit { closedir(self.stream) }

    /// `nil` after the last.
    mutating func next() -> String? {
        while let entry = readdir(self.stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { return name }
        }
        return nil
    }
}
