import CasareDomain
import CasareStore
import CasareWire
import Logging
import NIOCore
import NIOWebSocket

/// One stream of events over a WebSocket that is open.
struct StreamSession: Sendable {
    typealias Connection = NIOAsyncChannel<WebSocketFrame, StreamPart>

    let opening: EventOpening
    let services: Services
    /// Whether whoever opened the stream still may.
    let isAllowed: @Sendable () async -> Bool
    /// Whether they still may see which secrets there are. It is asked of those who could when they opened it.
    let seesSecrets: @Sendable () async -> Bool
    let logger: Logger

    private var hub: EventHub { self.services.events }

    private enum Ended: Sendable {
        /// The connection is closed.
        case connection
        /// There is nothing more to send; `nil` when it could not be sent.
        case sending(StreamEnd?)
    }

    /// Sends events until the job ends, the client goes away, or the connection is closed for another reason.
    func run(_ connection: Connection) async {
        do {
            try await connection.executeThenClose { inbound, outbound in
                await withTaskGroup(of: Ended.self) { group in
                    group.addTask {
                        // Frames are dealt with before they come here: this ends with the connection.
                        do { for try await _ in inbound {} } catch {}
                        return .connection
                    }
                    group.addTask { .sending(await self.send(on: connection.channel, outbound)) }
                    if case .sending(let end)? = await group.next() {
                        if let end { connection.channel.triggerUserOutboundEvent(end, promise: nil) }
                        // Bounded: the connection is cut when the client does not close it.
                        _ = await group.next()
                    }
                    group.cancelAll()
                }
            }
        } catch {
            self.logger.debug("A stream of events was broken off", metadata: ["error": "\(error)"])
        }
    }

    /// - Returns: how to close; `nil` when the connection is closed or closing.
    private func send(
        on channel: any Channel, _ outbound: NIOAsyncChannelOutboundWriter<StreamPart>
    ) async -> StreamEnd? {
        let close: @Sendable () -> Void = { channel.triggerUserOutboundEvent(StreamEnd.stopping, promise: nil) }
        var end: StreamEnd? = self.hub.isClosed ? .stopping : .full
        await self.hub.counting(close: close) {
            end = await self.services.metrics.http.counting(self.opening.endingJob == nil ? .events : .job) {
                await self.followed(outbound)
            }
        }
        return end
    }

    private func followed(_ outbound: NIOAsyncChannelOutboundWriter<StreamPart>) async -> StreamEnd? {
        await self.hub.following(self.opening.tenant) { feed in
            guard let feed else { return .stopping }
            do {
                return try await self.follow(feed, outbound)
            } catch {
                if Task.isCancelled || error is ChannelError { return nil }
                self.logger.warning("A stream of events cannot go on", metadata: ["error": "\(error)"])
                return .unreadable
            }
        }
    }

    private func follow(
        _ feed: TenantFeed, _ outbound: NIOAsyncChannelOutboundWriter<StreamPart>
    ) async throws -> StreamEnd? {
        var reader = EventReader(
            self.opening, database: self.services.database, spanMax: self.hub.limits.spanMax)
        var told: (cursor: EventCursor, at: ContinuousClock.Instant)?
        return try await feed.withSeat { seat in
            while !Task.isCancelled {
                if self.hub.isClosed { return .stopping }
                // The answer is known for some seconds, so that this costs little.
                guard await self.isAllowed() else { return .refused }
                let found = try await reader.read(feed, limit: self.hub.limits.spanMax)
                try await self.send(await self.visible(found.events), outbound)
                let hasEnded = self.hasEnded(found)
                // It may be more than one event that ends a job.
                if hasEnded, let job = self.opening.endingJob {
                    try await self.send(try await reader.readRest(of: job), outbound)
                }
                let now = ContinuousClock.now
                let isLate = told.map { now - $0.at >= self.hub.limits.tellInterval } ?? true
                if hasEnded || found.isCaughtUp && isLate && told?.cursor != reader.position {
                    try await outbound.write(
                        try Self.part(.caughtUp(cursor: reader.position.description), reader.position))
                    told = (reader.position, now)
                }
                if hasEnded { return .jobEnded }
                guard found.isCaughtUp else { continue }
                await seat.wait(atMost: self.hub.limits.tellInterval)
            }
            return nil
        }
    }

    /// What of a page may be told still.
    private func visible(_ events: [StoredEvent]) async -> [StoredEvent] {
        guard events.contains(where: { $0.job == nil }) else { return events }
        return await self.seesSecrets() ? events : events.filter { $0.job != nil }
    }

    /// Sends events in portions, each of which waits until the client has taken what was sent before.
    private func send(
        _ events: [StoredEvent], _ outbound: NIOAsyncChannelOutboundWriter<StreamPart>
    ) async throws {
        let kinds = self.opening.kindsSent
        let events = events.filter { kinds.isEmpty || kinds.contains($0.kind) }
        var portion: [StreamPart] = []
        var bytes = 0
        for (place, event) in events.enumerated() {
            let part = try Self.part(.event(EventInfo(event)), event.cursor)
            portion.append(part)
            bytes += part.frame.length
            guard bytes >= self.hub.limits.unsentBytesMax || place == events.count - 1 else { continue }
            try await outbound.write(contentsOf: portion)
            portion.removeAll(keepingCapacity: true)
            bytes = 0
        }
    }

    /// Whether the stream is one of a job, and at its end.
    private func hasEnded(_ found: EventReader.Found) -> Bool {
        guard self.opening.endingJob != nil else { return false }
        return self.opening.jobHasEnded && found.isCaughtUp
            || found.events.contains { EventKind(rawValue: $0.kind)?.endsJob == true }
    }

    private static func part(_ frame: StreamFrame, _ cursor: EventCursor) throws -> StreamPart {
        StreamPart(
            frame: WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: try WireJSON.encode(frame))),
            cursor: cursor)
    }
}
