import CasareTelemetry
import GRPCCore
import SwiftProtobuf

/// How one kind of telemetry is written, and what its service answers.
protocol OTLPPayload: Sendable {
    associatedtype Item: Sendable
    /// The smallest that a request may consist of, and what is counted.
    associatedtype Piece: Sendable
    associatedtype Request: SwiftProtobuf.Message
    associatedtype Response: SwiftProtobuf.Message

    static var signal: Signal { get }
    static var method: MethodDescriptor { get }
    /// `otel.component.type` of its exporter, by OpenTelemetry's conventions.
    static var componentType: String { get }
    /// What counts what becomes of the pieces.
    static var instrument: Instrument { get }

    func pieces(of items: [Item]) -> [Piece]
    func request(of pieces: ArraySlice<Piece>) -> Request

    /// - Returns: `nil` for full success, which is said by saying nothing.
    static func partialSuccess(in response: Response) -> PartialSuccess?
}

/// What a collector says of a request that it took.
struct PartialSuccess: Hashable, Sendable {
    /// Pieces that it did not want. They are not sent again, and those that it took must not be.
    let rejected: Int64
    /// For people; what a server wrote. With nothing rejected it is a warning.
    let message: String
}
