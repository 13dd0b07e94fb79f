/// The features that depend on the linked OpenSSL; see [`capabilities`].
///
/// If a field is false, the function of that name returns `NotImplementedError`.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// A leading `?` in lists of signature algorithms (OpenSSL 3.3).
    pub optional_sigalgs: bool,
    /// [`get_sigalgs`](crate::get_sigalgs) (OpenSSL 3.4).
    pub get_sigalgs: bool,
    /// A leading `?` in lists of groups (OpenSSL 3.5).
    pub optional_groups: bool,
    /// [`get_groups`](crate::SslContext::get_groups) (OpenSSL 3.5).
    pub get_groups: bool,
    /// `client_sigalg()` of sockets and objects (OpenSSL 3.5).
    pub client_sigalg: bool,
    /// `server_sigalg()` of sockets and objects (OpenSSL 3.5).
    pub server_sigalg: bool,
    /// `set_psk_client_callback` and `set_psk_server_callback` (an OpenSSL built with PSK).
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
