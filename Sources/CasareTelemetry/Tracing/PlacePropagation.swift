import CasareDomain
import Instrumentation

/// How a place in a trace is told to other processes, and read from what they tell.
struct PlacePropagation: Sendable {
    /// Of those that find a place the last one counts.
    let propagators: [TelemetrySettings.Propagator]
    /// Decides where a place says that whoever is asked does.
    let sampler: Sampler

    private static let traceparent = "traceparent"
    private static let tracestate = "tracestate"
    private static let baggage = "baggage"

    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let place = context.tracePlace else { return }
        for propagator in self.propagators {
            switch propagator {
            case .tracecontext:
                guard let context = place.context else { continue }
                injector.inject(context.traceparent, forKey: Self.traceparent, into: &carrier)
                if let state = context.state {
                    injector.inject(state.description, forKey: Self.tracestate, into: &carrier)
                }
            case .baggage:
                guard let baggage = place.baggage else { continue }
                injector.inject(baggage.description, forKey: Self.baggage, into: &carrier)
            case .b3:
                guard let context = place.context else { continue }
                let b3 = B3Place(context, isDebug: place.isDebug)
                injector.inject(b3.text, forKey: B3Place.Key.single, into: &carrier)
            case .b3multi:
                guard let context = place.context else { continue }
                for (key, value) in B3Place(context, isDebug: place.isDebug).members {
                    injector.inject(value, forKey: key, into: &carrier)
                }
            }
        }
    }

    /// What cannot be read is as if it had not come, and leaves in the context what stands there.
    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        for propagator in self.propagators {
            switch propagator {
            case .tracecontext:
                guard let text = extractor.extract(key: Self.traceparent, from: carrier),
                    let found = TraceContext(
                        traceparent: text, tracestate: extractor.extract(key: Self.tracestate, from: carrier))
                else { continue }
                context.moved(to: found)
            case .baggage:
                guard let text = extractor.extract(key: Self.baggage, from: carrier), let found = Baggage(text) else {
                    continue
                }
                context.took(found)
            // Who sends one form may get the other: both are read, the shorter one first.
            case .b3, .b3multi:
                guard let found = B3Place.read({ extractor.extract(key: $0, from: carrier) }) else { continue }
                context.moved(to: self.context(of: found), isDebug: found.sampling == .debug)
            }
        }
        if context.tracePlace?.context == nil, self.isRefused({ extractor.extract(key: $0, from: carrier) }) {
            context.moved(to: .makeUnsampled())
        }
    }

    /// Whether B3 says, without a place, that the trace is not to be recorded. Where the sampler asks nobody it is not
    /// asked either.
    private func isRefused(_ find: (String) -> String?) -> Bool {
        let readsB3 = self.propagators.contains(.b3) || self.propagators.contains(.b3multi)
        return readsB3 && self.sampler.followsParent && B3Place.denies(find)
    }

    private func context(of found: B3Place) -> TraceContext {
        let isSampled =
            switch found.sampling {
            case .accepted, .debug: true
            case .denied: false
            // It is left to whoever is asked.
            case .deferred: self.sampler.samples(found.trace, below: nil)
            }
        return TraceContext(
            traceID: found.trace, spanID: found.span, flags: isSampled ? TraceContext.sampledFlag : 0)
    }
}

extension TraceContext {
    /// Of a trace that begins with whoever asks, and that nobody records.
    fileprivate static func makeUnsampled() -> TraceContext {
        let root = TraceContext.makeRoot()
        return TraceContext(
            traceID: root.traceID, spanID: root.spanID, flags: root.flags & ~TraceContext.sampledFlag)
    }
}

extension ServiceContext {
    fileprivate mutating func moved(to context: TraceContext, isDebug: Bool = false) {
        let baggage = self.tracePlace?.baggage
        self.tracePlace = TracePlace(context: context, baggage: baggage, isRemote: true, isDebug: isDebug)
    }

    fileprivate mutating func took(_ baggage: Baggage) {
        var place = self.tracePlace ?? TracePlace()
        place.baggage = baggage
        self.tracePlace = place
    }
}
