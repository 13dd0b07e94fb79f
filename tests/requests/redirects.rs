//! Redirects: their targets, and the requests that are sent to the targets, compared with Python's
//! `requests`.

use std::time::Duration;

use pyssl::requests::{self, Error, RequestOptions};
use serde_json::{Value, json};

use crate::oracle::compare;
use crate::peer::{hex, redirector};

#[test]
fn redirects_change_method_body_and_headers_as_in_python() {
    let server = redirector();
    let mut scenes = Vec::new();
    for status in [300, 301, 302, 303, 304, 305, 307, 308, 399] {
        for method in [
            "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "QUERY",
        ] {
            for data in [None, Some("a=1"), Some("")] {
                let url = format!("http://{}/{status}/{}", server.addr(), hex(b"/there?x"));
                let mut arguments = json!({
                    "method": method,
                    "headers": {
                        "Authorization": "Bearer 1",
                        "Content-Type": "text/x",
                        "Cookie": "a=b",
                        "X-Mine": "yes",
                    },
                });
                if let Some(data) = data {
                    arguments["data"] = json!(data);
                }
                scenes.push((url, arguments));
            }
        }
    }
    let first = scenes[0].clone();
    let follows = |follow: bool| {
        let mut scene = first.clone();
        scene.1["allow_redirects"] = json!(follow);
        scene
    };
    scenes.extend([follows(true), follows(false)]);
    for mut scene in [first.clone(), follows(true), follows(false)] {
        scene.1.as_object_mut().unwrap().remove("method");
        scene.1["head"] = json!(true);
        scenes.push(scene);
    }
    compare(&scenes);
}

#[test]
fn location_headers_are_resolved_as_in_python() {
    let server = redirector();
    let other = redirector();
    let port = server.port();
    let locations = [
        "/x".to_owned(),
        "x".to_owned(),
        "../y".to_owned(),
        "../../../y".to_owned(),
        "?n=1".to_owned(),
        "#new".to_owned(),
        String::new(),
        format!("//127.0.0.1:{port}/scheme"),
        format!("http://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}?q"),
        format!("HTTP://127.0.0.1:{port}/upper"),
        format!("http://localhost:{port}/other-name"),
        format!("http://{}/other-port", other.addr()),
        format!("http://user:secret@127.0.0.1:{port}/credentials"),
        "http:/odd".to_owned(),
        "https:/odd".to_owned(),
        "a b/\u{fc}?\u{fc}=%zz#\u{fc}".to_owned(),
        "/%7e%2f%3f".to_owned(),
        "/[x]|{y}".to_owned(),
        "/a%".to_owned(),
        "/x#own".to_owned(),
        "ftp://127.0.0.1/".to_owned(),
        "mailto:me@example.org".to_owned(),
        "http://".to_owned(),
        "http:///x".to_owned(),
        " /blank".to_owned(),
        format!("/301/{}", hex(b"/second")),
        format!(
            "/302/{}",
            hex(format!("http://{}/second", other.addr()).as_bytes())
        ),
        format!("/302/{}", hex(b"/307/2f78")),
    ];
    let mut scenes: Vec<(String, Value)> = Vec::new();
    for location in &locations {
        for (fragment, user) in [("", ""), ("#kept", ""), ("", "me:p%40ss@")] {
            let location = hex(location.as_bytes());
            let url = format!("http://{user}127.0.0.1:{port}/302/{location}{fragment}");
            scenes.push((url, json!({"headers": {"Authorization": "Bearer 1"}})));
        }
    }
    scenes.push((format!("http://127.0.0.1:{port}/loop"), json!({})));
    for location in [&b"/\xc3\xa9"[..], b"/\xe9", b"/\xff?\x80"] {
        let url = format!("http://127.0.0.1:{port}/302/{}", hex(location));
        scenes.push((url.clone(), json!({})));
        scenes.push((url, json!({"allow_redirects": false})));
    }
    compare(&scenes);
}

#[test]
fn urls_are_encoded_as_in_python() {
    let server = redirector();
    let port = server.port();
    let scenes: Vec<(String, Value)> = [
        format!("http://127.0.0.1:{port}"),
        format!("HTTP://127.0.0.1:{port}?x#f"),
        format!("http://127.0.0.1:0{port}/a/../b/./c?d e#g h"),
        format!("http://127.0.0.1:{port}/%7e%2f?%7e%2f"),
        format!("http://127.0.0.1:{port}/a//b?c?d#e#f"),
        format!("http://127.0.0.1:{port}\\x"),
        format!("http://127.0.0.1:{port}/\u{fc}?\u{fc}"),
        format!("http://127.0.0.1:{port}/%zz%41"),
        format!("http://127.0.0.1:{port}/?"),
        format!("http://me:p%40ss@127.0.0.1:{port}/"),
        format!("http://m%C3%BC@127.0.0.1:{port}/"),
        format!("http://:@127.0.0.1:{port}/"),
        format!("http://a@b:c@127.0.0.1:{port}/"),
        "http://*.example.org/".to_owned(),
        "http://127.0.0.1:65536/".to_owned(),
        "http:127.0.0.1/".to_owned(),
    ]
    .into_iter()
    .map(|url| (url, json!({"headers": {"Authorization": "Bearer 1"}})))
    .collect();
    compare(&scenes);
}

#[test]
fn the_total_time_out_covers_redirects() {
    let server = redirector();
    let url = format!("http://{}/loop", server.addr());
    let options = RequestOptions::new().total_timeout(Duration::from_millis(200));
    let session = requests::Session::new(options).max_redirects(u32::MAX);
    let error = session.get(url, ()).unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
}

#[test]
fn redirects_can_be_disabled() {
    let server = redirector();
    let session = requests::Session::new(()).max_redirects(0);
    let error = session.get(format!("http://{}/loop", server.addr()), ());
    assert!(
        matches!(
            error,
            Err(Error::TooManyRedirects {
                max_redirects: 0,
                ..
            })
        ),
        "{error:?}"
    );
    let ok = session.get(format!("http://{}/", server.addr()), ());
    assert_eq!(ok.unwrap().status_code(), 200);
}
