import CasareEngine
import Tracing

extension NodeEnvironment {
    /// By which a program learns what trace it belongs to: `TRACEPARENT`, `TRACESTATE` and `BAGGAGE` (OpenTelemetry,
    /// "Environment Variables as Context Propagation Carriers"). Empty where nothing is traced.
    var traceVariables: [String: String] {
        guard let context = ServiceContext.current else { return [:] }
        var variables: [String: String] = [:]
        self.tracer.inject(context, into: &variables, using: VariableInjector())
        return variables
    }
}

private struct VariableInjector: Injector {
    func inject(_ value: String, forKey key: String, into variables: inout [String: String]) {
        let name = key.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
        variables[String(name)] = value
    }
}
