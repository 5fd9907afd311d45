import CasareTelemetry
import FoundationEssentials
import OTLPProtos

extension ProtoNumberPoint {
    init(_ point: NumberPoint, at time: UInt64) {
        self.init()
        self.attributes = ProtoKeyValue.list(point.attributes)
        // 0, which is nothing, for gauges: they do not count since anything.
        self.startTimeUnixNano = point.since?.unixNanoseconds ?? 0
        self.timeUnixNano = time
        switch point.value {
        case .int(let number): self.asInt = Int64(number)
        case .double(let number): self.asDouble = number
        }
        self.exemplars = point.exemplars.map { ProtoExemplar($0) }
    }
}

extension ProtoHistogramPoint {
    init(_ point: HistogramPoint, at time: UInt64) {
        self.init()
        self.attributes = ProtoKeyValue.list(point.attributes)
        self.startTimeUnixNano = point.since.unixNanoseconds
        self.timeUnixNano = time
        self.count = UInt64(clamping: point.count)
        // "Negative events can be recorded, but sum should not be filled out when doing so" (metrics.proto).
        if !point.hasNegatives { self.sum = point.sum }
        self.explicitBounds = point.bounds
        self.bucketCounts = point.counts.map { UInt64(clamping: $0) }
        if let smallest = point.smallest { self.min = smallest }
        if let largest = point.largest { self.max = largest }
        self.exemplars = point.exemplars.map { ProtoExemplar($0) }
    }
}

extension ProtoExponentialPoint {
    init(_ point: ExponentialHistogramPoint, at time: UInt64) {
        self.init()
        self.attributes = ProtoKeyValue.list(point.attributes)
        self.startTimeUnixNano = point.since.unixNanoseconds
        self.timeUnixNano = time
        self.count = UInt64(clamping: point.count)
        // As above.
        if point.negative.counts.isEmpty { self.sum = point.sum }
        self.scale = Int32(clamping: point.scale)
        self.zeroCount = UInt64(clamping: point.zeroCount)
        self.positive = Buckets(point.positive)
        self.negative = Buckets(point.negative)
        if let smallest = point.smallest { self.min = smallest }
        if let largest = point.largest { self.max = largest }
        self.exemplars = point.exemplars.map { ProtoExemplar($0) }
    }
}

extension ProtoExponentialPoint.Buckets {
    init(_ buckets: ExponentialHistogramPoint.Buckets) {
        self.init()
        self.offset = Int32(clamping: buckets.offset)
        self.bucketCounts = buckets.counts.map { UInt64(clamping: $0) }
    }
}

extension ProtoExemplar {
    init(_ exemplar: Exemplar) {
        self.init()
        self.timeUnixNano = exemplar.at.unixNanoseconds
        switch exemplar.value {
        case .int(let number): self.asInt = Int64(number)
        case .double(let number): self.asDouble = number
        }
        if let context = exemplar.context {
            self.traceID = context.traceBytes
            self.spanID = context.spanBytes
        }
        self.filteredAttributes = ProtoKeyValue.list(exemplar.attributes)
    }
}
