/// Changes of a JSON value, one after the other (RFC 6902): all of them are made, or none.
public struct JSONPatch: Hashable, Sendable {
    public enum Operation: Hashable, Sendable {
        /// Sets a member, or puts an element before the one at that position; `-` is behind the last.
        case add(JSONPointer, Value)
        case remove(JSONPointer)
        case replace(JSONPointer, Value)
        case move(from: JSONPointer, to: JSONPointer)
        case copy(from: JSONPointer, to: JSONPointer)
        /// Fails unless the value there equals this one.
        case test(JSONPointer, Value)

        /// As in `op`.
        public var name: String {
            switch self {
            case .add: "add"
            case .remove: "remove"
            case .replace: "replace"
            case .move: "move"
            case .copy: "copy"
            case .test: "test"
            }
        }

        /// The place that it is about.
        public var path: JSONPointer {
            switch self {
            case .add(let path, _), .remove(let path), .replace(let path, _), .move(_, let path), .copy(_, let path),
                .test(let path, _):
                path
            }
        }
    }

    /// Why something is no patch, or cannot be made.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        /// Which operation, from 1; `nil`: the whole.
        public let operation: Int?
        /// Of the operation, as far as it has one.
        public let path: String?
        public let reason: String

        public init(operation: Int?, path: String?, reason: String) {
            self.operation = operation
            self.path = path
            self.reason = reason
        }

        public var description: String {
            guard let operation else { return "the JSON patch \(self.reason)" }
            let place = self.path.map { " at \"\($0)\"" } ?? ""
            return "operation \(operation) of the JSON patch\(place): \(self.reason)"
        }
    }

    /// No patch has more operations.
    public static let operationsMax = 1_000
    /// What all copies of one patch put in comes to no more than this, in values and bytes of text: copies of copies
    /// would grow without bound.
    public static let copiedSizeMax = 16 << 20

    public let operations: [Operation]

    /// - Throws: for more operations than `operationsMax`.
    public init(_ operations: [Operation]) throws(Invalid) {
        guard operations.count <= Self.operationsMax else {
            throw Invalid(
                operation: nil, path: nil,
                reason: "has \(operations.count) operations; \(Self.operationsMax) are the most")
        }
        self.operations = operations
    }
}

// MARK: - Making the changes

extension JSONPatch {
    /// The value with all changes made.
    ///
    /// - Throws: for the first change that cannot be made, also as it would nest the value deeper than JSON may be.
    public func applied(to value: Value) throws(Invalid) -> Value {
        var result = value
        var copyable = Self.copiedSizeMax
        for (position, operation) in self.operations.enumerated() {
            do throws(JSONPlaceError) {
                try Self.perform(operation, on: &result, copyable: &copyable)
            } catch {
                throw Invalid(
                    operation: position + 1, path: operation.path.description,
                    reason: "\(operation.name): \(error.reason)")
            }
        }
        return result
    }

    /// The same of variables: what comes of them must be variables again.
    public func applied(to variables: Object) throws(Invalid) -> Object {
        let result = try self.applied(to: Value.object(variables))
        guard case .object(let object) = result else {
            throw Invalid(
                operation: nil, path: nil, reason: "leaves \(result.kindName); variables are an object")
        }
        return object
    }

