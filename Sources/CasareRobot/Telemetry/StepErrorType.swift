import CasareEngine
import CasareTelemetry

/// What a step's failure is called on spans and metrics.
enum StepErrorType {
    /// For what is not called so that it could stand there.
    static let other = "NodeError"
    private static let charactersMax = 64

    static func of(_ error: any Error) -> String {
        guard let failure = error as? NodeFailure else { return error.telemetryType }
        return self.of(failure.type)
    }

    /// Workflows may fail with types of their own, which may be any text: only names stand on metrics.
    static func of(_ type: String?) -> String {
        guard let type, (1...self.charactersMax).contains(type.utf8.count), type.utf8.allSatisfy(self.isNameByte) else {
            return self.other
        }
        return type
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
