import CasareClient
import CasareDomain
import CasareWire

/// What `retry`, `dlq retry` and `job fork` have in common once they know which jobs to run again.
struct Retrial {
    enum Verb: String {
        case retry, fork

        var past: String {
            switch self {
            case .retry: "retried"
            case .fork: "forked"
            }
        }
    }

    /// A job that is to be run again.
    struct Subject {
        /// What a person knows it by.
        let detail: String
        let variables: Object
        let workflow: String
        let workflowVersion: Int

        init(_ job: JobInfo) {
            self.detail = job.detail
            self.variables = job.variables
            self.workflow = job.workflow
            self.workflowVersion = job.workflowVersion
        }

        init(_ letter: DeadLetterInfo) {
            self.detail = letter.detail
            self.variables = letter.variables
            self.workflow = letter.workflow
            self.workflowVersion = letter.workflowVersion
        }
    }

    private struct Done: Sendable {
        let job: JobInfo
        /// `nil`: no variables were given.
        let changes: [VariableChange]?
        /// `nil`: the server does not tell.
        let repeats: RepeatedEffects?

        /// What there is to say of it beside the job.
        var json: Object {
            var members: Object = [:]
            if let changes { members["changes"] = .list(changes.map(\.json)) }
            if let repeats, !repeats.isEmpty { members["repeats"] = repeats.json }
            return members
        }
    }

    let client: CasareClient
    let server: Server
    let bulk: BulkOptions
    let waiting: WaitOptions
    let output: OutputOptions
    let changes: RerunChanges
    let reason: String?
    var verb = Verb.retry

    /// - Parameters:
    ///   - isSelection: The person has not named one single thing.
    ///   - look: Asked of those that are shown before, and of all when variables are to be replaced.
    ///   - point: Where a job begins; `nil`: at the start.
    ///   - again: Gets what is asked for it: of other variables all that the new job has, or how they change.
    func run(
        _ items: [Selection.Item], isSelection: Bool, noun: String, look: (Job.ID) async throws -> Subject,
        point: (Job.ID) async throws -> Job.ResumePoint?,
        again: (Job.ID, RetryJobRequest) async throws -> RerunResponse
    ) async throws {
        let needed = self.bulk.consent(on: self.server, isSelection: isSelection)
        let secrets = DeclaredSecrets(self.client)
        let latest = LatestVersions(self.client)
        var selection = Selection(items: items, noun: noun)
        if self.bulk.dryRun || needed.asks {
            selection = await selection.lookedAt(atMost: self.bulk.dryRun ? .max : Selection.sampleMax) { item in
                let id = try JobIDs.id(item.id)
                let first = try await point(id)
                let beginning = first.map { ", \($0.sentence)" } ?? ""
                // From the start everything is done again, as anybody expects: of many that is not looked up.
                var repeats: RepeatedEffects?
                if first != nil || items.count <= Selection.sampleMax {
                    repeats = try await RepeatedEffects.of(id, from: first ?? .start, by: self.client)
                }
                guard item.detail.isEmpty || !self.changes.isEmpty else {
                    return Selection.Item(id: item.id, detail: item.detail + beginning, repeats: repeats)
                }
                let subject = try await look(id)
                let version = try await self.versionChange(of: subject, latest).map { ", \($0)" } ?? ""
                return Selection.Item(
                    id: item.id, detail: (item.detail.isEmpty ? subject.detail : item.detail) + beginning + version,
                    changes: try await self.changes(of: subject, secrets), repeats: repeats)
            }
        }
        if self.bulk.dryRun { return try selection.show(in: self.output) }
        try needed.obtain(for: "\(self.verb.rawValue) \(selection.count)", showing: selection)
        // Those that were shown with the question are known.
        let tells = !needed.asks || selection.items.count > Selection.sampleMax
        let outcome = await BulkOutcome.of(selection.items, verb: self.verb.rawValue) { item in
            let id = try JobIDs.id(item.id)
            let beginning = try await point(id)
            let subject = try await self.changes.isEmpty ? nil : look(id)
            let changes = try await subject.flatMapAsync { try await self.changes(of: $0, secrets) }
            let version = try await subject.flatMapAsync { try await self.versionChange(of: $0, latest) }
            let response = try await again(
                id, self.changes.request(after: subject?.variables, from: beginning, reason: self.reason))
            let job = response.job
            let repeats = RepeatedEffects(response)
            if tells {
                if let version { StandardStreams.report(isSelection ? "\(id) \(version)" : version) }
                for change in changes ?? [] {
                    StandardStreams.report(isSelection ? "\(id) \(change.text)" : change.text)
                }
                if let repeats, !repeats.isEmpty {
                    StandardStreams.report(isSelection ? "\(id) \(repeats.text)" : repeats.text)
                }
            }
            if self.waiting.isWanted { StandardStreams.report("\(self.verb.past) \(id) as \(job.id)") }
            return Done(job: job, changes: changes, repeats: repeats)
        }
        var jobs = outcome.done.map(\.job)
        if self.waiting.isWanted, !jobs.isEmpty {
            jobs = try await JobWaiter(self.client, self.waiting).wait(for: jobs.map(\.id))
        }
        try self.show(jobs, outcome.done, isSelection: isSelection)
        try outcome.check(selection)
        if self.waiting.isWanted, ExitReason.ofWaiting(for: jobs) != .success { throw QuietExit(.jobEndedBadly) }
    }

