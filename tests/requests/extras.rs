//! Credentials, uploads, prepared requests and attributes of responses, compared with Python's `requests`.

use std::sync::{Arc, Mutex};

use pyssl::requests::{Error, HttpDigestAuth, RequestOptions, Response, Session};
use serde_json::{Value, json};

use crate::echo::server;
use crate::scene::{compare, one};

struct Plain(u16);

impl Plain {
    fn new() -> Plain {
        Plain(server(None, None))
    }

    fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.0)
    }

    /// The same server under another name.
    fn other(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.0)
    }
}

#[test]
fn digest_challenges_are_answered_as_in_python() {
    let plain = Plain::new();
    let mut scenes = Vec::new();
    for algorithm in [
        "none",
        "MD5",
        "md5",
        "MD5-sess",
        "SHA",
        "SHA-256",
        "SHA-512",
        "SHA-512-256",
    ] {
        for qop in ["none", "auth", "auth+auth-int", "auth-int"] {
            for (method, body) in [
                ("GET", json!({})),
                ("POST", json!({"data": "text"})),
                ("PUT", json!({"file": 3, "at": 2})),
            ] {
                let mut options = body;
                options["digest"] = json!(["u", "p"]);
                let url = plain.url(&format!("/digest/{algorithm}/{qop}?q=1"));
                scenes.push(one(method, &url, options));
            }
        }
    }
    let digest = |name: &str| json!({"digest": ["u", name]});
    scenes.push(one("GET", &plain.url("/digest/MD5/auth"), digest("wrong")));
    scenes.push(one("GET", &plain.url("/echo"), digest("p")));
    scenes.push(one("GET", &plain.url("/status/401"), digest("p")));
    // A second request answers the challenge of the first one.
    for path in ["/digest/MD5/auth", "/digest/MD5/auth/302"] {
        let step = json!({"url": plain.url(path)});
        scenes.push(json!({"session": {"digest": ["u", "p"]}, "steps": [step, step, step]}));
    }
    for target in [
        plain.url("/digest/MD5/auth"),
        plain.other("/digest/MD5/auth"),
    ] {
        let url = plain.url(&format!("/redirect/307?{target}"));
        scenes.push(one(
            "POST",
            &url,
            json!({"digest": ["u", "p"], "data": "text"}),
        ));
        scenes.push(one("POST", &url, json!({"digest": ["u", "p"], "file": 1})));
    }
    compare(&[], &scenes);
}

