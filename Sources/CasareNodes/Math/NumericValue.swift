import CasareDomain
import CasareEngine

extension Value {
    /// The number that a value is or that its text says; whole text is an integer. Booleans are not numbers.
    var asNumber: Value? {
        switch self {
        case .int, .double: self
        case .string(let text):
            switch Number(text: text) {
            case .int(let number): .int(number)
            case .double(let number): .double(number)
            case nil: nil
            }
        case .null, .bool, .list, .object: nil
        }
    }

    /// A double without a fraction as an integer, when it fits.
    static func integral(_ number: Double) -> Value {
        Int(exactly: number).map(Value.int) ?? .double(number)
    }
}
