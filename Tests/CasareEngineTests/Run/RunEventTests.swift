import CasareDomain
import CasareEngine
import Synchronization
import Testing

/// What whoever follows a run is told of its steps.
struct RunEventTests {
    @Test func `how a step failed is told without secrets`() async throws {
        let workflow = document(
            ["bad": ("ActNode", ["name": "bad-{{password}}"])], [],
            variables: ["password": ["default_value": "", "sensitive": true]])
        let world = World()
        world.failNext("bad-hunter2xyz", times: 1)
        let errors = Mutex<[String]>([])
        _ = try await world.driver(
            workflow, variables: ["password": "hunter2xyz"],
            environment: RunEnvironment(
                workingDirectory: "/tmp",
                onEvent: { event in
                    switch event {
                    case .stepFinished(_, _, let error?): errors.withLock { $0.append(error) }
                    case .stepFinished, .stepStarted, .log, .warning: break
                    }
                })
        ).run()
        #expect(errors.withLock { $0 } == ["bad-*** failed"])
    }
}
