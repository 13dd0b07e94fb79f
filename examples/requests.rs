//! HTTPS as with Python's `requests`: `verify` is true, false, or the path of the trusted
//! certificates.
//!
//! `cargo run --example requests --features requests [PORT]`, beside an HTTPS server: `cargo run --
//! serve 127.0.0.1:8443 --http --cert target/example-certificates/server.crt --key
//! target/example-certificates/server.key`. The first run creates the certificates. The Python
//! program connects to example.com, where `verify=True` succeeds; the system does not trust the
//! certificate of the server here.

mod certificates;

// import requests
use pyssl::requests::{self, Error, Response};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    certificates::here()?;
    let url = format!("https://localhost:{}", certificates::port()?);

    // response = requests.get('https://example.com', verify=True)
    let response = requests::get(&url, true);
    show("verify=True", response);

    // With `verify=False`, the client accepts any server.
    // response = requests.get('https://example.com', verify=False)
    let response = requests::get(&url, false);
    show("verify=False", response);

    // response = requests.get('https://example.com', verify='path/to/ca_cert.pem')
    let response = requests::get(&url, "ca_cert.pem");
    show("verify='ca_cert.pem'", response);
    Ok(())
}

fn show(call: &str, response: Result<Response, Error>) {
    match response {
        Ok(response) => println!("{call}: {} {:?}", response.status_code(), response.text()),
        // except requests.exceptions.SSLError as e:
        Err(Error::SSLError(e)) => println!("{call}: SSLError: {e}"),
        Err(e) => println!("{call}: {e}"),
    }
}
