import CasareDomain
import CasareEngine

/// The rules of a `ValidateNode`.
enum ValidationRule: String, CaseIterable {
    case notEmpty = "not_empty"
    case isString = "is_string"
    case isNumber = "is_number"
    case isInteger = "is_integer"
    case isBoolean = "is_boolean"
    case isList = "is_list"
    case isObject = "is_dict"
    case matchesPattern = "matches_regex"
    case lengthMin = "min_length"
    case lengthMax = "max_length"
    case valueMin = "min_value"
    case valueMax = "max_value"
    case inList = "in_list"
    case isEmail = "is_email"
    case isURL = "is_url"

    static var names: String { self.allCases.map(\.rawValue).joined(separator: ", ") }
    /// A configured message that is not this one replaces the rule's own.
    static let standardMessage = "Validation failed"

    private static let emailPattern = #"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$"#
    private static let urlPattern = #"(?i)https?://[^\s/?#]+([/?#]\S*)?$"#

    @Sendable static func check(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let name = inputs.string("validation_type")
        var complaint: String?
        if let rule = Self(rawValue: name.lowercased()) {
            complaint = try rule.complaint(about: inputs["value"], parameter: inputs["validation_param"])
        } else {
            complaint = "Unknown validation type: \(name)"
        }
        let own = inputs.string("error_message")
        if complaint != nil, !own.isBlank, own != Self.standardMessage { complaint = own }
        return NodeResult(
            ["is_valid": .bool(complaint == nil), "error_message": .string(complaint ?? "")],
            port: complaint == nil ? "valid" : "invalid")
    }

    /// What is wrong with a value; `nil` when it keeps to the rule.
    ///
    /// - Throws: `ValueError` when the parameter is of no use to the rule.
    func complaint(about value: Value, parameter: Value) throws(NodeFailure) -> String? {
        switch self {
        case .notEmpty: return Self.isEmpty(value) ? "Value is empty" : nil
        case .isString: return value.string == nil ? "Value is not a string" : nil
        case .isNumber: return value.double == nil && value.bool == nil ? "Value is not a number" : nil
        case .isInteger:
            if case .int = value { return nil }
            return "Value is not an integer"
        case .isBoolean: return value.bool == nil ? "Value is not a boolean" : nil
        case .isList: return value.list == nil ? "Value is not a list" : nil
        case .isObject: return value.object == nil ? "Value is not a dictionary" : nil
        case .matchesPattern:
            let pattern = try TextPattern(parameter.displayText)
            return try pattern.matchesStart(of: value.displayText) ? nil : "Value does not match the pattern"
        case .lengthMin, .lengthMax:
            let bound = try self.number(parameter)
            guard let length = Self.length(of: value) else { return "Value has no length" }
            return self.complaint("Length", .int(length), against: bound)
        case .valueMin, .valueMax:
            let bound = try self.number(parameter)
            guard let number = value.asNumber else { return "Value is not a number" }
            return self.complaint("Value", number, against: bound)
        case .inList:
            let allowed =
                parameter.list
                ?? parameter.displayText.split(separator: ",").map { Value.string($0.trimmed) }
            let isText = parameter.list == nil
            let wanted = isText ? Value.string(value.displayText) : value
            return allowed.contains(wanted) ? nil : "Value is not in the list"
        case .isEmail:
            return try TextPattern(Self.emailPattern).matchesStart(of: value.displayText)
                ? nil : "Value is not an email address"
        case .isURL:
            return try TextPattern(Self.urlPattern).matchesStart(of: value.displayText)
                ? nil : "Value is not an http or https URL"
        }
    }

    private func complaint(_ what: String, _ number: Value, against bound: Value) -> String? {
        let (number, limit) = (number, bound.double ?? 0)
        let actual = number.double ?? 0
        switch self {
        case .lengthMin, .valueMin:
            return actual < limit ? "\(what) \(number.displayText) < minimum \(bound.displayText)" : nil
        default:
            return actual > limit ? "\(what) \(number.displayText) > maximum \(bound.displayText)" : nil
        }
    }

    private func number(_ parameter: Value) throws(NodeFailure) -> Value {
        guard let number = parameter.asNumber else {
            throw .value("\(self.rawValue) needs a number in validation_param")
        }
        return number
    }

    private static func isEmpty(_ value: Value) -> Bool {
        switch value {
        case .null: true
        case .string(let text): text.isEmpty
        case .list(let list): list.isEmpty
        case .object(let object): object.isEmpty
        case .bool, .int, .double: false
        }
    }

    private static func length(of value: Value) -> Int? {
        switch value {
        case .string(let text): text.unicodeScalars.count
        case .list(let list): list.count
        case .object(let object): object.count
        case .null, .bool, .int, .double: nil
        }
    }
}
