/// What must be true of an event's detail: each member as it is said here.
///
/// A member is given by its name, one inside of others with dots between (`failure.type`). What it must be is a value,
/// which it equals, or an object of operators, all of which hold: `$eq`, `$ne`, `$gt`, `$lt`, `$in` (a list) and
/// `$regex` (a `DetailPattern`, found anywhere in a text). A member that is not there counts as null.
public struct DetailFilter: Sendable {
    /// How an operator is written.
    public enum OperatorName: String, CaseIterable, Sendable {
        case equal = "$eq"
        case notEqual = "$ne"
        case greater = "$gt"
        case less = "$lt"
        case oneOf = "$in"
        case pattern = "$regex"
    }

    public static let membersMax = 20
    public static let choicesMax = 100

    private enum Condition: Sendable {
        case equal(Value)
        case notEqual(Value)
        /// A number than a number, a text than a text by its bytes.
        case greater(Value)
        case less(Value)
        case oneOf([Value])
        case pattern(DetailPattern)
    }

    private let conditions: [(path: [String], condition: Condition)]

    /// - Throws: for the first member that cannot be read, named from the filter on.
    public init(_ members: Object) throws(ScheduleSpec.Invalid) {
        guard members.count <= Self.membersMax else {
            throw ScheduleSpec.Invalid(
                member: "", reason: "names \(members.count) members; \(Self.membersMax) are the most")
        }
        var conditions: [(path: [String], condition: Condition)] = []
        for (name, value) in members {
            let path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard let operators = value.object, operators.keys.contains(where: { $0.hasPrefix("$") }) else {
                conditions.append((path, .equal(value)))
                continue
            }
            for (key, operand) in operators {
                conditions.append((path, try Self.condition(key, operand, of: name)))
            }
        }
        self.conditions = conditions
    }

    private static func condition(
        _ key: String, _ operand: Value, of name: String
    ) throws(ScheduleSpec.Invalid) -> Condition {
        func refuse(_ reason: String) -> ScheduleSpec.Invalid {
            ScheduleSpec.Invalid(member: "\(name).\(key)", reason: reason)
        }
        guard let known = OperatorName(rawValue: key) else {
            let names = OperatorName.allCases.map(\.rawValue)
            throw refuse(
                Spelling.nearest(to: key, among: names).map { "there is no such operator; did you mean \($0)?" }
                    ?? "there is no such operator; there are \(names.joined(separator: ", "))")
        }
        switch known {
        case .equal: return .equal(operand)
        case .notEqual: return .notEqual(operand)
        case .greater, .less:
            guard operand.double != nil || operand.string != nil else {
                throw refuse("expected a number or a text, got \(operand.kindName)")
            }
            return known == .greater ? .greater(operand) : .less(operand)
        case .oneOf:
            guard let choices = operand.list, (1...Self.choicesMax).contains(choices.count) else {
                throw refuse("expected a list of 1 to \(Self.choicesMax) values")
            }
            return .oneOf(choices)
        case .pattern:
            guard let text = operand.string else { throw refuse("expected a text, got \(operand.kindName)") }
            do throws(DetailPattern.Invalid) {
                return .pattern(try DetailPattern(text))
            } catch {
                throw refuse(error.description)
            }
        }
    }

    public func matches(_ detail: Object) -> Bool {
        self.conditions.allSatisfy { path, condition in Self.holds(condition, Self.value(at: path, in: detail)) }
    }

    private static func value(at path: [String], in detail: Object) -> Value {
        // A member whose name has a dot itself is that member.
        if let value = detail[path.joined(separator: ".")] { return value }
        var value = Value.object(detail)
        for name in path {
            value = value[name] ?? .null
        }
        return value
    }

    private static func holds(_ condition: Condition, _ value: Value) -> Bool {
        switch condition {
        case .equal(let wanted): value == wanted
        case .notEqual(let unwanted): value != unwanted
        case .greater(let bound): Self.isOrdered(bound, value)
        case .less(let bound): Self.isOrdered(value, bound)
        case .oneOf(let choices): choices.contains(value)
        case .pattern(let pattern): value.string.map(pattern.isFound(in:)) ?? false
        }
    }

    private static func isOrdered(_ left: Value, _ right: Value) -> Bool {
        if let left = left.double, let right = right.double { return left < right }
        if let left = left.string, let right = right.string {
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        }
        return false
    }
}
