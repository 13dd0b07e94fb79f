use std::time::Duration;

use pyssl as ssl;
use pyssl::aio::TlsStream;
use pyssl_testing::Ca;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, duplex};

use super::inner::{Failing, Trickle};
use super::support::{client_context, contexts, pair, pattern, server_context, shake, transfer};

#[tokio::test]
async fn a_connected_stream_reports_the_negotiated_parameters() {
    let (client, server) = contexts();
    let (near, far) = pair(&client, &server, 4096).await;
    assert_eq!(near.object().version(), Some("TLSv1.3"));
    assert_eq!(near.object().cipher(), far.object().cipher());
    assert!(near.object().getpeercert().expect("done").is_some());
    assert!(far.object().server_side());
}

#[tokio::test]
async fn a_handshake_succeeds_when_bytes_arrive_singly() {
    let (client, server) = contexts();
    let (near, far) = duplex(1);
    let (mut near, mut far) =
        shake((&client, &server), (Trickle::new(near), Trickle::new(far))).await;
    transfer(&mut near, &mut far, &pattern(2000)).await;
}

#[tokio::test]
async fn connect_without_a_name_fails_and_returns_the_stream() {
    let (client, _) = contexts();
    let (near, _far) = duplex(64);
    let refused = client.connect(near, ()).into_fallible().await;
    let (error, _near) = refused.expect_err("no name to check");
    assert_eq!(error.to_string(), "check_hostname requires server_hostname");
}

#[tokio::test]
async fn a_context_of_the_other_role_is_refused() {
    let (client, server) = contexts();
    let (near, far) = duplex(64);
    let error = server
        .connect(near, "localhost")
        .await
        .expect_err("a server's");
    assert_eq!(
        error.to_string(),
        "Cannot create a client socket with a PROTOCOL_TLS_SERVER context"
    );
    assert!(client.accept(far).await.is_err());
}

#[tokio::test]
async fn an_unknown_issuer_fails_the_handshake_on_both_sides() {
    let (client, server) = (client_context(&Ca::new()), server_context(&Ca::new()));
    let (near, far) = duplex(16 * 1024);
    let (near, far) = tokio::join!(client.connect(near, "localhost"), server.accept(far));
    let error = near.expect_err("an unknown issuer");
    assert_eq!(error.python_class(), "SSLCertVerificationError");
    let error = far.expect_err("the client's alert");
    assert_eq!(error.reason(), Some("TLSV1_ALERT_UNKNOWN_CA"));
}

