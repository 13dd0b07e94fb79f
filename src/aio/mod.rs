//! TLS on tokio's streams: [`SslContext::connect`](crate::SslContext::connect) and
//! [`SslContext::accept`](crate::SslContext::accept). Feature `tokio`.
//!
//! ```python
//! reader, writer = await asyncio.open_connection("localhost", 8443, ssl=context)
//! writer.write(b"hello")
//! await writer.drain()
//! data = await reader.read(1024)
//! ```
//! ```
//! use pyssl as ssl;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! # use pyssl_testing::{Ca, EchoServer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let ca = Ca::new();
//! # let server = EchoServer::start(&ca.issue("localhost"));
//! # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
//! # context.load_verify_locations(ssl::VerifyLocations::new().cadata(ca.cert_pem()))?;
//! # let address = server.addr();
//! let tcp = tokio::net::TcpStream::connect(address).await?;
//! let mut stream = context.connect(tcp, "localhost").await?;
//! stream.write_all(b"hello").await?;
//! stream.flush().await?;
//! let mut data = vec![0; 1024];
//! let n = stream.read(&mut data).await?;
//! # assert_eq!(&data[..n], b"hello");
//! # Ok(()) }
//! ```
//!
//! The context is the same [`SslContext`](crate::SslContext) that blocking programs use. It can be
//! changed while connections use it, so a renewed certificate needs no restart.

pub mod asyncio;
mod buffer;
mod handshake;
mod inspection;
mod lazy;
mod link;
mod split;
mod stream;
mod timer;
mod wakers;

use std::time::Duration;

pub use handshake::{Handshake, IntoFallible};
pub use lazy::{LazyConfigAcceptor, StartHandshake};
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};
pub use stream::TlsStream;

/// Asyncio's `ssl_handshake_timeout`.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(60);

/// Asyncio's `ssl_shutdown_timeout`.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);