#[test]
fn credentials_of_netrc_are_used_as_in_python() {
    let plain = Plain::new();
    let dir = tempfile::tempdir().unwrap();
    let there = plain.other("/echo");
    let scenes = vec![
        one("GET", &plain.url("/echo"), json!({})),
        one("GET", &there, json!({})),
        one("GET", &plain.url("/echo"), json!({"auth": ["own", "1"]})),
        one(
            "GET",
            &plain.url("/echo").replace("//", "//url:2@"),
            json!({}),
        ),
        one(
            "GET",
            &plain.url("/echo"),
            json!({"headers": {"Authorization": "Mine"}}),
        ),
        one(
            "GET",
            &plain.url(&format!("/redirect/302?{there}")),
            json!({"auth": ["own", "1"]}),
        ),
        one(
            "GET",
            &plain.url(&format!("/redirect/302?{there}")),
            json!({}),
        ),
        one("GET", &plain.url("/echo"), json!({"bearer": "token"})),
        json!({"session": {"auth": ["s", "3"]}, "steps": [{"url": plain.url("/echo")}]}),
        json!({"trust_env": false, "steps": [{"url": plain.url("/echo")}]}),
        json!({"steps": [{"url": plain.url("/echo"), "prepared": true}]}),
    ];
    let files = [
        "machine localhost login me password secret\n",
        "machine localhost\r\n\tlogin me\r\n\tpassword secret\r\nmachine 127.0.0.1 login you password p2",
        "machine other login me password secret\ndefault login anybody password guest\n",
        "machine localhost login \"a b\" password \"quo\\\"ted\"\n",
        "machine localhost login a\\ b password \\\\\n",
        "machine localhost account only password secret\n",
        "machine localhost login only\n",
        "machine localhost\n",
        "machine localhost login \"\" password secret\n",
        "# comment\nmachine localhost # machine x\nlogin me #comment\npassword #secret\n",
        "#comment machine localhost login no password no\nmachine localhost login me password secret\n",
        "# \n#\n machine localhost login me password pass#word",
        "macdef init\ncd /\nmachine localhost login no password no\n\nmachine localhost login me password secret\n",
        "macdef init\ncd /\n",
        "machine localhost login me password secret unknown word\n",
        "machine localhost login me password secret\nodd\n",
        "machine localhost login a password b\nmachine localhost login c password d\n",
        "machine\n",
        "machine localhost login m\u{fc} password \u{e9}\n",
        "",
    ];
    for (number, text) in files.iter().enumerate() {
        let path = dir.path().join(number.to_string());
        std::fs::write(&path, text).unwrap();
        compare(&[("NETRC", path.to_str().unwrap().to_owned())], &scenes);
    }
    let home = dir.path().to_str().unwrap().to_owned();
    compare(&[("NETRC", "~/0".to_owned())], &scenes[..1]);
    for name in [".netrc", "_netrc"] {
        let path = dir.path().join(name);
        std::fs::write(&path, files[0]).unwrap();
        compare(&[("HOME", home.clone())], &scenes);
        std::fs::remove_file(path).unwrap();
    }
    compare(&[("HOME", home)], &scenes[..1]);
}

#[test]
fn files_and_readers_are_sent_as_in_python() {
    let plain = Plain::new();
    let mut scenes = Vec::new();
    let bodies = [
        json!({"file": 0}),
        json!({"file": 1}),
        json!({"file": 1, "at": 4}),
        json!({"file": 1, "at": 9}),
        json!({"file": 20_000}),
        json!({"pipe": 0}),
        json!({"pipe": 1}),
        json!({"pipe": 20_000}),
        json!({"file": 1, "headers": {"Content-Type": "text/plain"}}),
        json!({"file": 1, "json": {"a": 1}}),
    ];
    for method in ["POST", "PUT", "PATCH", "DELETE", "GET"] {
        for body in &bodies {
            scenes.push(one(method, &plain.url("/echo"), body.clone()));
        }
    }
    for status in [301, 302, 303, 307, 308] {
        for body in &bodies {
            let url = plain.url(&format!("/redirect/{status}?/echo"));
            scenes.push(one("PUT", &url, body.clone()));
        }
    }
    for (path, body) in [
        ("/flaky/a/1", json!({"file": 1, "at": 3})),
        ("/flaky/b/1", json!({"pipe": 1})),
    ] {
        scenes.push(json!({
            "mount": {"http://": {"max_retries": {"total": 3, "status_forcelist": [503]}}},
            "steps": [{"method": "PUT", "url": plain.url(path), "options": body}],
        }));
    }
    // With `allow_redirects(false)`, the redirect is returned even if its body cannot be sent again.
    for status in [301, 302, 303, 307, 308] {
        for body in [json!({"generator": 3}), json!({"file": 3, "at": 2})] {
            let url = plain.url(&format!("/redirect/{status}?/echo"));
            let mut options = body;
            options["allow_redirects"] = json!(false);
            let mut scene = one("POST", &url, options);
            scenes.push(scene.clone());
            if scene["steps"][0]["options"]["file"].is_u64() {
                scene["steps"][0]["follow"] = json!(true);
                scenes.push(scene);
            }
        }
    }
    for part in [
        json!(["a.txt", "content", "text/plain", {"X-Id": "1", "Content-Type": "text/other"}]),
        json!([null, "content"]),
        json!([null, "content", "text/plain"]),
        json!(["a.txt", "content", null, {"Content-Location": "here", "X-Empty": ""}]),
    ] {
        scenes.push(one(
            "POST",
            &plain.url("/echo"),
            json!({"files": [["f", part]]}),
        ));
    }
    compare(&[], &scenes);
}

