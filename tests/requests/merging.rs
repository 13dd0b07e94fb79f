//! Options of sessions and of requests, merged as in Python: `requests.sessions.merge_setting`.

use pyssl::requests::{RequestOptions, Session};
use serde_json::{Value, json};

use crate::echo::{proxy, server};
use crate::scene::{compare, one};

fn url(port: u16, path: &str) -> String {
    format!("http://localhost:{port}{path}")
}

#[test]
fn none_removes_headers_and_parameters_as_in_python() {
    let port = server(None, None);
    let mut scenes = Vec::new();
    for headers in [
        json!({}),
        json!({"X-Mine": null}),
        json!({"x-mine": null}),
        json!({"Accept": null}),
        json!({"accept-encoding": null}),
        json!({"Connection": null}),
        json!({"Content-Type": null, "Content-Length": null}),
        json!({"Absent": null}),
        json!({"Accept": "text/html", "Accept-Encoding": "br"}),
        json!({"Connection": "close"}),
        json!({"X-Mine": ""}),
    ] {
        for method in ["GET", "POST"] {
            scenes.push(json!({
                "defaults": true,
                "session": {"headers": {"X-Mine": "session", "X-Show": "all"}},
                "steps": [
                    {"method": method, "url": url(port, "/echo"), "options": {"headers": headers}},
                    {"method": method, "url": url(port, "/echo"), "options": {"headers": headers, "json": {"a": 1}}},
                    {"method": method, "url": url(port, "/echo")},
                ],
            }));
        }
    }
    for params in [
        json!({"a": null}),
        json!({"a": null, "b": "3"}),
        json!({"absent": null}),
        json!({"a": "2"}),
    ] {
        scenes.push(json!({
            "session": {"params": {"a": "1", "c": "1"}},
            "steps": [{"url": url(port, "/echo?q=1"), "options": {"params": params}}, {"url": url(port, "/echo")}],
        }));
    }
    compare(&[], &scenes);
}

#[test]
fn header_values_are_sent_as_in_python() {
    let port = server(None, None);
    let scenes = [
        json!({"headers": {"X-Mine": "caf\u{e9}"}}),
        json!({"headers": {"X-Mine": "a b\tc "}}),
        json!({"headers": {"X-Mine": " a"}}),
        json!({"headers": {"X-Mine": "a\r\n b"}}),
        json!({"headers": {"X-Mine": "a\nb"}}),
        json!({"headers": {"Host": "other.test"}}),
        json!({"headers": {"Authorization": "Mine"}, "auth": ["u", "p"]}),
        json!({"cookies": {"a": "caf\u{e9}"}}),
        json!({"auth": ["\u{e9}", "\u{fc}"]}),
        json!({"auth_bytes": ["\u{e9}", "\u{20ac}"]}),
    ];
    let scenes = scenes.map(|options| one("GET", &url(port, "/echo"), options));
    compare(&[], &scenes);
}

/// `Session.rebuild_proxies` drops the header, so that the next server does not get the proxy's password.
#[test]
fn a_redirect_drops_the_credentials_for_a_proxy_and_keeps_other_headers() {
    let (port, locked) = (server(None, None), server(None, None));
    let proxied = proxy(None, locked, locked, Some("Basic dTpw"));
    let mut scenes = Vec::new();
    for status in [301, 302, 303, 307, 308] {
        for target in [
            "/echo".to_owned(),
            format!("http://127.0.0.1:{locked}/echo"),
        ] {
            let headers = json!({"Proxy-Authorization": "Basic c2VjcmV0", "Host": "other.test", "X-Mine": "1"});
            let url = url(port, &format!("/redirect/{status}?{target}"));
            scenes.push(one("POST", &url, json!({"headers": headers, "data": "x"})));
        }
    }
    let proxies = json!({"http": format!("http://u:p@localhost:{proxied}")});
    let hop = "http://site.test/redirect/302?http://site.test/echo";
    scenes.push(one("GET", hop, json!({"proxies": proxies})));
    compare(&[], &scenes);
}

#[test]
fn credentials_of_a_proxy_are_sent_as_in_python() {
    let port = server(None, None);
    let scenes: Vec<Value> = ["u:p", "%C3%BC:%C3%A9", "u%40:p%3a", "a", ":p", "u:"]
        .into_iter()
        .map(|user| {
            // The server answers like a proxy that does not check credentials.
            let proxies = json!({"http": format!("http://{user}@localhost:{port}")});
            one("GET", "http://site.test/echo", json!({"proxies": proxies}))
        })
        .collect();
    compare(&[], &scenes);
}

#[test]
fn no_proxy_applies_to_ipv6_addresses_as_in_python() {
    let scenes = || {
        ["http://[::1]:1/", "http://[::2]/", "http://127.0.0.1:1/"]
            .map(|url| one("GET", url, json!({"proxies": {"http://::2": ""}})))
    };
    let refused = "http://nowhere.invalid:1".to_owned();
    for list in ["::1", "[::1]", "::1:1", "[::1]:1", "127.0.0.1", "::2"] {
        let environment = [
            ("http_proxy", refused.clone()),
            ("no_proxy", list.to_owned()),
        ];
        compare(&environment, &scenes());
    }
}

#[test]
fn a_session_changes_its_options_and_keeps_its_connections_and_cookies() {
    let port = server(None, None);
    let mut session = Session::new(RequestOptions::new().headers([("X-Mine", "1")]));
    let first = session.get(url(port, "/set?a=1"), ()).unwrap();
    assert!(first.text().contains("x-mine: 1\n"));
    session.update(|options| options.headers([("X-Mine", "2")]).auth("u", "p"));
    let text = session.get(url(port, "/set/"), ()).unwrap().text();
    assert!(
        ["x-mine: 2\n", "authorization: Basic dTpw\n"]
            .iter()
            .all(|line| text.contains(line)),
        "{text}"
    );
    assert_eq!(session.cookies(), [("a".to_owned(), "1".to_owned())]);
}

#[test]
fn cookies_of_a_session_can_be_set_and_removed() {
    let port = server(None, None);
    let session = Session::new(());
    session.set_cookie("mine", "1");
    session.set_cookie("mine", "2");
    session.get(url(port, "/set?theirs=3~Path=/"), ()).unwrap();
    let sent = |options: RequestOptions| {
        let text = session.get(url(port, "/echo"), options).unwrap().text();
        let line = text.lines().find_map(|line| line.strip_prefix("cookie: "));
        line.map(str::to_owned)
    };
    let none = RequestOptions::new;
    assert_eq!(sent(none()).as_deref(), Some("mine=2; theirs=3"));
    // A cookie of the request takes the place of the session's with the same name and all servers.
    let own = none().cookies([("mine", "4")]);
    assert_eq!(sent(own).as_deref(), Some("mine=4; theirs=3"));
    session.remove_cookie("theirs");
    assert_eq!(sent(none()).as_deref(), Some("mine=2"));
    session.clear_cookies();
    assert_eq!(sent(none()), None);
}
