//! Creates contexts from the command line.

use std::fs;
use std::path::Path;

use pyssl as ssl;

use crate::args::{KeyArgs, PasswordArgs, TlsArgs, TrustArgs, Version};
use crate::failure::{Failure, WithContext};
use crate::input;

/// The server's context, from Python's `create_default_context(Purpose.CLIENT_AUTH)`. The server
/// requests a client certificate only with `--client-ca`.
pub(crate) fn server_context(client_ca: Option<&Path>) -> Result<ssl::SslContext, Failure> {
    let context = made(
        ssl::create_default_context(ssl::Purpose::CLIENT_AUTH),
        "cannot create a context",
    )?;
    if let Some(file) = client_ca {
        context
            .load_verify_locations(file)
            .with_context(|| format!("cannot load the authorities in {}", file.display()))?;
        context
            .set_verify_mode(ssl::CERT_REQUIRED)
            .with_context(|| "cannot require client certificates".to_owned())?;
    }
    Ok(context)
}

/// The client's context.
pub(crate) fn client_context(trust: &TrustArgs) -> Result<ssl::SslContext, Failure> {
    let mut options = ssl::DefaultContext::default();
    let mut source = "the system's authorities".to_owned();
    if trust.no_verify {
        let context = ssl::create_unverified_context(ssl::UnverifiedContext::new());
        return made(context, "cannot create a context");
    }
    if let Some(file) = &trust.cafile {
        source = format!("the authorities in {}", file.display());
        options = options.cafile(file);
    }
    if let Some(directory) = &trust.capath {
        source = format!("the authorities in {}", directory.display());
        // OpenSSL treats a missing directory as an empty one.
        fs::read_dir(directory).with_context(|| format!("cannot load {source}"))?;
        options = options.capath(directory);
    }
    let context = ssl::create_default_context(options);
    made(context, &format!("cannot load {source}"))
}

/// Distinguishes a key log that cannot be opened from other errors in creating a context.
pub(crate) fn made(
    context: ssl::Result<ssl::SslContext>,
    otherwise: &str,
) -> Result<ssl::SslContext, Failure> {
    context.map_err(|error| {
        let filename = match &error {
            ssl::Error::Os(error) => error.filename(),
            _ => None,
        };
        let key_log = std::env::var_os("SSLKEYLOGFILE");
        let of_key_log = filename.is_some() && filename == key_log.as_deref().map(Path::new);
        let what = match of_key_log {
            true => "cannot open the key log of SSLKEYLOGFILE",
            false => otherwise,
        };
        Failure::Setup {
            what: what.to_owned(),
            error,
        }
    })
}

/// Loads this side's certificate.
pub(crate) fn load_identity(
    context: &ssl::SslContext,
    cert: &Path,
    args: &KeyArgs,
) -> Result<(), Failure> {
    let KeyArgs { key, password } = args;
    let mut chain = ssl::CertChain::new(cert).password(self::password(password));
    if let Some(key) = key {
        chain = chain.keyfile(key);
    }
    if let Some(file) = &password.password_file {
        let text = input::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        chain = chain.password(line.strip_suffix(b"\r").unwrap_or(line));
    }
    context.load_cert_chain(chain).with_context(|| match key {
        None => format!(
            "cannot load the certificate and key in {}{}",
            cert.display(),
            pem_problem(cert, true, true)
        ),
        // OpenSSL's error, which Python reports too, does not say which of the two files could not
        // be read.
        Some(_) if fs::File::open(cert).is_err() => {
            format!("cannot load the certificate in {}", cert.display())
        }
        Some(key) if fs::File::open(key).is_err() => {
            format!("cannot load the key in {}", key.display())
        }
        Some(key) => format!(
            "cannot load the certificate in {}{} with the key in {}{}",
            cert.display(),
            pem_problem(cert, true, false),
            key.display(),
            pem_problem(key, false, true)
        ),
    })
}

/// Explains OpenSSL's "PEM lib" error.
fn pem_problem(file: &Path, certificate: bool, key: bool) -> &'static str {
    let Ok(text) = input::read(file) else {
        return "";
    };
    let has = |mark: &str| text.windows(mark.len()).any(|part| part == mark.as_bytes());
    if certificate && !has("CERTIFICATE-----") {
        " (which has no PEM certificate)"
    } else if key && !has("PRIVATE KEY-----") {
        " (which has no PEM private key)"
    } else {
        ""
    }
}

/// The password that `--password` gives, or a callback that reports that it is missing.
pub(crate) fn password(args: &PasswordArgs) -> ssl::Password {
    match &args.password {
        Some(password) => password.as_str().into(),
        None => ssl::Password::callback(no_password),
    }
}

/// The password callback if no password was given. OpenSSL calls it only if the key is encrypted.
fn no_password() -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let text = "it is encrypted; give the password with --password-file or --password";
    Err(Box::new(ssl::Error::Value(text.into())))
}

/// Sets the versions, the cipher string and the application protocols.
pub(crate) fn apply(context: &ssl::SslContext, args: &TlsArgs) -> Result<(), Failure> {
    versions(context, args.min, args.max)?;
    if let Some(ciphers) = &args.ciphers {
        context
            .set_ciphers(ciphers)
            .with_context(|| format!("--ciphers '{ciphers}'"))?;
    }
    if !args.alpn.is_empty() {
        context
            .set_alpn_protocols(&args.alpn)
            .with_context(|| format!("--alpn {}", args.alpn.join(",")))?;
    }
    Ok(())
}

/// Sets the range of versions.
pub(crate) fn versions(
    context: &ssl::SslContext,
    min: Option<Version>,
    max: Option<Version>,
) -> Result<(), Failure> {
    check_range(min, max)?;
    if let Some(version) = max {
        // Lower the minimum too. Otherwise Python's default minimum would be above the given
        // maximum.
        if min.is_none() && ssl::TlsVersion::from(version) < context.minimum_version() {
            context
                .set_minimum_version(version.into())
                .with_context(|| "--max".to_owned())?;
        }
        context
            .set_maximum_version(version.into())
            .with_context(|| "--max".to_owned())?;
    }
    if let Some(version) = min {
        context
            .set_minimum_version(version.into())
            .with_context(|| "--min".to_owned())?;
    }
    Ok(())
}

/// Refuses an empty range.
pub(crate) fn check_range(min: Option<Version>, max: Option<Version>) -> Result<(), Failure> {
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        return Err(Failure::Usage("--min is above --max".to_owned()));
    }
    Ok(())
}
