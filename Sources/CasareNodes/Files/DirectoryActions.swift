import CasareDomain
import CasareEngine

/// What the directory nodes do; shared with `FileSystemSuperNode`. All of it blocks.
enum DirectoryActions {
    static func create(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        guard let path = try self.path(inputs, environment) else { throw .value("directory_path is required") }
        if let existing = FileAccess.status(path) {
            guard existing.isDirectory else { throw .value("Not a directory: \(path)") }
            guard inputs["exist_ok"].bool ?? true else {
                throw NodeFailure("FileExistsError", "Directory already exists: \(path)")
            }
        }
        try FileAccess.makeDirectory(path, parents: inputs["parents"].bool ?? true)
        return NodeResult(["dir_path": .string(path), "success": true])
    }

    static func listFiles(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let paths = try self.list(.files, inputs, environment)
        return NodeResult(["files": .list(paths), "count": .int(paths.count), "success": true])
    }

    static func listDirectory(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let kind: DirectoryListing.Kind
        switch (inputs.bool("files_only"), inputs.bool("dirs_only")) {
        case (true, true): throw .value("files_only and dirs_only exclude each other")
        case (true, false): kind = .files
        case (false, true): kind = .directories
        case (false, false): kind = .any
        }
        let paths = try self.list(kind, inputs, environment)
        return NodeResult(["items": .list(paths), "count": .int(paths.count), "success": true])
    }

    private static func list(
        _ kind: DirectoryListing.Kind, _ inputs: Inputs, _ environment: NodeEnvironment
    ) throws(NodeFailure) -> [Value] {
        let dangerously = inputs.bool("allow_dangerous_paths")
        let policy = PathPolicy(environment)
        let path: String
        if let given = try self.path(inputs, environment) {
            path = given
        } else {
            path = try policy.resolve(".", dangerously: dangerously)
        }
        var listing = try DirectoryListing(
            policy: policy, allowsDangerousPaths: dangerously, kind: kind, pattern: inputs.string("pattern"),
            isRecursive: inputs.bool("recursive"))
        return try listing.paths(in: path).map(Value.string)
    }

    private static func path(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> String? {
        guard let text = inputs.firstText("directory_path", "dir_path", "path", "file_path") else { return nil }
        return try PathPolicy(environment).resolve(text, dangerously: inputs.bool("allow_dangerous_paths"))
    }
}
