import CasareDomain
import CasareEngine
import NIOHTTP1
import NIOCore
import NIOHTTP1

/// Follows the events that a server sends, one connection after the other, each from where the one before has got to.
struct EventStreamWatch: Sendable {
    /// Between two connections where the server does not say.
    private static let pause = Duration.seconds(3)
    private static let pauseRange = Duration.seconds(1)...Duration.seconds(300)
    /// What a connection may take beyond its time until it is given up.
    private static let grace = Duration.seconds(60)
    /// Beyond that IDs are not remembered: a server would refuse the header.
    private static let idBytesMax = 1024

    let web: WebClient
    let source: FeedSource
    let sse: FeedSource.SSE
    let secret: String
    let environment: WatchEnvironment

    /// A report was cut off by the end of its connection's time. Whoever watches next begins with what was reported.
    private struct ReportCutOff: Error {}

    /// Runs until the task is cancelled.
    ///
    /// - Throws: what `report` throws.
    func run(from state: Value?) async throws {
        let stream = Stream(self, from: state)
        var failure: String?
        try await self.environment.report(WatchReport(state: await stream.value))
        while true {
            do {
                try await self.connect(stream, after: failure)
                failure = nil
            } catch let error as NodeFailure {
                // Then it is the report that failed, not the server.
                if await stream.isInDoubt { throw ReportCutOff() }
                if error.message != failure { try await self.environment.report(WatchReport(error: error.message)) }
                failure = error.message
            }
            if await stream.isInDoubt { throw ReportCutOff() }
            let asked = await stream.retry ?? Self.pause
            try await self.environment.sleep(min(max(asked, Self.pauseRange.lowerBound), Self.pauseRange.upperBound))
        }
    }

    /// One connection, for as long as the server keeps it or its time lasts.
    ///
    /// - Parameter failure: that was reported, and is over once the server answers.
    private func connect(_ stream: Stream, after failure: String?) async throws {
        let time = Duration.seconds(self.source.pollSeconds)
        var request = try self.sse.request.webRequest(
            secret: self.secret, accept: "text/event-stream", timeout: time + Self.grace, self.environment.policy)
        request.headers.replaceOrAdd(name: "Cache-Control", value: "no-cache")
        request.options.responseBytesMax = WebRequest.Options.transferBytesMax
        if let id = await stream.lastID { request.headers.replaceOrAdd(name: "Last-Event-ID", value: id) }
        let (url, environment) = (request.displayURL, self.environment)
        await stream.begin()
        try await self.web.send(request) { response in
            let type = response.headers.first(name: "Content-Type")?.lowercased() ?? ""
            guard response.status == 200, type.hasPrefix("text/event-stream") else {
                throw NodeFailure(
                    "NetworkError",
                    "\(url) answered with status \(response.status) and no stream of events (\(type.prefix(60)))")
            }
            if failure != nil { try await environment.report(WatchReport()) }
            // The time is up or the server has ended the answer: both are as it should be.
            _ = try await WebClient.within(time) {
                try await response.forEachPiece { piece in try await stream.receive(Array(piece.readableBytesView)) }
            }
        }
    }

    /// Where the stream has got to.
    private actor Stream {
        private let watch: EventStreamWatch
        private var parser: EventStreamParser
        private var numbers: FindingNumbers
        /// Something came of which it is not known whether it was reported.
        private(set) var isInDoubt = false

        init(_ watch: EventStreamWatch, from state: Value?) {
            self.watch = watch
            self.parser = EventStreamParser(lastID: state?["last_event_id"]?.string)
            self.numbers = FindingNumbers(state?["numbers"])
        }

        var lastID: String? {
            self.parser.lastID.flatMap { id in
                let fits =
                    id.utf8.count <= EventStreamWatch.idBytesMax
                    && id.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
                return fits ? id : nil
            }
        }

        var retry: Duration? { self.parser.retryMilliseconds.map { .milliseconds(min($0, 86_400_000)) } }

        var value: Value { self.state(at: self.lastID) }

        private func state(at id: String?) -> Value {
            var members: Object = ["numbers": self.numbers.value]
            if let id { members["last_event_id"] = .string(id) }
            return .object(members)
        }

        /// Of what the connection before began to send nothing is left.
        func begin() { self.parser = EventStreamParser(lastID: self.parser.lastID) }

        /// Returns when what came is reported: the server is read no faster than that.
        func receive(_ bytes: [UInt8]) async throws {
            let before = self.lastID
            let events = self.parser.receive(bytes).filter { self.chooses($0) }
            guard !events.isEmpty else { return }
            let now = WatchText.time(self.watch.environment.now())
            var findings = events.map { self.finding($0, now) }
            self.isInDoubt = true
            while !findings.isEmpty {
                let some = Polling.fitting(findings, countMax: WatchReport.findingsMax)
                findings.removeFirst(some.count)
                // Only with the last of them all of it was seen; what comes again until then is known by its keys.
                let state = self.state(at: findings.isEmpty ? self.lastID : before)
                try await self.watch.environment.report(WatchReport(findings: some, state: state))
            }
            self.isInDoubt = false
        }

        private func chooses(_ event: EventStreamParser.Event) -> Bool {
            let types = self.watch.sse.eventTypes
            return (types.isEmpty || types.contains(event.type))
                && WatchText.holds(event.data, self.watch.sse.dataFilter)
        }

        private func finding(_ event: EventStreamParser.Event, _ now: String) -> WatchFinding {
            let key = event.id.map { "\(event.type) \($0)" } ?? self.numbers.next()
            let data = WatchText.cut(event.data)
            return WatchFinding(
                key: key.unicodeScalars.count <= WatchFinding.keyCharactersMax ? key : WatchText.digest(key),
                payload: [
                    "event_type": .string(WatchText.cut(event.type)), "data": .string(data),
                    // Data that is no JSON has no places in it.
                    "json": data.utf8.count == event.data.utf8.count
                        ? (try? Value(parsingJSON: data)) ?? .null : .null,
                    "id": event.id.map { .string(WatchText.cut($0)) } ?? .null,
                    "url": .string(self.watch.sse.request.url), "timestamp": .string(now),
                ])
        }
    }
}
