import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension QueueCommand {
    struct Limit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "limit", abstract: "Limit how many jobs of a queue run at once, and how often one begins.",
            discussion: """
                casarectl queue limit prod --concurrency 20 --rate 100/min --key-concurrency 2
                casarectl queue limit prod --key acme --concurrency 5

                --key-concurrency and --key-rate hold for each key that has no limit of its own; with --key, --concurrency \
                and --rate are that key's own. The word none lifts a limit, --clear lifts all of the queue's, or of the \
                key's. What runs goes on, also where it is more than a new limit allows.
                """)
        @OptionGroup var control: QueueControlOptions
        @Option(
            parsing: .unconditional, help: ArgumentHelp("Jobs at once; 0 lets none begin.", valueName: "n|none"),
            transform: LimitArgument<Int>.concurrency)
        var concurrency: LimitArgument<Int>?
        @Option(
            help: ArgumentHelp(
                "Jobs that may begin, such as 10/s, 100/min or 5/30s, up to \(RateArgument.countMax)/s.",
                valueName: "rate|none"),
            transform: LimitArgument<RateArgument>.rate)
        var rate: LimitArgument<RateArgument>?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "So many may begin at once after a rest, 1 to \(RateArgument.countMax) (default: as many as --rate names).",
                valueName: "n"),
            transform: Text.number(in: 1...RateArgument.countMax))
        var burst: Int?
        @Option(
            parsing: .unconditional, help: ArgumentHelp("Jobs at once of each key.", valueName: "n|none"),
            transform: LimitArgument<Int>.concurrency)
        var keyConcurrency: LimitArgument<Int>?
        @Option(
            help: ArgumentHelp("Jobs of each key that may begin.", valueName: "rate|none"),
            transform: LimitArgument<RateArgument>.rate)
        var keyRate: LimitArgument<RateArgument>?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("So many of a key may begin at once after a rest.", valueName: "n"),
            transform: Text.number(in: 1...RateArgument.countMax))
        var keyBurst: Int?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "After this time a job that waits is as urgent as one whose priority is higher by one (default: 60s).",
                valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var ageing: PositiveTimeSpan?
        @Flag(help: "Lift all limits.") var clear = false

        func validate() throws {
            let request = self.request
            if self.clear, !request.isEmpty, request != self.cleared {
                throw ValidationError("--clear lifts all limits: give it without others.")
            }
            if !self.clear, request.isEmpty {
                throw ValidationError(
                    "Say what is to change: --concurrency, --rate, --key-concurrency, --key-rate, --ageing, or --clear."
                )
            }
            if self.burst != nil, self.rate?.value == nil {
                throw ValidationError("--burst goes with --rate: give the rate again with it.")
            }
            if self.keyBurst != nil, self.keyRate?.value == nil {
                throw ValidationError("--key-burst goes with --key-rate: give the rate again with it.")
            }
            if self.control.key != nil, self.keyConcurrency != nil || self.keyRate != nil || self.ageing != nil {
                throw ValidationError("--key is about one key: its limits are --concurrency and --rate.")
            }
        }

        private var cleared: ChangeLimitsRequest {
            var request = ChangeLimitsRequest(
                key: self.control.key, reason: self.control.why.reason, concurrency: .remove, rate: .remove)
            if self.control.key == nil {
                request.keyConcurrency = .remove
                request.keyRate = .remove
                request.ageingSeconds = .remove
            }
            return request
        }

        private var request: ChangeLimitsRequest {
            if self.clear, self.concurrency == nil, self.rate == nil, self.keyConcurrency == nil, self.keyRate == nil,
                self.ageing == nil
            {
                return self.cleared
            }
            return ChangeLimitsRequest(
                key: self.control.key, reason: self.control.why.reason, concurrency: .init(self.concurrency) { $0 },
                rate: .init(self.rate) { $0.info(burst: self.burst) },
                keyConcurrency: .init(self.keyConcurrency) { $0 },
                keyRate: .init(self.keyRate) { $0.info(burst: self.keyBurst) },
                ageingSeconds: self.ageing.map { .set($0.seconds) } ?? .keep)
        }

        /// "concurrency 20, rate unlimited".
        var words: String {
            let lifted = self.control.key == nil ? "unlimited" : "as the queue says of all keys"
            func words<Limit>(
                _ change: ChangeLimitsRequest.Change<Limit>, _ name: String, lifted: String, _ text: (Limit) -> String
            ) -> String? {
                switch change {
                case .keep: nil
                case .remove: "\(name) \(lifted)"
                case .set(let limit): "\(name) \(text(limit))"
                }
            }
            let request = self.request
            return [
                words(request.concurrency, "concurrency", lifted: lifted) { String($0) },
                words(request.rate, "rate", lifted: lifted) { $0.text },
                words(request.keyConcurrency, "key concurrency", lifted: lifted) { String($0) },
                words(request.keyRate, "key rate", lifted: lifted) { $0.text },
                words(
                    request.ageingSeconds, "ageing",
                    lifted: TimeSpan.text(seconds: QueueLimits.ageingSecondsDefault) + " again"
                ) { TimeSpan.text(seconds: $0) },
            ].compactMap(\.self).joined(separator: ", ")
        }

        func run() async throws {
            let request = self.request
            try await self.control.run("limit \(self.control.subject): \(self.words)", request: request) { client in
                let answer = try await client.changeLimits(of: self.control.queue, request)
                return try answer.queue.presentation(
                    saying: "limited \(self.control.subject): \(self.words)", answer: answer, key: answer.key)
            }
        }
    }
}
