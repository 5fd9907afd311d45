package import Instrumentation

extension TelemetryTracer {
    package func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        self.propagation.inject(context, into: &carrier, using: injector)
    }

    /// What cannot be read is as if it had not come, and leaves in the context what stands there.
    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        self.propagation.extract(carrier, into: &context, using: extractor)
    }
}
