import CasareDomain
import CasareWire
import Testing

@testable import CasareCLI

/// What is to be done, of what is wanted and what is there: without a server.
struct ResourcePlanTests {
    private static let place = DocumentPlace(file: "a.yaml", number: 1)
    private static let nightly = AppliedResource.Key(.schedule, "nightly")

    private static func schedule(_ members: Object = [:], owner: String = "default") throws -> WantedResource {
        let base: Object = ["cron": ["expression": "0 2 * * *"], "workflow": "invoices"]
        return WantedResource(
            .schedule(try ScheduleSpec(json: base.merging(members))), key: Self.nightly, owner: owner,
            place: Self.place)
    }

    private static func live(_ wanted: WantedResource, owner: String? = nil) -> LiveResource {
        LiveResource(key: wanted.key, json: wanted.json, owner: owner, revision: 1)
    }

    @Test func `what is not there is created, and what is as it should be stays`() throws {
        let wanted = try Self.schedule()
        #expect(ResourcePlan(of: wanted, live: nil).action == .create)
        let same = ResourcePlan(of: wanted, live: Self.live(wanted))
        #expect(same.action == .unchanged && !same.isDifference && same.patch.isEmpty)
        // What says the same in other words is the same.
        let words = try Self.schedule(["cron": ["zone": "UTC", "expression": "0 2 * * *"], "overlap": "skip"])
        #expect(ResourcePlan(of: words, live: Self.live(wanted)).action == .unchanged)
    }