    /// What a person would have other than before; `nil` when nobody wants to change any variables.
    private func changes(of subject: Subject, _ secrets: DeclaredSecrets) async throws -> [VariableChange]? {
        guard self.changes.changesVariables else { return nil }
        let variables = try self.changes.variables(after: subject.variables)
        let declared = await secrets.names(of: subject.workflow, version: subject.workflowVersion)
        let defaults = await secrets.defaults(of: subject.workflow, version: subject.workflowVersion)
        return VariableChange.changes(
            from: subject.variables, to: variables, hiding: declared, defaults: defaults)
    }

    /// "version 3 → 4"; `nil` when nobody asks for another one.
    private func versionChange(of subject: Subject, _ latest: LatestVersions) async throws -> String? {
        guard self.changes.version == .latest else { return nil }
        let newest = try await latest.version(of: subject.workflow)
        return newest == subject.workflowVersion
            ? "version \(newest), which is the latest" : "version \(subject.workflowVersion) → \(newest)"
    }

    private func show(_ jobs: [JobInfo], _ done: [Done], isSelection: Bool) throws {
        let added = Dictionary(done.map { ($0.job.id, $0.json) }) { first, _ in first }
        if isSelection {
            try self.output.print(
                try Presentation(
                    list: jobs, columns: JobInfo.columns, name: \.id.description,
                    json: { job in
                        let json = try ValueEncoder.encode(job)
                        guard let more = added[job.id], let members = json.object else { return json }
                        return .object(members.merging(more))
                    }))
        } else if let job = jobs.first {
            let shown =
                self.waiting.isWanted ? try job.presentation() : try job.presentation(saying: "\(self.verb.past) as")
            try self.output.print(shown.adding(added[job.id] ?? [:]))
        }
    }
}

extension Optional {
    func flatMapAsync<Result>(_ body: (Wrapped) async throws -> Result?) async rethrows -> Result? {
        guard let self else { return nil }
        return try await body(self)
    }
}

/// The newest versions of workflows; each is asked for once.
private actor LatestVersions {
    private let client: CasareClient
    private var versions: [String: Int] = [:]

    init(_ client: CasareClient) { self.client = client }

    func version(of workflow: String) async throws -> Int {
        if let known = self.versions[workflow] { return known }
        let version = try await self.client.workflow(workflow).latestVersion
        self.versions[workflow] = version
        return version
    }
}