    private static func perform(
        _ operation: Operation, on value: inout Value, copyable: inout Int
    ) throws(JSONPlaceError) {
        func checkDepth(of new: Value, at path: JSONPointer) throws(JSONPlaceError) {
            guard new.isNested(atMost: Value.jsonDepthMax - path.tokens.count) else {
                throw JSONPlaceError(
                    reason: "lists and objects would be nested more than \(Value.jsonDepthMax) levels deep")
            }
        }
        switch operation {
        case .add(let path, let new):
            try checkDepth(of: new, at: path)
            try value.add(new, at: path.tokens[...])
        case .remove(let path): try value.remove(at: path.tokens[...])
        case .replace(let path, let new):
            try checkDepth(of: new, at: path)
            try value.replace(at: path.tokens[...], by: new)
        case .move(let from, let path):
            guard !from.isAbove(path) else {
                throw JSONPlaceError(reason: "\"\(from)\" cannot be moved into itself")
            }
            let moved = try value.value(at: from.tokens[...])
            // Onto itself nothing changes, also where it is the whole.
            if from == path { return }
            try checkDepth(of: moved, at: path)
            try value.remove(at: from.tokens[...])
            try value.add(moved, at: path.tokens[...])
        case .copy(let from, let path):
            let copied = try value.value(at: from.tokens[...])
            guard copied.takeSize(from: &copyable) else {
                throw JSONPlaceError(
                    reason: "the patch's copies come to more than \(Self.copiedSizeMax >> 20) MiB altogether")
            }
            try checkDepth(of: copied, at: path)
            try value.add(copied, at: path.tokens[...])
        case .test(let path, let expected):
            guard try value.value(at: path.tokens[...]) == expected else {
                throw JSONPlaceError(reason: "another value is there than the test expects")
            }
        }
    }
}

// MARK: - As JSON

extension JSONPatch {
    /// Reads a patch: `[{"op": "replace", "path": "/amount", "value": 5}, …]`. Members that RFC 6902 does not name are
    /// ignored, as it says.
    ///
    /// - Throws: for the first operation that is none.
    public init(json: Value) throws(Invalid) {
        guard case .list(let list) = json else {
            throw Invalid(
                operation: nil, path: nil,
                reason: "is \(json.kindName); expected a list of operations, such as "
                    + #"[{"op": "replace", "path": "/amount", "value": 5}]"#)
        }
        var operations: [Operation] = []
        for (position, item) in list.prefix(Self.operationsMax).enumerated() {
            operations.append(try Self.operation(item, number: position + 1))
        }
        guard list.count <= Self.operationsMax else {
            throw Invalid(
                operation: nil, path: nil,
                reason: "has \(list.count) operations; \(Self.operationsMax) are the most")
        }
        try self.init(operations)
    }

    private static func operation(_ json: Value, number: Int) throws(Invalid) -> Operation {
        let written = json["path"]?.string
        func refuse(_ reason: String) -> Invalid { Invalid(operation: number, path: written, reason: reason) }
        guard case .object(let members) = json else { throw refuse("expected an object, got \(json.kindName)") }
        func pointer(_ name: String) throws(Invalid) -> JSONPointer {
            guard let text = members[name]?.string else { throw refuse("\"\(name)\" is required, and a text") }
            guard let pointer = JSONPointer(text) else {
                throw refuse("\"\(name)\" is \"\(text)\"; expected a JSON pointer such as /amount or /lines/0")
            }
            return pointer
        }
        func value() throws(Invalid) -> Value {
            guard let value = members["value"] else { throw refuse("\"value\" is required") }
            return value
        }
        guard let name = members["op"]?.string else {
            throw refuse("\"op\" is required: add, remove, replace, move, copy or test")
        }
        switch name {
        case "add": return .add(try pointer("path"), try value())
        case "remove": return .remove(try pointer("path"))
        case "replace": return .replace(try pointer("path"), try value())
        case "move": return .move(from: try pointer("from"), to: try pointer("path"))
        case "copy": return .copy(from: try pointer("from"), to: try pointer("path"))
        case "test": return .test(try pointer("path"), try value())
        default: throw refuse("\"\(name)\" is no operation; expected add, remove, replace, move, copy or test")
        }
    }

    public var json: Value {
        .list(
            self.operations.map { operation in
                var members: Object = ["op": .string(operation.name)]
                switch operation {
                case .move(let from, _), .copy(let from, _): members["from"] = .string(from.description)
                case .add, .remove, .replace, .test: break
                }
                members["path"] = .string(operation.path.description)
                switch operation {
                case .add(_, let value), .replace(_, let value), .test(_, let value): members["value"] = value
                case .remove, .move, .copy: break
                }
                return .object(members)
            })
    }
}

extension JSONPatch: Codable {
    public init(from decoder: any Decoder) throws {
        let json = try decoder.singleValueContainer().decode(Value.self)
        do throws(Invalid) {
            try self.init(json: json)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.json)
    }
}
