import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareEngine

/// A run that goes on from a journal is given secrets anew, and goes the same way.
struct SecretJournalTests {
    private static let password = "pä55 wört/+?"
    private static let workflow = document(
        [
            "a": ("ActNode", ["name": "user:{{$secret:db/prod.password}}"]), "b": ("ActNode", ["name": "{{a.done}}"]),
            "c": ("ActNode", ["name": "end"]),
        ], ["a > b", "b > c"])

    private static func run(_ password: String = Self.password) -> SecretRun {
        SecretRun(["db/prod.password": ["password": SecretText(password)]])
    }

    /// Stops when `count` things were done.
    private static func begun(_ run: SecretRun, after count: Int, _ journal: MemoryJournal) async throws {
        let conclusion = try await run.attempt(
            Self.workflow, journal: journal, isStopRequested: { run.world.effects.count == count })
        guard case .interrupted = conclusion else {
            Issue.record("the run was not stopped")
            return
        }
    }

    @Test func `a journal has references, and never a value`() async throws {
        let journal = MemoryJournal()
        let run = Self.run()
        _ = try await run.run(Self.workflow, journal: journal)
        #expect(run.world.effects == ["user:\(Self.password)", "user:\(Self.password)", "end"])
        let text = await journal.text
        #expect(!text.contains("wört") && !text.contains("w\\u00f6rt"), "\(text)")
        #expect(text.contains("user:{{$sealed:$db/prod%2Epassword.password}}"), "\(text)")
        let entries = await journal.entries()
        #expect(entries.map(\.nodeType) == ["$secrets", "ActNode", "ActNode", "ActNode"])
        #expect(entries[0].node == "a" && entries[0].effect == .captured)
        #expect(
            entries[0].result
                == .succeeded(NodeResult(["db/prod.password": ["fields": ["password"]]])))
    }

    @Test func `every form of a value comes back as it is now`() throws {
        let forms: [@Sendable (String) -> String] = [
            { $0 }, { String(Value.string($0).jsonText(.compact).dropFirst().dropLast()) },
            { "Basic " + Data("ann:\($0)".utf8).base64EncodedString() },
        ]
        for form in forms {
            let (old, new) = ("s\"cr\\t wörd 1", "plain-new")
            let seal = try Self.seal(old)
            let result = StepResult.succeeded(NodeResult(["value": .string("<\(form(old))>")]))
            let sealed = seal.sealed(result)
            let text = try #require(sealed.json["outputs"]?["value"]?.string)
            #expect(text.contains("{{$sealed:$db"), "\(text)")
            #expect(!text.contains("wörd") && !text.contains(form(old).dropFirst(6)))
            #expect(try seal.opened(sealed, of: try Self.step()) == result)
            // A value that looks the same in every form opens what another one had in a form of its own.
            let rotated = try Self.seal(new).opened(sealed, of: try Self.step())
            guard case .succeeded(let opened) = rotated else { continue }
            #expect(opened.outputs["value"]?.string?.contains("$sealed") == false)
        }
    }

    @Test func `a key that is a value is journaled as a reference, too`() throws {
        let seal = try Self.seal("hunter2xyz")
        let result = StepResult.succeeded(NodeResult(["owners": ["hunter2xyz": "ann", "{{$sealed:x}}": "bob"]]))
        let sealed = seal.sealed(result)
        #expect(!sealed.json.jsonText(.compact).contains("hunter2xyz"))
        #expect(sealed.json["outputs"]?["owners"]?["{{$sealed:$db.password}}"]?.string == "ann")
        #expect(try seal.opened(sealed, of: try Self.step()) == result)
    }

    private static func seal(_ password: String) throws -> JournalSeal {
        let box = SecretBox()
        box.settle(["db": .found(["username": "ann", "password": SecretText(password)])])
        let program = try SecretRun().program(document(["a": ("ActNode", ["name": "{{$secret:db}}"])], []))
        return try #require(JournalSeal(of: program, given: [:], secrets: box))
    }

    private static func step() throws -> Interpreter.Step {
        let program = try World().program(document(["one": ("ActNode", [:])], []))
        return Interpreter.Step(
            index: 3, node: program.nodes[0], inputs: Inputs(names: [], values: []), work: .node, timeoutSeconds: nil,
            onRecovery: nil)
    }

    @Test(arguments: [1, 2])
    func `a replay is given the values of now, and does nothing again`(done: Int) async throws {
        let journal = MemoryJournal()
        try await Self.begun(Self.run(), after: done, journal)
        let second = Self.run("rotated")
        let (result, failure) = try await second.run(Self.workflow, journal: journal)
        #expect(failure == nil, "\(result.error ?? "")")
        #expect(second.world.effects == (done == 1 ? ["user:rotated", "end"] : ["end"]))
        #expect(second.requests.map(\.recordedFields) == [["db/prod.password": ["password"]]])
        let text = await journal.text
        #expect(!text.contains("rotated"))
    }

    @Test(arguments: SecretProblem.Kind.allCases)
    func `an attempt that lacks what an earlier one had does nothing`(kind: SecretProblem.Kind) async throws {
        let journal = MemoryJournal()
        try await Self.begun(Self.run(), after: 1, journal)
        let before = await journal.entries()
        let second = SecretRun()
        second.give(.refused(SecretProblem(kind, "Not now")), for: "db/prod.password")
        let (_, failure) = try await second.run(Self.workflow, journal: journal)
        #expect(failure?.type == kind.rawValue && failure?.node == "a")
        #expect(failure?.kind == (kind == .unavailable ? .application : .business))
        #expect(second.world.effects.isEmpty)
        #expect(await journal.entries() == before)
    }

    /// The first node's refusal is handled, and what was done by that stands.
    private static let handled = document(
        [
            "try": ("ActNode", ["name": "{{$secret:key}}"]), "else": ("ActNode", ["name": "without"]),
            "again": ("ActNode", ["name": "{{$secret:key}}"]),
        ], ["try.error > else", "else > again"])

    @Test func `a refusal that the workflow went on from stays one, and the next node asks anew`() async throws {
        let journal = MemoryJournal()
        let first = SecretRun()
        first.give(.refused(SecretProblem(.unavailable, "Not now")), for: "key")
        let (_, failure) = try await first.run(Self.handled, journal: journal)
        #expect(failure?.type == "secret_unavailable" && failure?.node == "again")
        #expect(first.world.effects == ["without"])
        // As before another attempt: what comes after the last effect is cut off.
        let kept = await journal.entries().filter { $0.step <= 1 }
        #expect(kept.map(\.nodeType) == ["$secrets", "ActNode"])
        let second = SecretRun(["key": ["value": "k3y-value"]])
        let result = try await second.run(Self.handled, journal: MemoryJournal(kept))
        #expect(result.failure == nil, "\(result.failure?.message ?? "")")
        #expect(second.world.effects == ["k3y-value"])
    }

    @Test func `a journal of other secrets is refused with the step`() async throws {
        let journal = MemoryJournal()
        try await Self.begun(Self.run(), after: 1, journal)
        let other = document(
            [
                "a": ("ActNode", ["name": "user:{{$secret:db/other}}"]), "b": ("ActNode", ["name": "{{a.done}}"]),
                "c": ("ActNode", ["name": "end"]),
            ], ["a > b", "b > c"])
        let run = SecretRun(["db/other": ["value": "x"]])
        let mismatch = await #expect(throws: JournalMismatch.self) { try await run.run(other, journal: journal) }
        #expect(mismatch?.step == 0 && mismatch?.description.contains("asks for secrets for a") == true)
    }
}
