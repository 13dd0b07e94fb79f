//! The effect of the string in other versions of OpenSSL, and the results that clients negotiate
//! with it.

use std::path::Path;

use pyssl as ssl;
use pyssl_ciphers::cipher::{Explanation, KnownOpenssl};
use pyssl_ciphers::negotiate::{NegotiateOptions, Profile, Role, UsableOptions, usable_ciphers};

use super::context;
use crate::args::CiphersArgs;
use crate::failure::{Failure, WithContext};
use crate::input;
use crate::report::ciphers::{Client, OnVersion};
use crate::setup;

/// The versions to show.
pub(super) fn versions(args: &CiphersArgs) -> Vec<&'static KnownOpenssl> {
    let all = args.all_versions || args.openssl.iter().any(|name| name == "all");
    // 1.1.1 has other defaults and is no longer maintained, so `all` leaves it out.
    let wanted = |known: &&KnownOpenssl| {
        all && known.name() != "1.1.1" || args.openssl.iter().any(|n| n == known.name())
    };
    KnownOpenssl::all().iter().filter(wanted).collect()
}

/// The effect of the string in these versions of OpenSSL, and the difference from its effect in the
/// linked version (`here`).
pub(super) fn on_versions(
    versions: &[&'static KnownOpenssl],
    text: &str,
    here: Option<&Explanation>,
) -> Vec<OnVersion> {
    let on = |openssl: &&'static KnownOpenssl| {
        let explanation = openssl.explain(text);
        let there = explanation.as_ref().ok();
        let diff = here
            .zip(there)
            .filter(|(_, there)| !there.selects_nothing());
        OnVersion {
            openssl,
            diff: diff.map(|(here, there)| here.diff(there)),
            explanation,
        }
    };
    versions.iter().map(on).collect()
}

/// Python's server context for the string, with the user's certificate if there is one.
fn server(args: &CiphersArgs, text: &str) -> Result<ssl::SslContext, Failure> {
    let context = context(args, text, ssl::PROTOCOL_TLS_SERVER)?;
    if let Some(cert) = &args.cert {
        setup::load_identity(&context, cert, &args.key)?;
    }
    Ok(context)
}

/// Tests by handshakes which suites can be used in this role.
pub(super) fn usable(
    args: &CiphersArgs,
    text: &str,
    client: &ssl::SslContext,
    role: Role,
) -> Result<Vec<pyssl_ciphers::negotiate::Usable>, Failure> {
    let usable = match role {
        Role::Client => usable_ciphers(client, role),
        Role::Server => {
            let test_keys = args.cert.is_none();
            let options = UsableOptions::new(role).test_keys(test_keys);
            usable_ciphers(&server(args, text)?, options)
        }
    };
    usable.with_context(|| "cannot try the suites".to_owned())
}

/// The results that known clients negotiate with a server that uses the string. `wanted` is empty
/// (all known clients), a list of names with commas, or the path of a file with clients.
pub(super) fn clients(
    args: &CiphersArgs,
    text: &str,
    wanted: &str,
) -> Result<Vec<Client>, Failure> {
    let server = server(args, text)?;
    let options = NegotiateOptions::new().test_keys(args.cert.is_none());
    let with = |profile: Profile| {
        let found = profile.negotiate(&server, options.clone());
        let found = found.with_context(|| format!("cannot try {profile}"))?;
        let agreed = found.agreement().filter(|agreed| !agreed.used_test_key());
        let key = agreed.and_then(|agreed| agreed.certificate_key());
        Ok(Client {
            required: !wanted.is_empty(),
            profile,
            unknown: key.and_then(|key| unknown_key(Some(key))),
            found,
        })
    };
    profiles(wanted)?.into_iter().map(with).collect()
}

/// The reason why it is unknown whether a client accepts a certificate with this key; `None` if it is known. Profiles
/// do not state the signature schemes of clients. Clients with suites for RSA or ECDSA accept RSA, P-256 and P-384;
/// other keys are not accepted by all of them.
pub(crate) fn unknown_key(name: Option<&str>) -> Option<String> {
    let name = name.unwrap_or("an unknown key");
    let is_common = name.starts_with("RSA ") || matches!(name, "EC P-256" | "EC P-384");
    (!is_common).then(|| {
        format!(
            "the server's key is {name}, and it is not known which signatures the client accepts"
        )
    })
}

pub(crate) fn profiles(wanted: &str) -> Result<Vec<Profile>, Failure> {
    if wanted.is_empty() {
        return Ok(Profile::all().to_vec());
    }
    let named = |name: &str| Profile::named(name).cloned();
    let known: Option<Vec<_>> = wanted.split(',').map(named).collect();
    if let Some(known) = known {
        return Ok(known);
    }
    if Path::new(wanted).is_file() {
        let text =
            input::read_text(Path::new(wanted)).with_context(|| format!("cannot read {wanted}"))?;
        return Profile::parse(&text)
            .map_err(|error| Failure::Usage(format!("--profiles={wanted}: {error}")));
    }
    let names: Vec<_> = Profile::all().iter().map(Profile::name).collect();
    let unknown = wanted.split(',').find(|name| named(name).is_none());
    Err(Failure::Usage(format!(
        "--profiles: '{}' is not a file, and none of {}",
        unknown.unwrap_or(wanted).escape_debug(),
        names.join(", ")
    )))
}
