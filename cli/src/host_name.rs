//! Host names that are not ASCII.

use pyssl as ssl;

/// A host name in ASCII, as Python's `idna` codec writes it. Names in ASCII stay as they are.
pub(crate) fn ascii_name(name: &str) -> Result<String, String> {
    if name.is_ascii() {
        return Ok(name.to_owned());
    }
    // The library converts the name that it sends.
    let converted = || -> ssl::Result<Option<String>> {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
        let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
        let object = context.wrap_bio(&incoming, &outgoing, name)?;
        Ok(object.server_hostname().map(|name| name.to_owned()))
    };
    match converted() {
        Ok(Some(name)) => Ok(name),
        Ok(None) => Err(format!("'{}' is not a host name", name.escape_debug())),
        Err(error) => Err(format!(
            "'{}' is not a host name: {error}",
            name.escape_debug()
        )),
    }
}
