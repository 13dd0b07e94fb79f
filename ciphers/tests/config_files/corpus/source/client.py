import ssl
CIPHERS = (
    "ECDHE+AESGCM:"
    "ECDHE+CHACHA20"
)

def make():
    """Do not use ctx.set_ciphers("NO")."""
    ctx = ssl.create_default_context()
    ctx.minimum_version = ssl.TLSVersion.TLSv1_2
    ctx.set_ciphers(CIPHERS)
    ctx.options |= ssl.OP_NO_TLSv1_3
    return ctx

def legacy(host):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS)
    old.set_ciphers('ALL:@SECLEVEL=0')  # everything
    return old
