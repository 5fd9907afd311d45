/// Why a place in a value cannot be read or changed.
struct JSONPlaceError: Error {
    let reason: String
}

/// Places inside of a value, by the tokens of a `JSONPointer`. Each call goes one level down; `JSONParser` and the limits
/// of requests keep values from being so deep that it would matter.
extension Value {
    func value(at tokens: ArraySlice<String>) throws(JSONPlaceError) -> Value {
        var value = self
        for token in tokens {
            switch value {
            case .object(let members):
                guard let member = members[token] else { throw Self.noMember(token) }
                value = member
            case .list(let elements):
                value = elements[try Self.position(token, in: elements)]
            case .null, .bool, .int, .double, .string:
                throw Self.isNoParent(value, of: token)
            }
        }
        return value
    }

    /// Sets a member, or puts an element before another one. What holds it must be there.
    mutating func add(_ new: Value, at tokens: ArraySlice<String>) throws(JSONPlaceError) {
        guard let token = tokens.first else {
            self = new
            return
        }
        guard tokens.count == 1 else {
            return try self.change(token) { inner throws(JSONPlaceError) in try inner.add(new, at: tokens.dropFirst()) }
        }
        switch self {
        case .object(var members):
            members[token] = new
            self = .object(members)
        case .list(var elements):
            if token == JSONPointer.behindLast {
                elements.append(new)
            } else {
                elements.insert(new, at: try Self.position(token, in: elements, orBehind: true))
            }
            self = .list(elements)
        case .null, .bool, .int, .double, .string:
            throw Self.isNoParent(self, of: token)
        }
    }

    mutating func replace(at tokens: ArraySlice<String>, by new: Value) throws(JSONPlaceError) {
        guard let token = tokens.first else {
            self = new
            return
        }
        try self.change(token) { inner throws(JSONPlaceError) in try inner.replace(at: tokens.dropFirst(), by: new) }
    }

    mutating func remove(at tokens: ArraySlice<String>) throws(JSONPlaceError) {
        guard let token = tokens.first else { throw JSONPlaceError(reason: "the whole cannot be removed") }
        guard tokens.count == 1 else {
            return try self.change(token) { inner throws(JSONPlaceError) in try inner.remove(at: tokens.dropFirst()) }
        }
        switch self {
        case .object(var members):
            guard members[token] != nil else { throw Self.noMember(token) }
            members[token] = nil
            self = .object(members)
        case .list(var elements):
            elements.remove(at: try Self.position(token, in: elements))
            self = .list(elements)
        case .null, .bool, .int, .double, .string:
            throw Self.isNoParent(self, of: token)
        }
    }

    /// Changes one member or element that is there.
    private mutating func change(
        _ token: String, _ body: (inout Value) throws(JSONPlaceError) -> Void
    ) throws(JSONPlaceError) {
        switch self {
        case .object(var members):
            guard var inner = members[token] else { throw Self.noMember(token) }
            try body(&inner)
            members[token] = inner
            self = .object(members)
        case .list(var elements):
            let position = try Self.position(token, in: elements)
            try body(&elements[position])
            self = .list(elements)
        case .null, .bool, .int, .double, .string:
            throw Self.isNoParent(self, of: token)
        }
    }

    private static func position(
        _ token: String, in elements: [Value], orBehind: Bool = false
    ) throws(JSONPlaceError) -> Int {
        guard let position = JSONPointer.position(token) else {
            throw JSONPlaceError(reason: "\"\(token)\" is no position in a list")
        }
        guard position < elements.count || (orBehind && position == elements.count) else {
            throw JSONPlaceError(reason: "the list has \(elements.count) elements, and none at \(position)")
        }
        return position
    }

    private static func noMember(_ name: String) -> JSONPlaceError {
        JSONPlaceError(reason: "there is no member \"\(name)\"")
    }

    private static func isNoParent(_ value: Value, of token: String) -> JSONPlaceError {
        JSONPlaceError(reason: "\"\(token)\" is looked for in \(value.kindName)")
    }
}

extension Value {
    /// Whether lists and objects are nested in each other no deeper than so. It looks no deeper either.
    func isNested(atMost levels: Int) -> Bool {
        switch self {
        case .null, .bool, .int, .double, .string: true
        case .list(let elements): levels > 0 && elements.allSatisfy { $0.isNested(atMost: levels - 1) }
        case .object(let members): levels > 0 && members.allSatisfy { $0.value.isNested(atMost: levels - 1) }
        }
    }

    /// Takes one for each value in this one and one for each byte of its texts; `false` when there is not enough left,
    /// and then it has not looked at the rest.
    func takeSize(from left: inout Int) -> Bool {
        left -= 1
        switch self {
        case .null, .bool, .int, .double: break
        case .string(let text): left -= text.utf8.count
        case .list(let elements):
            for element in elements {
                guard left >= 0, element.takeSize(from: &left) else { return false }
            }
        case .object(let members):
            for (key, value) in members {
                left -= key.utf8.count
                guard left >= 0, value.takeSize(from: &left) else { return false }
            }
        }
        return left >= 0
    }
}
