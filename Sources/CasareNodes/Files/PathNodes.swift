import CasareDomain
import CasareEngine

extension FileNodes {
    /// Working on paths as text; nothing is looked up.
    static let pathTypes: [NodeType] = [
        NodeType(
            "JoinPathNode", family: Self.family, "Joins parts to a path.",
            parameters: [
                .init("parts", .list, "Parts that come first."), .init("path_1", .string, "The first part."),
                .init("path_2", .string, "The second part."),
                .init("path_3", .string, "The third part; any number may follow."),
            ],
            parameterPrefixes: ["path_"], outputs: [.init("path", .string, aliases: ["result"])],
            .pure { inputs, _ throws(NodeFailure) in
                let given = inputs.list("parts") + inputs.numbered("path_").map(\.value)
                let parts = given.map(\.displayText).filter { !$0.isEmpty }
                if parts.isEmpty { throw .value("Nothing to join: give parts, or path_1 and path_2") }
                return NodeResult(["path": .string(Self.joined(parts))])
            }),
        NodeType(
            "GetFilenameNode", family: Self.family, "Takes a path apart.",
            parameters: [
                .init("file_path", .string, required: true, aliases: ["path"], "The path."),
                .init("include_extension", .boolean, default: true, "Whether `filename` has its extension."),
            ],
            outputs: [
                .init("filename", .string, aliases: ["name", "result"]), .init("stem", .string),
                .init("extension", .string), .init("directory", .string, aliases: ["parent"]),
            ],
            .pure { inputs, _ throws(NodeFailure) in
                let path = inputs.string("file_path")
                let components = PathText.components(path)
                let name = components.last.map(String.init) ?? ""
                let dot = PathText.extensionStart(in: name)
                let stem = dot.map { String(name[..<$0]) } ?? name
                let above = components.dropLast().joined(separator: "/")
                let directory = PathText.isAbsolute(path) ? "/\(above)" : above
                return NodeResult([
                    "filename": .string(inputs["include_extension"].bool ?? true ? name : stem), "stem": .string(stem),
                    "extension": .string(dot.map { String(name[$0...]) } ?? ""),
                    "directory": .string(directory),
                ])
            }),
    ]

    /// An absolute part begins anew, as in a shell.
    private static func joined(_ parts: [String]) -> String {
        var path = ""
        for part in parts {
            if PathText.isAbsolute(part) || path.isEmpty {
                path = part
            } else {
                path += PathText.endsWithSlash(path) ? part : "/\(part)"
            }
        }
        return path
    }
}
