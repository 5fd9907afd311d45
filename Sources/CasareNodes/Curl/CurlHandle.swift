import CCurl
import CasareEngine
import Crypto
import FoundationEssentials

/// A libcurl handle: the connections that it keeps open, and the options of its next transfer.
///
/// "You must never use a single handle from more than one thread at any given time" (libcurl-thread(3)): who shares one
/// keeps it behind a lock. `perform` blocks; it belongs on an `OwnThread`.
final class CurlHandle {
    /// Why libcurl cannot be used, if so. Looked up once.
    private static let problem: String? = casare_curl_load().map { String(cString: $0) }
    /// Of the control connection of one transfer; a server that says more is not listened to.
    private static let linesMax = 1000

    private let pointer: UnsafeMutableRawPointer
    private let errorBuffer: UnsafeMutablePointer<CChar>
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private var rejectedOption: CURLcode?
    private var cancellation: OwnThread.Cancellation?

    /// What the server said over its control connection during the last transfer, without line ends.
    private(set) var lines: [String] = []
    /// How the host key of an SSH server compares with the known ones, and which it is (`SHA256:…`).
    private(set) var hostKeyMatch: curl_khmatch?
    private(set) var hostKeyFingerprint: String?
    /// Takes what is downloaded; `false` ends the transfer.
    var receive: ((UnsafeRawBufferPointer) -> Bool)?
    /// Fills a buffer with what is uploaded; 0 at the end, `nil` to end the transfer.
    var supply: ((UnsafeMutableRawBufferPointer) -> Int?)?

