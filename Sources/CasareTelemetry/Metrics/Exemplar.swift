package import CasareDomain
package import FoundationEssentials
import Instrumentation

/// One measurement behind a number, with the work in which it was made: from the number one gets to that trace, where
/// there is one.
package struct Exemplar: Hashable, Sendable {
    /// Of a counter what was added.
    package let value: MetricValue
    package let at: Date
    /// `nil`: it was made in no trace.
    package let context: TraceContext?
    /// What it says beyond the attributes of its series.
    package let attributes: Attributes

    package init(value: MetricValue, at: Date, context: TraceContext?, attributes: Attributes = .none) {
        self.value = value
        self.at = at
        self.context = context
        self.attributes = attributes
    }
}

/// Decides which measurements leave an exemplar, and makes it.
struct ExemplarSource: Sendable {
    let filter: TelemetrySettings.ExemplarFilter
    let now: @Sendable () -> Date

    /// Costs the reading of one task-local value, and not even that where exemplars are off.
    ///
    /// - Returns: `nil` for a measurement that leaves none.
    func exemplar(of value: MetricValue) -> Exemplar? {
        switch self.filter {
        case .alwaysOff: return nil
        case .alwaysOn:
            return Exemplar(value: value, at: self.now(), context: ServiceContext.current?.trace?.context)
        case .traceBased:
            guard let current = ServiceContext.current, let context = current.trace?.context, context.isSampled else {
                return nil
            }
            return Exemplar(value: value, at: self.now(), context: context)
        }
    }
}
