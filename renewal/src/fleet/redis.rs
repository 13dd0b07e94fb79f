use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyssl::{Purpose, SslContext, TicketKey};
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncCommands, AsyncConnectionConfig, Client, ConnectionAddr, ExistenceCheck,
    RedisConnectionInfo, SetExpiry, SetOptions,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use super::{StoreError, TicketKeyStore};

/// The time-out of an exchange with Redis, which includes the connection if there is none.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Ticket keys in Redis (feature `redis`). Redis forgets each key when it expires.
///
/// The keys protect all sessions of the fleet. So allow only the servers to use these entries (Redis ACLs), and
/// use TLS to reach Redis over a network.
pub struct RedisStore {
    address: ConnectionAddr,
    settings: RedisConnectionInfo,
    context: Option<SslContext>,
    prefix: String,
    /// Drives `connection` during each exchange.
    runtime: Background,
    connection: Option<MultiplexedConnection>,
}

/// A runtime that ends without waiting. Another drop would panic in a thread that drives a runtime.
struct Background(Option<Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl RedisStore {
    /// A store at this address: `redis://[user:password@]host[:port][/database]`, with TLS
    /// `rediss://[user:password@]host[:port][/database]`, or `redis+unix:///path`. The entries are named `prefix`
    /// and the number of the period.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// use pyssl_renewal::fleet::RedisStore;
    /// let store = RedisStore::new("rediss://server:secret@redis.example", "ticket-key:")?;
    /// // Load the server's CA and a client certificate into this context if Redis needs them.
    /// let context = ssl::create_default_context(())?;
    /// let store = store.context(&context);
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the address is not valid, or asks for TLS without verification (`#insecure`). The connection is made when
    /// it is needed.
    pub fn new(address: &str, prefix: impl Into<String>) -> Result<RedisStore, StoreError> {
        // The redis crate refuses these addresses unless it is built with a TLS library of its own.
        let with_tls = address.strip_prefix("rediss://");
        let context = match with_tls {
            Some(address) if address.contains("#insecure") => {
                return Err("the address asks for TLS without verification".into());
            }
            Some(_) => Some(pyssl::create_default_context(Purpose::SERVER_AUTH)?),
            None => None,
        };
        let client = match with_tls {
            Some(address) => Client::open(format!("redis://{address}"))?,
            None => Client::open(address)?,
        };
        let connection = client.get_connection_info();
        Ok(RedisStore {
            address: connection.addr().clone(),
            settings: connection.redis_settings().clone(),
            context,
            prefix: prefix.into(),
            runtime: Background(Some(Builder::new_current_thread().enable_all().build()?)),
            connection: None,
        })
    }

    /// Uses this context for a `rediss://` address. The default is
    /// [`create_default_context`](pyssl::create_default_context), so the system must trust the server's certificate.
    /// Other addresses have no TLS, so the context has no effect.
    #[must_use]
    pub fn context(mut self, context: &SslContext) -> RedisStore {
        self.context = self.context.map(|_| context.clone());
        self
    }
}

/// Connects to Redis. A task of the runtime drives the connection.
async fn connect(
    address: &ConnectionAddr,
    settings: &RedisConnectionInfo,
    context: Option<&SslContext>,
) -> Result<MultiplexedConnection, StoreError> {
    let tcp = async |host: &str, port: u16| {
        let tcp = TcpStream::connect((host, port)).await?;
        tcp.set_nodelay(true)?;
        std::io::Result::Ok(tcp)
    };
    match (address, context) {
        (ConnectionAddr::Tcp(host, port), None) => drive(settings, tcp(host, *port).await?).await,
        (ConnectionAddr::Tcp(host, port), Some(context)) => {
            let stream = context.connect(tcp(host, *port).await?, host.as_str());
            drive(settings, stream.await?).await
        }
        #[cfg(unix)]
        (ConnectionAddr::Unix(path), _) => {
            drive(settings, tokio::net::UnixStream::connect(path).await?).await
        }
        _ => Err("this kind of address is not supported".into()),
    }
}

async fn drive(
    settings: &RedisConnectionInfo,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<MultiplexedConnection, StoreError> {
    // `within` limits the time.
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(None)
        .set_response_timeout(None);
    let connecting = MultiplexedConnection::new_with_config(settings, stream, config);
    let (connection, driver) = connecting.await?;
    tokio::spawn(driver);
    Ok(connection)
}

async fn exchange(
    connection: &mut MultiplexedConnection,
    name: &str,
    candidate: &TicketKey,
    expires: SystemTime,
) -> Result<TicketKey, StoreError> {
    let expires = expires
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let options = SetOptions::default()
        .conditional_set(ExistenceCheck::NX)
        .with_expiration(SetExpiry::EXAT(expires));
    let candidate = candidate.as_bytes();
    let _: Option<String> = connection.set_options(name, candidate, options).await?;
    let stored: Option<Vec<u8>> = connection.get(name).await?;
    let stored = stored.ok_or("the key expired as soon as it was stored: do the clocks agree?")?;
    let key = TicketKey::try_from(stored.as_slice());
    Ok(key.map_err(|error| format!("the entry {name} in Redis: {error}"))?)
}

/// Limits the time of an exchange, also if Redis sends a byte from time to time.
async fn within<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let late = |_| format!("Redis did not answer in {} seconds", TIMEOUT.as_secs());
    tokio::time::timeout(TIMEOUT, work).await.map_err(late)?
}

impl TicketKeyStore for RedisStore {
    fn get_or_insert(
        &mut self,
        period: u64,
        candidate: &TicketKey,
        expires: SystemTime,
    ) -> Result<TicketKey, StoreError> {
        let name = format!("{}{period}", self.prefix);
        // After an error, an answer may still arrive on the connection, so the next attempt opens a new one.
        let kept = self.connection.take();
        let RedisStore {
            address,
            settings,
            context,
            ..
        } = &*self;
        let (runtime, name) = (&self.runtime.0, &name);
        let work = within(async move {
            // The connection is used once in a period, so Redis may have closed it, or a firewall may have forgotten it.
            if let Some(mut connection) = kept {
                let again = exchange(&mut connection, name, candidate, expires);
                if let Ok(Ok(key)) = tokio::time::timeout(TIMEOUT / 2, again).await {
                    return Ok((key, connection));
                }
            }
            let mut connection = connect(address, settings, context.as_ref()).await?;
            let key = exchange(&mut connection, name, candidate, expires).await?;
            Ok((key, connection))
        });
        // The caller's thread may drive a runtime already, and tokio refuses a second one there.
        let (key, connection) = std::thread::scope(|scope| {
            let run = || match runtime {
                Some(runtime) => runtime.block_on(work),
                None => Err("the runtime has ended".into()),
            };
            let thread = std::thread::Builder::new()
                .name("pyssl-redis".to_owned())
                .spawn_scoped(scope, run)?;
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })?;
        self.connection = Some(connection);
        Ok(key)
    }
}

impl std::fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
