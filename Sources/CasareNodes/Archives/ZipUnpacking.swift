import CasareArchive
import CasareEngine
import Glibc

/// Unpacks one zip archive. Blocks.
///
/// An archive may come from anywhere. Before anything is written all its names are looked at: one that leads out of the
/// target refuses the whole archive. Links and devices are not made. What an archive says of its sizes is not
/// believed: the bytes that come out are counted.
struct ZipUnpacking {
    let archive: String
    let target: String
    let policy: PathPolicy
    let allowsDangerousPaths: Bool
    let overwrites: Bool
    let cancellation: BlockingWork.Cancellation
    /// Of all files together.
    var bytesMax = 1 << 30
    var membersMax = ArchiveMembers.countMax

    struct Outcome {
        /// As the archive has them.
        var files: [String] = []
        /// Links, devices and the like.
        var skipped: [String] = []
    }

    func run() throws -> Outcome {
        _ = try FileAccess.fileStatus(self.archive)
        let file = open(self.archive, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw FileAccess.failure("read", self.archive) }
        defer { close(file) }
        do {
            try self.inspect(file)
            guard lseek(file, 0, SEEK_SET) == 0 else { throw FileAccess.failure("read", self.archive) }
            return try self.unpack(file)
        } catch let error as ArchiveError {
            throw NodeFailure.value("Cannot unzip \(self.archive): \(error)")
        }
    }

    private func inspect(_ file: Int32) throws {
        let reader = try ZipReader(descriptor: file)
        var (count, bytes) = (0, 0)
        while let entry = try reader.next() {
            try self.cancellation.check()
            _ = try self.relativePath(of: entry)
            if entry.isEncrypted { throw self.refusal("it is encrypted") }
            count += 1
            bytes += min(max(entry.size ?? 0, 0), self.bytesMax + 1)
            if count > self.membersMax { throw self.refusal("it has more than \(self.membersMax) members") }
            if bytes > self.bytesMax { throw self.tooLarge }
        }
    }

    private func unpack(_ file: Int32) throws -> Outcome {
        let reader = try ZipReader(descriptor: file)
        try FileAccess.makeDirectory(self.target, parents: true)
        var outcome = Outcome()
        var written = 0
        while let entry = try reader.next() {
            let path = try self.destination(of: entry)
            switch entry.kind {
            case .special:
                outcome.skipped.append(entry.name)
            case .directory:
                try FileAccess.makeDirectory(path, parents: true)
            case .file:
                try FileAccess.makeDirectory(FileAccess.parent(of: path), parents: true)
                try FileAccess.make(path, overwrite: self.overwrites) { output in
                    while case let chunk = try reader.read(), !chunk.isEmpty {
                        try self.cancellation.check()
                        written += chunk.count
                        if written > self.bytesMax { throw self.tooLarge }
                        try FileAccess.writeAll(chunk, to: output, path)
                    }
                }
                outcome.files.append(entry.name)
            }
        }
        return outcome
    }

    /// A member's name as a path below the target; empty for the target itself.
    ///
    /// - Throws: `PathSecurityError` for one that leads elsewhere, also where a Windows program would see it do so.
    private func relativePath(of entry: ZipEntry) throws(NodeFailure) -> String {
        let name = entry.name.utf8
        let separators = "/\\".utf8
        let isAbsolute =
            name.first.map(separators.contains) ?? true
            || (name.dropFirst().first == UInt8(ascii: ":")
                && name.dropFirst(2).first.map(separators.contains) ?? false)
        let leadsUp = name.split(whereSeparator: separators.contains).contains { PathText.isDotDot(Substring($0)) }
        guard !isAbsolute, !leadsUp, !name.contains(0) else {
            var refusal = self.refusal("its member '\(entry.name)' leads out of it")
            refusal.type = "PathSecurityError"
            throw refusal
        }
        return PathText.components(entry.name).filter { !PathText.isDot($0) }.joined(separator: "/")
    }

    /// Where a member goes. A link that lies in the target already may not lead it elsewhere.
    private func destination(of entry: ZipEntry) throws(NodeFailure) -> String {
        let name = try self.relativePath(of: entry)
        let path = PathPolicy.canonical(PathText.path(of: name, in: self.target))
        guard PathText.isPath(path, inside: self.target),
            self.policy.allows(path, dangerously: self.allowsDangerousPaths)
        else {
            throw NodeFailure("PathSecurityError", "'\(entry.name)' of \(self.archive) would be written to \(path)")
        }
        return path
    }

    private var tooLarge: NodeFailure { self.refusal("it holds more than \(self.bytesMax) bytes") }

    private func refusal(_ reason: String) -> NodeFailure { .value("\(self.archive) was not unpacked: \(reason)") }
}
