import Synchronization

/// What a loop knows from round to round: how far it has got, or what it has found out.
final class LoopMemory<Value: Sendable>: Sendable {
    private let kept: Mutex<Value>

    init(_ value: Value) { self.kept = Mutex(value) }

    var value: Value {
        get { self.kept.withLock { $0 } }
        set { self.kept.withLock { $0 = newValue } }
    }
}
