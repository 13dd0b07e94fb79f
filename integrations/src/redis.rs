//! `redis` on a TLS connection.

use pyssl::{SslContext, WrapBio};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo, RedisResult};
use tokio::net::TcpStream;

/// Connects to a server. A task of the runtime drives the connection until the last clone of the
/// `MultiplexedConnection` is dropped.
pub async fn connect(
    context: &SslContext,
    (host, port): (&str, u16),
    settings: &RedisConnectionInfo,
) -> RedisResult<MultiplexedConnection> {
    let tcp = TcpStream::connect((host, port)).await?;
    tcp.set_nodelay(true)?;
    let stream = context
        .connect(tcp, WrapBio::from(host).port(port))
        .await
        .map_err(std::io::Error::from)?;
    let config = AsyncConnectionConfig::default();
    let (connection, driver) =
        MultiplexedConnection::new_with_config(settings, stream, config).await?;
    tokio::spawn(driver);
    Ok(connection)
}
