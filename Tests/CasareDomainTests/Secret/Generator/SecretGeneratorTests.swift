import CasareDomain
import FoundationEssentials
import Testing

/// How values of secrets are made up.
struct SecretGeneratorTests {
    private static func values(_ text: String, _ count: Int = 200) throws -> [String] {
        let generator = try SecretGenerator(text)
        var random = SystemRandomNumberGenerator()
        return (0..<count).map { _ in generator.value(using: &random) }
    }

    @Test func `a password has its length, some of each class and nothing that is excluded`() throws {
        for value in try Self.values("password:8,classes=lower+digits,exclude=0O1l,:") {
            #expect(value.utf8.count == 8)
            #expect(value.contains(where: \.isLowercase) && value.contains(where: \.isNumber))
            #expect(value.allSatisfy { ($0.isLowercase || $0.isNumber) && !"0O1l,:".contains($0) })
        }
    }

    @Test func `by itself a password has all classes, and nothing that shells and URLs read otherwise`() throws {
        for value in try Self.values("password") {
            #expect(value.utf8.count == SecretGenerator.Characters.lengthDefault)
            #expect(value.contains(where: \.isLowercase) && value.contains(where: \.isUppercase))
            #expect(value.contains(where: \.isNumber) && value.contains { !$0.isLetter && !$0.isNumber })
            #expect(!value.contains { " '\"\\`$&|<>(){}[]".contains($0) })
        }
    }

    @Test func `a password that is as long as it has classes has one of each`() throws {
        for value in try Self.values("password:4") {
            #expect(value.count(where: \.isLowercase) == 1 && value.count(where: \.isNumber) == 1)
        }
    }

    @Test func `no two values are the same`() throws {
        for text in ["password", "words", "uuid", "hex", "base64", "base64url"] {
            let values = try Self.values(text)
            #expect(Set(values).count == values.count, "\(text)")
        }
    }

    /// Sixteen bytes of which the bits are known: a counter.
    private struct Counting: RandomNumberGenerator {
        var number: UInt64 = 0
        mutating func next() -> UInt64 {
            defer { self.number &+= 1 }
            return self.number
        }
    }

    @Test(arguments: [8, 9, 10, 32])
    func `base64 is that of Foundation, with padding or without`(bytes: Int) throws {
        var (first, second, third) = (Counting(), Counting(), Counting())
        let hex = try SecretGenerator("hex:\(bytes)").value(using: &first)
        let digits = Array(hex.utf8)
        let data = Data(
            stride(from: 0, to: digits.count, by: 2).compactMap {
                UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
            })
        #expect(data.count == bytes)
        let expected = data.base64EncodedString()
        #expect(try SecretGenerator("base64:\(bytes)").value(using: &second) == expected)
        let urls = expected.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        #expect(try SecretGenerator("base64url:\(bytes)").value(using: &third) == urls)
    }

    @Test func `a UUID is one of version 4`() throws {
        for value in try Self.values("uuid") {
            let bytes = try #require(UUID(uuidString: value)).uuid
            #expect(bytes.6 >> 4 == 4 && bytes.8 >> 6 == 2 && value == value.lowercased())
        }
    }

    @Test func `words are letters with hyphens between`() throws {
        for value in try Self.values("words:3") {
            let words = value.split(separator: "-")
            #expect(words.count == 3 && words.allSatisfy { $0.count == 5 && $0.allSatisfy(\.isLowercase) })
        }
    }

    @Test(arguments: [
        ("uuid", 122.0), ("hex:16", 128), ("base64:9", 72), ("base64url:8", 64), ("words:4", 64),
        ("password:6,classes=digits", 19.93), ("password:64,classes=lower+upper", 364.83),
        // Of 0 and 1, in four places.
        ("password:4,classes=digits,exclude=23456789", 4),
    ])
    func `the bits are the logarithm of how many values there are`(text: String, bits: Double) throws {
        #expect(abs(try SecretGenerator(text).entropyBits - bits) < 0.01)
    }