#[test]
fn prepared_requests_are_sent_as_in_python() {
    let plain = Plain::new();
    let mut scenes = Vec::new();
    for method in ["GET", "POST"] {
        for options in [
            json!({}),
            json!({"data": "text"}),
            json!({"json": {"a": 1}}),
            json!({"params": {"a": "b"}, "headers": {"X-Mine": "lost"}}),
            json!({"cookies": {"a": "1"}}),
            json!({"auth": ["u", "p"]}),
            json!({"digest": ["u", "p"]}),
            json!({"bearer": "token"}),
            json!({"allow_redirects": false}),
        ] {
            for path in [
                "/echo",
                "/redirect/302?/echo",
                "/redirect/308?/echo",
                "/digest/MD5/auth",
            ] {
                scenes.push(json!({
                    "session": {"params": {"s": "1"}, "auth": ["s", "t"]},
                    "steps": [
                        {"url": plain.url("/set?kept=1~Path=/")},
                        {"method": method, "url": plain.url(path), "options": options, "prepared": true},
                    ],
                }));
            }
        }
    }
    compare(&[], &scenes);
}

#[test]
fn attributes_of_responses_are_those_of_python() {
    let plain = Plain::new();
    let head = |text: &str| {
        let url = plain.url(&format!("/head?{}", quote(text)));
        json!({"url": url, "raise": true, "options": {"allow_redirects": false}})
    };
    let mut steps = Vec::new();
    for reason in ["OK", "", "All  is   Well ", "\u{dc}ber", "a:b"] {
        for status in [200, 299, 399, 400, 404, 499, 500, 599, 600] {
            steps.push(head(&format!(
                "{status}|{reason}|Content-Type: text/plain; charset=utf-8"
            )));
        }
    }
    for content_type in [
        "text/html",
        "text/html; charset=utf-8",
        "text/html; charset=\"UTF-8\"",
        "text/html; charset='utf-8'; x=y",
        "text/html;charset=iso-8859-1",
        "TEXT/html;CHARSET=latin1",
        "application/json",
        "application/json; charset=utf-16",
        "text/plain; charset",
        "text/plain; charset=",
        "text/plain; charset=nonsense",
    ] {
        steps.push(head(&format!("200|OK|Content-Type: {content_type}")));
    }
    for link in [
        "<https://x/1>; rel=next",
        "<https://x/1>; rel=\"next\"; title='a', <https://x/2>;rel=last",
        "<https://x/1>,<https://x/2>; rel=last",
        "<https://x/1?a,b>; rel=a; rel=b",
        "<https://x/1>; rel",
        "<https://x/1>; a=b=c; rel=x",
        "https://x/1; rel=x",
        ",<a>",
        "\"\"",
    ] {
        steps.push(head(&format!(
            "200|OK|Content-Type: text/html|Link: {link}"
        )));
    }
    for status in [300, 301, 302, 303, 304, 307, 308, 200] {
        for location in [
            "/echo",
            "//localhost:1/x",
            "relative",
            "http://127.0.0.1:1/x",
        ] {
            steps.push(head(&format!(
                "{status}|Moved|Content-Type: text/html|Location: {location}|Set-Cookie: a=1|Set-Cookie: b=2; Path=/elsewhere"
            )));
        }
    }
    let scenes: Vec<Value> = steps.iter().map(|step| json!({"steps": [step]})).collect();
    compare(&[], &scenes);
}

