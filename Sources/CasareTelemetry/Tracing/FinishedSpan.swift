package import CasareDomain

/// A piece of work that has ended and is recorded.
package struct FinishedSpan: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case server, client, producer, consumer, `internal` }

    package enum Status: Hashable, Sendable {
        case unset, ok
        /// - Parameter message: for people; `nil` where the attributes say enough.
        case error(message: String?)
    }

    /// Something that happened at one moment of the work.
    package struct Event: Hashable, Sendable {
        package let name: String
        /// Nanoseconds of Unix time.
        package let at: UInt64
        package let attributes: [AttributeKey: AttributeValue]
        package let attributesDropped: Int

        package init(
            name: String, at: UInt64, attributes: [AttributeKey: AttributeValue] = [:], attributesDropped: Int = 0
        ) {
            self.name = name
            self.at = at
            self.attributes = attributes
            self.attributesDropped = attributesDropped
        }
    }

    /// What it has to do with beside its parent.
    package struct Link: Hashable, Sendable {
        package let context: TraceContext
        package let isRemote: Bool
        package let attributes: [AttributeKey: AttributeValue]
        package let attributesDropped: Int

        package init(
            context: TraceContext, isRemote: Bool = true, attributes: [AttributeKey: AttributeValue] = [:],
            attributesDropped: Int = 0
        ) {
            self.context = context
            self.isRemote = isRemote
            self.attributes = attributes
            self.attributesDropped = attributesDropped
        }
    }

    package let name: String
    package let kind: Kind
    /// Its own place in the trace.
    package let context: TraceContext
    /// `nil` for the first of a trace.
    package let parent: SpanID?
    /// Whether the parent is in another process; `false` where there is none.
    package let isParentRemote: Bool
    /// Nanoseconds of Unix time.
    package let startedAt: UInt64
    package let endedAt: UInt64
    package let attributes: [AttributeKey: AttributeValue]
    package let attributesDropped: Int
    package let events: [Event]
    package let eventsDropped: Int
    package let links: [Link]
    package let linksDropped: Int
    package let status: Status

    package init(
        name: String, kind: Kind, context: TraceContext, parent: SpanID?, isParentRemote: Bool, startedAt: UInt64,
        endedAt: UInt64, attributes: [AttributeKey: AttributeValue] = [:], attributesDropped: Int = 0,
        events: [Event] = [], eventsDropped: Int = 0, links: [Link] = [], linksDropped: Int = 0,
        status: Status = .unset
    ) {
        self.name = name
        self.kind = kind
        self.context = context
        self.parent = parent
        self.isParentRemote = isParentRemote
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.attributes = attributes
        self.attributesDropped = attributesDropped
        self.events = events
        self.eventsDropped = eventsDropped
        self.links = links
        self.linksDropped = linksDropped
        self.status = status
    }
}
