//! [`Optional`]: arguments that may be `None` in Python.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::sealed::Sealed;

/// An argument that may be `None` in Python: a value or an `Option`.
///
/// ```python
/// def server(certfile, keyfile=None, password=None):
///     context.load_cert_chain(certfile, keyfile, password)
/// ```
/// ```no_run
/// # use pyssl as ssl;
/// # use std::path::Path;
/// # fn server(context: &ssl::SslContext, certfile: &Path, keyfile: Option<&Path>, password: Option<&str>) -> ssl::Result<()> {
/// context.load_cert_chain(ssl::CertChain::new(certfile).keyfile(keyfile).password(password))
/// # }
/// ```
///
/// | `T` | values |
/// |---|---|
/// | `PathBuf` | `&str`, `&Path` and every other reference that is `AsRef<Path>`; `String`, `PathBuf`, `OsString` |
/// | `String` | `&str`, `&String` and every other reference that is `AsRef<str>`; `String`, `Cow<str>` |
/// | [`Password`](crate::Password), [`CaData`](crate::CaData) | every type that converts to them with `From` |
///
/// `None` is the same as omitting the argument. A literal `None` does not compile, because its type
/// cannot be inferred: omit the call instead. Other crates cannot implement the trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a value that becomes `{T}` nor an `Option` of one",
    label = "not an argument of this kind",
    note = "text and paths are taken as `&str`, `String`, `&Path`, `PathBuf`, or as an `Option` of one of these",
    note = "from a reference to an `Option` make an `Option` of a reference first: `.as_deref()` or `.as_ref()`"
)]
pub trait Optional<T>: Sealed<Option<T>> {
    /// The value, if there is one.
    fn into_option(self) -> Option<T>;
}

/// Implements [`Optional`] for types that are converted to the target.
macro_rules! optional {
    ($target:ty, $convert:expr; $([$($generics:tt)*] $source:ty),* $(,)?) => {$(
        impl<$($generics)*> $crate::sealed::Sealed<Option<$target>> for $source {}
        impl<$($generics)*> $crate::sealed::Sealed<Option<$target>> for Option<$source> {}

        impl<$($generics)*> Optional<$target> for $source {
            fn into_option(self) -> Option<$target> {
                Some($convert(self))
            }
        }

        impl<$($generics)*> Optional<$target> for Option<$source> {
            fn into_option(self) -> Option<$target> {
                self.map($convert)
            }
        }
    )*};
}

optional! {
    PathBuf, PathBuf::from;
    [] String, [] PathBuf, [] OsString,
}

optional! {
    PathBuf, |path| AsRef::<Path>::as_ref(path).to_owned();
    [P: AsRef<Path> + ?Sized] &P,
}

optional! {
    String, String::from;
    [] String, ['a] Cow<'a, str>,
}

optional! {
    String, |text| AsRef::<str>::as_ref(text).to_owned();
    [S: AsRef<str> + ?Sized] &S,
}

/// Implements `From` for every path type, for options whose most common argument is a path.
macro_rules! from_paths {
    ($target:ty, $doc:literal, $convert:expr) => {
        crate::optional::from_paths!(
            $target, $doc, $convert; [] String, [] std::path::PathBuf, [] std::ffi::OsString,
            [P: AsRef<std::path::Path> + ?Sized] &P
        );
    };
    ($target:ty, $doc:literal, $convert:expr; $([$($generics:tt)*] $source:ty),*) => {$(
        impl<$($generics)*> From<$source> for $target {
            #[doc = $doc]
            fn from(path: $source) -> $target {
                $convert(path)
            }
        }
    )*};
}

pub(crate) use {from_paths, optional};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{CaData, Password};

    fn path(argument: impl Optional<PathBuf>) -> Option<PathBuf> {
        argument.into_option()
    }

    fn text(argument: impl Optional<String>) -> Option<String> {
        argument.into_option()
    }

    #[test]
    fn path_arguments_accept_every_form_and_options() {
        let (string, buffer) = ("a".to_owned(), PathBuf::from("a"));
        let all = [
            path("a"),
            path(&string),
            path(string.clone()),
            path(Path::new("a")),
            path(&buffer),
            path(buffer.clone()),
            path(OsString::from("a")),
            path(Some("a")),
            path(Some(&string)),
            path(Some(string.clone())),
            path(Some(Path::new("a"))),
            path(Some(&buffer)),
            path(Some(buffer.clone())),
            path(Some(buffer.clone()).as_deref()),
            path(Some(buffer.clone()).as_ref()),
        ];
        assert!(all.into_iter().all(|path| path == Some(buffer.clone())));
        assert_eq!(path(None::<&str>), None);
        assert_eq!(path(None::<PathBuf>), None);
    }

    #[test]
    fn text_arguments_accept_str_string_cow_and_option() {
        let string = "a".to_owned();
        let all = [
            text("a"),
            text(&string),
            text(string.clone()),
            text(Cow::Borrowed("a")),
            text(Some("a")),
            text(Some(&string)),
            text(Some(string.clone())),
            text(Some(string.clone()).as_deref()),
        ];
        assert!(all.into_iter().all(|text| text.as_deref() == Some("a")));
        assert_eq!(text(None::<String>), None);
    }

    #[test]
    fn password_and_cadata_arguments_accept_none() {
        fn password(argument: impl Optional<Password>) -> bool {
            argument.into_option().is_some()
        }
        fn cadata(argument: impl Optional<CaData>) -> Option<CaData> {
            argument.into_option()
        }
        assert!(password("secret") && password(Some("secret")) && password(Some(vec![1])));
        let text = "secret".to_owned();
        assert!(password(&text) && password(Some(b"secret")));
        assert!(!password(None::<&str>) && !password(None::<Password>));
        assert_eq!(
            cadata(Some(&b"der"[..])),
            Some(CaData::Der(b"der".to_vec()))
        );
        assert_eq!(cadata(&text), Some(CaData::Pem(text)));
        assert_eq!(cadata(None::<String>), None);
    }
}
