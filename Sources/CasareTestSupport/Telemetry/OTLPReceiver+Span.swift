package import CasareDomain
import OTLPProtos

extension OTLPReceiver {
    /// A span as it came. IDs are small hex digits, empty where there is none; times are nanoseconds of Unix time.
    package struct Span: Hashable, Sendable {
        package enum Kind: Int, Hashable, Sendable {
            case unspecified, `internal`, server, client, producer, consumer
        }

        package enum Status: Int, Hashable, Sendable { case unset, ok, error }

        package struct Event: Hashable, Sendable {
            package let name: String
            package let at: UInt64
            package let attributes: [String: Value]
            package let attributesDropped: Int
        }

        package struct Link: Hashable, Sendable {
            package let traceID: String
            package let spanID: String
            package let traceState: String
            package let flags: UInt32
            package let attributes: [String: Value]
            package let attributesDropped: Int
        }

        package let origin: Origin
        package let name: String
        /// `nil` for a number that stands for none.
        package let kind: Kind?
        package let traceID: String
        package let spanID: String
        package let parentID: String
        package let traceState: String
        /// The flags of the trace, and above them two bits about the parent: see `isParentLocal`.
        package let flags: UInt32
        package let startedAt: UInt64
        package let endedAt: UInt64
        package let attributes: [String: Value]
        package let attributesDropped: Int
        package let events: [Event]
        package let eventsDropped: Int
        package let links: [Link]
        package let linksDropped: Int
        /// `nil` for a number that stands for none.
        package let status: Status?
        package let statusMessage: String

        /// "Bits 8 and 9 are used to indicate that the parent span is remote": whether that is known, and whether it is.
        private static let remoteIsKnown: UInt32 = 0x100
        private static let remote: UInt32 = 0x200

        /// Whether it says that its parent is a span of the same process.
        package var isParentLocal: Bool {
            !self.parentID.isEmpty && self.flags & Self.remoteIsKnown != 0 && self.flags & Self.remote == 0
        }

        /// Whether it says that its parent is a span of another process.
        package var isParentRemote: Bool {
            !self.parentID.isEmpty && self.flags & Self.remoteIsKnown != 0 && self.flags & Self.remote != 0
        }

        init(_ span: Opentelemetry_Proto_Trace_V1_Span, _ origin: Origin) {
            self.origin = origin
            self.name = span.name
            self.kind = Kind(rawValue: span.kind.rawValue)
            self.traceID = OTLPReceiver.hex(span.traceID)
            self.spanID = OTLPReceiver.hex(span.spanID)
            self.parentID = OTLPReceiver.hex(span.parentSpanID)
            self.traceState = span.traceState
            self.flags = span.flags
            self.startedAt = span.startTimeUnixNano
            self.endedAt = span.endTimeUnixNano
            self.attributes = OTLPReceiver.attributes(span.attributes)
            self.attributesDropped = Int(span.droppedAttributesCount)
            self.events = span.events.map { event in
                Event(
                    name: event.name, at: event.timeUnixNano, attributes: OTLPReceiver.attributes(event.attributes),
                    attributesDropped: Int(event.droppedAttributesCount))
            }
            self.eventsDropped = Int(span.droppedEventsCount)
            self.links = span.links.map { link in
                Link(
                    traceID: OTLPReceiver.hex(link.traceID), spanID: OTLPReceiver.hex(link.spanID),
                    traceState: link.traceState, flags: link.flags,
                    attributes: OTLPReceiver.attributes(link.attributes),
                    attributesDropped: Int(link.droppedAttributesCount))
            }
            self.linksDropped = Int(span.droppedLinksCount)
            self.status = Status(rawValue: span.status.code.rawValue)
            self.statusMessage = span.status.message
        }
    }
}
