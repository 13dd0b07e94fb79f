//! Makes requests with Python's `requests` and with `pyssl::requests`, and compares the outcomes.

use std::time::Duration;

use pyssl::requests::{self, HeaderMap};
use pyssl_testing::pki::odd;
use pyssl_testing::server::{HangUp, HttpResponse};
use pyssl_testing::{Ca, Files, HttpsServer, Leaf, Scripted, ServerConfig, closed_port, skipped};
use serde_json::{Value, json};

use crate::scene::{class, options, python_with_requests};

/// The outcome of the request on this library; `oracle.py` makes the same request in Python.
fn outcome(url: &str, arguments: &Value) -> Value {
    let mut options = options(arguments);
    if let Some(seconds) = arguments["timeout"].as_f64() {
        options = options.timeout(Duration::from_secs_f64(seconds));
    }
    if let Some(length) = arguments["data"].as_u64() {
        options = options.data("x".repeat(usize::try_from(length).unwrap()));
    }
    let method = arguments["method"].as_str().unwrap_or("GET");
    let outcome = match arguments["head"].as_bool() {
        Some(true) => requests::head(url, options),
        _ => requests::request(method, url, options),
    };
    match outcome {
        Ok(response) => {
            let show = arguments["show"].as_array().into_iter().flatten();
            let shown: Vec<_> = show
                .map(|name| joined(response.headers(), name.as_str().unwrap()))
                .collect();
            let (status, url) = (response.status_code(), response.url());
            json!([status, response.text(), url, shown])
        }
        Err(error) => json!(class(&error)),
    }
}

/// Joins the values of a header as Python does.
fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| value.as_bytes().iter().copied().map(char::from).collect())
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Makes the requests of these scenes with both libraries, and compares the outcomes.
pub(crate) fn compare(scenes: &[(String, Value)]) {
    let ours = scenes
        .iter()
        .map(|(url, arguments)| outcome(url, arguments));
    let ours: Vec<Value> = ours.collect();
    let Some(python) = python_with_requests() else {
        skipped("no Python with requests found");
        return;
    };
    let input = json!(scenes).to_string();
    let output = python.run(include_str!("oracle.py"), &[input]);
    let theirs: Vec<Value> = serde_json::from_str(&output.expect_success()).unwrap();
    let pairs = scenes.iter().zip(ours.iter().zip(&theirs));
    let different: Vec<_> = pairs.filter(|(_, (ours, theirs))| ours != theirs).collect();
    assert!(different.is_empty(), "{different:#?}");
}

#[test]
fn requests_have_the_same_outcomes_as_in_python() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::new(&ca, &leaf);
    let hashed = tempfile::tempdir().unwrap();
    ca.write_hashed(hashed.path());
    let me = ca.issue("me");
    let both = files.write("both.pem", me.combined_pem());
    let garbage = files.write("garbage.pem", "nothing");
    let other = Files::localhost();

    let tls = |leaf: &Leaf, response: HttpResponse| HttpsServer::start(leaf, response);
    let good = tls(&leaf, HttpResponse::ok("hello"));
    let odd_name = tls(&ca.issue("example.org"), "hello".into());
    let expired = tls(
        &ca.builder().san("localhost").expired().build(),
        "hello".into(),
    );
    let common_name = tls(
        &ca.builder().common_name("localhost").build(),
        "hello".into(),
    );
    let alone = tls(&odd::self_signed(), "hello".into());
    let moved = tls(
        &leaf,
        HttpResponse::redirect(&good.url("localhost", "/there")),
    );
    let circle = tls(&leaf, HttpResponse::redirect("/again"));
    let missing = tls(&leaf, HttpResponse::ok("no").status("404 Not Found"));
    let stalled = tls(&leaf, HttpResponse::ok("some").content_length(10));
    let strict = HttpsServer::start(ServerConfig::new(&leaf).require_client_cert(&ca), "hello");
    let hangs_up = |answer: &str| {
        let config = ServerConfig::new(&leaf).hang_up_after(1, HangUp::CloseNotify);
        HttpsServer::start(config, HttpResponse::raw(answer))
    };
    let chunked =
        hangs_up("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
    let old = hangs_up("HTTP/1.0 200 OK\r\n\r\nold");
    let short = hangs_up("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
    let broken = hangs_up("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab");
    let nonsense = hangs_up("nonsense\r\n\r\n");
    let nothing = hangs_up("");
    let silent = Scripted::never_answers();
    let clear = Scripted::sends_after(1, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclear");
    let confused = Scripted::speaks_http();
    let closed = closed_port();

    let ca_file = json!(&*files.ca);
    let verified = json!({"verify": ca_file});
    let unverified = json!({"verify": false});
    let url = |server: &HttpsServer| server.url("localhost", "/");
    let scenes = [
        (url(&good), verified.clone()),
        (url(&good), json!({"verify": hashed.path()})),
        (url(&good), json!({"verify": &*other.ca})),
        (url(&good), json!({"verify": "/nowhere/ca.pem"})),
        (url(&good), json!({"verify": garbage})),
        (
            url(&good),
            json!({"verify": ca_file, "headers": {"A": "b\r\nc"}}),
        ),
        (good.url("127.0.0.1", "/"), verified.clone()),
        (
            good.url("localhost", "/a b?c=\u{fc}&d=%41"),
            verified.clone(),
        ),
        (url(&odd_name), verified.clone()),
        (url(&odd_name), unverified.clone()),
        (url(&expired), verified.clone()),
        (url(&expired), unverified.clone()),
        (url(&common_name), verified.clone()),
        (url(&alone), verified.clone()),
        (url(&alone), unverified.clone()),
        (url(&strict), json!({"verify": ca_file, "cert": both})),
        (
            url(&strict),
            json!({"verify": ca_file, "cert": [&*write(&files, "me.pem", &me.cert_pem()), &*write(&files, "me.key", &me.key_pem())]}),
        ),
        (url(&strict), json!({"verify": ca_file, "cert": garbage})),
        (
            url(&strict),
            json!({"verify": ca_file, "cert": "/nowhere/me.pem"}),
        ),
        (url(&moved), verified.clone()),
        (
            url(&moved),
            json!({"verify": ca_file, "allow_redirects": false}),
        ),
        (url(&circle), verified.clone()),
        (url(&missing), verified.clone()),
        (url(&stalled), json!({"verify": ca_file, "timeout": 0.3})),
        (url(&chunked), verified.clone()),
        (url(&old), verified.clone()),
        (url(&short), verified.clone()),
        (url(&broken), verified.clone()),
        (url(&nonsense), verified.clone()),
        (url(&nothing), verified.clone()),
        (
            format!("https://{}/", silent.addr()),
            json!({"verify": false, "timeout": 0.1}),
        ),
        (
            format!("http://{}/", silent.addr()),
            json!({"timeout": 0.1}),
        ),
        (format!("http://{}/", clear.addr()), verified.clone()),
        (format!("https://{}/", confused.addr()), unverified.clone()),
        (format!("https://{}/", closed.addr()), unverified.clone()),
        ("example.com".to_owned(), json!({})),
        ("localhost:1/".to_owned(), json!({})),
        ("ftp://localhost/".to_owned(), json!({})),
        ("https:///".to_owned(), json!({})),
    ];
    compare(&scenes);
}

fn write(files: &Files, name: &str, text: &str) -> String {
    files.write(name, text).to_str().unwrap().to_owned()
}