    init() throws(ServiceFailure) {
        if let problem = Self.problem {
            throw ServiceFailure(
                "OSError", "libcurl is not installed on this robot (Debian: apt-get install libcurl4): \(problem)")
        }
        guard let pointer = casare_curl_new() else { throw ServiceFailure("OSError", "libcurl has no memory") }
        self.pointer = pointer
        self.errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        self.errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    /// Closes its connections. Ones that were not ended politely before are cut.
    deinit {
        casare_curl_free(self.pointer)
        self.freeLists()
        self.errorBuffer.deallocate()
    }

    // MARK: Options

    /// Forgets the options of the last transfer; connections stay open.
    func reset() {
        casare_curl_reset(self.pointer)
        self.freeLists()
        (self.receive, self.supply, self.rejectedOption) = (nil, nil, nil)
        (self.hostKeyMatch, self.hostKeyFingerprint) = (nil, nil)
        self.lines = []
        // Signals are for the process's one owner of them, and a robot's variables are not to redirect a workflow.
        self.set(CURLOPT_NOSIGNAL, 1)
        self.set(CURLOPT_PROXY, "")
        self.set(CURLOPT_PATH_AS_IS, 1)
        self.set(CURLOPT_NOPROGRESS, 0)
        self.set(CURLOPT_SSL_VERIFYPEER, 1)
        self.set(CURLOPT_SSL_VERIFYHOST, 2)
        self.setCallbacks()
    }

    func set(_ option: CURLoption, _ value: Int) {
        self.check(casare_curl_set_long(self.pointer, option, value))
    }

    func set(_ option: CURLoption, size: Int) {
        self.check(casare_curl_set_size(self.pointer, option, curl_off_t(size)))
    }

    func set(_ option: CURLoption, _ value: String) {
        self.check(casare_curl_set_string(self.pointer, option, value))
    }

    func set(_ option: CURLoption, _ values: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for value in values {
            guard let longer = casare_curl_list_append(list, value) else {
                // With a command or an address missing, the transfer would be another one.
                self.check(CURLE_OUT_OF_MEMORY)
                break
            }
            list = longer
        }
        guard let list else { return }
        self.lists.append(list)
        self.check(casare_curl_set_pointer(self.pointer, option, list))
    }

    private func check(_ code: CURLcode) {
        if code != CURLE_OK { self.rejectedOption = self.rejectedOption ?? code }
    }

    private func freeLists() {
        for list in self.lists { casare_curl_list_free(list) }
        self.lists = []
    }

    private func setCallbacks() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        self.check(casare_curl_set_pointer(self.pointer, CURLOPT_ERRORBUFFER, self.errorBuffer))
        let options = [
            CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_XFERINFODATA, CURLOPT_SSH_KEYDATA,
        ]
        for option in options { self.check(casare_curl_set_pointer(self.pointer, option, context)) }
        self.check(
            casare_curl_set_receiver(self.pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                CurlHandle.at(context).note(UnsafeRawBufferPointer(start: bytes, count: size * count))
                return size * count
            })
        self.check(
            casare_curl_set_receiver(self.pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                let isTaken = CurlHandle.at(context).receive?(.init(start: bytes, count: size * count)) ?? true
                // Any other number than that of the bytes ends the transfer.
                return isTaken ? size * count : size * count &+ 1
            })
        self.check(
            casare_curl_set_reader(self.pointer) { bytes, size, count, context in
                CurlHandle.at(context).supply.map { $0(.init(start: bytes, count: size * count)) }
                    .map { $0 ?? Int(CURL_READFUNC_ABORT) } ?? 0
            })
        self.check(
            casare_curl_set_progress(self.pointer) { context, _, _, _, _ in
                CurlHandle.at(context).cancellation?.isRequested == true ? 1 : 0
            })
        self.check(
            casare_curl_set_host_key_check(self.pointer) { _, _, found, match, context in
                CurlHandle.at(context).hostKeyMatch = match
                // A length of 0 would mean base64, which libcurl's SSH code does not give.
                if let key = found?.pointee, key.len > 0 {
                    let digest = SHA256.hash(data: UnsafeRawBufferPointer(start: key.key, count: key.len))
                    let text = Data(digest).base64EncodedString().filter { $0 != "=" }
                    CurlHandle.at(context).hostKeyFingerprint = "SHA256:" + text
                }
                return Int32((match == CURLKHMATCH_OK ? CURLKHSTAT_FINE : CURLKHSTAT_REJECT).rawValue)
            })
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> CurlHandle {
        // Set by `setCallbacks`, and libcurl calls back only from within a call with this handle.
        Unmanaged<CurlHandle>.fromOpaque(context!).takeUnretainedValue()
    }

    private func note(_ line: UnsafeRawBufferPointer) {
        guard self.lines.count < Self.linesMax else { return }
        let text = String(decoding: line, as: UTF8.self)
        self.lines.append(String(text.prefix { !$0.isNewline }))
    }

    // MARK: Transfers

    /// Does what the options say.
    ///
    /// - Throws: `CancellationError` within a second of being asked to stop; `CurlFailure`.
    func perform(_ cancellation: OwnThread.Cancellation?) throws {
        self.errorBuffer[0] = 0
        self.cancellation = cancellation
        defer { self.cancellation = nil }
        if let code = self.rejectedOption { throw self.failure(code) }
        let code = casare_curl_perform(self.pointer)
        if cancellation?.isRequested == true { throw CancellationError() }
        if code != CURLE_OK { throw self.failure(code) }
    }

    private func failure(_ code: CURLcode) -> CurlFailure {
        var text = String(cString: self.errorBuffer)
        if text.isEmpty { text = String(cString: casare_curl_error_text(code)) }
        return CurlFailure(code: code, text: text, refusal: self.refusal)
    }

    /// The last reply by which the server refused something.
    private var refusal: String? {
        self.lines.last { line in
            guard let first = line.first, line.dropFirst(3).first == " " else { return false }
            return (first == "4" || first == "5") && line.prefix(3).allSatisfy { $0.isASCII && $0.isNumber }
        }
    }

    var responseCode: Int { casare_curl_response_code(self.pointer) }

    /// The size of what was to be downloaded.
    var contentLength: Int? {
        let length = Int(casare_curl_content_length(self.pointer))
        return length < 0 ? nil : length
    }

    /// Where the FTP session began.
    var entryPath: String? { casare_curl_entry_path(self.pointer).map { String(cString: $0) } }

    /// The socket of the open connection.
    var socket: Int32? {
        let socket = casare_curl_socket(self.pointer)
        return socket < 0 ? nil : socket
    }

    // MARK: Connections that are used by hand (`CURLOPT_CONNECT_ONLY`)

    /// - Returns: How many bytes were sent; `nil` when none can be at this time.
    func send(_ bytes: UnsafeRawBufferPointer) throws(CurlFailure) -> Int? {
        var count = 0
        let code = casare_curl_send(self.pointer, bytes.baseAddress, bytes.count, &count)
        if code == CURLE_AGAIN { return nil }
        guard code == CURLE_OK else { throw self.failure(code) }
        return count
    }

    /// - Returns: How many bytes came, 0 once the server has closed the connection; `nil` when none are there yet.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(CurlFailure) -> Int? {
        var count = 0
        let code = casare_curl_receive(self.pointer, buffer.baseAddress, buffer.count, &count)
        if code == CURLE_AGAIN { return nil }
        guard code == CURLE_OK else { throw self.failure(code) }
        return count
    }
}
