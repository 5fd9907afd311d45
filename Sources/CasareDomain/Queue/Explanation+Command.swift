extension Explanation {
    /// A command line in its parts, before a shell reads it.
    public struct Command: Hashable, Sendable {
        public struct Option: Hashable, Sendable {
            public let name: String
            public let value: String

            public init(_ name: String, _ value: String) {
                self.name = name
                self.value = value
            }
        }

        /// `casarectl queue limit`
        public let verb: String
        /// What the verb is about.
        public let operand: String
        public let options: [Option]

        public init(_ verb: String, _ operand: String, _ options: [Option] = []) {
            self.verb = verb
            self.operand = operand
            self.options = options
        }

        /// As the store's statements put it together; `nil` for anything else.
        public init?(_ parts: Object) {
            guard let verb = parts["run"]?.string, let operand = parts["of"]?.string else { return nil }
            self.init(
                verb, operand,
                (parts["with"]?.list ?? []).compactMap { option in
                    guard let pair = option.list, pair.count == 2, let name = pair[0].string, let value = pair[1].string
                    else { return nil }
                    return Option(name, value)
                })
        }

        /// To be pasted into a shell: each word is quoted where it must be, and a name that begins with a dash is not
        /// taken for an option.
        public var text: String {
            let options = self.options.map { option in
                " --\(option.name)\(Self.hasDash(option.value) ? "=" : " ")\(Self.quoted(option.value))"
            }.joined()
            let operand = Self.quoted(self.operand)
            return Self.hasDash(self.operand)
                ? "\(self.verb)\(options) -- \(operand)" : "\(self.verb) \(operand)\(options)"
        }

        private static func hasDash(_ word: String) -> Bool { word.utf8.first == 0x2D }

        /// As a shell takes it for one word.
        package static func quoted(_ word: String) -> String {
            let isPlain =
                !word.isEmpty
                && word.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || [0x2D, 0x2E, 0x5F, 0x2F, 0x3A, 0x40].contains(byte)
                }
            return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
        }
    }
}
