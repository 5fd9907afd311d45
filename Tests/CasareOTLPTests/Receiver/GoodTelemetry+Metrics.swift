@testable import CasareOTLP
import FoundationEssentials
import OTLPProtos
import SwiftProtobuf

extension GoodTelemetry {
    static func request(_ metrics: [ProtoMetric], _ scope: ProtoScope = Self.scope) -> ProtoMetricsRequest {
        ProtoMetricsRequest.with {
            $0.resourceMetrics = [
                ProtoResourceMetrics.with {
                    $0.resource = self.resource
                    $0.scopeMetrics = [
                        ProtoScopeMetrics.with {
                            $0.scope = scope
                            $0.metrics = metrics
                        }
                    ]
                }
            ]
        }
    }

    private static func metric(_ name: String, unit: String) -> ProtoMetric {
        ProtoMetric.with {
            $0.name = name
            $0.unit = unit
            $0.description_p = "What it is"
        }
    }

    private static func number(_ value: Double, after seconds: UInt64, since start: UInt64) -> ProtoNumberPoint {
        ProtoNumberPoint.with {
            $0.asDouble = value
            $0.startTimeUnixNano = start
            $0.timeUnixNano = self.time + seconds * self.second
        }
    }

    /// A sum that only grows, or another one.
    static func sum(_ value: Double = 3, after seconds: UInt64 = 0, isMonotonic: Bool = true) -> ProtoMetric {
        var metric = self.metric("test.jobs", unit: "{job}")
        metric.sum.dataPoints = [self.number(value, after: seconds, since: self.time - self.second)]
        metric.sum.aggregationTemporality = .cumulative
        metric.sum.isMonotonic = isMonotonic
        return metric
    }

    static func gauge(_ value: Double = 0.5, after seconds: UInt64 = 0) -> ProtoMetric {
        var metric = self.metric("test.level", unit: "1")
        metric.gauge.dataPoints = [self.number(value, after: seconds, since: 0)]
        return metric
    }

    /// Of the values 0.5, 3 and 6.
    static func histogram(after seconds: UInt64 = 0) -> ProtoMetric {
        var metric = self.metric("test.wait.duration", unit: "s")
        metric.histogram.dataPoints = [
            ProtoHistogramPoint.with {
                $0.startTimeUnixNano = self.time - self.second
                $0.timeUnixNano = self.time + seconds * self.second
                $0.count = 3
                $0.sum = 9.5
                $0.min = 0.5
                $0.max = 6
                $0.explicitBounds = [1, 5]
                $0.bucketCounts = [1, 1, 1]
                $0.exemplars = [
                    ProtoExemplar.with {
                        $0.asDouble = 3
                        $0.timeUnixNano = self.time
                        $0.traceID = self.traceID
                        $0.spanID = self.spanID(1)
                    }
                ]
            }
        ]
        metric.histogram.aggregationTemporality = .cumulative
        return metric
    }

    /// Of the values 0, 3 and 6.
    static func exponential(after seconds: UInt64 = 0) -> ProtoMetric {
        var metric = self.metric("test.size", unit: "By")
        metric.exponentialHistogram.dataPoints = [
            ProtoExponentialPoint.with {
                $0.startTimeUnixNano = self.time - self.second
                $0.timeUnixNano = self.time + seconds * self.second
                $0.count = 3
                $0.sum = 9
                $0.min = 0
                $0.max = 6
                $0.scale = 0
                $0.zeroCount = 1
                $0.positive.offset = 1
                $0.positive.bucketCounts = [1, 1]
            }
        ]
        metric.exponentialHistogram.aggregationTemporality = .cumulative
        return metric
    }
}
