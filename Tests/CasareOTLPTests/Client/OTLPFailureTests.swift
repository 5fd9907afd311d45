@testable import CasareOTLP
import GRPCCore
import Testing

/// What is read from the trailer `grpc-status-details-bin`: a `google.rpc.Status`, written here by hand.
struct OTLPFailureTests {
    private static func field(_ number: UInt8, bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count < 128, "One byte says how many there are")
        return [number << 3 | 2, UInt8(bytes.count)] + bytes
    }

    private static func field(_ number: UInt8, integer: UInt8) -> [UInt8] {
        precondition(integer < 128, "One byte says how large it is")
        return [number << 3, integer]
    }

    private static func detail(_ type: String, _ value: [UInt8]) -> [UInt8] {
        let any = self.field(1, bytes: Array("type.googleapis.com/\(type)".utf8)) + self.field(2, bytes: value)
        return self.field(3, bytes: any)
    }

    /// - Parameter duration: the fields of a `google.protobuf.Duration`.
    private static func retryInfo(_ duration: [UInt8]?) -> [UInt8] {
        self.detail("google.rpc.RetryInfo", duration.map { self.field(1, bytes: $0) } ?? [])
    }

    private static func failure(
        _ code: RPCError.Code = .unavailable, details: [UInt8], number: UInt8 = 14
    ) -> OTLPFailure {
        let status = self.field(1, integer: number) + self.field(2, bytes: Array("full".utf8)) + details
        return OTLPFailure(
            RPCError(code: code, message: "full", metadata: ["grpc-status-details-bin": .binary(status)]))
    }

    @Test func `a delay in seconds and nanoseconds is read`() {
        // 2 s and 100 ns.
        let failure = Self.failure(details: Self.retryInfo(Self.field(1, integer: 2) + Self.field(2, integer: 100)))
        #expect(failure.retryDelay == .seconds(2) + .nanoseconds(100) && failure.status == .unavailable)
    }

    @Test func `it is found among other details`() {
        let other = Self.detail("google.rpc.RequestInfo", Self.field(1, bytes: Array("r1".utf8)))
        let unknown = Self.detail("example.Unknown", [1, 2, 3])
        let failure = Self.failure(
            .resourceExhausted, details: other + unknown + Self.retryInfo(Self.field(1, integer: 1)), number: 8)
        #expect(failure.retryDelay == .seconds(1) && failure.status == .resourceExhausted)
    }

    @Test func `a RetryInfo without a delay asks for a repeat and says not when`() {
        #expect(Self.failure(details: Self.retryInfo(nil)).retryDelay == .zero)
    }

    @Test func `a delay below zero is none`() {
        // The varint of -1 has ten bytes.
        let negative: [UInt8] = [1 << 3] + Array(repeating: 0xFF, count: 9) + [0x01]
        #expect(Self.failure(details: Self.retryInfo(negative)).retryDelay == .zero)
    }

    @Test func `a delay of days becomes an hour`() {
        // 100,000 s.
        #expect(
            Self.failure(details: Self.retryInfo([1 << 3, 0xA0, 0x8D, 0x06])).retryDelay == OTLPFailure.retryDelayMax)
    }

    @Test func `without details there is no delay`() {
        #expect(Self.failure(details: []).retryDelay == nil)
        #expect(OTLPFailure(RPCError(code: .unavailable, message: "down")).retryDelay == nil)
    }

    @Test func `details that cannot be read are none`() {
        let failure = OTLPFailure(
            RPCError(
                code: .unavailable, message: "down", metadata: ["grpc-status-details-bin": .binary([0xFF, 0xFF, 0xFF])])
        )
        #expect(failure.retryDelay == nil && failure.status == .unavailable)
    }

    @Test func `as text the trailer is base 64`() {
        // Status { code: 14, details: [Any(RetryInfo { retry_delay: 3 s })] }
        let any = Self.retryInfo(Self.field(1, integer: 3))
        let status = Self.field(1, integer: 14) + any
        let failure = OTLPFailure(
            RPCError(
                code: .unavailable, message: "",
                metadata: ["grpc-status-details-bin": .string(Metadata.Value.binary(status).encoded())]))
        #expect(failure.retryDelay == .seconds(3))
    }

    @Test func `every code of gRPC keeps its number`() {
        let codes: [RPCError.Code] = [
            .cancelled, .unknown, .invalidArgument, .deadlineExceeded, .notFound, .alreadyExists, .permissionDenied,
            .resourceExhausted, .failedPrecondition, .aborted, .outOfRange, .unimplemented, .internalError,
            .unavailable, .dataLoss, .unauthenticated,
        ]
        #expect(codes.map { GRPCStatus($0).rawValue } == Array(1...16))
    }

    @Test func `what is no error of gRPC is unknown, and a cancelled task cancelled`() {
        struct Other: Error {}
        #expect(OTLPFailure(Other()).status == .unknown)
        #expect(OTLPFailure(CancellationError()).status == .cancelled)
    }

    @Test func `a server's long message is cut`() {
        let failure = OTLPFailure(RPCError(code: .internalError, message: String(repeating: "x", count: 10_000)))
        #expect(failure.message.count == OTLPFailure.charactersMax)
    }

    @Test func `only what no collector has said says that nobody was reached`() {
        struct Refused: Error {}
        #expect(OTLPFailure(RPCError(code: .unavailable, message: "", cause: Refused())).hasReachedNobody)
        #expect(!OTLPFailure(RPCError(code: .unavailable, message: "full")).hasReachedNobody)
        #expect(!OTLPFailure(RPCError(code: .unknown, message: "", cause: Refused())).hasReachedNobody)
        #expect(!OTLPFailure(CancellationError()).hasReachedNobody)
    }
}
