import CasareDomain
import CasareSettings
import Glibc

/// The files that describe what is to be on a server.
enum ResourceFiles {
    /// A folder with more files is no folder of documents.
    static let filesMax = 1000
    static let documentsMax = AppliedResource.countMax

    private static let endings = [".yaml", ".yml", ".json"]

    /// - Parameter arguments: files, folders, or `-` for stdin. Of a folder its own YAML and JSON files count, in the
    ///   order of their names, and not those of folders in it.
    /// - Throws: `.usage` for the first document that is none, and for two of one thing; `.notFound` for a file that is
    ///   not there.
    static func read(_ arguments: [String]) throws(CommandFailure) -> [ResourceDocument] {
        var documents: [ResourceDocument] = []
        for argument in arguments {
            if argument != "-", Self.isFolder(argument) {
                for file in try Self.files(in: argument) { documents += try Self.documents(of: .file(file)) }
            } else {
                documents += try Self.documents(of: TextInput(argument))
            }
            guard documents.count <= Self.documentsMax else {
                throw CommandFailure(
                    .usage, "these are more than \(Self.documentsMax) documents; apply fewer at a time")
            }
        }
        try Self.checkEachIsThereOnce(documents)
        return documents
    }

    private static func documents(of input: TextInput) throws(CommandFailure) -> [ResourceDocument] {
        try Self.parse(try input.read(), named: input.name)
    }

    /// The documents of a YAML or JSON text. A list holds several, and an empty one none.
    static func parse(_ text: String, named file: String) throws(CommandFailure) -> [ResourceDocument] {
        let first = text.first { !$0.isWhitespace }
        let isYAML = file.hasSuffix(".yaml") || file.hasSuffix(".yml")
        let values: [Value] =
            if file.hasSuffix(".json") || !isYAML && (first == "{" || first == "[") {
                [try VariableFile.json(text, file)]
            } else {
                try VariableFile.yamlDocuments(text, file)
            }
        var documents: [ResourceDocument] = []
        var number = 0
        for value in values {
            for item in value.list ?? [value] where !item.isNull {
                number += 1
                documents.append(try ResourceDocument(item, at: DocumentPlace(file: file, number: number)))
            }
        }
        return documents
    }

    static func checkEachIsThereOnce(_ documents: [ResourceDocument]) throws(CommandFailure) {
        var places: [AppliedResource.Key: DocumentPlace] = [:]
        for document in documents {
            if let other = places[document.key] {
                throw document.place.refusal(
                    "name", "\(document.key.text) is described twice, first in \(other); leave one out")
            }
            places[document.key] = document.place
        }
    }

    private static func isFolder(_ path: String) -> Bool { FileStatus(of: path)?.isFolder ?? false }

    private static func files(in folder: String) throws(CommandFailure) -> [String] {
        guard let directory = opendir(folder) else {
            throw CommandFailure(.failure, "cannot read \(folder): \(String(cString: strerror(errno)))")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix("."), Self.endings.contains(where: name.hasSuffix) else { continue }
            names.append(name)
        }
        guard names.count <= Self.filesMax else {
            throw CommandFailure(.usage, "\(folder) holds more than \(Self.filesMax) YAML and JSON files")
        }
        let path = folder.hasSuffix("/") ? folder : folder + "/"
        return names.sorted().map { path + $0 }.filter { !Self.isFolder($0) }
    }
}
