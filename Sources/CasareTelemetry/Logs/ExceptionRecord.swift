package import CasareDomain
import Instrumentation
import Logging

/// Something that failed, told as an event of its own: as OpenTelemetry's conventions want exceptions to be told, instead
/// of as events of spans. Tell each once, where it is known what becomes of it.
package struct ExceptionRecord: Sendable {
    /// What failed: an operation of OpenTelemetry's conventions or of ours, and `.exception`.
    package struct EventName: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
        package let rawValue: String

        package init(rawValue: String) { self.rawValue = rawValue }

        package init(stringLiteral: StaticString) { self.rawValue = stringLiteral.description }

        /// A step of a run.
        package static let node: EventName = "casare.node.exception"
        /// A job's attempt on a robot.
        package static let process: EventName = "messaging.process.exception"
        /// An attempt to lease jobs.
        package static let receive: EventName = "messaging.receive.exception"
    }

    /// What becomes of it, which says how severe it is.
    package enum Consequence: Hashable, Sendable, CaseIterable {
        /// The process ends.
        case processEnds
        /// What was asked for is not done, as with requests that are served and jobs that are processed.
        case unhandled
        /// The caller deals with it, as with requests that are sent.
        case handled
        /// Nobody needs to know.
        case expected

        fileprivate var level: Logger.Level {
            switch self {
            case .processEnds: .critical
            case .unhandled: .error
            case .handled: .warning
            case .expected: .debug
            }
        }
    }

    /// A longer message is cut off.
    package static let messageCharactersMax = 4096

    package let event: EventName
    package let type: String
    package let message: String
    package let consequence: Consequence
    package let attributes: [AttributeKey: AttributeValue]
    /// The work that failed: that in which the task was that made this.
    package var context: TraceContext?
    package let scope: String

    /// - Parameters:
    ///   - type: of few values, as `error.type` has them.
    ///   - message: for people. It leaves the program: no secret may be in it.
    ///   - attributes: what the span of the work has, as far as it helps.
    ///   - scope: what tells it, as swift-log's labels are.
    package init(
        _ event: EventName, type: String, message: String, _ consequence: Consequence,
        attributes: [AttributeKey: AttributeValue] = [:], scope: String
    ) {
        self.event = event
        self.type = type
        self.message = String(message.prefix(Self.messageCharactersMax))
        self.consequence = consequence
        self.attributes = attributes
        self.context = ServiceContext.current?.trace?.context
        self.scope = scope
    }

    /// The same of an error of Swift, by its type and description.
    package init(
        _ event: EventName, of error: any Error, _ consequence: Consequence,
        attributes: [AttributeKey: AttributeValue] = [:], scope: String
    ) {
        self.init(
            event, type: error.typeName, message: "\(error)", consequence, attributes: attributes, scope: scope)
    }

    /// As it is sent. Its type and message come before all else where there is room for few attributes only.
    func record(at time: LogTime, within limits: AttributeLimits) -> TelemetryLogRecord {
        var attributes = LogAttributes(within: limits)
        attributes.add(.exceptionType, .string(self.type))
        attributes.add(.exceptionMessage, .string(self.message))
        for (key, value) in self.attributes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            attributes.add(key, value)
        }
        let level = self.consequence.level
        return TelemetryLogRecord(
            severity: level.severity, severityText: level.rawValue, at: time.nanoseconds, body: self.message,
            eventName: self.event.rawValue, attributes: attributes.members, attributesDropped: attributes.dropped,
            context: self.context, scope: self.scope)
    }
}

extension AttributeKey {
    package static let exceptionType: AttributeKey = "exception.type"
    package static let exceptionMessage: AttributeKey = "exception.message"
}
