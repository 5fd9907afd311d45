import ServiceLifecycle
import UnixSignals

/// Looks again and again whether what new connections are encrypted with has changed: at intervals, on SIGHUP, and when
/// somebody rings.
struct CertificateWatch: Service {
    let tls: ServerTLSContext
    let alarm: Alarm
    /// A certificate that was put into its place counts after this time at the latest.
    let interval: Duration

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in signals { self.alarm.ring(in: .zero) }
                }
                group.addTask {
                    while !Task.isCancelled {
                        await self.tls.look()
                        await self.alarm.pause(atMost: self.interval)
                    }
                }
                await group.waitForAll()
            }
        }
    }
}
