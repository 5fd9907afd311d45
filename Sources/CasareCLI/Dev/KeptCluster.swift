import CasarePostgres

/// The private Postgres of `casarectl dev`. When it ends by itself (somebody killed it, memory ran out) it is started
/// again; everything that uses it finds it at the same place, and recovers as from any outage of a database.
actor KeptCluster {
    private let options: PrivateCluster.Options
    private var cluster: PrivateCluster
    private let clock = ContinuousClock()

    private init(_ cluster: PrivateCluster, _ options: PrivateCluster.Options) {
        self.cluster = cluster
        self.options = options
    }

    static func start(_ options: PrivateCluster.Options) async throws(PrivateClusterError) -> KeptCluster {
        KeptCluster(try await PrivateCluster.start(options), options)
    }

    func configuration(database: String = "postgres") -> PostgresConfiguration {
        self.cluster.configuration(database: database)
    }

    func url(database: String) -> String { self.cluster.url(database: database) }

    /// Watches the server until the task is cancelled.
    ///
    /// - Throws: `.failure` when it has ended too often.
    func keep() async throws(CommandFailure) {
        var budget = RestartBudget()
        var began = self.clock.now
        while let ending = await self.cluster.waitUntilExit() {
            var reason = "PostgreSQL \(ending)"
            var runs = false
            while !runs {
                switch budget.serverEnded(afterRunning: self.clock.now - began) {
                case .giveUp:
                    throw CommandFailure(
                        .failure,
                        "\(reason), after \(RestartBudget.pauses.count) restarts; what it said is in "
                            + self.cluster.logFile)
                case .restart(let number, let pause):
                    StandardStreams.report(
                        "casarectl: \(reason); starting it again (\(number) of \(RestartBudget.pauses.count))")
                    // A cancelled sleep is the end of the watch.
                    guard (try? await self.clock.sleep(for: pause)) != nil else { return }
                }
                began = self.clock.now
                do throws(PrivateClusterError) {
                    self.cluster = try await PrivateCluster.start(self.options)
                    runs = true
                } catch {
                    if Task.isCancelled { return }
                    reason = "PostgreSQL could not be started: \(error)"
                }
            }
            StandardStreams.report("casarectl: PostgreSQL is running again")
        }
    }

    func stop() async {
        await self.cluster.stop()
    }
}
