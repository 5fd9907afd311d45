import CasareArchive
import CasareDomain
import CasareEngine
import Glibc

/// Packing files into a zip archive; shared with `StructuredDataSuperNode`. All of it blocks.
enum ZipActions {
    @Sendable static func zip(
        _ inputs: Inputs, _ environment: NodeEnvironment, _ cancellation: BlockingWork.Cancellation
    ) throws -> NodeResult {
        let policy = PathPolicy(environment)
        let dangerously = inputs.bool("allow_dangerous_paths")
        let archive = try policy.resolve(Self.required("zip_path", inputs), dangerously: dangerously)
        let base = try inputs.firstText("base_dir").map { try policy.resolve($0, dangerously: dangerously) }
        var members = ArchiveMembers(
            policy: policy, allowsDangerousPaths: dangerously, baseDirectory: base, archive: archive)
        let files = inputs.list("files")
        if !files.isEmpty {
            for file in files { try members.add(listed: file.displayText) }
        } else if let source = inputs.firstText("source_path") {
            try members.add(source: source)
        } else {
            throw NodeFailure.value("Nothing to zip: give files or source_path")
        }
        if members.members.isEmpty { throw NodeFailure.value("Nothing to zip: no such files") }
        let method: ZipWriter.Method = inputs.string("compression") == "ZIP_STORED" ? .stored : .deflated
        try FileAccess.makeDirectory(FileAccess.parent(of: archive), parents: true)
        try FileAccess.make(archive, overwrite: inputs["overwrite"].bool ?? true) { file in
            do {
                let writer = try ZipWriter(descriptor: file, method: method)
                for member in members.members {
                    try Self.pack(member.path, as: member.name, writer, cancellation)
                }
                try writer.finish()
            } catch let error as ArchiveError {
                throw NodeFailure("OSError", "Cannot write \(archive): \(error)")
            }
        }
        return NodeResult([
            "zip_path": .string(archive), "attachment_file": [.string(archive)],
            "file_count": .int(members.members.count), "success": true,
        ])
    }

    private static func pack(
        _ listed: String, as name: String, _ writer: ZipWriter, _ cancellation: BlockingWork.Cancellation
    ) throws {
        // A listing also names links to files; what they lead to passed the path policy.
        let path = PathPolicy.canonical(listed)
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard file >= 0 else { throw FileAccess.failure("read", path) }
        defer { close(file) }
        var information = stat()
        guard fstat(file, &information) == 0 else { throw FileAccess.failure("read", path) }
        let status = FileAccess.Status(information)
        guard status.isRegular else { throw NodeFailure.value("Not a file: \(path)") }
        try writer.beginFile(
            named: name, size: status.size, permissions: UInt32(status.permissions),
            modifiedAt: status.modified.tv_sec)
        var rest = status.size
        while rest > 0 {
            try cancellation.check()
            let chunk = try FileAccess.readChunk(from: file, path).prefix(rest)
            if chunk.isEmpty { throw NodeFailure("OSError", "\(path) became shorter while it was being packed") }
            try writer.write(Array(chunk))
            rest -= chunk.count
        }
    }

    static func required(_ name: String, _ inputs: Inputs) throws(NodeFailure) -> String {
        guard let text = inputs.firstText(name) else { throw .value("\(name) is required") }
        return text
    }
}
