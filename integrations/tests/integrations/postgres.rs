//! tokio-postgres, with a server in this process and with the real one.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use pyssl as ssl;
use pyssl_integrations::postgres::MakeTls;
use pyssl_testing::openssl::base64;
use pyssl_testing::openssl::sha::sha256;
use pyssl_testing::{Ca, Leaf};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Server, client, free_port, listener, program, server};

/// Reads one message of the protocol: its type and its content.
async fn message<S: AsyncRead + Unpin>(stream: &mut S) -> (u8, Vec<u8>) {
    let kind = stream.read_u8().await.unwrap();
    let length = stream.read_u32().await.unwrap() as usize;
    let mut content = vec![0; length - 4];
    stream.read_exact(&mut content).await.unwrap();
    (kind, content)
}

async fn authentication<S: AsyncWrite + Unpin>(stream: &mut S, step: u32, data: &[u8]) {
    stream.write_u8(b'R').await.unwrap();
    let length = u32::try_from(8 + data.len()).unwrap();
    stream.write_u32(length).await.unwrap();
    stream.write_u32(step).await.unwrap();
    stream.write_all(data).await.unwrap();
    stream.flush().await.unwrap();
}

/// Plays a server up to the client's SCRAM message, and returns the channel binding in it.
async fn channel_binding(tcp: TcpListener, context: ssl::SslContext) -> Vec<u8> {
    let (mut tcp, _) = tcp.accept().await.unwrap();
    let mut request = [0; 8];
    tcp.read_exact(&mut request).await.unwrap();
    assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47], "SSLRequest");
    tcp.write_all(b"S").await.unwrap();
    let mut stream = context.accept(tcp).await.unwrap();
    let length = stream.read_u32().await.unwrap() as usize;
    stream.read_exact(&mut vec![0; length - 4]).await.unwrap();
    authentication(&mut stream, 10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0").await;
    let (_, first) = message(&mut stream).await;
    let first = String::from_utf8_lossy(&first).into_owned();
    assert!(first.starts_with("SCRAM-SHA-256-PLUS\0"), "{first:?}");
    let nonce = first.rsplit("r=").next().unwrap();
    let challenge = format!("r={nonce}server,s=c2FsdA==,i=4096");
    authentication(&mut stream, 11, challenge.as_bytes()).await;
    let (_, last) = message(&mut stream).await;
    let last = String::from_utf8(last).unwrap();
    let binding = last.strip_prefix("c=").unwrap().split(',').next().unwrap();
    let decoded = base64::decode_block(binding).unwrap();
    decoded
        .strip_prefix(b"p=tls-server-end-point,,")
        .expect("a bound channel")
        .to_vec()
}

const SETTINGS: &str = "host=localhost user=postgres password=secret dbname=postgres \
     sslmode=require channel_binding=require";

fn settings(port: u16) -> tokio_postgres::Config {
    let mut settings: tokio_postgres::Config = SETTINGS.parse().unwrap();
    settings.port(port);
    settings
}

#[tokio::test]
async fn the_postgres_login_uses_channel_binding() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let (tcp, port) = listener().await;
    let serving = tokio::spawn(channel_binding(tcp, server(&leaf)));
    let connecting = settings(port).connect(MakeTls(client(&ca))).await;
    assert!(connecting.is_err(), "the server hangs up after the login");
    assert_eq!(serving.await.unwrap(), sha256(&leaf.der()));
}

/// The number that `id` prints.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// A command that runs as this user, because PostgreSQL refuses to run as root.
fn command(program: &Path, user: Option<u32>) -> Command {
    let mut command = Command::new(program);
    if let Some(user) = user {
        command.uid(user);
    }
    command
}

fn start(leaf: &Leaf, directory: &Path, port: u16) -> Option<Server> {
    let directories = ["/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/17/bin"];
    let initdb = program("initdb", &directories)?;
    let postgres = program("postgres", &directories)?;
    let user = match id(&["-u"]) {
        Some(0) => match id(&["-u", "postgres"]) {
            Some(user) => Some(user),
            None => {
                pyssl_testing::skipped("there is no user postgres");
                return None;
            }
        },
        _ => None,
    };
    let write = |path: &Path, text: &str| {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
        chown(path, user, None).unwrap();
    };
    chown(directory, user, None).unwrap();
    let (data, password) = (directory.join("data"), directory.join("password"));
    write(&password, "secret");
    let made = command(&initdb, user)
        .args(["-U", "postgres", "--auth=scram-sha-256", "--no-sync", "-D"])
        .arg(&data)
        .arg("--pwfile")
        .arg(&password)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{errors}");
    write(&data.join("server.crt"), &leaf.chain_pem());
    write(&data.join("server.key"), &leaf.key_pem());
    let server = command(&postgres, user)
        .arg("-D")
        .arg(&data)
        .args(["-p", &port.to_string(), "-c", "ssl=on", "-c", "fsync=off"])
        .args(["-c", "listen_addresses=127.0.0.1", "-c"])
        .arg(format!("unix_socket_directories={}", directory.display()))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Some(Server(server))
}

#[tokio::test]
async fn a_real_postgres_server_accepts_channel_binding() {
    let ca = Ca::new();
    let directory = tempfile::tempdir().unwrap();
    let port = free_port();
    let Some(mut server) = start(&ca.issue("localhost"), directory.path(), port) else {
        return;
    };
    let client = loop {
        match settings(port).connect(MakeTls(client(&ca))).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                break client;
            }
            // The server does not listen yet, or refuses connections while it starts. It must not have ended.
            Err(error) => assert!(server.0.try_wait().unwrap().is_none(), "{error}"),
        }
        tokio::task::yield_now().await;
    };
    let row = client
        .query_one(
            "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()",
            &[],
        )
        .await
        .unwrap();
    assert!(row.get::<_, bool>(0));
    assert_eq!(row.get::<_, &str>(1), "TLSv1.3");
}