/// Percent-encodes everything.
fn quote(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn hooks_get_every_response_and_replace_it() {
    let plain = Plain::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let hook = |seen: &Arc<Mutex<Vec<u16>>>| {
        let seen = Arc::clone(seen);
        move |mut response: Response| {
            seen.lock().unwrap().push(response.status_code());
            response.set_encoding("latin1");
            response.raise_for_status()?;
            Ok(response)
        }
    };
    let session = Session::new(RequestOptions::new().response_hook(hook(&seen)));
    let response = session.get(plain.url("/redirect/302?/echo"), ()).unwrap();
    assert_eq!(response.encoding().as_deref(), Some("latin1"));
    assert_eq!(response.history().len(), 1);
    let error = session.get(plain.url("/status/404"), ()).unwrap_err();
    assert!(matches!(error, Error::HTTPError { .. }), "{error:?}");
    let streamed = session.stream("GET", plain.url("/status/500"), ());
    assert!(matches!(streamed, Err(Error::HTTPError { .. })));
    let own = RequestOptions::new().response_hook(Ok);
    assert_eq!(
        session
            .get(plain.url("/status/404"), own)
            .unwrap()
            .status_code(),
        404
    );
    assert_eq!(*seen.lock().unwrap(), [302, 200, 404, 500]);
}

#[test]
fn a_response_that_a_hook_returns_keeps_its_own_history() {
    let plain = Plain::new();
    let url = plain.url("/redirect/302?/echo");
    let other = RequestOptions::new()
        .response_hook(move |_| Session::new(()).trust_env(false).get(&url, ()));
    let session = Session::new(()).trust_env(false);
    let response = session.get(plain.url("/status/404"), other).unwrap();
    assert_eq!(response.status_code(), 200);
    assert_eq!(response.history().len(), 1);
}

#[test]
fn cookies_of_a_response_whose_body_ends_early_are_kept() {
    let plain = Plain::new();
    let session = Session::new(());
    let error = session.get(plain.url("/cut"), ()).unwrap_err();
    assert!(matches!(error, Error::ChunkedEncodingError(_)), "{error:?}");
    assert_eq!(session.cookies(), [("cut".to_owned(), "1".to_owned())]);
}

#[test]
fn a_hook_sees_the_challenge_that_a_request_has_answered() {
    let plain = Plain::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let statuses = |response: &Response| {
        let history = response.history().iter();
        history.map(Response::status_code).collect::<Vec<_>>()
    };
    let options = RequestOptions::new()
        .digest_auth(HttpDigestAuth::new("u", "p"))
        .response_hook(move |response| {
            sink.lock().unwrap().push(statuses(&response));
            Ok(response)
        });
    let url = plain.url("/digest/MD5/auth");
    let response = Session::new(()).get(&url, options).unwrap();
    assert_eq!(response.status_code(), 200);
    assert_eq!(statuses(&response), [401]);
    assert_eq!(*seen.lock().unwrap(), [[401]]);
}

#[test]
fn a_response_that_a_hook_returns_decides_what_follows_as_in_python() {
    let plain = Plain::new();
    let mut scenes = Vec::new();
    for (from, status, to) in [
        ("/echo", 200, "/status/404"),
        ("/echo", 200, "/redirect/302?/set?a=1"),
        ("/echo", 200, "/redirect/302?set"),
        ("/set?first=1", 200, "/set?second=2"),
        ("/redirect/302?/echo", 302, "/echo"),
        ("/redirect/302?/echo", 302, "/redirect/307?/set?a=1"),
        ("/redirect/302?/status/404", 404, "/redirect/303?/echo"),
    ] {
        for other in [plain.url(to), plain.other(to)] {
            for method in ["GET", "POST"] {
                for follow in [true, false] {
                    let options = json!({"swap": [status, other], "allow_redirects": follow});
                    scenes.push(one(method, &plain.url(from), options));
                }
            }
        }
    }
    for stream in [2, 100] {
        let options = json!({"swap": [302, plain.url("/echo")]});
        let url = plain.url("/redirect/302?/status/404");
        scenes.push(json!({"steps": [{"url": url, "options": options, "stream": stream}]}));
        let options = json!({"swap": [200, plain.url("/redirect/302?/status/404")]});
        let url = plain.url("/echo");
        scenes.push(json!({"steps": [{"url": url, "options": options, "stream": stream}]}));
        for path in ["/status/404", "/head?204|None"] {
            let options = json!({"swap": [200, plain.url(path)]});
            scenes.push(json!({"steps": [{"url": url, "options": options, "stream": stream}]}));
        }
    }
    compare(&[], &scenes);
}

#[test]
fn a_body_that_cannot_be_sent_again_is_an_error_of_the_next_request_only() {
    let plain = Plain::new();
    let session = Session::new(()).trust_env(false);
    let options = RequestOptions::new()
        .data_reader(&b"text"[..])
        .allow_redirects(false);
    let response = session
        .post(plain.url("/redirect/307?/echo"), options)
        .unwrap();
    assert_eq!(response.status_code(), 307);
    let next = response.next().unwrap().clone();
    let error = session.send(next, ()).unwrap_err();
    assert!(
        matches!(error, Error::UnrewindableBodyError(_)),
        "{error:?}"
    );
}

#[test]
fn a_value_that_cannot_be_encoded_as_json_counts_only_if_it_is_sent() {
    // The keys of JSON are texts.
    let wrong = std::collections::BTreeMap::from([((1, 2), 3)]);
    let prepared = |options: RequestOptions| {
        let prepared = Session::new(()).prepare_request("POST", "https://example.com", options);
        prepared.map(|prepared| prepared.body().unwrap_or_default().to_vec())
    };
    let bad = || RequestOptions::new().json(&wrong);
    let file = || [("f", pyssl::requests::FilePart::new("x"))];
    for options in [
        bad(),
        bad().data(""),
        bad().form([("", ""); 0]),
        bad().files(file()),
    ] {
        let error = prepared(options).unwrap_err();
        assert!(matches!(error, Error::InvalidJSONError(_)), "{error:?}");
    }
    assert_eq!(prepared(bad().data("text")).unwrap(), b"text");
    assert_eq!(prepared(bad().form([("a", "b")])).unwrap(), b"a=b");
    assert_eq!(prepared(bad().json(&1)).unwrap(), b"1");
    let session = Session::new(bad());
    let own = RequestOptions::new().json(&1);
    assert!(
        session
            .prepare_request("POST", "https://example.com", own)
            .is_ok()
    );
    // A later value that cannot be encoded replaces a good one too.
    prepared(RequestOptions::new().json(&1).json(&wrong)).unwrap_err();
}

#[test]
fn a_parameter_or_header_that_is_set_after_its_removal_is_sent() {
    let defaults = RequestOptions::new()
        .params([("page", "1")])
        .headers([("X-Token", "1")]);
    let mut session = Session::new(defaults);
    let replaced = || {
        RequestOptions::new()
            .without_params(["page"])
            .params([("page", "2")])
            .without_headers(["X-Token"])
            .headers([("X-Token", "2")])
    };
    let url = "https://example.com/";
    for again in [false, true] {
        let options = if again {
            RequestOptions::new()
        } else {
            replaced()
        };
        let prepared = session.prepare_request("GET", url, options).unwrap();
        assert_eq!(prepared.url(), "https://example.com/?page=2");
        assert_eq!(prepared.headers()["X-Token"], "2");
        session.update(|options| options.without_params(["page"]).params([("page", "2")]));
        session.update(|options| options.headers([("X-Token", "2")]));
    }
}

#[test]
fn a_prepared_request_follows_a_redirect_step_by_step() {
    let plain = Plain::new();
    let session = Session::new(RequestOptions::new().allow_redirects(false));
    let first = plain.url("/redirect/302?/redirect/307?/echo");
    let mut response = session
        .post(first, RequestOptions::new().data("text"))
        .unwrap();
    let mut urls = Vec::new();
    while let Some(next) = response.next().cloned() {
        urls.push(next.url());
        response = session.send(next, ()).unwrap();
    }
    assert_eq!(urls, [plain.url("/redirect/307?/echo"), plain.url("/echo")]);
    assert!(response.text().starts_with("GET /echo") && response.text().contains("cookie: hop=1"));
}