#[tokio::test(start_paused = true)]
async fn a_handshake_with_a_silent_peer_times_out() {
    let (client, _) = contexts();
    for (timeout, seconds) in [(None, "60.0"), (Some(Duration::from_millis(1500)), "1.5")] {
        let (near, _far) = duplex(4096);
        let mut handshake = client.connect(near, "localhost");
        if timeout.is_some() {
            handshake = handshake.timeout(timeout);
        }
        let (error, _near) = handshake.into_fallible().await.expect_err("too late");
        assert_eq!(error.python_class(), "ConnectionAbortedError");
        assert_eq!(
            error.to_string(),
            format!(
                "SSL handshake is taking longer than {seconds} seconds: aborting the connection"
            )
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_without_a_time_out_waits_for_the_peer() {
    let (client, server) = contexts();
    let (near, far) = duplex(16 * 1024);
    let late = async {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        server.accept(far).await
    };
    let (near, far) = tokio::join!(client.connect(near, "localhost").timeout(None), late);
    assert!(near.is_ok() && far.is_ok());
}

#[tokio::test]
async fn a_peer_that_closes_during_the_handshake_is_a_connection_reset() {
    let (client, server) = contexts();
    let (near, far) = duplex(4096);
    drop(far);
    let error = client.connect(near, "localhost").await.expect_err("gone");
    // The pipe breaks at the client's first write.
    assert_eq!(error.python_class(), "BrokenPipeError");
    let (mut near, far) = duplex(4096);
    near.write_all(&[0x16, 3, 1]).await.expect("room");
    drop(near);
    let error = server.accept(far).await.expect_err("gone");
    assert_eq!(error.python_class(), "ConnectionResetError");
}

#[tokio::test]
async fn plaintext_instead_of_a_handshake_is_an_ssl_error() {
    let (client, server) = contexts();
    let (near, mut far) = duplex(4096);
    far.write_all(b"220 mail.example.com ESMTP\r\n")
        .await
        .expect("room");
    let error = client
        .connect(near, "localhost")
        .await
        .expect_err("not TLS");
    assert_eq!(error.reason(), Some("WRONG_VERSION_NUMBER"));
    let (mut near, far) = duplex(4096);
    near.write_all(b"GET / HTTP/1.1\r\n\r\n")
        .await
        .expect("room");
    let error = server.accept(far).await.expect_err("not TLS");
    assert_eq!(error.reason(), Some("HTTP_REQUEST"));
}

#[tokio::test]
async fn a_handshake_returns_the_error_of_the_inner_stream() {
    let (client, _) = contexts();
    for (reads, class) in [(true, "ConnectionResetError"), (false, "BrokenPipeError")] {
        let (near, _far) = duplex(4096);
        let near = Failing {
            inner: near,
            reads,
            writes: !reads,
        };
        let error = client
            .connect(near, "localhost")
            .await
            .expect_err("it fails");
        assert_eq!(error.python_class(), class, "{error}");
    }
}

#[tokio::test]
async fn starttls_keeps_bytes_that_were_read_ahead() {
    let (client, server) = contexts();
    let (near, far) = duplex(64 * 1024);
    let serve = async {
        let mut plain = BufReader::new(far);
        let mut line = Vec::new();
        // The buffer may contain the ClientHello after the line.
        tokio::io::AsyncBufReadExt::read_until(&mut plain, b'\n', &mut line).await?;
        let received = plain.buffer().to_vec();
        let was_ahead = !received.is_empty();
        let mut tls = server
            .accept(plain.into_inner())
            .received(&received)
            .await?;
        tls.write_all(b"secret").await?;
        tls.shutdown().await?;
        Ok::<_, std::io::Error>(was_ahead)
    };
    let connect = async {
        let mut near = near;
        near.write_all(b"STARTTLS\n").await?;
        let mut tls = client.connect(near, "localhost").await?;
        let mut text = String::new();
        tls.read_to_string(&mut text).await?;
        Ok::<_, std::io::Error>(text)
    };
    // The client's line and hello are in the pipe before the server looks.
    let (text, was_ahead) = tokio::join!(biased; connect, serve);
    assert_eq!(text.expect("a text"), "secret");
    assert!(was_ahead.expect("served"), "the hello was not read ahead");
}

#[tokio::test]
async fn tls_runs_inside_tls() {
    let (client, server) = contexts();
    let (near, far) = pair(&client, &server, 1000).await;
    let (mut near, mut far): (TlsStream<_>, TlsStream<_>) =
        shake((&client, &server), (near, far)).await;
    transfer(&mut near, &mut far, &pattern(100_000)).await;
}

#[tokio::test]
async fn a_handshake_continues_in_another_task() {
    let (client, server) = contexts();
    let (near, far) = duplex(100);
    let mut handshake = Box::pin(client.connect(near, "localhost"));
    // This task polls the handshake once. Then another task awaits it.
    let started = tokio::time::timeout(Duration::ZERO, &mut handshake).await;
    assert!(started.is_err());
    let elsewhere = tokio::spawn(handshake);
    let (near, far) = tokio::join!(elsewhere, server.accept(far));
    assert!(near.expect("no panic").is_ok() && far.is_ok());
}

#[test]
fn invalid_options_are_reported_without_a_runtime() {
    let ca = Ca::new();
    let context = client_context(&ca);
    let (near, _far) = duplex(1);
    let mut handshake = Box::pin(context.connect(near, "a\0b"));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match std::future::Future::poll(handshake.as_mut(), &mut cx) {
        std::task::Poll::Ready(Err(ssl::Error::Type(_) | ssl::Error::Value(_))) => {}
        other => panic!("{other:?}"),
    }
}
