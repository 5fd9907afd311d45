import CasareDomain

extension TestServer {
    /// Runs an FTP server (pyftpdlib) for `ann`, whose password is `secret word`, and for anonymous readers. What they
    /// see is the folder `files`.
    ///
    /// - Parameters:
    ///   - tls: `none`, `explicit` (AUTH TLS, required) or `implicit`.
    ///   - onlyTLS13: Speak no older TLS.
    ///   - busyStores: How many uploads are put off before one is taken.
    ///   - bytesPerSecond: How fast files are sent; 0: as fast as can be.
    ///   - transferAddress: Where transfers are said to go, by a server that knows no other way (PASV) then.
    ///
    /// A file `cut` is deleted, and the connection cut before the reply.
    package static func withFTP<Result: Sendable>(
        tls: String = "none", onlyTLS13: Bool = false, busyStores: Int = 0, bytesPerSecond: Int = 0,
        transferAddress: String = "", _ body: @escaping @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        try await Self.with(
            program: Self.ftpProgram,
            options: [
                "tls": .string(tls), "tls13": .bool(onlyTLS13), "busy": .int(busyStores),
                "bytes_per_second": .int(bytesPerSecond), "transfer_address": .string(transferAddress),
            ], body)
    }

    /// `connections` gets a line for every connection, and `commands` one for every command.
    private static let ftpProgram = """
        from pyftpdlib.authorizers import DummyAuthorizer
        from pyftpdlib.handlers import FTPHandler, TLS_DTPHandler, TLS_FTPHandler, ThrottledDTPHandler
        from pyftpdlib.servers import FTPServer

        os.mkdir(folder + "/files")
        base = FTPHandler if options["tls"] == "none" else TLS_FTPHandler

        class Handler(base):
            authorizer = DummyAuthorizer()
            banner = "Welcome to the test"
            auth_failed_timeout = 0
            busy = options["busy"]
            masquerade_address = options["transfer_address"] or None

            def handle(self):
                note("connections", "open")
                if options["tls"] == "implicit":
                    self.secure_connection(self.ssl_context)
                super().handle()

            def pre_process_command(self, line, cmd, arg):
                note("commands", line if cmd != "PASS" else "PASS")
                super().pre_process_command(line, cmd, arg)

            def ftp_DELE(self, path):
                if path.endswith("/cut"):
                    os.remove(path)
                    self.close()
                    return
                return super().ftp_DELE(path)

            def ftp_STOR(self, file, mode="w"):
                if Handler.busy > 0:
                    Handler.busy -= 1
                    self.respond("450 Too busy, try again.")
                    return
                return super().ftp_STOR(file, mode)

        Handler.authorizer.add_user("ann", "secret word", folder + "/files", perm="elradfmwMT")
        Handler.authorizer.add_anonymous(folder + "/files")
        if options["tls"] != "none":
            # pyftpdlib takes a TLS client that begins before the transfer was asked for, as it may, for one that left.
            class Patient(TLS_DTPHandler):
                def readable(self):
                    return (self._ssl_requested and not self._ssl_established) or super().readable()
            Handler.dtp_handler = Patient
            if options["tls13"]:
                from OpenSSL import SSL
                Handler.ssl_options = SSL.OP_NO_TLSv1 | SSL.OP_NO_TLSv1_1 | SSL.OP_NO_TLSv1_2
            certificate()
            with open(folder + "/both.pem", "w") as file:
                file.write(open(folder + "/key.pem").read() + open(folder + "/cert.pem").read())
            Handler.certfile = folder + "/both.pem"
            Handler.tls_control_required = options["tls"] == "explicit"
            Handler.tls_data_required = True
        if options["transfer_address"]:
            Handler.proto_cmds = {name: value for name, value in Handler.proto_cmds.items() if name != "EPSV"}
        if options["bytes_per_second"]:
            class Slow(ThrottledDTPHandler):
                read_limit = write_limit = options["bytes_per_second"]
            Handler.dtp_handler = Slow
        server = FTPServer(("127.0.0.1", 0), Handler)
        ready(port=server.address[1])
        server.serve_forever()
        """

    /// Runs an SFTP server (asyncssh) for `ann`, whose password is `secret word`, and who may also sign in with the key
    /// `client_key`. What she sees is the folder `files`. Its details have `fingerprint`; `known_hosts` knows its key,
    /// `other_hosts` has another one for it.
    package static func withSFTP<Result: Sendable>(
        _ body: @escaping @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        try await Self.with(program: Self.sftpProgram, options: [:], body)
    }

    private static let sftpProgram = """
        import asyncio, warnings
        warnings.simplefilter("ignore")
        import asyncssh

        os.mkdir(folder + "/files")
        client = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
        client.write_private_key(folder + "/client_key")
        client.write_public_key(folder + "/client_key.pub")
        client.write_private_key(folder + "/locked_key", "pkcs1-pem", "open sesame", "aes256-cbc")

        class Server(asyncssh.SSHServer):
            def connection_made(self, connection):
                note("connections", "open")

            def password_auth_supported(self):
                return True

            def validate_password(self, username, password):
                return username == "ann" and password == "secret word"

        async def main():
            key = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
            server = await asyncssh.create_server(
                Server, "127.0.0.1", 0, server_host_keys=[key], authorized_client_keys=folder + "/client_key.pub",
                sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=folder + "/files"))
            port = server.sockets[0].getsockname()[1]
            other = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
            for name, known in (("known_hosts", key), ("other_hosts", other)):
                note(name, "[localhost]:%d %s" % (port, known.export_public_key().decode().strip()))
            ready(port=port, fingerprint=key.convert_to_public().get_fingerprint("sha256"))
            await server.wait_closed()

        asyncio.run(main())
        """
}
