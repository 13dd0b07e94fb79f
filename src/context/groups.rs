//! Key exchange: groups, and parameters for the finite-field kind.

use std::ffi::{CStr, CString, c_int};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::SslContext;
use openssl::nid::Nid;

use super::settings::Settings;
use super::trust::null_byte;
use crate::error::{Error, OsError, Result};
use crate::ffi::ctx::CtxHandle;
use crate::ffi::object;
use crate::ffi::pem::{self, Source};
use crate::text::Repr;

/// The groups that a context is limited to.
#[derive(Clone)]
pub(crate) enum Groups {
    /// OpenSSL's list.
    List(Arc<CStr>),
    /// One, by OpenSSL's number.
    One(c_int),
}

impl Groups {
    /// What was asked for, as text.
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
    /// The name is OpenSSL's short name: `prime256v1`, `secp384r1`, `X25519`, `ffdhe2048`; not
    /// `P-256` or `x25519`. [`set_groups`](Self::set_groups) takes those, and lists.
    ///
    /// # Errors
    ///
    /// `ValueError` for a name that OpenSSL does not know or with a NUL; `SSLError` for one that
    /// is no group.
    pub fn set_ecdh_curve(&self, name: &str) -> Result<()> {
        let short = CString::new(name).map_err(|_| null_byte())?;
        let Some(number) = object::number_of_short_name(&short) else {
            let name = Repr(name);
            return Err(Error::value(format!("unknown elliptic curve name {name}")));
        };
        self.edit(
            |next| {
                next.groups = Some(Groups::One(number));
                Ok(())
            },
            |ctx, next| next.apply_groups(ctx),
        )
    }

    /// Sets the groups for key exchange, in order of preference. Python 3.15's.
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
    /// Names and grammar: `SSL_CTX_set1_groups_list`(3). From OpenSSL 3.5 on a leading `?` skips
    /// a name that is unknown.
    ///
    /// # Errors
    ///
    /// `SSLError` (`unrecognized group`) if a name is unknown; `ValueError` for a NUL. The context
    /// keeps its groups.
    pub fn set_groups(&self, groups: &str) -> Result<()> {
        let list = CString::new(groups).map_err(|_| Error::value("embedded null character"))?;
        self.edit(
            |next| {
                next.groups = Some(Groups::List(list.into()));
                Ok(())
            },
            |ctx, next| {
                next.apply_groups(ctx)
                    .map_err(|_| Error::ssl_text("unrecognized group"))
            },
        )
    }

    /// The groups that OpenSSL has for the context's range of versions. Python 3.15's.
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
    /// These are the groups that [`set_groups`](Self::set_groups) can name, not the ones it has
    /// named.
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

    /// Loads finite-field parameters for a server's DHE suites of TLS 1.2 and older, in PEM.
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
    /// Without, a server has no DHE suites; TLS 1.3 needs none of this.
    ///
    /// # Errors
    ///
    /// `OSError` with the file's name; `SSLError` for a file without such parameters
    /// (`NO_START_LINE`) and for ones that the security level refuses (`DH_KEY_TOO_SMALL`).
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
            |next| {
                next.dh_params = Some(Arc::clone(&dh));
                Ok(())
            },
            |ctx, _| Ok(ctx.set_tmp_dh(&dh)?),
        )
    }
}

impl Settings {
    pub(super) fn apply_groups(&self, ctx: &mut CtxHandle) -> Result<()> {
        match &self.groups {
            Some(Groups::List(list)) => ctx.set_groups_list(list)?,
            Some(Groups::One(number)) => ctx.set_group(*number)?,
            None => {}
        }
        Ok(())
    }
}
