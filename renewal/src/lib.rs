//! Renewed certificates for running servers.
//!
//! [`CertReloader`] watches the files of a context: certificates with their keys, CA certificates, revocation
//! lists, OCSP responses and ticket keys. It checks new content, and puts it into service without dropping a
//! connection. Content that fails a check is reported, and the old content stays in service.
//!
//! ```no_run
//! use pyssl as ssl;
//! use pyssl_renewal::{CertFiles, CertReloader};
//!
//! let context = ssl::create_default_context(ssl::Purpose::CLIENT_AUTH)?;
//! let live = "/etc/letsencrypt/live/example.org";
//! let files = CertFiles::new(format!("{live}/fullchain.pem"))
//!     .keyfile(format!("{live}/privkey.pem"))
//!     .names(["example.org", "www.example.org"]);
//! let reloader = CertReloader::builder(&context)
//!     .certificate(files)
//!     .on_event(|event| eprintln!("{event}"))
//!     .start()?;
//! println!("{} days left", reloader.status()[0].days_left());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![doc(test(attr(deny(warnings), allow(dead_code, unused_variables))))]
#![forbid(unsafe_code)]

#[cfg(feature = "acme")]
pub mod acme;
mod check;
mod content;
mod error;
mod event;
mod files;
pub mod fleet;
mod listeners;
mod reloader;
mod staples;
mod sys;
mod time;
#[cfg(feature = "notify")]
mod watch;

pub use error::ReloadError;
pub use event::{CertStatus, Event};
pub use files::CertFiles;
pub use reloader::{CertReloader, CertReloaderBuilder};

/// Compiles the code in the README.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    mod readme {}
}
