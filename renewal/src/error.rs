use std::io;
use std::path::PathBuf;

/// Why the content of a file is not put into service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file that cannot be read.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file has no certificate or no key, the key belongs to another certificate, the password is wrong,
    /// or the context's security level forbids the key.
    #[error("{}: {source}", path.display())]
    Content {
        /// The file of the certificate.
        path: PathBuf,
        /// The error that [`load_cert_chain`](pyssl::SslContext::load_cert_chain) reports for it.
        source: pyssl::Error,
    },
    /// A certificate of the chain has expired.
    #[error("{}: the certificate of {subject} expired on {not_after}", path.display())]
    Expired {
        /// The file of the certificate.
        path: PathBuf,
        /// The subject of the certificate.
        subject: String,
        /// The end of the certificate's validity.
        not_after: String,
    },
    /// A certificate of the chain is not valid yet. The reloader checks the file again later.
    #[error("{}: the certificate of {subject} is not valid before {not_before}", path.display())]
    NotYetValid {
        /// The file of the certificate.
        path: PathBuf,
        /// The subject of the certificate.
        subject: String,
        /// The start of the certificate's validity.
        not_before: String,
    },
    /// The chain does not verify.
    #[error("{}: the certificate chain does not verify: {message} (error {code})", path.display())]
    Chain {
        /// The file of the certificate chain.
        path: PathBuf,
        /// OpenSSL's number for the reason, `X509_V_ERR_…`.
        code: i32,
        /// OpenSSL's text for the reason.
        message: String,
    },
    /// The certificate is not valid for one of the required names.
    #[error("{}: the certificate is not valid for {name}", path.display())]
    Name {
        /// The file of the certificate.
        path: PathBuf,
        /// The required name that the certificate does not have.
        name: String,
    },
    /// A revocation list has expired, is older than the one in service, or has a wrong signature.
    #[error("{}: {message}", path.display())]
    RevocationList {
        /// The file of the revocation list.
        path: PathBuf,
        /// Why the revocation list is not used.
        message: String,
    },
    /// The OCSP response has expired, is for another certificate, reports a revocation, or has a wrong
    /// signature.
    #[error("{}: {message}", path.display())]
    OcspResponse {
        /// The file, or the address of the responder.
        path: PathBuf,
        /// Why the response is not stapled.
        message: String,
    },
    /// The file does not consist of ticket keys.
    #[error("{}: a file of ticket keys has 80 bytes for each key, this one has {length} bytes", path.display())]
    TicketKeys {
        /// The file of the ticket keys.
        path: PathBuf,
        /// The length of the file in bytes.
        length: usize,
    },
    /// The context refuses the content.
    #[error("{0}")]
    Context(#[from] pyssl::Error),
    /// The thread that watches the files cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// Nothing was given to watch.
    #[error("no file was given to watch")]
    Nothing,
}
