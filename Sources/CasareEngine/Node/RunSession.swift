/// What one run holds open between its nodes and no journal can keep: connections, transactions, handles.
///
/// A node that opens something keeps it here under a name; a node that uses it asks for that name. Everything is closed
/// when the run ends, however it ends.
package actor RunSession {
    /// How long closing everything may take in all (workflow format §10).
    private static let closingTimeMax = Duration.seconds(30)
    /// The same once the task is cancelled: somebody waits for the run to be gone.
    private static let cutOffTimeMax = Duration.milliseconds(500)

    private var resources: [String: any RunResource] = [:]
    /// In the order in which they were opened.
    private var names: [String] = []

    package init() {}

    /// The resource of a name, when it is of that type.
    package func resource<Resource: RunResource>(_ name: String, as type: Resource.Type) -> Resource? {
        self.resources[name] as? Resource
    }

    package var count: Int { self.names.count }

    /// Keeps a resource until it is removed or the run ends; closes what had the name before.
    package func keep(_ resource: any RunResource, as name: String) async {
        let former = self.remove(name)
        self.resources[name] = resource
        self.names.append(name)
        await former?.close()
    }

    /// Forgets a resource without closing it.
    package func remove(_ name: String) -> (any RunResource)? {
        self.names.removeAll { $0 == name }
        return self.resources.removeValue(forKey: name)
    }

    /// Closes everything, the last opened first; leaves behind what takes too long. In a task that is cancelled the
    /// closing is cancelled too, and not waited for beyond a moment.
    package func close() async {
        let open = self.names.reversed().compactMap { self.resources[$0] }
        (self.resources, self.names) = ([:], [])
        guard !open.isEmpty else { return }
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        // Tasks without a parent, as a parent would wait for a closing that does not heed its cancellation.
        let closing = Task {
            for resource in open { await resource.close() }
            end.finish()
        }
        let timer = Task {
            guard (try? await Task.sleep(for: Self.closingTimeMax)) != nil else { return }
            closing.cancel()
            end.finish()
        }
        let waiting = Task { for await _ in ends {} }
        await withTaskCancellationHandler {
            await waiting.value
        } onCancel: {
            closing.cancel()
            Task {
                try? await Task.sleep(for: Self.cutOffTimeMax)
                end.finish()
            }
        }
        timer.cancel()
    }
}

/// Something that a run holds open between its nodes.
package protocol RunResource: Sendable {
    /// Ends it, without waiting for long; cancelling the task must end the wait. May be called more than once.
    func close() async
}
