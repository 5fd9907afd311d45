import CasareCertificates
import Testing

/// What somebody may ask for a certificate with.
struct CertificateRequestTests {
    /// P-384, made with `openssl req -new -newkey ec`.
    private static let otherCurve = """
        -----BEGIN CERTIFICATE REQUEST-----
        MIIBBDCBiwIBADAMMQowCAYDVQQDDAFyMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE
        UcAs/zdAVhArdWOkJGiafuqMTw5EqFCN9QLy3PlpeXQe4rX5r9vOECmoWyTQFusF
        E8h8l8gx77MzJS0FI4eiZWjTlgrjDqpPcxlFhdFbtB/wj0HAUdUNauuH1jnJnuC0
        oAAwCgYIKoZIzj0EAwIDaAAwZQIwDXooamSrQ/oWfP1ezM1nWJ2U1B19VdwfYhSj
        pTDbfypb6L7RI749mUN/mF3fAO+UAjEAvqaKWXHHycmb2jlvoctaTg/KphRsXjhZ
        jlRXnggsGX5Kvn576Wjt0s2edQnuMLGa
        -----END CERTIFICATE REQUEST-----
        """
    /// RSA with 1024 bits, which cannot even be read.
    private static let weak = """
        -----BEGIN CERTIFICATE REQUEST-----
        MIIBSzCBtQIBADAMMQowCAYDVQQDDAFyMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB
        iQKBgQDUb3N5TsOtaxJDDYbBTxkwqXh70kfMZvmorp65ga86F5AE7EJt+F69XLiR
        jakZHPocXa2q7P3QGEnqX8JUzAB/aQo/qR2VIJm2kohik7KISUaf5kLFbJ60KF8B
        NUB8GGWGGUV77gBN68BIfvRcnDTcdWKHNZnboKbgeBuIuOQ6uQIDAQABoAAwDQYJ
        KoZIhvcNAQELBQADgYEAYS6jKVb9U/ktf9rDLtdIIbmqvqHPAa3tdFjCR83f/XEo
        V7GYT4ELjVXbwF8tzV+DfJ5bQCokh3hRRMw+7fkp+mJ00X37pAAYH3S3npunWw3/
        F3s+YpuJRNlOBQU9uJSRSraUMmLJNkqrW5rvLbBveAn+n1f82AOehv2SSl1i+48=
        -----END CERTIFICATE REQUEST-----
        """
    /// RSA with 2048 bits.
    private static let rsa = """
        -----BEGIN CERTIFICATE REQUEST-----
        MIICUTCCATkCAQAwDDEKMAgGA1UEAwwBcjCCASIwDQYJKoZIhvcNAQEBBQADggEP
        ADCCAQoCggEBAOk3Hvt1wREIawEPf6Rsj13HUm+XEHNqiRCStt5VHq1SxZY6fQqk
        E8YgTnROov6Ng1ZP7cmMOOwL5IBsHMO4MBR+nnJqao3+9rEXLsPiQfA9kNm8KL8H
        vGDKypB1teYX0awP2YFmEyZiWRvGt5V8THFbEeZBzoiIjzRarBhvjgCiVFCLsVKA
        8Bass6waU/Iqw05jTP5sUhfeBDDYDOdH8mMpTKH9Vf1gp3ACAjNynWpIuAg4eUEg
        H8eQIbV4ZwddfUgzsOeow0ZpGBP87B0ChQJMj6PzxE+siPUkY40t8qiqAlXezwWs
        2cdTNaAIgNH+9T4cepK5gYyrAXZ6QFSkj40CAwEAAaAAMA0GCSqGSIb3DQEBCwUA
        A4IBAQAqFrjC+64cNRtIzISlCxskksWbFWXzCtfxzVrUD1ajLvnOKcjAr+9GVxbd
        AGYYElGAeRKMc6TFjWzLd9aqt53zNEPo+USg+Fp1P5FVvBC+foz61+/CMs4sDavk
        1YgF/8F0/ATCEkpcTKbnRmASh53J35x143F6rz2cehlJzYx6LyfffYzBBgNXj8SJ
        8lritm7exwFC6ZTXW5HOohEKSvTva+ADAViuIcOY7IUvrZbY9hOeBzRk5zC328f3
        rie+lD/yi3uPXIUUZfwBaK7+OnpjlMxFgV1pEe56ZvZ5tjkvQMoo+6+sPARWJanv
        kPMSUyYNdcLE97wmqg4wFKd5Xa9D
        -----END CERTIFICATE REQUEST-----
        """

    @Test func `a key of P-256, and RSA with 2048 bits, is taken`() throws {
        _ = try CertificateRequest(pem: try RobotKey().request(for: "r"))
        _ = try CertificateRequest(pem: Self.rsa)
    }

    @Test(arguments: [
        (Self.otherCurve, UnusableRequest.weakKey), (Self.weak, .unreadable), ("", .unreadable),
        ("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----", .unreadable),
        (String(repeating: "a", count: CertificateRequest.bytesMax), .unreadable),
        (String(repeating: "a", count: CertificateRequest.bytesMax + 1), .tooLong),
    ])
    func `other requests are refused, each with the reason`(pem: String, refusal: UnusableRequest) {
        #expect(throws: refusal) { try CertificateRequest(pem: pem) }
        #expect(!refusal.description.isEmpty)
    }

    /// The last bytes are those of the signature.
    @Test func `who does not have the key gets nothing`() throws {
        var lines = try RobotKey().request(for: "r").split(separator: "\n").map(String.init)
        let other = try RobotKey().request(for: "r").split(separator: "\n").map(String.init)
        // Both are of the same form, but for a byte of length now and then: then the whole cannot be read.
        let last = lines.count - 2
        lines[last] = other[min(last, other.count - 2)]
        lines[last - 1] = other[min(last - 1, other.count - 3)]
        let altered = lines.joined(separator: "\n")
        let error = #expect(throws: UnusableRequest.self) { try CertificateRequest(pem: altered) }
        #expect(error == .notSigned || error == .unreadable)
    }
}
