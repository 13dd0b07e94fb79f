/// The features that depend on the linked OpenSSL; see [`capabilities`].
///
/// If a field is false, the function of that name returns `NotImplementedError`.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether lists of signature algorithms may have names with a leading `?` (since OpenSSL 3.3).
    pub optional_sigalgs: bool,
    /// Whether [`get_sigalgs`](crate::get_sigalgs) works (since OpenSSL 3.4).
    pub get_sigalgs: bool,
    /// Whether lists of groups may have names with a leading `?` (since OpenSSL 3.5).
    pub optional_groups: bool,
    /// Whether [`get_groups`](crate::SslContext::get_groups) works (since OpenSSL 3.5).
    pub get_groups: bool,
    /// Whether `client_sigalg()` of sockets and objects works (since OpenSSL 3.5).
    pub client_sigalg: bool,
    /// Whether `server_sigalg()` of sockets and objects works (since OpenSSL 3.5).
    pub server_sigalg: bool,
    /// Whether `set_psk_client_callback` and `set_psk_server_callback` work: OpenSSL was built with
    /// PSK.
    pub psk: bool,
}

/// The optional features of the linked OpenSSL. Python has `HAS_*` constants for some of them; for
/// the others it raises `NotImplementedError` on use.
///
/// ```
/// # use pyssl as ssl;
/// # fn f(sock: &ssl::SslSocket) -> ssl::Result<()> {
/// if ssl::capabilities().server_sigalg {
///     println!("{:?}", sock.server_sigalg()?);
/// }
/// # Ok(()) }
/// ```
pub const fn capabilities() -> Capabilities {
    Capabilities {
        optional_sigalgs: cfg!(ossl330),
        get_sigalgs: cfg!(ossl340),
        optional_groups: cfg!(ossl350),
        get_groups: cfg!(ossl350),
        client_sigalg: cfg!(ossl350),
        server_sigalg: cfg!(ossl350),
        psk: cfg!(has_psk),
    }
}
