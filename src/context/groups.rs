//! Key exchange: groups, and finite-field Diffie-Hellman parameters.

use std::ffi::{CStr, CString, c_int};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::SslContext;
use openssl::nid::Nid;

use super::trust::null_byte;
use crate::error::{Error, OsError, Result, codec};
use crate::ffi::ctx::CtxHandle;
use crate::ffi::object;
use crate::ffi::pem::{self, Source};
use crate::text::Repr;

/// The groups that a context is limited to.
#[derive(Clone)]
pub(crate) enum Groups {
    /// A list, in OpenSSL's format.
    List(Arc<CStr>),
    /// A single group, as OpenSSL's NID.
    One(c_int),
}

impl Groups {
    pub(super) fn apply(&self, ctx: &mut CtxHandle) -> Result<()> {
        Ok(match self {
            Groups::List(list) => ctx.set_groups_list(list),
            Groups::One(number) => ctx.set_group(*number),
        }?)
    }

    /// The groups as text: the list, or the short name of the single group.
    pub(crate) fn name(&self) -> String {
        match self {
            Groups::List(list) => list.to_string_lossy().into_owned(),
            Groups::One(number) => Nid::from_raw(*number)
                .short_name()
                .map_or_else(|_| number.to_string(), str::to_owned),
        }
    }
}

impl SslContext {
    /// Limits key exchange to one group, on clients and on servers.
    ///
    /// ```python
    /// context.set_ecdh_curve("prime256v1")
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.set_ecdh_curve("prime256v1")?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The name must be OpenSSL's short name: `prime256v1`, `secp384r1`, `X25519`, `ffdhe2048`.
    /// [`set_groups`](Self::set_groups) also accepts other names (`P-256`, `x25519`), and lists.
    ///
    /// # Errors
    ///
    /// `ValueError` if the name is unknown or contains a NUL; `SSLError` if it is not a group.
    pub fn set_ecdh_curve(&self, name: &str) -> Result<()> {
        let short = CString::new(name).map_err(|_| null_byte())?;
        let Some(number) = object::number_of_short_name(&short) else {
            let name = Repr(name);
            return Err(Error::value(format!("unknown elliptic curve name {name}")));
        };
        self.edit(
            |next| next.groups = Some(Groups::One(number)),
            |ctx, next| next.apply_groups(ctx),
        )
    }

    /// Sets the groups for key exchange, in order of preference. New in Python 3.15.
    ///
    /// ```python
    /// context.set_groups("X25519MLKEM768:P-256")
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_groups("X25519:P-256")?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// For names and grammar, see `SSL_CTX_set1_groups_list`(3). From OpenSSL 3.5 on, a name with a
    /// leading `?` is ignored if it is unknown.
    ///
    /// # Errors
    ///
    /// `SSLError` (`unrecognized group`) if a name is unknown; `ValueError` if the list contains a
    /// NUL. The context keeps its groups.
    pub fn set_groups(&self, groups: &str) -> Result<()> {
        let list = codec::c_string(groups)?;
        self.edit(
            |next| next.groups = Some(Groups::List(list.into())),
            |ctx, next| {
                next.apply_groups(ctx)
                    .map_err(|_| Error::ssl_text("unrecognized group"))
            },
        )
    }

    /// The groups that OpenSSL supports for the context's versions. New in Python 3.15.
    ///
    /// ```python
    /// context.get_groups(include_aliases=True)
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// if ssl::capabilities().get_groups {
    ///     assert!(context.get_groups(true)?.contains(&"P-256".to_owned()));
    /// }
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The list has all groups that [`set_groups`](Self::set_groups) accepts, not the ones
    /// currently set.
    ///
    /// # Errors
    ///
    /// `NotImplementedError` before OpenSSL 3.5
    /// ([`Capabilities::get_groups`](crate::Capabilities)).
    pub fn get_groups(&self, include_aliases: bool) -> Result<Vec<String>> {
        match self.ask(|ctx| ctx.implemented_groups(include_aliases))? {
            Some(groups) => groups.map_err(|_| Error::ssl_text("Can't get groups")),
            None => Err(Error::not_implemented(
                "Getting implemented groups requires OpenSSL 3.5 or later.",
            )),
        }
    }

    /// Loads Diffie-Hellman parameters from a PEM file, for a server's DHE suites in TLS 1.2 and
    /// older.
    ///
    /// ```python
    /// context.load_dh_params("dh.pem")
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.load_dh_params("dh.pem")?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// Without parameters, a server has no DHE suites. TLS 1.3 does not need them.
    ///
    /// # Errors
    ///
    /// `OSError` with the file name if the file cannot be read; `SSLError` if it contains no
    /// parameters (`NO_START_LINE`), or the security level forbids them (`DH_KEY_TOO_SMALL`).
    pub fn load_dh_params(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        super::trust::c_path(path)?;
        let unreadable = |error| Error::Os(Box::new(OsError::with_filename(error, path)));
        let source = Source::file(File::open(path).map_err(unreadable)?)?;
        let dh = pem::read_dh_params(&source).map_err(|stack| match source.take_failure() {
            Some(failure) => unreadable(failure),
            None => stack.into(),
        })?;
        let dh = Arc::new(dh);
        self.edit(
            |next| next.dh_params = Some(Arc::clone(&dh)),
            |ctx, _| ctx.set_tmp_dh(&dh),
        )
    }
}
