#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why a file cannot be read, as a sentence goes on behind its name.
package enum FileProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case isNotThere
    case isFolder
    case cannotBeRead(Int32)
    case tooLarge
    case openToOthers

    package var description: String {
        switch self {
        case .isNotThere: "is not there"
        case .isFolder: "is no file"
        case .cannotBeRead(let code): "cannot be read: \(String(cString: strerror(code)).lowercased())"
        case .tooLarge: "has more than \(ProviderLimits.bytesMax) bytes"
        case .openToOthers: "others than its owner may read; take that right away with chmod 600"
        }
    }
}

/// Reads small files. It blocks for as long as the file system does: they are on this machine.
package enum FileReader {
    /// The whole file.
    ///
    /// - Throws: `FileProblem`, also for what is larger than `ProviderLimits.bytesMax`.
    package static func content(of path: String) throws(FileProblem) -> [UInt8] {
        // Not blocking, so that a pipe in a file's place holds nobody up.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw errno == ENOENT || errno == ENOTDIR ? .isNotThere : .cannotBeRead(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .cannotBeRead(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .isFolder }
        guard status.st_size <= ProviderLimits.bytesMax else { throw .tooLarge }
        var content = [UInt8](repeating: 0, count: Int(status.st_size))
        var length = 0
        while length < content.count {
            let count = content.withUnsafeMutableBytes { bytes in
                read(descriptor, bytes.baseAddress.map { $0 + length }, bytes.count - length)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .cannotBeRead(errno) }
            // It became shorter meanwhile.
            guard count > 0 else { break }
            length += count
        }
        return Array(content.prefix(length))
    }

    /// Whether its group or everybody may read or change it.
    ///
    /// - Throws: `.isNotThere`, `.cannotBeRead`.
    package static func isOpenToOthers(_ path: String) throws(FileProblem) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw errno == ENOENT || errno == ENOTDIR ? .isNotThere : .cannotBeRead(errno)
        }
        return status.st_mode & 0o077 != 0
    }

    /// The names in a folder, sorted, without those that begin with a full stop; at most `ProviderLimits.filesMax`.
    ///
    /// - Throws: `.isNotThere` also for what is no folder.
    static func names(in folder: String) throws(FileProblem) -> [(name: String, isFolder: Bool)] {
        guard let stream = opendir(folder) else {
            throw errno == ENOENT || errno == ENOTDIR ? .isNotThere : .cannotBeRead(errno)
        }
        defer { closedir(stream) }
        var names: [(name: String, isFolder: Bool)] = []
        while names.count < ProviderLimits.filesMax, let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            names.append((name, Self.isFolder("\(folder)/\(name)")))
        }
        return names.sorted { $0.name < $1.name }
    }

    /// Links are followed: mounted secrets are links.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
