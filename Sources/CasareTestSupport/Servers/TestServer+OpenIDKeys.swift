extension TestServer {
    /// Keys, and tokens signed with them: the part of the provider that computes.
    ///
    /// `mint` takes `claims` (those of its own are there already, and null takes one away), `key` (which signs), `kid`
    /// and `alg` (what the header says), `header` (more of it) and `damage` (a byte of the signature is another one).
    /// `alg` may be `none`, and `HS256` with the text of the public key as the secret.
    static let openIDKeysProgram = """
        import base64, hashlib, hmac
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

        curves = {"es256": (ec.SECP256R1, "P-256", 32), "es384": (ec.SECP384R1, "P-384", 48),
            "es512": (ec.SECP521R1, "P-521", 66)}
        hashing = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
        made = {}
        making = threading.Lock()

        def key(name):
            with making:
                if name not in made:
                    if name.startswith("rsa"):
                        made[name] = rsa.generate_private_key(65537, 1024 if name == "rsa_short" else 2048)
                    elif name in curves:
                        made[name] = ec.generate_private_key(curves[name][0]())
                    else:
                        made[name] = ed25519.Ed25519PrivateKey.generate()
                return made[name]

        def b64(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

        def number(value, length=None):
            return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))

        def public(name):
            numbers = key(name).public_key()
            if name.startswith("rsa"):
                numbers = numbers.public_numbers()
                return {"kty": "RSA", "use": "sig", "kid": name, "n": number(numbers.n), "e": number(numbers.e)}
            if name in curves:
                numbers = numbers.public_numbers()
                _, curve, size = curves[name]
                return {"kty": "EC", "use": "sig", "kid": name, "crv": curve, "alg": name.upper(),
                    "x": number(numbers.x, size), "y": number(numbers.y, size)}
            raw = numbers.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {"kty": "OKP", "kid": name, "crv": "Ed25519", "key_ops": ["verify"], "x": b64(raw)}

        def strangers():
            # What sets have that is not for signatures, or of kinds that nobody here knows.
            return [{"kty": "oct", "kid": "secret", "k": b64(b"secret"), "alg": "HS256"},
                dict(public("rsa_encrypting"), use="enc", alg="RSA-OAEP-256"),
                {"kty": "EC", "kid": "koblitz", "crv": "secp256k1", "x": "AA", "y": "AA"},
                {"kty": "LATTICE", "kid": "future"}, dict(public("rsa_short"), kid="short")]

        def signature(name, alg, data):
            if alg == "none":
                return b""
            if alg == "HS256":
                pem = key(name).public_key().public_bytes(
                    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
                return hmac.new(pem, data, hashlib.sha256).digest()
            if alg == "EdDSA":
                return key(name).sign(data)
            digest = hashing[alg[2:]]()
            if alg.startswith("RS"):
                return key(name).sign(data, padding.PKCS1v15(), digest)
            if alg.startswith("PS"):
                return key(name).sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
            r, s = utils.decode_dss_signature(key(name).sign(data, ec.ECDSA(digest)))
            size = curves[name][2]
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")

        def mint(wish):
            name = wish.get("key", state().get("signing", "rsa1"))
            alg = wish.get("alg", "RS256" if name.startswith("rsa") else name.upper() if name in curves else "EdDSA")
            header = {"alg": alg, "typ": "JWT", "kid": wish.get("kid", name)}
            header.update(wish.get("header", {}))
            header = {item: value for item, value in header.items() if value is not None}
            data = (b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims(wish.get("claims", {}))).encode()))
            signed = bytearray(signature(name, alg, data.encode()))
            if wish.get("damage"):
                signed[len(signed) // 2] ^= 1
            return data + "." + b64(bytes(signed))


        """
}
