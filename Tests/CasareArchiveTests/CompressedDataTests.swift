import CasareArchive
import FoundationEssentials
import Testing

@Suite struct CompressedDataTests {
    /// Made by gzip and zstd of the text "one\ntwo\n".
    private static let packed: [Compression: String] = [
        .gzip: "H4sIAAAAAAACA8vPS+UqKc/nAgDmC7oSCAAAAA==",
        .zstd: "KLUv/SQIQQAAb25lCnR3bwrmpg5A",
    ]
    /// A million zero bytes, made by zstd.
    private static let bomb = "KLUv/QRoTAAACAABAPz/ORACAgAQAAIAEAACABAAAgAQAAIAEAACABAAAxIKAMyuyjk="

    private static func bytes(_ base64: String?) throws -> [UInt8] {
        Array(try #require(Data(base64Encoded: base64 ?? "")))
    }

    @Test(arguments: Compression.allCases)
    func `compressed data is told by how it begins, and unpacked`(compression: Compression) throws {
        let data = try Self.bytes(Self.packed[compression])
        #expect(Compression(of: data) == compression)
        #expect(try CompressedData.unpack(data, bytesMax: 8) == Array("one\ntwo\n".utf8))
    }

    @Test(arguments: Compression.allCases)
    func `several streams in a row are one`(compression: Compression) throws {
        let data = try Self.bytes(Self.packed[compression])
        #expect(try CompressedData.unpack(data + data, bytesMax: 100) == Array("one\ntwo\none\ntwo\n".utf8))
    }

    @Test(arguments: Compression.allCases)
    func `no more comes out than the caller takes`(compression: Compression) throws {
        let data = try Self.bytes(Self.packed[compression])
        #expect(throws: ArchiveError.tooLarge(bytesMax: 7)) { try CompressedData.unpack(data, bytesMax: 7) }
    }

    @Test func `a bomb is stopped`() throws {
        let data = try Self.bytes(Self.bomb)
        #expect(throws: ArchiveError.tooLarge(bytesMax: 999_999)) {
            try CompressedData.unpack(data, bytesMax: 999_999)
        }
        #expect(try CompressedData.unpack(data, bytesMax: 1_000_000).count == 1_000_000)
    }

    @Test func `nothing unpacks to nothing`() throws {
        #expect(try CompressedData.unpack(Self.bytes("H4sIAAAAAAAAAwMAAAAAAAAAAAA="), bytesMax: 0).isEmpty)
    }

    @Test(arguments: Compression.allCases)
    func `data that is cut off anywhere is an error`(compression: Compression) throws {
        let data = try Self.bytes(Self.packed[compression])
        for count in 0..<data.count {
            #expect(throws: ArchiveError.self, "\(count) of \(data.count) bytes") {
                try CompressedData.unpack(Array(data.prefix(count)), bytesMax: 100)
            }
        }
    }

    @Test func `gzip of a method that does not exist is refused, not taken as it is`() throws {
        var data = try Self.bytes(Self.packed[.gzip])
        data[2] = 7
        #expect(throws: ArchiveError.malformed(reason: "The data begins like gzip, and is not")) {
            try CompressedData.unpack(data, bytesMax: 100)
        }
    }

    @Test func `other data is refused`() {
        #expect(Compression(of: Array("{}".utf8)) == nil)
        #expect(throws: ArchiveError.malformed(reason: "The data is neither gzip nor Zstandard")) {
            try CompressedData.unpack(Array("{}".utf8), bytesMax: 100)
        }
    }
}
