package import CasareDomain

/// A config value with its templates compiled: literal values cost nothing at run time.
///
/// Resolving is a single pass. What a template yields is never searched for templates again, so data that comes from
/// outside cannot read variables; and nothing is remembered from one resolution to the next.
package struct Template: Sendable {
    package enum Resolution: Sendable, Hashable {
        case value(Value)
        /// The whole text is one template, and there is nothing at its path.
        case unresolved(text: String)
    }

    private indirect enum Form: Sendable {
        case literal(Value)
        /// The whole trimmed string is one template; `text` is the whole string.
        case reference(TemplateReference, text: String)
        case text([TemplateReference.Part])
        /// The list as written and the elements that templates change.
        case list([Value], changing: [(position: Int, form: Form)])
        /// The object as written and the members that templates change.
        case object(Object, changing: [(key: String, form: Form)])
    }

    private let form: Form
    /// It uses `$timestamp`, `$currentDate` or the like: the run must supply the clock.
    package let readsClock: Bool

    /// Templates are found in strings and in the values, not the keys, of lists and objects.
    package init(_ value: Value) {
        var readsClock = false
        self.form = Self.compile(value, &readsClock)
        self.readsClock = readsClock
    }

    /// A value that is data: what looks like a template in it stays as it is.
    init(literal value: Value) {
        self.form = .literal(value)
        self.readsClock = false
    }

    /// A script: only the references to secrets in it are replaced, and nothing else that looks like a template is.
    init(script text: String) {
        var parts: [TemplateReference.Part] = []
        var hasSecrets = false
        for part in TemplateReference.parts(of: text) {
            guard case .reference(let reference) = part else {
                parts.append(part)
                continue
            }
            let isSecret = reference.path.secret != nil
            hasSecrets = hasSecrets || isSecret
            parts.append(isSecret ? part : .text(reference.source))
        }
        self.form = hasSecrets ? .text(parts) : .literal(.string(text))
        self.readsClock = false
    }

    /// There is no template in it.
    package var isLiteral: Bool {
        if case .literal = self.form { true } else { false }
    }

    /// The value with every template replaced.
    ///
    /// A string that is one template, whitespace aside, becomes the value itself, of whatever type. In mixed text each
    /// template becomes the value's display text, and one that does not resolve stays as written.
    ///
    /// What does not resolve is noted in `variables`, but for per cent signs, which are ordinary text then.
    ///
    /// - Parameter clock: Needed when `readsClock`; without it the clock's variables do not resolve.
    /// - Throws: `ValueError` when mixed text would be longer than texts may get, and a secret's type of failure
    ///   (`SecretProblem.Kind`) for one that the run does not have.
    package func resolve(in variables: Variables, clock: ClockReading?) throws(NodeFailure) -> Resolution {
        switch self.form {
        case .literal(let value):
            return .value(value)
        case .reference(let reference, let text):
            if let value = reference.value(in: variables, clock: clock) { return .value(value) }
            if reference.isPercent { return .value(.string(text)) }
            if let secret = reference.path.secret { throw variables.problem(ofSecret: secret).failure }
            variables.noteMiss(reference.source)
            return .unresolved(text: text)
        case .text, .list, .object:
            return .value(try Self.value(of: self.form, in: variables, clock: clock))
        }
    }

    private static func compile(_ value: Value, _ readsClock: inout Bool) -> Form {
        switch value {
        case .null, .bool, .int, .double:
            return .literal(value)
        case .string(let text):
            return Self.compile(text, &readsClock)
        case .list(let elements):
            var changing: [(position: Int, form: Form)] = []
            for (position, element) in elements.enumerated() {
                let form = Self.compile(element, &readsClock)
                if case .literal = form { continue }
                changing.append((position, form))
            }
            return changing.isEmpty ? .literal(value) : .list(elements, changing: changing)
        case .object(let object):
            var changing: [(key: String, form: Form)] = []
            for (key, member) in object {
                let form = Self.compile(member, &readsClock)
                if case .literal = form { continue }
                changing.append((key, form))
            }
            return changing.isEmpty ? .literal(value) : .object(object, changing: changing)
        }
    }

    private static func compile(_ text: String, _ readsClock: inout Bool) -> Form {
        let parts = TemplateReference.parts(of: text)
        var references: [TemplateReference] = []
        var isOnlyReferences = true
        for part in parts {
            switch part {
            case .reference(let reference): references.append(reference)
            case .text(let text): isOnlyReferences = isOnlyReferences && text.utf8.allSatisfy(PathScanner.isWhitespace)
            }
        }
        readsClock = readsClock || references.contains { $0.path.readsClock }
        if references.isEmpty { return .literal(.string(text)) }
        if references.count == 1, isOnlyReferences { return .reference(references[0], text: text) }
        return .text(parts)
    }

    private static func value(
        of form: Form, in variables: Variables, clock: ClockReading?
    ) throws(NodeFailure) -> Value {
        switch form {
        case .literal(let value):
            return value
        case .reference(let reference, let text):
            return try reference.resolved(in: variables, clock: clock) ?? .string(text)
        case .text(let parts):
            return .string(try Self.text(of: parts, in: variables, clock: clock))
        case .list(var elements, let changing):
            for (position, form) in changing {
                elements[position] = try Self.value(of: form, in: variables, clock: clock)
            }
            return .list(elements)
        case .object(var object, let changing):
            for (key, form) in changing {
                object[key] = try Self.value(of: form, in: variables, clock: clock)
            }
            return .object(object)
        }
    }

    private static func text(
        of parts: [TemplateReference.Part], in variables: Variables, clock: ClockReading?
    ) throws(NodeFailure) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let plain): text += plain
            case .reference(let reference):
                let found = try reference.resolved(in: variables, clock: clock)?.displayText ?? reference.source
                try TextLimit.check(text.utf8.count + found.utf8.count)
                text += found
            }
        }
        return text
    }
}
