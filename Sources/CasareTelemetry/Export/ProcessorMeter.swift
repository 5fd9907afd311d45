/// Counts what becomes of what a batching processor takes, by OpenTelemetry's conventions: what is handed to the exporter
/// has been processed, and the exporter counts what becomes of it.
package struct ProcessorMeter: Sendable {
    /// Why something was not taken (`error.type`).
    package enum Drop: String, Hashable, Sendable, CaseIterable {
        /// So much waited already.
        case queueFull = "queue_full"
        /// It came after the end.
        case alreadyShutDown = "already_shutdown"
    }

    /// Why something that was taken was never handed over (`error.type`): the time for the end was up.
    private static let timeout = "timeout"

    private let registry: MetricRegistry
    private let type: AttributeValue
    private let name: AttributeValue
    private let processed: Counter<Int>
    private let handedOver: Counter<Int>.Series
    /// Of what is dropped there is most where there is least time: these are at hand.
    private let queueFull: Counter<Int>.Series
    private let alreadyShutDown: Counter<Int>.Series
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
        let type = AttributeValue.string(type)
        // A process has one of each.
        let name = AttributeValue.string("\(type)/0")
        let processed = registry.counter(processed, of: Int.self)
        self.type = type
        self.name = name
        self.processed = processed
        self.handedOver = processed.series([.componentName: name, .componentType: type])
        // They are made at once, so that whoever looks at increases sees the first of each.
        self.queueFull = processed.series(Self.attributes(name, type, Drop.queueFull.rawValue))
        self.alreadyShutDown = processed.series(Self.attributes(name, type, Drop.alreadyShutDown.rawValue))
        self.size = size
        self.capacity = capacity
    }

    private static func attributes(_ name: AttributeValue, _ type: AttributeValue, _ error: String) -> Attributes {
        [.componentName: name, .componentType: type, .errorType: .string(error)]
    }

    func dropped(_ drop: Drop) {
        switch drop {
        case .queueFull: self.queueFull.add(1)
        case .alreadyShutDown: self.alreadyShutDown.add(1)
        }
    }

    func handedOver(_ count: Int) { self.handedOver.add(count) }

    /// What still waited when the time for the end was up.
    func left(_ count: Int) {
        guard count > 0 else { return }
        self.processed.add(count, Self.attributes(self.name, self.type, Self.timeout))
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
