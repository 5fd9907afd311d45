import CasareDomain
import CasareTelemetry

/// Writes telemetry for whoever looks at what a program would send: a line of JSON for each item, on standard error.
struct ConsoleExporter<Item: Sendable>: TelemetryExporter {
    private let meter: ExporterMeter
    private let lines: @Sendable (Item) -> [ConsoleLine]
    private let write: @Sendable ([UInt8]) -> Bool

    /// - Parameters:
    ///   - lines: what an item says, in one line or several, and how many pieces that is.
    ///   - write: returns whether all of it was written.
    init(
        meter: ExporterMeter, lines: @escaping @Sendable (Item) -> [ConsoleLine],
        write: @escaping @Sendable ([UInt8]) -> Bool = { LogOutput.writeToStandardError($0) }
    ) {
        self.meter = meter
        self.lines = lines
        self.write = write
    }

    func export(_ items: [Item]) async -> ExportOutcome {
        let start = ContinuousClock.now
        var tally = ExportTally()
        for line in items.flatMap(self.lines) {
            // At once, so that the lines of others stay whole.
            if self.write(Value.object(line.object).jsonBytes() + [UInt8(ascii: "\n")]) {
                tally.taken(line.pieces)
            } else {
                tally.lost(line.pieces, "write_failed")
            }
        }
        self.meter.count(tally.outcome, took: .now - start)
        return tally.outcome
    }

    func shutDown() async {}
}

/// A line that is to be written.
struct ConsoleLine: Sendable {
    let object: Object
    let pieces: Int

    init(_ object: Object, pieces: Int = 1) {
        self.object = object
        self.pieces = pieces
    }
}
