import Glibc

/// A file that a command writes people's data to: readable by its owner only.
struct PrivateFile: Sendable {
    let path: String
    let mayReplace: Bool

    /// Refuses before anything has been asked of the server.
    ///
    /// - Throws: `.conflict` when there is such a file and it may not be replaced.
    func check() throws(CommandFailure) {
        if !self.mayReplace, access(self.path, F_OK) == 0 { throw self.conflict }
    }

    /// Writes the whole file or nothing: whoever reads the path meanwhile sees the old file or the new one.
    func write(_ text: String) throws(CommandFailure) {
        let draft = try Draft(of: self)
        defer { draft.discard() }
        try draft.append(text)
        try draft.putInPlace()
    }

    /// The same for what comes in parts: what is there when the body throws goes.
    func write(_ body: (Draft) async throws -> Void) async throws {
        let draft = try Draft(of: self)
        defer { draft.discard() }
        try await body(draft)
        try draft.putInPlace()
    }

    /// What stands beside the file until it is whole.
    final class Draft {
        private let file: PrivateFile
        private let template: [CChar]
        private let descriptor: Int32

        fileprivate init(of file: PrivateFile) throws(CommandFailure) {
            var template = Array((file.path + ".XXXXXX").utf8CString)
            // mkstemp creates the file with mode 0600 (POSIX.1-2008), so that no moment passes in which others could
            // read.
            let descriptor = mkstemp(&template)
            guard descriptor >= 0 else { throw file.failure(errno) }
            self.file = file
            self.template = template
            self.descriptor = descriptor
        }

        deinit { close(self.descriptor) }

        func append(_ text: String) throws(CommandFailure) {
            let code = Self.write(text, to: self.descriptor)
            guard code == 0 else { throw self.file.failure(code) }
        }

        fileprivate func putInPlace() throws(CommandFailure) {
            guard fsync(self.descriptor) == 0 else { throw self.file.failure(errno) }
            if self.file.mayReplace {
                guard rename(self.template, self.file.path) == 0 else { throw self.file.failure(errno) }
            } else {
                try self.file.putInPlace(self.template)
            }
        }

        /// Does nothing to a file that has its name by now.
        fileprivate func discard() { unlink(self.template) }

        /// - Returns: An error number, or 0.
        private static func write(_ text: String, to descriptor: Int32) -> Int32 {
            var text = text
            return text.withUTF8 { bytes -> Int32 in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = Glibc.write(descriptor, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
                    if count >= 0 {
                        rest = rest.dropFirst(count)
                    } else if errno != EINTR {
                        return errno
                    }
                }
                return 0
            }
        }
    }

    /// Gives the file its name, unless that is taken.
    private func putInPlace(_ template: [CChar]) throws(CommandFailure) {
        // Unlike rename, link refuses a name that is taken, also by somebody who came meanwhile.
        if link(template, self.path) == 0 { return }
        guard Self.meansWithoutLinks(errno) else { throw self.taken(errno) }
        try self.putInReservedPlace(template)
    }

    /// The same on file systems where a file has one name only: the name is taken with an empty file, which the whole
    /// one then replaces.
    func putInReservedPlace(_ template: [CChar]) throws(CommandFailure) {
        let place = open(self.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard place >= 0 else { throw self.taken(errno) }
        close(place)
        guard rename(template, self.path) == 0 else {
            let code = errno
            unlink(self.path)
            throw self.failure(code)
        }
    }

    /// File systems without hard links say so in different ways: EPERM by link(2), the others by drivers of network
    /// mounts.
    private static func meansWithoutLinks(_ code: Int32) -> Bool {
        [EPERM, EOPNOTSUPP, ENOSYS, EMLINK, EXDEV, EINVAL].contains(code)
    }

    private func taken(_ code: Int32) -> CommandFailure { code == EEXIST ? self.conflict : self.failure(code) }

    private var conflict: CommandFailure {
        CommandFailure(.conflict, "\(self.path) is there already; --force replaces it")
    }

    private func failure(_ code: Int32) -> CommandFailure {
        CommandFailure(.failure, "cannot write \(self.path): \(String(cString: strerror(code)))")
    }
}
