import CasareDomain
import CasareEngine
import FoundationEssentials
import Glibc

/// What the file nodes do; the single-purpose nodes and `FileSystemSuperNode` share it. All of it blocks.
enum FileActions {
    static func read(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let path = try self.filePath(inputs, environment)
        let bytes = try FileAccess.read(path, bytesMax: inputs.int("max_size"))
        let content: String
        if inputs.bool("binary_mode") {
            content = Data(bytes).base64EncodedString()
        } else {
            // The super node has no such parameter and replaces what it cannot read.
            let errors = inputs["errors"].string.map { TextEncoding.ErrorPolicy(rawValue: $0) ?? .strict } ?? .replace
            content = try TextEncoding(named: inputs.string("encoding")).decode(bytes, errors)
        }
        return NodeResult(["content": .string(content), "size": .int(bytes.count), "success": true])
    }

    static func write(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let path = try self.filePath(inputs, environment)
        let content = try self.content(inputs)
        if inputs["create_dirs"].bool ?? true {
            try FileAccess.makeDirectory(FileAccess.parent(of: path), parents: true)
        }
        if inputs.bool("append_mode") {
            try FileAccess.append(content, to: path, createIfMissing: true)
        } else {
            try FileAccess.write(content, to: path)
        }
        return NodeResult([
            "file_path": .string(path), "attachment_file": [.string(path)], "bytes_written": .int(content.count),
            "success": true,
        ])
    }

    static func append(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let path = try self.filePath(inputs, environment)
        let content = try self.content(inputs)
        try FileAccess.append(content, to: path, createIfMissing: inputs["create_if_missing"].bool ?? true)
        return NodeResult(["file_path": .string(path), "bytes_written": .int(content.count), "success": true])
    }

    static func delete(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let path = try self.filePath(inputs, environment, finalLink: .itself)
        if FileAccess.entryStatus(path) == nil, inputs.bool("ignore_missing") {
            return NodeResult(["deleted_path": .string(path), "success": true])
        }
        _ = try FileAccess.fileOrLinkStatus(path)
        try FileAccess.remove(path)
        return NodeResult(["deleted_path": .string(path), "success": true])
    }

    static func copy(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let (source, destination) = try self.transfer(inputs, environment, finalLink: .target)
        let count = try FileAccess.copy(source, to: destination, overwrite: inputs.bool("overwrite"))
        return NodeResult(["dest_path": .string(destination), "bytes_copied": .int(count), "success": true])
    }

    static func move(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let (source, destination) = try self.transfer(inputs, environment, finalLink: .itself)
        try FileAccess.move(source, to: destination, overwrite: inputs.bool("overwrite"))
        return NodeResult(["dest_path": .string(destination), "success": true])
    }

    static func exists(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        guard let text = inputs.firstText("path", "file_path", "directory_path", "dir_path") else {
            throw .value("path is required")
        }
        let path = try PathPolicy(environment).resolve(text, dangerously: inputs.bool("allow_dangerous_paths"))
        let status = FileAccess.status(path)
        let isDirectory = status?.isDirectory ?? false
        // A device or a pipe is neither, and yet exists.
        let isFile = status?.isRegular ?? false
        let exists =
            switch inputs.string("check_type") {
            case "file": isFile
            case "directory": isDirectory
            default: status != nil
            }
        return NodeResult(["exists": .bool(exists), "is_file": .bool(isFile), "is_dir": .bool(isDirectory)])
    }

    static func size(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let status = try FileAccess.fileStatus(try self.filePath(inputs, environment))
        return NodeResult(["size": .int(status.size), "success": true])
    }

    static func info(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let path = try self.filePath(inputs, environment)
        guard let status = FileAccess.status(path) else {
            throw NodeFailure("FileNotFoundError", "File not found: \(path)")
        }
        let name = FileAccess.name(of: path)
        let dot = PathText.extensionStart(in: name)
        return NodeResult([
            "size": .int(status.size), "created": .string(self.localTime(status.changed)),
            "modified": .string(self.localTime(status.modified)),
            "extension": .string(dot.map { String(name[$0...]) } ?? ""), "name": .string(name),
            "parent": .string(FileAccess.parent(of: path)), "success": true,
        ])
    }

    /// The file that the node is about.
    static func filePath(
        _ inputs: Inputs, _ environment: NodeEnvironment, finalLink: PathPolicy.FinalLink = .target
    ) throws(NodeFailure) -> String {
        guard let text = inputs.firstText("file_path", "path", "directory_path", "dir_path") else {
            throw .value("file_path is required")
        }
        return try PathPolicy(environment)
            .resolve(text, dangerously: inputs.bool("allow_dangerous_paths"), finalLink: finalLink)
    }

    /// - Parameter finalLink: What a source that is a link stands for. A destination is always where a link leads.
    private static func transfer(
        _ inputs: Inputs, _ environment: NodeEnvironment, finalLink: PathPolicy.FinalLink
    ) throws(NodeFailure) -> (source: String, destination: String) {
        guard let source = inputs.firstText("source_path") else { throw .value("source_path is required") }
        guard let destination = inputs.firstText("dest_path") else { throw .value("dest_path is required") }
        let policy = PathPolicy(environment)
        let dangerously = inputs.bool("allow_dangerous_paths")
        let paths = (
            source: try policy.resolve(source, dangerously: dangerously, finalLink: finalLink),
            destination: try policy.resolve(destination, dangerously: dangerously)
        )
        _ = try FileAccess.fileOrLinkStatus(paths.source)
        if inputs["create_dirs"].bool ?? true {
            try FileAccess.makeDirectory(FileAccess.parent(of: paths.destination), parents: true)
        }
        return paths
    }

    private static func content(_ inputs: Inputs) throws(NodeFailure) -> [UInt8] {
        let text = inputs.string("content")
        if inputs.bool("binary_mode") {
            guard let data = Data(base64Encoded: text) else { throw .value("content must be base64 in binary mode") }
            return Array(data)
        }
        let errors = inputs["errors"].string.flatMap { TextEncoding.ErrorPolicy(rawValue: $0) } ?? .strict
        return try TextEncoding(named: inputs.string("encoding")).encode(text, errors)
    }

    private static func localTime(_ time: timespec) -> String {
        let moment = Moment(seconds: time.tv_sec, microseconds: time.tv_nsec / 1000)
        return TimeZoneRules.local.civil(moment).isoText
    }
}
