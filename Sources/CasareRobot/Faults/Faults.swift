#if DEBUG || CASARE_FAULTS
    package import CasareSettings
    import Glibc
    import Synchronization

    /// What is to go wrong in this process, and what of it has come to pass.
    package final class Faults: Sendable {
        package enum Action: String, Hashable, Sendable, CaseIterable {
            /// The process ends as by `kill -9`.
            case kill
            /// The process stands still until somebody sends it SIGCONT.
            case stop
            /// Before it asks: what is asked never arrives. After: it was done, and nobody hears of it.
            case loseAnswer = "lose-answer"
        }

        /// Something that happens when a point is passed for the `count`th time.
        package struct Fault: Hashable, Sendable {
            package let point: FaultPoint
            package let count: Int
            package let action: Action
        }

        package static let variable = "CASARE_FAULTS"

        package let faults: [Fault]
        private let passed = Mutex<[FaultPoint: Int]>([:])

        /// - Parameter text: Any number of `point:n:action`, separated by commas.
        package init(_ text: String) throws(SettingError) {
            var faults: [Fault] = []
            for part in text.split(separator: ",") {
                let words = part.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
                guard words.count == 3, let point = FaultPoint(rawValue: words[0]), let count = Int(words[1]),
                    count > 0, let action = Action(rawValue: words[2])
                else {
                    throw SettingError(
                        Self.variable,
                        "has \"\(part)\"; expected point:n:action, such as after-intent:2:kill, with a point of "
                            + "\(Self.names(FaultPoint.allCases)) and an action of \(Self.names(Action.allCases))")
                }
                faults.append(Fault(point: point, count: count, action: action))
            }
            self.faults = faults
        }

        private static func names(_ cases: [some RawRepresentable<String>]) -> String {
            cases.map(\.rawValue).joined(separator: ", ")
        }

        /// Does what is due at this point. A lost answer is thrown as what the robot would see of it.
        func pass(_ point: FaultPoint) throws(BrokerError) {
            let count = self.passed.withLock { passed in
                passed[point, default: 0] += 1
                return passed[point, default: 0]
            }
            for fault in self.faults where fault.point == point && fault.count == count {
                switch fault.action {
                case .kill: kill(getpid(), SIGKILL)
                case .stop: kill(getpid(), SIGSTOP)
                case .loseAnswer: throw .unavailable("The answer was lost at \(point.rawValue)")
                }
            }
        }
    }
#endif