    @Test func `values that lack a class do not count`() throws {
        // Of ab01 in four places: all but those of letters alone and of digits alone.
        let generator = try SecretGenerator(
            "password:4,classes=lower+digits,exclude=23456789cdefghijklmnopqrstuvwxyz")
        #expect(abs(generator.entropyBits - 7.807_354_922) < 0.000_001)  // log2(256 - 16 - 16)
        #expect(Set(try Self.values(generator.description, 20_000)).count == 224)
    }

    @Test(arguments: [
        "password:24", "password:32,classes=lower+digits", "password:24,exclude=,0O:=", "words:6", "uuid", "hex:32",
        "base64:24", "base64url:8",
    ])
    func `a policy is written as it is read`(text: String) throws {
        let generator = try SecretGenerator(text)
        #expect(try SecretGenerator(generator.description) == generator)
        let json = try JSONEncoder().encode([generator])
        #expect(try JSONDecoder().decode([SecretGenerator].self, from: json) == [generator])
    }

    @Test func `what goes without saying is left out`() throws {
        #expect(try SecretGenerator("password").description == "password:24")
        #expect(try SecretGenerator("password,classes=symbols+digits+lower+upper").description == "password:24")
        #expect(try SecretGenerator("base64").description == "base64:32")
    }

    @Test(arguments: [
        "", "passwort", "password:3", "password:1025", "password:x", "password:-8", "password:8,classes=",
        "password:8,classes=low", "password:8,length=9", "password:8,classes=digits,exclude=0123456789",
        "password,exclude=é", "words:1", "words:65", "words:3,classes=lower", "uuid:4", "uuid,exclude=a", "hex:7",
        "hex:1025", "base64:x", "hex:",
    ])
    func `what is no policy is refused with a sentence`(text: String) {
        #expect(throws: SecretGenerator.Invalid.self) { try SecretGenerator(text) }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([SecretGenerator].self, from: try JSONEncoder().encode([text]))
        }
    }
}

/// How often a secret is to be changed.
struct RotationPolicyTests {
    @Test func `a policy comes back as it was written`() throws {
        let policy = RotationPolicy(
            everySeconds: 86_400, hook: "rotate", generate: try SecretGenerator("hex:16"), field: "password",
            overlapSeconds: 0)
        #expect(policy.problem == nil)
        let json = try JSONEncoder().encode(policy)
        #expect(try JSONDecoder().decode(RotationPolicy.self, from: json) == policy)
    }

    @Test(arguments: [3599, 3600, 315_360_000, 315_360_001])
    func `an age is an hour to ten years`(seconds: Int) {
        let isFine = seconds == 3600 || seconds == 315_360_000
        #expect((RotationPolicy(everySeconds: seconds).problem == nil) == isFine)
    }

    @Test(arguments: [-1, 0, 604_800, 604_801])
    func `an overlap is up to a week`(seconds: Int) {
        let isFine = seconds == 0 || seconds == 604_800
        let policy = RotationPolicy(everySeconds: 3600, overlapSeconds: seconds)
        #expect(policy.problem?.member == (isFine ? nil : "overlap_seconds"))
    }

    @Test func `a hook needs a way to make values up, and so does a field`() throws {
        let generator = try SecretGenerator("uuid")
        #expect(RotationPolicy(everySeconds: 3600, hook: "w").problem?.member == "generate")
        #expect(RotationPolicy(everySeconds: 3600, hook: "w", generate: generator).problem == nil)
        #expect(RotationPolicy(everySeconds: 3600, hook: "", generate: generator).problem?.member == "hook")
        #expect(RotationPolicy(everySeconds: 3600, hook: "a\nb", generate: generator).problem?.member == "hook")
        #expect(RotationPolicy(everySeconds: 3600, field: "password").problem?.member == "field")
        #expect(RotationPolicy(everySeconds: 3600, generate: generator, field: "A b").problem?.member == "field")
    }
}
