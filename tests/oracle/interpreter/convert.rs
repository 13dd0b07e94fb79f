//! From JSON to arguments, and from results to JSON.

use pyssl as ssl;
use serde_json::{Map, Value, json};

pub(super) fn state(context: &ssl::SslContext) -> ssl::Result<Value> {
    let stats: Map<String, Value> = context
        .session_stats()
        .items()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .into_iter()
        .collect();
    let ciphers: Vec<_> = context.get_ciphers()?.iter().map(|c| c.name).collect();
    Ok(json!({
        "protocol": context.protocol() as i32,
        "verify_mode": context.verify_mode() as i32,
        "check_hostname": context.check_hostname(),
        "options": context.options().bits(),
        "minimum_version": context.minimum_version() as i32,
        "maximum_version": context.maximum_version() as i32,
        "verify_flags": context.verify_flags().bits(),
        "security_level": context.security_level(),
        "num_tickets": context.num_tickets(),
        "post_handshake_auth": context.post_handshake_auth(),
        "hostname_checks_common_name": context.hostname_checks_common_name(),
        "cert_store_stats": cert_store_stats(context),
        "session_stats": stats,
        "ciphers": ciphers,
    }))
}

pub(super) fn cert_store_stats(context: &ssl::SslContext) -> Value {
    let stats = context.cert_store_stats();
    json!({"x509": stats.x509, "crl": stats.crl, "x509_ca": stats.x509_ca})
}

pub(super) fn ca_certs(context: &ssl::SslContext) -> ssl::Result<Vec<String>> {
    let certs = context.get_ca_certs();
    certs.iter().map(|ca| Ok(hex(&ca.to_der()?))).collect()
}

pub(super) fn cipher(c: &ssl::Cipher) -> Value {
    json!({
        "id": c.id, "name": c.name, "protocol": c.protocol, "description": c.description,
        "strength_bits": c.strength_bits, "alg_bits": c.alg_bits, "aead": c.aead,
        "symmetric": c.symmetric, "digest": c.digest, "kea": c.kea, "auth": c.auth,
    })
}

pub(super) fn default_context(purpose: &str, given: &Value) -> ssl::Result<ssl::SslContext> {
    let mut options = ssl::DefaultContext::new(purpose_of(purpose));
    if let Some(cafile) = given["cafile"].as_str() {
        options = options.cafile(cafile);
    }
    if let Some(capath) = given["capath"].as_str() {
        options = options.capath(capath);
    }
    if let Some(cadata) = cadata(given) {
        options = options.cadata(cadata);
    }
    ssl::create_default_context(options)
}

pub(super) fn unverified_context(given: &Value) -> ssl::Result<ssl::SslContext> {
    let mut options = ssl::UnverifiedContext::new().locations(locations(given));
    if let Some(protocol) = given.get("protocol") {
        options = options.protocol(ssl::Protocol::try_from(int(protocol))?);
    }
    if let Some(mode) = given.get("cert_reqs") {
        let mode = (!mode.is_null()).then(|| ssl::VerifyMode::try_from(int(mode)));
        options = options.cert_reqs(mode.transpose()?);
    }
    if let Some(on) = given["check_hostname"].as_bool() {
        options = options.check_hostname(on);
    }
    if let Some(purpose) = given["purpose"].as_str() {
        options = options.purpose(purpose_of(purpose));
    }
    if let Some(certfile) = given["certfile"].as_str() {
        options = options.certfile(certfile);
    }
    if let Some(keyfile) = given["keyfile"].as_str() {
        options = options.keyfile(keyfile);
    }
    ssl::create_unverified_context(options)
}

fn purpose_of(name: &str) -> ssl::Purpose {
    match name {
        "server" => ssl::Purpose::SERVER_AUTH,
        _ => ssl::Purpose::CLIENT_AUTH,
    }
}

pub(super) fn locations(given: &Value) -> ssl::VerifyLocations {
    let mut locations = ssl::VerifyLocations::new();
    if let Some(cafile) = given["cafile"].as_str() {
        locations = locations.cafile(cafile);
    }
    if let Some(capath) = given["capath"].as_str() {
        locations = locations.capath(capath);
    }
    if let Some(cadata) = cadata(given) {
        locations = locations.cadata(cadata);
    }
    locations
}

fn cadata(given: &Value) -> Option<ssl::CaData> {
    let text = given["cadata"].as_str().map(ssl::CaData::from);
    text.or_else(|| Some(unhex(given["cadata_hex"].as_str()?).into()))
}

pub(super) fn password(given: &Value) -> Option<ssl::Password> {
    let filler = |length: &Value| "x".repeat(usize::try_from(length.as_u64().unwrap()).unwrap());
    if given.is_null() {
        return None;
    }
    if let Some(text) = given.as_str() {
        return Some(text.into());
    }
    let (kind, value) = given.as_object().unwrap().iter().next().unwrap();
    let value = value.clone();
    Some(match kind.as_str() {
        "hex" => unhex(text(&value)).into(),
        "length" => filler(&value).into(),
        "returned_length" => ssl::Password::callback(move || Ok(filler(&value))),
        "returns" => ssl::Password::callback(move || Ok(text(&value).to_owned())),
        _ => ssl::Password::callback(move || Err::<Vec<u8>, _>(text(&value).into())),
    })
}

pub(super) fn wrap_bio(given: &Value) -> ssl::WrapBio {
    let side = given["server_side"].as_bool().unwrap_or(false);
    let options = ssl::WrapBio::new().server_side(side);
    match given["server_hostname"].as_str() {
        Some(name) => options.server_hostname(name),
        None => options,
    }
}

pub(super) fn wrap_socket(given: &Value) -> ssl::WrapSocket {
    let mut options = ssl::WrapSocket::new();
    if let Some(on) = given["server_side"].as_bool() {
        options = options.server_side(on);
    }
    if let Some(on) = given["do_handshake_on_connect"].as_bool() {
        options = options.do_handshake_on_connect(on);
    }
    if let Some(on) = given["suppress_ragged_eofs"].as_bool() {
        options = options.suppress_ragged_eofs(on);
    }
    match given["server_hostname"].as_str() {
        Some(name) => options.server_hostname(name),
        None => options,
    }
}

/// The attributes of an error.
pub(super) fn describe(error: &ssl::Error) -> Value {
    let mut text = error.to_string();
    // The text of a socket differs between Python and Rust.
    if text.starts_with("No SSL wrapper around ") {
        text = "No SSL wrapper around it".to_owned();
    }
    json!({
        "class": error.python_class(),
        "text": text,
        "errno": error.errno(),
        "library": error.library(),
        "reason": error.reason(),
        "verify_code": error.verify_code(),
        "verify_message": error.verify_message(),
    })
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

pub(super) fn int(value: &Value) -> i32 {
    let number = value.as_i64().and_then(|n| i32::try_from(n).ok());
    number.unwrap_or_else(|| panic!("no number: {value}"))
}

pub(super) fn list(value: &Value) -> &[Value] {
    value
        .as_array()
        .unwrap_or_else(|| panic!("no list: {value}"))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn unhex(digits: &str) -> Vec<u8> {
    let digits = digits.as_bytes().chunks(2);
    digits
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("ASCII");
            u8::from_str_radix(pair, 16).expect("hexadecimal digits")
        })
        .collect()
}
