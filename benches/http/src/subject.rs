//! The three clients.

use std::path::Path;

use pyssl::requests::Session;

pub(crate) const SUBJECTS: [&str; 3] = ["pyssl", "ureq", "reqwest"];

pub(crate) enum Client {
    Pyssl(Session),
    Ureq(ureq::Agent),
    Reqwest(reqwest::blocking::Client),
}

impl Client {
    /// A client that trusts the authority in this file.
    pub(crate) fn new(name: &str, ca: &Path) -> Client {
        let pem = || std::fs::read(ca).expect("the authority's certificate");
        match name {
            // As in the others, the environment names neither proxies nor certificates.
            "pyssl" => Client::Pyssl(Session::new(ca).trust_env(false)),
            "ureq" => {
                let root = ureq::tls::Certificate::from_pem(&pem()).expect("a certificate");
                let tls = ureq::tls::TlsConfig::builder()
                    .provider(ureq::tls::TlsProvider::NativeTls)
                    .root_certs(ureq::tls::RootCerts::new_with_certs(&[root]))
                    .build();
                let config = ureq::Agent::config_builder().tls_config(tls).proxy(None);
                Client::Ureq(config.build().into())
            }
            "reqwest" => {
                let root = reqwest::Certificate::from_pem(&pem()).expect("a certificate");
                let client = reqwest::blocking::Client::builder()
                    .use_native_tls()
                    .tls_built_in_root_certs(false)
                    .add_root_certificate(root)
                    .no_proxy();
                Client::Reqwest(client.build().expect("a client"))
            }
            other => panic!("unknown client {other}"),
        }
    }

    /// Sends a GET request, reads the body and returns its length.
    pub(crate) fn get(&self, url: &str) -> usize {
        match self {
            Client::Pyssl(session) => {
                let response = session.get(url, ()).expect("a response");
                response.content().len()
            }
            Client::Ureq(agent) => {
                let mut response = agent.get(url).call().expect("a response");
                response.body_mut().read_to_vec().expect("a body").len()
            }
            Client::Reqwest(client) => {
                let response = client.get(url).send().expect("a response");
                response.bytes().expect("a body").len()
            }
        }
    }
}
