use std::fmt;
use std::sync::Arc;

use once_cell::sync::Lazy;

use super::library::Library;
use super::{CipherString, CipherStringError, Explanation, table};

/// A version of OpenSSL for which the crate has a table of suites, names and defaults. Strings are
/// evaluated as in that version, which need not be installed.
///
/// ```
/// use pyssl_ciphers::cipher::KnownOpenssl;
///
/// let string = "HIGH:!aNULL:!CAMELLIA:!SSLv3";
/// for openssl in KnownOpenssl::all() {
///     match openssl.explain(string) {
///         Ok(explanation) => println!("{openssl}: {} suites", explanation.ciphers().len()),
///         Err(error) => println!("{openssl}: {error}"),
///     }
/// }
/// ```
///
/// `cargo xtask ciphers` reads the tables from the libraries, and the crate's tests compare the
/// linked library with its table. A distribution can build the same version with other suites.
#[derive(Clone)]
pub struct KnownOpenssl {
    pub(super) library: Arc<Library>,
    name: &'static str,
    version: &'static str,
    build: &'static str,
}

impl KnownOpenssl {
    /// The versions that the crate knows, oldest first: 1.1.1, 3.0, 3.5, 3.6 and 4.0.
    #[allow(
        clippy::expect_used,
        reason = "the tables are part of the crate, and tested"
    )]
    pub fn all() -> &'static [KnownOpenssl] {
        static ALL: Lazy<Vec<KnownOpenssl>> = Lazy::new(|| {
            table::TABLES
                .iter()
                .map(|(name, text)| {
                    let table = table::read(text).expect("a table of the crate");
                    KnownOpenssl {
                        library: Arc::new(table.library),
                        name,
                        version: table.version,
                        build: table.build,
                    }
                })
                .collect()
        });
        &ALL
    }

    /// The version with this name: `"1.1.1"`, `"3.0"`, `"3.5"`, `"3.6"`, `"4.0"`.
    pub fn named(name: &str) -> Option<&'static KnownOpenssl> {
        KnownOpenssl::all().iter().find(|known| known.name == name)
    }

    /// The name of the version: `"3.0"`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The library's `OPENSSL_VERSION`: `"OpenSSL 3.0.22 25 Aug 2026"`.
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// The origin of the library.
    pub fn build(&self) -> &'static str {
        self.build
    }

    /// The effect of each part of a string in this version.
    ///
    /// # Errors
    ///
    /// [`CipherStringError`] with the column at which this version refuses the string. The limits
    /// are those of [`CipherString::parse`].
    pub fn explain(&self, text: &str) -> Result<Explanation, CipherStringError> {
        let string = CipherString::parse_with(text, Arc::clone(&self.library))?;
        Ok(string.explain_by_rules())
    }
}

impl fmt::Display for KnownOpenssl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.version)
    }
}

impl fmt::Debug for KnownOpenssl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KnownOpenssl({:?}, {:?})", self.version, self.build)
    }
}
