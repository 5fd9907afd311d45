import CCurl

/// What libcurl reports when a transfer fails.
struct CurlFailure: Error {
    let code: CURLcode
    /// libcurl's own words.
    let text: String
    /// The server's reply, where there was one that refused something.
    let refusal: String?

    /// The server has said no, and what comes next is the answer to what is asked next.
    var leavesConnection: Bool {
        switch self.code {
        case CURLE_QUOTE_ERROR, CURLE_REMOTE_FILE_NOT_FOUND, CURLE_UPLOAD_FAILED, CURLE_FTP_COULDNT_RETR_FILE,
            CURLE_REMOTE_ACCESS_DENIED:
            true
        default: false
        }
    }

    /// The failure of a node.
    ///
    /// - Parameter what: What was being done to what: "Cannot store a.txt on ftp.example.com".
    func during(_ what: String) -> ServiceFailure {
        let detail = self.refusal ?? self.text
        let message = "\(what): \(detail)"
        switch self.code {
        case CURLE_COULDNT_RESOLVE_HOST:
            return ServiceFailure("NetworkError", "\(what): the host is not known: \(self.text)", isTransient: true)
        case CURLE_COULDNT_CONNECT:
            return ServiceFailure("NetworkError", message, isTransient: true)
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_WEIRD_SERVER_REPLY,
            CURLE_FTP_WEIRD_PASV_REPLY, CURLE_FTP_WEIRD_227_FORMAT, CURLE_FTP_CANT_GET_HOST, CURLE_FTP_ACCEPT_FAILED,
            CURLE_FTP_PORT_FAILED:
            // What the server has refused for good is why the connection went wrong.
            if self.refusal?.hasPrefix("5") == true { return ServiceFailure("NodeError", message) }
            return .unanswered("NetworkError", message)
        case CURLE_OPERATION_TIMEDOUT, CURLE_FTP_ACCEPT_TIMEOUT:
            return .unanswered("TimeoutError", "\(what): \(self.text)")
        case CURLE_PEER_FAILED_VERIFICATION:
            return ServiceFailure(
                "SecurityError",
                "\(what): the server's certificate is not trusted: \(self.text). For a private authority, name the "
                    + "file of its certificate in ssl_ca")
        case CURLE_USE_SSL_FAILED:
            return ServiceFailure("SecurityError", "\(what): the server offers no TLS: \(detail)")
        case CURLE_SSL_CONNECT_ERROR:
            var failure = ServiceFailure("SecurityError", "\(what): \(self.text)")
            failure.isTLSRefusal = true
            return failure
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_ISSUER_ERROR:
            return ServiceFailure("SecurityError", message)
        case CURLE_LOGIN_DENIED, CURLE_AUTH_ERROR:
            return ServiceFailure("PermissionError", "Authentication failed: \(detail)")
        case CURLE_REMOTE_ACCESS_DENIED:
            return ServiceFailure("PermissionError", message)
        case CURLE_REMOTE_FILE_NOT_FOUND:
            return ServiceFailure("FileNotFoundError", message)
        default:
            return ServiceFailure("NodeError", message, isTransient: self.refusal?.hasPrefix("4") ?? false)
        }
    }
}
