//! The files that the Python programs expect in their working directory. If they do not exist, they
//! are created in `target/example-certificates`, so that the examples run without preparation.

use std::path::Path;

/// Changes to a directory that has `server.crt`, `server.key` and `ca_cert.pem`.
pub(crate) fn here() -> std::io::Result<()> {
    if Path::new("server.crt").exists() || Path::new("ca_cert.pem").exists() {
        return Ok(());
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/example-certificates");
    if !directory.join("ca_cert.pem").exists() {
        std::fs::create_dir_all(&directory)?;
        let ca = pyssl_testing::Ca::new();
        let leaf = ca.issue("localhost");
        std::fs::write(directory.join("server.crt"), leaf.chain_pem())?;
        std::fs::write(directory.join("server.key"), leaf.key_pem())?;
        std::fs::write(directory.join("ca_cert.pem"), ca.cert_pem())?;
    }
    println!("using the certificates in {}", directory.display());
    std::env::set_current_dir(directory)
}

/// The port given on the command line, or the Python programs' port.
pub(crate) fn port() -> Result<u16, std::num::ParseIntError> {
    std::env::args()
        .nth(1)
        .map_or(Ok(8443), |port| port.parse())
}
