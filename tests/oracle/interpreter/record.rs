//! Callbacks that record the context to which they belong.

use std::sync::{Arc, Mutex};

use pyssl as ssl;

pub(super) type Asked = Arc<Mutex<Vec<String>>>;

/// Returns the records of callbacks since the last call of this function, and removes them.
pub(super) fn take(asked: &Asked) -> Vec<String> {
    std::mem::take(&mut asked.lock().unwrap())
}

fn note(asked: &Asked, text: String) {
    let mut asked = asked.lock().unwrap();
    if asked.last() != Some(&text) {
        asked.push(text);
    }
}

fn or_none(text: Option<&str>) -> &str {
    text.unwrap_or("None")
}

/// Sets a callback that records the name of this context.
pub(super) fn record(
    context: &ssl::SslContext,
    name: &str,
    kind: &str,
    other: Option<ssl::SslContext>,
    asked: &Asked,
) -> ssl::Result<()> {
    let (name, asked) = (name.to_owned(), Arc::clone(asked));
    let key = [b'k'; 16];
    match kind {
        "sni" => context.set_sni_callback(move |request| {
            let server_name = or_none(request.server_name());
            note(&asked, format!("sni {name} {server_name}"));
            Ok(match &other {
                Some(other) => ssl::SniAction::Switch(other.clone()),
                None => ssl::SniAction::Continue,
            })
        }),
        "psk_client" => context.set_psk_client_callback(move |hint| {
            note(&asked, format!("psk_client {name} {}", or_none(hint)));
            Ok((format!("from {name}"), key))
        }),
        "psk_server" => {
            let hint = format!("hint of {name}");
            let answer = move |identity: Option<&str>| {
                note(&asked, format!("psk_server {name} {}", or_none(identity)));
                Ok(key)
            };
            context.set_psk_server_callback(answer, Some(&hint))
        }
        _ => context.set_message_callback(move |message| {
            let direction = match message.direction() {
                ssl::Direction::Read => "read",
                ssl::Direction::Write => "write",
            };
            note(&asked, format!("message {name} {direction}"));
            Ok(())
        }),
    }
}

/// The first words of the lines of a key log.
pub(super) fn key_labels(path: &str) -> std::io::Result<Vec<String>> {
    let lines = std::fs::read_to_string(path)?;
    Ok(lines
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect())
}
