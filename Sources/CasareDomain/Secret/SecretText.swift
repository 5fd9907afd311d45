/// A secret's value, or a part of it, in memory that is overwritten when nobody has it any more.
///
/// It cannot be printed, encoded or compared in a time that says where texts differ. The only ways out are `reveal` and
/// `withBytes`, which a search finds. What they hand out is the caller's to keep short: copies in strings are not
/// overwritten.
///
/// The memory is written once, before `init` returns, and read from then on: that is why several tasks may have it.
public final class SecretText: @unchecked Sendable {
    private let bytes: UnsafeMutableRawBufferPointer

    public convenience init(_ text: String) {
        let utf8 = text.utf8
        self.init(bytesCount: utf8.count) { memory in memory.copyBytes(from: utf8) }
    }

    /// Copies the bytes. They are UTF-8 wherever they are a text.
    public convenience init(bytes: [UInt8]) {
        self.init(bytesCount: bytes.count) { memory in memory.copyBytes(from: bytes) }
    }

    /// - Parameter fill: writes all of the memory, which is zero before.
    public init(bytesCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        self.bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: bytesCount, alignment: 16)
        _ = self.bytes.initializeMemory(as: UInt8.self, repeating: 0)
        fill(self.bytes)
    }

    deinit {
        Self.wipe(self.bytes)
        self.bytes.deallocate()
    }

    public var bytesCount: Int { self.bytes.count }
    public var isEmpty: Bool { self.bytes.isEmpty }

    /// As a string; bytes that are not UTF-8 are replaced.
    public func reveal<Result, Failure: Error>(_ body: (String) throws(Failure) -> Result) throws(Failure) -> Result {
        try body(String(decoding: self.bytes, as: UTF8.self))
    }

    /// The bytes are there for as long as `body` runs.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(self.bytes))
    }

    /// Overwrites memory that held something secret, such as a key that was unwrapped.
    public static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { Self.wipe($0) }
    }

    /// Not optimised: memory that nobody reads any more need not be written, for all that the compiler knows.
    @inline(never) @_optimize(none)
    package static func wipe(_ memory: UnsafeMutableRawBufferPointer) {
        for position in memory.indices { memory[position] = 0 }
    }
}

extension SecretText: Equatable {
    /// In the same time wherever they differ; only the lengths can be told.
    public static func == (left: SecretText, right: SecretText) -> Bool {
        guard left.bytes.count == right.bytes.count else { return false }
        var difference: UInt8 = 0
        for position in left.bytes.indices { difference |= left.bytes[position] ^ right.bytes[position] }
        return difference == 0
    }
}

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
