import CasareDomain
package import CasarePostgres
import Synchronization
package import Tracing

/// Measures what this process asks of its database: each statement, and the pools of connections.
///
/// A statement that is run for something that is traced has a span below that. All others, such as those of loops, are
/// only counted. It is called in the path of the work: the series of a statement are kept at hand, so that without a
/// trace it costs a look-up.
package final class StatementTelemetry: StatementObserver {
    /// Bytes of a statement's text on its span.
    package static let textBytesMax = AttributeLimits.valueBytesMax
    /// Series that are kept at hand. What there are more is looked up by its attributes.
    static let seriesKeptMax = 2000
    private static let standardPort = 5432

    /// Neither the number nor the object is ever another's.
    private struct Key: Hashable {
        let plan: Int
        let place: ObjectIdentifier
    }

    private struct PoolSeries {
        let timeouts: Counter<Int>.Series
        let waits: Histogram.Series
    }

    private struct KnownPool {
        weak var pool: PostgresPool?
    }

    private let tracer: any Tracer
    private let durations: Histogram
    private let timeouts: Counter<Int>
    private let waits: Histogram
    /// Of statements that went well.
    private let series = Mutex<[Key: Histogram.Series]>([:])
    /// By the pool's name.
    private let poolSeries = Mutex<[String: PoolSeries]>([:])
    private let pools = Mutex<[KnownPool]>([])

    /// - Parameters:
    ///   - registry: has one of them.
    ///   - tracer: makes the spans.
    package init(_ registry: MetricRegistry, tracer: any Tracer = NoOpTracer()) {
        self.tracer = tracer
        self.durations = registry.histogram(.databaseOperationDuration)
        self.timeouts = registry.counter(.connectionTimeouts)
        self.waits = registry.histogram(.connectionWaitTime)
        registry.observe([.connectionCount, .connectionMax, .connectionPendingRequests]) { seen in
            self.seePools(&seen)
        }
    }

    // MARK: Statements

    package func ended(_ statement: FinishedStatement) {
        self.series(of: statement).record(statement.duration)
        guard let context = ServiceContext.current, context.trace?.context.isSampled == true else { return }
        self.addSpan(of: statement, below: context)
    }

    private func series(of statement: FinishedStatement) -> Histogram.Series {
        // Failures are rare, and of many kinds.
        if statement.errorType != nil { return self.durations.series(Self.attributes(of: statement)) }
        let key = Key(plan: statement.plan.number, place: ObjectIdentifier(statement.place))
        if let series = self.series.withLock({ $0[key] }) { return series }
        let series = self.durations.series(Self.attributes(of: statement))
        self.series.withLock { kept in
            if kept.count < Self.seriesKeptMax { kept[key] = series }
        }
        return series
    }

    private static func attributes(of statement: FinishedStatement) -> Attributes {
        let summary = statement.plan.summary
        return [
            .databaseSystem: "postgresql", .databaseNamespace: .string(statement.place.database),
            .databaseOperation: .string(summary.operation),
            .databaseCollection: summary.collection.map { AttributeValue.string($0) },
            .databaseQuery: .string(summary.text), .serverAddress: .string(statement.place.address),
            .errorType: statement.errorType.map { AttributeValue.string($0) },
        ]
    }

    // MARK: Spans

    /// Made when the work is done: what is not traced costs nothing then.
    private func addSpan(of statement: FinishedStatement, below context: ServiceContext) {
        let end = DefaultTracerClock.now.nanosecondsSinceEpoch
        let elapsed = UInt64(max(0, statement.duration / .nanoseconds(1)))
        let span = self.tracer.startSpan(
            statement.plan.summary.text, context: context, ofKind: .client,
            at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: end - min(elapsed, end)))
        defer { span.end(at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: end)) }
        guard span.isRecording else { return }
        span.updateAttributes { attributes in Self.describe(statement, &attributes) }
        if statement.errorType != nil { span.setStatus(SpanStatus(code: .error)) }
    }

    private static func describe(_ statement: FinishedStatement, _ attributes: inout SpanAttributes) {
        let (summary, place) = (statement.plan.summary, statement.place)
        attributes["db.system.name"] = "postgresql"
        attributes["db.namespace"] = place.database
        attributes["db.operation.name"] = summary.operation
        if let collection = summary.collection { attributes["db.collection.name"] = collection }
        attributes["db.query.summary"] = summary.text
        if !statement.plan.text.isEmpty { attributes["db.query.text"] = self.shown(statement.plan.text) }
        if statement.batchSize > 1 { attributes["db.operation.batch.size"] = statement.batchSize }
        attributes["server.address"] = place.address
        if place.port != self.standardPort { attributes["server.port"] = place.port }
        if let state = statement.sqlState { attributes["db.response.status_code"] = state.rawValue }
        if let errorType = statement.errorType { attributes["error.type"] = errorType }
    }

    private static func shown(_ text: String) -> String {
        guard text.utf8.count > self.textBytesMax else { return text }
        let end = "…"
        return text.shortened(toBytes: self.textBytesMax - end.utf8.count) + end
    }

    // MARK: Pools

    package func began(_ pool: PostgresPool) {
        _ = self.series(of: pool)
        self.pools.withLock { pools in
            pools.removeAll { $0.pool == nil }
            pools.append(KnownPool(pool: pool))
        }
    }

    package func lent(from pool: PostgresPool, after waited: Duration) { self.series(of: pool).waits.record(waited) }

    package func timedOut(waitingFor pool: PostgresPool) { self.series(of: pool).timeouts.add(1) }

    /// Made with the pool, so that whoever looks at increases sees its first timeout.
    private func series(of pool: PostgresPool) -> PoolSeries {
        self.poolSeries.withLock { known in
            if let series = known[pool.name] { return series }
            let attributes: Attributes = [.connectionPool: .string(pool.name)]
            let series = PoolSeries(
                timeouts: self.timeouts.series(attributes), waits: self.waits.series(attributes))
            known[pool.name] = series
            return series
        }
    }

    private func seePools(_ seen: inout Observations) {
        let pools = self.pools.withLock { $0.compactMap(\.pool) }
        for pool in pools {
            let (name, now) = (AttributeValue.string(pool.name), pool.statistics)
            seen.observe(.connectionCount, now.idle, [.connectionPool: name, .connectionState: "idle"])
            seen.observe(.connectionCount, now.lent, [.connectionPool: name, .connectionState: "used"])
            seen.observe(.connectionMax, now.connectionsMax, [.connectionPool: name])
            seen.observe(.connectionPendingRequests, now.waiting, [.connectionPool: name])
        }
    }
}