    @Test func `a change names each member, with what it was and what it becomes`() throws {
        let before = try Self.schedule(["jitter_seconds": 5, "variables": ["a": 1, "b": ["c": 2]]])
        let after = try Self.schedule([
            "cron": ["expression": "0 3 * * *", "zone": "UTC"], "variables": ["a": 1, "b": ["c": 3], "d": true],
        ])
        let plan = ResourcePlan(of: after, live: Self.live(before))
        #expect(
            Set(plan.changes) == [
                SpecChange(member: "cron.expression", before: "0 2 * * *", after: "0 3 * * *"),
                SpecChange(member: "jitter_seconds", before: 5.0, after: nil),
                SpecChange(member: "variables.b.c", before: 2, after: 3),
                SpecChange(member: "variables.d", before: nil, after: true),
            ])
        let spec = try ScheduleSpec(json: ScheduleSpecPatch.applying(plan.patch, to: before.json))
        #expect(try ValueEncoder.encode(spec).object == after.json, "the patch makes one of the other")
        #expect(plan.isDifference)
    }

    @Test func `another way to say when takes the place of the one before`() throws {
        let before = try Self.schedule()
        let after = WantedResource(
            .schedule(try ScheduleSpec(json: ["interval": ["seconds": 60], "workflow": "invoices"])),
            key: Self.nightly, place: Self.place)
        let plan = ResourcePlan(of: after, live: Self.live(before))
        let spec = try ScheduleSpec(json: ScheduleSpecPatch.applying(plan.patch, to: before.json))
        #expect(try ValueEncoder.encode(spec).object == after.json)
    }

    @Test func `what the server hides is neither compared nor changed`() throws {
        let wanted = try Self.schedule(["variables": ["password": "hunter2", "month": 2], "queue_key": "k-hunter2"])
        let shown = try Self.schedule(["variables": ["password": "***", "month": 1], "queue_key": "k-***"])
        let plan = ResourcePlan(of: wanted, live: Self.live(shown))
        #expect(plan.hidden == ["queue_key", "variables.password"])
        #expect(plan.changes == [SpecChange(member: "variables.month", before: 1, after: 2)])
        #expect(plan.patch == ["variables": ["month": 2]])
        // What is exported leaves them out: it must not take them away.
        let without = ResourcePlan(of: try Self.schedule(["variables": ["month": 1]]), live: Self.live(shown))
        #expect(without.action == .unchanged && without.patch.isEmpty)
        #expect(without.hidden == ["queue_key", "variables.password"])
        let bare = ResourcePlan(of: try Self.schedule(), live: Self.live(shown))
        #expect(bare.patch == ["variables": ["month": .null]], "and not all of the variables")
    }

    @Test func `what the server hides of a trigger is neither compared nor changed`() throws {
        func trigger(_ variables: Object) throws -> WantedResource {
            let spec: Object = [
                "webhook": ["auth": ["kind": "none"]], "workflow": "invoices", "variables": .object(variables),
            ]
            return WantedResource(
                .trigger(try TriggerSpec(json: spec)), key: AppliedResource.Key(.trigger, "paid"), place: Self.place)
        }
        let shown = try trigger(["password": "***", "month": 1])
        let same = ResourcePlan(of: try trigger(["password": "hunter2", "month": 1]), live: Self.live(shown))
        #expect(same.action == .unchanged && same.patch.isEmpty && same.hidden == ["variables.password"])
        let other = ResourcePlan(of: try trigger(["month": 2]), live: Self.live(shown))
        #expect(other.patch == ["variables": ["month": 2]])
    }

    @Test func `what its name says is secret is not shown when it changes`() throws {
        let before = try Self.schedule(["variables": ["month": 1]])
        let after = try Self.schedule(["variables": ["month": 2, "db_password": "hunter2"]])
        let plan = ResourcePlan(of: after, live: Self.live(before))
        #expect(plan.patch == ["variables": ["month": 2, "db_password": "hunter2"]])
        #expect(
            plan.changes == [
                SpecChange(member: "variables.month", before: 1, after: 2),
                SpecChange(member: "variables.db_password", before: nil, after: "***"),
            ])
    }

    @Test func `what files of others describe is left to them, unless it is taken over`() throws {
        let wanted = try Self.schedule(owner: "me")
        #expect(ResourcePlan(of: wanted, live: Self.live(wanted, owner: "them")).action == .conflict(owner: "them"))
        #expect(ResourcePlan(of: wanted, live: Self.live(wanted, owner: "me")).action == .unchanged)
        #expect(ResourcePlan(of: wanted, live: Self.live(wanted)).action == .unchanged, "nobody's may be taken")
        let taken = ResourcePlan(of: wanted, live: Self.live(wanted, owner: "them"), takesOver: true)
        #expect(taken.action == .unchanged && taken.ownerBefore == "them")
        #expect(ResourcePlan(of: wanted, live: Self.live(wanted)).ownerBefore == nil)
    }

    @Test func `of workflows and calendars a null counts`() throws {
        let key = AppliedResource.Key(.workflow, "w")
        let wanted = WantedResource(.workflow(["nodes": ["a": ["config": .null]]]), key: key, place: Self.place)
        let plan = ResourcePlan(of: wanted, live: LiveResource(key: key, json: ["nodes": ["a": [:]]]))
        #expect(plan.action == .change([]) && plan.isDifference)
        #expect(ResourcePlan(of: wanted, live: LiveResource(key: key, json: wanted.json)).action == .unchanged)
    }

    @Test func `what others name comes first, and goes last`() throws {
        let queue = WantedResource(
            .queue(QueueDescription(QueueLimits(concurrency: 1))), key: .init(.queue, "q"), place: Self.place)
        let calendar = WantedResource(
            .calendar(BusinessCalendar(name: "c")), key: .init(.calendar, "c"), place: Self.place)
        let workflow = WantedResource(.workflow([:]), key: .init(.workflow, "w"), place: Self.place)
        let owned: [AppliedResource.Key: String] = [
            .init(.trigger, "old"): "me", .init(.schedule, "old"): "me", .init(.calendar, "old"): "me",
            .init(.workflow, "old"): "me", .init(.queue, "old"): "me", .init(.queue, "q"): "me",
        ]
        let wanted = [try Self.schedule(), queue, calendar, workflow]
        let plans = ResourcePlan.all(wanted: wanted, live: [:], owned: owned, prunes: true)
        #expect(
            plans.map { "\($0.action.name) \($0.key.path)" } == [
                "create workflow/w", "create calendar/c", "create queue/q", "create schedule/nightly",
                "delete trigger/old", "delete schedule/old", "delete queue/old", "delete calendar/old",
                "release workflow/old",
            ])
        #expect(plans.suffix(5).allSatisfy { $0.owner == "me" })
        #expect(ResourcePlan.all(wanted: wanted, live: [:], owned: owned).count == 4, "nothing goes unasked")
        #expect(ResourcePlan.leftOver(wanted: wanted, owned: owned).count == 5)
    }

    @Test func `a new hook needs a secret from somewhere, before anything is done`() throws {
        let spec = try TriggerSpec(json: ["webhook": ["auth": ["kind": "github"]], "workflow": "w"])
        let hook = WantedResource(.trigger(spec), key: .init(.trigger, "deploy"), place: Self.place)
        let new = [ResourcePlan(of: hook, live: nil)]
        #expect(TriggerSecrets.none.refusal(of: new)?.status == .usage)
        #expect(TriggerSecrets.given(["other": "x"]).refusal(of: new)?.status == .usage)
        #expect(TriggerSecrets.generated.refusal(of: new) == nil)
        #expect(TriggerSecrets.given(["deploy": "x"]).refusal(of: new) == nil)
        #expect(TriggerSecrets.given(["deploy": "x"]).secret(of: hook) == "x")
        #expect(TriggerSecrets.generated.secret(of: hook) == nil)
        // One that is there has its secret.
        #expect(TriggerSecrets.none.refusal(of: [ResourcePlan(of: hook, live: Self.live(hook))]) == nil)
        let open = try TriggerSpec(json: ["webhook": ["auth": ["kind": "none"]], "workflow": "w"])
        let free = WantedResource(.trigger(open), key: .init(.trigger, "open"), place: Self.place)
        #expect(TriggerSecrets.none.refusal(of: [ResourcePlan(of: free, live: nil)]) == nil)
        #expect(TriggerSecrets.given(["open": "x"]).secret(of: free) == nil)
    }

    @Test func `one failure of several ends with 7, and a refusal of all with its own status`() throws {
        let plan = ResourcePlan(of: try Self.schedule(), live: nil)
        let failed = ApplyResult(plan, .failed, failure: CommandFailure(.forbidden, "no"))
        let done = ApplyResult(plan, .created)
        func status(_ results: [ApplyResult]) -> ExitReason? {
            do throws(CommandFailure) {
                try ApplyCommand.check(results)
                return nil
            } catch {
                return error.status
            }
        }
        #expect(status([]) == nil && status([done]) == nil)
        #expect(status([failed]) == .forbidden)
        #expect(status([done, failed]) == .partOfBulkFailed)
        #expect(status([failed, ApplyResult(plan, .notTried)]) == .forbidden)
        #expect(status([done, failed, ApplyResult(plan, .notTried)]) == .partOfBulkFailed)
        let other = ApplyResult(plan, .failed, failure: CommandFailure(.conflict, "theirs"))
        #expect(status([other, failed, ApplyResult(plan, .notTried)]) == .partOfBulkFailed, "two reasons")
        #expect(ApplyResult.summary([done, done, failed]) == "2 created, 1 failed")
        #expect(ApplyResult.summary([]) == "nothing to do")
    }

    @Test func `what is exported is what apply takes`() throws {
        var exported = ExportedResource(
            Self.nightly,
            spec: try Self.schedule(["variables": ["password": "***", "at": "2026-01-01"], "queue_key": "k-***"]).json)
        exported.isPaused = true
        exported.leaveOutHidden()
        #expect(exported.hidden == ["queue_key", "variables.password"])
        let text = ExportCommand.text([exported.document(owner: "me"), exported.document(owner: nil)], as: .yaml)
        let documents = try ResourceFiles.parse(text, named: "stdin")
        #expect(documents.map(\.owner) == ["me", nil] && documents.allSatisfy(\.isPaused))
        let wanted = try WantedResource(documents[0], owner: nil)
        #expect(try wanted.json == Self.schedule(["variables": ["at": "2026-01-01"]]).json)
        let json = ExportCommand.text([exported.document(owner: "me")], as: .json)
        #expect(try ResourceFiles.parse(json, named: "stdin").map(\.spec) == [documents[0].spec])
    }
}
