//! tokio-tungstenite, which takes any stream.

use futures_util::{SinkExt, StreamExt};
use pyssl_testing::Ca;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, client_async};

use crate::support::{client, listener, server};

#[tokio::test]
async fn websocket_messages_are_exchanged_over_tls() {
    let ca = Ca::new();
    let (client, server) = (client(&ca), server(&ca.issue("localhost")));
    let (tcp, port) = listener().await;
    let serving = tokio::spawn(async move {
        let (tcp, _) = tcp.accept().await.unwrap();
        let mut socket = accept_async(server.accept(tcp).await.unwrap())
            .await
            .unwrap();
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() || message.is_binary() {
                socket.send(message).await.unwrap();
            }
        }
    });
    let tcp = TcpStream::connect(("localhost", port)).await.unwrap();
    let stream = client.connect(tcp, "localhost").await.unwrap();
    let (mut socket, _) = client_async("wss://localhost/", stream).await.unwrap();
    for message in [Message::text("hello"), Message::binary(vec![7; 300_000])] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    socket.close(None).await.unwrap();
    while let Some(Ok(_)) = socket.next().await {}
    serving.await.unwrap();
}
