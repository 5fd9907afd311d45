import CasareDomain
import CasarePostgres

extension TraceCarrier {
    /// Reads the columns that jobs and operations share. `nil` for one from before there were any, and for bytes that
    /// are none: what has lost its trace is done all the same.
    init?(row: Row) throws(PostgresError) {
        guard let bytes = try row.optionalBytes("trace") else { return nil }
        let state = try row.optionalString("tracestate").flatMap(TraceState.init)
        guard let context = TraceContext(bytes: bytes, state: state) else { return nil }
        self.init(context, baggage: try row.optionalString("baggage").flatMap(Baggage.init))
    }

    /// For the parameters `trace`, `tracestate` and `baggage` of a statement about one job.
    var stored: (trace: PostgresValue, tracestate: PostgresValue, baggage: PostgresValue) {
        (.bytes(self.context.bytes), .text(self.context.state?.description), .text(self.baggage?.description))
    }

    /// For the parameters `traces`, `tracestates` and `baggages` of a statement about many. Most calls have no state and
    /// no baggage: for `unnest` no array is as good as one of nulls, and nothing is sent.
    static func stored(
        _ carriers: [TraceCarrier]
    ) -> (traces: PostgresValue, tracestates: PostgresValue, baggages: PostgresValue) {
        func texts(_ text: (TraceCarrier) -> String?) -> PostgresValue {
            let texts = carriers.map(text)
            return texts.contains { $0 != nil } ? .textArray(texts) : .null
        }
        return (
            .bytesArray(carriers.map(\.context.bytes)), texts { $0.context.state?.description },
            texts { $0.baggage?.description }
        )
    }
}

extension TraceID {
    /// Reads the column that jobs and dead letters share.
    init?(row: Row) throws(PostgresError) {
        guard let bytes = try row.optionalBytes("trace"), let context = TraceContext(bytes: bytes) else { return nil }
        self = context.traceID
    }
}
