//! Certificates from an ACME server (RFC 8555), such as Let's Encrypt: obtained, renewed in time, and put into
//! service without dropping a connection.
//!
//! ```no_run
//! use pyssl as ssl;
//! use pyssl_renewal::acme::AcmeClient;
//!
//! let context = ssl::create_default_context(ssl::Purpose::CLIENT_AUTH)?;
//! let renewal = AcmeClient::new(
//!     "https://acme-v02.api.letsencrypt.org/directory",
//!     "/var/lib/example/acme",
//! )
//! .domains(["example.org", "www.example.org"])
//! .email("admin@example.org")
//! .agree_tos(true)
//! .tls_alpn_01(&context)
//! .on_event(|event| eprintln!("{event}"))
//! .start(&context)?;
//! // The server accepts connections with `context`. The server's validation uses the same port.
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The names are those of certbot:
//!
//! | certbot | here |
//! |---|---|
//! | `--server URL`, `--config-dir DIR` | [`AcmeClient::new`] |
//! | `--domain NAME`, `--cert-name NAME` | [`domains`](AcmeClient::domains), [`cert_name`](AcmeClient::cert_name) |
//! | `--email ADDRESS`, `--agree-tos` | [`email`](AcmeClient::email), [`agree_tos`](AcmeClient::agree_tos) |
//! | `--eab-kid ID`, `--eab-hmac-key KEY` | [`eab`](AcmeClient::eab) |
//! | `--key-type ecdsa`, `--rsa-key-size 2048` | [`key_type`](AcmeClient::key_type) |
//! | `--preferred-profile NAME`, `--required-profile NAME` | [`preferred_profile`](AcmeClient::preferred_profile), [`required_profile`](AcmeClient::required_profile) |
//! | `--standalone` | [`http_01`](AcmeClient::http_01) with an [`HttpListener`] |
//! | `--webroot DIR` | `http_01` with a [`Webroot`] |
//! | `--manual-auth-hook`, `--manual-cleanup-hook` | `http_01` or [`dns_01`](AcmeClient::dns_01) with a [`ChallengeHook`] |
//! | `certbot certonly` | [`obtain`](AcmeClient::obtain) |
//! | `certbot renew` | [`start`](AcmeClient::start), [`AcmeRenewal::renew_if_due`] |
//! | `REQUESTS_CA_BUNDLE=FILE` | the same, or [`cafile`](AcmeClient::cafile) |
//!
//! **When a certificate is renewed.** The client renews at the time that the server suggests (ARI, RFC 9773). If the
//! server suggests no time, the client renews after two thirds of the certificate's validity, which suits certificates
//! of six days as well as of ninety. It then adds up to a thirtieth of the validity (three days of ninety). A digest of
//! the certificate determines this delay, so that the clients of a fleet do not renew at the same time. After a
//! failure, the old certificate stays in service, and [`Event::Failed`] gives the reason. The next attempt comes after
//! five minutes. It comes after five seconds if another client uses the storage, or if there is no certificate in
//! service and the server did not answer. The pause doubles with each failure up to six hours, and varies at random. It
//! is at least as long as the server demands (`Retry-After`), up to a day. [`AcmeRenewal::renew_if_due`] ends such a
//! pause, and asks the server again.
//!
//! **Files.** The directory has the layout of certbot: `live/NAME/fullchain.pem` and `live/NAME/privkey.pem`, where
//! `live/NAME` is a symbolic link into `archive/`. Only its owner has access. A client locks
//! the file `lock` while it uses the directory, so that the clients of several processes do so in turn.
//! Each file is written completely before it gets its name, the key before the order, the certificate after its key,
//! and the link last. A process that ends at any point continues with the same key and the same order when it starts
//! again.
//!
//! **Limits.** The account's key is ECDSA P-256. With [`tls_alpn_01`](AcmeClient::tls_alpn_01), the context must not require
//! client certificates, since the validating server has none. Certificates are not revoked here.

mod account;
mod binding;
mod challenge;
mod client;
mod delivery;
mod error;
mod hooks;
mod http;
mod key;
mod order;
mod renewal;
mod schedule;
mod settings;
mod storage;
#[cfg(test)]
mod tests;
mod tls_alpn;
mod transport;

pub use challenge::{BoxError, Challenge, ChallengeHook, ChallengeType};
pub use client::AcmeClient;
pub use error::AcmeError;
pub use http::{HttpListener, Webroot};
pub use key::KeyType;
pub use renewal::{AcmeRenewal, Event};
pub use storage::Lineage;
