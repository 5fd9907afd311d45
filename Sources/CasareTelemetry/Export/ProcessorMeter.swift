/// Counts what becomes of what a batching processor takes.
package struct ProcessorMeter: Sendable {
    /// Why something was not taken (`error.type`).
    package enum Drop: String, Hashable, Sendable, CaseIterable {
        /// So much waited already.
        case queueFull = "queue_full"
        /// It came after the end.
        case alreadyShutDown = "already_shutdown"
    }

    private let registry: MetricRegistry
    private let type: AttributeValue
    private let name: AttributeValue
    private let processed: Counter<Int>
    private let sent: Counter<Int>.Series
    private let size: Instrument
    private let capacity: Instrument

    /// For the processor of the spans of a process.
    package static func spans(_ registry: MetricRegistry) -> ProcessorMeter {
        ProcessorMeter(
            registry, "batching_span_processor", .processedSpans, size: .spanQueueSize, capacity: .spanQueueCapacity)
    }

    /// For that of the records of its log.
    package static func logs(_ registry: MetricRegistry) -> ProcessorMeter {
        ProcessorMeter(
            registry, "batching_log_processor", .processedLogs, size: .logQueueSize, capacity: .logQueueCapacity)
    }

    private init(
        _ registry: MetricRegistry, _ type: String, _ processed: Instrument, size: Instrument, capacity: Instrument
    ) {
        self.registry = registry
        self.type = .string(type)
        // A process has one of each.
        self.name = .string("\(type)/0")
        self.processed = registry.counter(processed)
        self.sent = self.processed.series([.componentName: self.name, .componentType: self.type])
        self.size = size
        self.capacity = capacity
        // So that whoever looks at increases sees the first of each.
        for drop in Drop.allCases { self.processed.series(self.attributes(drop.rawValue)) }
    }

    private func attributes(_ error: String) -> Attributes {
        [.componentName: self.name, .componentType: self.type, .errorType: .string(error)]
    }

    func dropped(_ drop: Drop) { self.processed.add(1, self.attributes(drop.rawValue)) }

    func ended(_ outcome: ExportOutcome) {
        if outcome.exported > 0 { self.sent.add(outcome.exported) }
        for (error, count) in outcome.failed where count > 0 { self.processed.add(count, self.attributes(error)) }
    }

    /// - Parameter count: how many wait; `nil` when there is no processor any more.
    func watch(capacity: Int, count: @escaping @Sendable () -> Int?) {
        let attributes: Attributes = [.componentName: self.name, .componentType: self.type]
        let (sizes, capacities) = (self.size, self.capacity)
        self.registry.observe([sizes, capacities]) { seen in
            guard let waiting = count() else { return }
            seen.observe(sizes, waiting, attributes)
            seen.observe(capacities, capacity, attributes)
        }
    }
}
