//! Compares a generated table of requests with Python's `requests`: methods, bodies, redirects, cookies, credentials,
//! certificates, proxies, retries and environment variables.

use pyssl_testing::{Ca, Files, closed_port};
use serde_json::{Value, json};

use crate::echo::{proxy, server, server_of_tls_1_2};
use crate::scene::{compare, one};

/// The servers that all tables use.
struct Stage {
    ca: Ca,
    der: Vec<u8>,
    files: Files,
    plain: u16,
    tls: u16,
    mutual: u16,
    proxy: u16,
    locked: u16,
    tls_proxy: u16,
}

impl Stage {
    fn new() -> Stage {
        let ca = Ca::new();
        let leaf = ca.issue_for(&["localhost", "site.test"]);
        let (plain, tls) = (server(None, None), server(Some(&leaf), None));
        Stage {
            der: leaf.der(),
            files: Files::new(&ca, &leaf),
            plain,
            tls,
            mutual: server(Some(&leaf), Some(&ca)),
            proxy: proxy(None, plain, tls, None),
            locked: proxy(None, plain, tls, Some("Basic dTpw")),
            tls_proxy: proxy(Some(&leaf), plain, tls, None),
            ca,
        }
    }

    fn http(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.plain)
    }

    fn https(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.tls)
    }
}

#[test]
fn methods_bodies_and_queries_are_sent_as_in_python() {
    let stage = Stage::new();
    let mut scenes = Vec::new();
    let bodies = [
        json!({}),
        json!({"data": "text \u{e4}"}),
        json!({"form": [["a", "1 2"], ["b", "\u{e9}&="], ["a", "again"]]}),
        json!({"json": {"a": [1, 2.5, null, true], "\u{e4}": "\"\\\u{7}\n/\u{1f600}"}}),
        json!({"files": [["f", ["a.txt", "content"]]]}),
        json!({"form": [["x", "1"]], "files": [["f", ["a \"b\".txt", "content", "text/plain"]], ["g", ["b", ""]]]}),
        json!({"data": "text", "headers": {"Content-Type": "text/mine"}}),
        json!({"json": {}, "headers": {"Content-Type": "application/mine+json"}}),
        json!({"data": "text", "json": {"a": 1}}),
    ];
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] {
        for body in &bodies {
            scenes.push(one(method, &stage.http("/echo"), body.clone()));
        }
    }
    for path in ["/echo", "/echo?q=1", "/echo?", "/echo#part"] {
        for params in [
            json!([["a", "1 2"]]),
            json!([["a", "\u{e4}/?#"], ["a", "2"]]),
            json!([["", ""]]),
            json!([]),
        ] {
            scenes.push(one("GET", &stage.http(path), json!({"params": params})));
        }
    }
    for status in [200, 204, 299, 304, 400, 404, 500, 503, 599] {
        let url = stage.http(&format!("/status/{status}"));
        scenes.push(json!({"steps": [{"url": url, "raise": true}]}));
    }
    compare(&[], &scenes);
}

#[test]
fn redirects_are_followed_and_credentials_sent_as_in_python() {
    let stage = Stage::new();
    let mut scenes = Vec::new();
    let other = format!("http://127.0.0.1:{}/echo", stage.plain);
    for status in [301, 302, 303, 307, 308, 304] {
        for method in ["GET", "POST", "PUT", "DELETE", "HEAD"] {
            let url = stage.http(&format!("/redirect/{status}?/echo"));
            let body =
                json!({"data": "x", "headers": {"X-Mine": "1", "Content-Type": "text/plain"}});
            scenes.push(one(method, &url, body));
        }
        let url = stage.http(&format!("/redirect/{status}?{other}"));
        scenes.push(one(
            "POST",
            &url,
            json!({"form": [["a", "b"]], "auth": ["u", "p"]}),
        ));
    }
    for target in [
        "/echo",
        &other,
        &stage.https("/echo"),
        "//localhost:1/",
        "ftp://localhost/",
        "/redirect/302?/echo",
    ] {
        let url = stage.http(&format!("/redirect/302?{target}"));
        for auth in [json!(["u", "p\u{e4}"]), json!(null)] {
            let mut options = json!({"verify": &*stage.files.ca, "cookies": {"own": "1"}});
            if !auth.is_null() {
                options["auth"] = auth;
            }
            scenes.push(one("GET", &url, options));
        }
    }
    let with = |user: &str| stage.http("/echo").replace("//", &format!("//{user}@"));
    for user in ["u:p", "u%40x:p%3A", "u", ":p", "u:"] {
        scenes.push(one("GET", &with(user), json!({})));
        scenes.push(one("GET", &with(user), json!({"auth": ["x", "y"]})));
    }
    scenes.push(json!({"session": {"auth": ["s", "t"]}, "steps": [
        {"url": stage.http("/echo")},
        {"url": stage.http("/echo"), "options": {"auth": ["x", "y"]}},
        {"url": with("u:p")},
    ]}));
    scenes.push(
        json!({"session": {"params": {"s": "1"}, "headers": {"X-Mine": "s"}}, "steps": [
            {"url": stage.http("/echo"), "options": {"params": {"q": "2"}}},
            {"url": stage.http("/echo"), "options": {"headers": {"x-mine": "r"}}},
        ]}),
    );
    compare(&[], &scenes);
}

#[test]
fn cookies_are_kept_as_in_python() {
    let stage = Stage::new();
    let mut scenes = Vec::new();
    for set in [
        "a=1",
        "a=1&b=2",
        "a=1~Path=/",
        "a=1~Path=/set",
        "a=1~Path=/other",
        "a=1~Max-Age=0",
        "a=1~Max-Age=1000",
        "a=1~Expires=Wed,%2009%20Jun%202021%2010:18:14%20GMT",
        "a=1~Secure",
        "a=1~HttpOnly",
        "a=1~Domain=other.example",
        "a=\"quoted\"",
        "a=",
    ] {
        scenes.push(json!({"steps": [
            {"url": stage.http(&format!("/set?{set}"))},
            {"url": stage.http("/echo")},
            {"url": stage.http("/set/below")},
        ]}));
    }
    scenes.push(json!({"steps": [
        {"url": stage.http("/set?a=1~Path=/")},
        {"url": stage.http("/echo"), "options": {"cookies": {"b": "2"}}},
        {"url": stage.http("/echo"), "options": {"cookies": {"a": "mine"}}},
        {"url": stage.http("/echo"), "options": {"headers": {"Cookie": "c=3"}}},
        {"url": stage.http("/set?a=~Path=/~Max-Age=0")},
        {"url": stage.http("/echo")},
    ]}));
    // Tests the order of the cookies in a request: longer paths first, then the order in which they were set.
    for set in [
        "z=1&y=2&x=3&w=4&v=5",
        "z=1~Path=/&y=2~Path=/set&x=3~Path=/&w=4~Path=/set/below&v=5~Path=/set",
        "s=1~Path=/set&s=2~Path=/&s=3~Path=/set/below",
    ] {
        scenes.push(json!({"steps": [
            {"url": stage.http(&format!("/set?{set}"))},
            {"url": stage.http("/set/below"), "options": {"cookies": {"own": "1", "x": "mine"}}},
            {"url": stage.http("/set?z=9~Path=/&new=1~Path=/&y=~Max-Age=0&y=1")},
            {"url": stage.http("/set/below")},
        ]}));
    }
    // A server can set cookies for its own domain, but not for a whole top-level domain.
    for (host, domain) in [
        ("evil.com", "com"),
        ("evil.com", ".com"),
        ("evil.com", "evil.com"),
        ("evil.com", ".evil.com"),
        ("www.evil.com", "evil.com"),
        ("www.evil.com", "com"),
        ("evil.com", "bank.com"),
        ("127.0.0.1", "127.0.0.1"),
    ] {
        let at = |host: &str, path: &str| json!({"url": stage.http(path), "options": {"headers": {"Host": host}}});
        scenes.push(json!({"steps": [
            at(host, &format!("/set?a=1~Path=/~Domain={domain}")),
            at(host, "/echo"),
            at("bank.com", "/echo"),
            at("www.evil.com", "/echo"),
        ]}));
    }
    scenes.push(json!({"steps": [
        {"url": stage.http("/redirect/302?/echo"), "options": {"cookies": {"own": "1"}}},
        {"url": stage.http("/echo")},
    ]}));
    compare(&[], &scenes);
}

#[test]
fn verify_cert_and_adapter_options_have_the_effect_of_pythons() {
    let stage = Stage::new();
    let ca = json!(&*stage.files.ca);
    let me = stage.ca.issue("me");
    let cert = stage.files.write("me.pem", me.combined_pem());
    let odd_leaf = stage.ca.issue("other.example");
    let stranger_leaf = Ca::new().issue("localhost");
    let odd = server(Some(&odd_leaf), None);
    let old = server_of_tls_1_2(&stage.ca.issue("localhost"));
    let stranger = server(Some(&stranger_leaf), None);
    let digest = |kind, der: &[u8]| {
        let bytes = openssl::hash::hash(kind, der).unwrap();
        bytes
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<Vec<_>>()
            .join(":")
    };
    let (md5, sha1, sha256) = (
        openssl::hash::MessageDigest::md5(),
        openssl::hash::MessageDigest::sha1(),
        openssl::hash::MessageDigest::sha256(),
    );
    let other = Files::new(&Ca::new(), &me);
    let mut scenes = Vec::new();
    let port = |port: u16| format!("https://localhost:{port}/echo");
    let proxied = json!({"https": format!("http://localhost:{}", stage.proxy)});
    for (url, verify, der) in [
        (stage.https("/echo"), ca.clone(), &stage.der),
        (stage.https("/echo"), json!(false), &stage.der),
        (stage.https("/echo"), json!("/nowhere.pem"), &stage.der),
        (port(odd), ca.clone(), &odd_leaf.der()),
        (port(odd), json!(false), &odd_leaf.der()),
        // The digest is right, but no trusted authority has signed the certificate.
        (port(stranger), ca.clone(), &stranger_leaf.der()),
        (port(stranger), json!(true), &stranger_leaf.der()),
        (port(stranger), json!(false), &stranger_leaf.der()),
        ("https://site.test/echo".to_owned(), ca.clone(), &stage.der),
        (
            "https://site.test/echo".to_owned(),
            json!(&*other.ca),
            &stage.der,
        ),
        (
            "https://site.test/echo".to_owned(),
            json!(false),
            &stage.der,
        ),
    ] {
        for adapter in [
            json!({}),
            json!({"assert_hostname": "other.example"}),
            json!({"assert_hostname": ""}),
            json!({"assert_hostname": false}),
            json!({"assert_fingerprint": digest(sha256, der)}),
            json!({"assert_fingerprint": digest(sha1, der)}),
            json!({"assert_fingerprint": digest(md5, der).replace(':', "")}),
            json!({"assert_fingerprint": "00".repeat(32)}),
            json!({"assert_fingerprint": "00"}),
            json!({"assert_fingerprint": digest(sha256, der), "assert_hostname": "wrong.example"}),
            json!({"assert_fingerprint": "00".repeat(20), "assert_hostname": false}),
            json!({"assert_fingerprint": digest(sha256, der), "ssl_context": {"cafile": ca}}),
            json!({"ssl_context": {"check_hostname": false}}),
            json!({"ssl_context": {"check_hostname": false}, "assert_hostname": "other.example"}),
            json!({"ssl_context": {"check_hostname": false}, "assert_hostname": false}),
        ] {
            // Python refuses `verify=False` with a context that checks host names.
            let checks = adapter["ssl_context"].is_object()
                && adapter["ssl_context"]["check_hostname"].is_null();
            if verify == json!(false) && checks {
                continue;
            }
            let mut options = json!({"verify": verify});
            if url.contains("site.test") {
                options["proxies"] = proxied.clone();
            }
            scenes.push(
                json!({"trust_env": false, "mount": {"https://": adapter}, "steps": [
                    {"url": url, "options": options},
                ]}),
            );
        }
    }
    for context in [
        json!({"ciphers": "ECDHE+AESGCM"}),
        json!({"ciphers": "ECDHE-RSA-AES128-SHA", "maximum_version": "TLSv1_2"}),
        json!({"ciphers": "ECDHE+AESGCM", "maximum_version": "TLSv1_2"}),
        json!({"cafile": ca}),
        json!({"cafile": &*other.ca}),
        json!({"minimum_version": "TLSv1_3"}),
        json!({"ciphers": "DEFAULT:@SECLEVEL=5"}),
        json!({"cert": cert}),
    ] {
        for verify in [ca.clone(), json!(true)] {
            scenes.push(json!({"trust_env": false, "mount": {"https://": {"ssl_context": context}}, "steps": [
                {"url": stage.https("/echo"), "options": {"verify": verify}},
                {"url": port(odd), "options": {"verify": verify}},
            ]}));
            for url in [port(old), port(stage.mutual)] {
                let step = json!({"url": url, "options": {"verify": verify}});
                scenes.push(json!({"trust_env": false, "mount": {"https://": {"ssl_context": context}}, "steps": [step]}));
            }
        }
    }
    for own in [
        json!(cert),
        json!("/nowhere.pem"),
        json!([cert, "/nowhere.key"]),
        json!(null),
    ] {
        for session in [true, false] {
            let mut options = json!({"verify": ca});
            if !own.is_null() {
                options["cert"] = own.clone();
            }
            let (of_session, of_request) = match session {
                true => (options, json!({})),
                false => (json!({}), options),
            };
            scenes.push(json!({"trust_env": false, "session": of_session, "steps": [
                {"url": port(stage.mutual), "options": of_request},
            ]}));
        }
    }
    // A missing file is an error for `http` too.
    for own in [
        json!(cert),
        json!("/nowhere.pem"),
        json!([cert, "/nowhere.key"]),
    ] {
        scenes.push(one("GET", &stage.http("/echo"), json!({"cert": own})));
    }
    // Of several adapters, the one with the longest matching prefix is used.
    scenes.push(
        json!({"trust_env": false, "session": {"verify": ca}, "mount": {
        "https://": {"assert_hostname": "other.example"},
        "https://LOCALHOST": {},
    }, "steps": [{"url": stage.https("/echo")}]}),
    );
    compare(&[], &scenes);
    for bundle in ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"] {
        let steps = [
            json!({}),
            json!({"verify": true}),
            json!({"verify": false}),
            json!({"verify": "/nowhere"}),
        ];
        let url = stage.https("/echo");
        let scenes = steps.map(|options| one("GET", &url, options));
        compare(
            &[(bundle, stage.files.ca.to_str().unwrap().to_owned())],
            &scenes,
        );
    }
}

#[test]
fn proxies_are_used_as_in_python() {
    let stage = Stage::new();
    let at = |user: &str, port: u16| format!("http://{user}localhost:{port}");
    let (open, locked) = (at("", stage.proxy), at("u:p@", stage.locked));
    let over_tls = format!("https://localhost:{}", stage.tls_proxy);
    let closed = closed_port();
    let refused = format!("http://{}", closed.addr());
    let mut scenes = Vec::new();
    let urls = ["http://site.test/echo", "https://site.test/echo"];
    for url in urls {
        for proxies in [
            json!({"http": open, "https": open}),
            json!({"all": open}),
            json!({"http://site.test": open, "https://site.test": open, "all": refused}),
            json!({"all://site.test": open}),
            json!({"all": locked}),
            json!({"all": at("u:wrong@", stage.locked)}),
            json!({"all": at("", stage.locked)}),
            json!({"all": at("u@", stage.locked)}),
            json!({"all": format!("127.0.0.1:{}", stage.proxy)}),
            json!({"all": over_tls}),
            json!({"all": refused}),
            json!({"all": "http://"}),
            json!({"all": "http://no.such.proxy.invalid:1"}),
            json!({"http": "", "https": ""}),
            json!({"all": open, "no_proxy": "other.test"}),
        ] {
            // If the request does not use the proxy, it fails, because the system cannot look up the name.
            let mut options = json!({"verify": &*stage.files.ca, "proxies": proxies});
            scenes.push(json!({"session": options, "steps": [{"url": url}, {"url": url}]}));
            options["data"] = json!("x");
            scenes.push(one("POST", url, options));
        }
    }
    for target in [
        "http://site.test/echo",
        "https://site.test/echo",
        &stage.http("/echo"),
    ] {
        let url = format!("http://site.test/redirect/302?{target}");
        scenes.push(one(
            "GET",
            &url,
            json!({"verify": &*stage.files.ca, "proxies": {"all": locked}}),
        ));
    }
    for method in ["HEAD", "DELETE", "PUT"] {
        scenes.push(one(
            method,
            urls[0],
            json!({"proxies": {"http": open}, "data": "y"}),
        ));
    }
    compare(&[], &scenes);
}

#[test]
fn the_environment_names_proxies_as_in_python() {
    let stage = Stage::new();
    let proxy = format!("http://localhost:{}", stage.proxy);
    let closed = closed_port();
    let refused = format!("http://{}", closed.addr());
    let ca = json!({"verify": &*stage.files.ca});
    let scenes = |proxies: Value| {
        let mut options = ca.clone();
        options["proxies"] = proxies;
        let local = [
            stage.http("/echo"),
            stage.https("/echo"),
            format!("http://127.0.0.1:{}/echo", stage.plain),
        ];
        let urls = ["http://site.test/echo", "https://site.test/echo"].map(str::to_owned);
        let all = urls.into_iter().chain(local);
        all.map(|url| one("GET", &url, options.clone()))
            .collect::<Vec<_>>()
    };
    compare(
        &[
            ("http_proxy", proxy.clone()),
            ("HTTPS_PROXY", proxy.clone()),
        ],
        &scenes(json!({})),
    );
    compare(
        &[("ALL_PROXY", proxy.clone()), ("http_proxy", String::new())],
        &scenes(json!({})),
    );
    compare(
        &[
            ("HTTP_PROXY", proxy.clone()),
            ("REQUEST_METHOD", "GET".to_owned()),
        ],
        &scenes(json!({})),
    );
    compare(
        &[("all_proxy", refused.clone())],
        &scenes(json!({"http": proxy})),
    );
    for list in [
        "localhost",
        "*",
        "127.0.0.0/8",
        "127.0.0.1",
        ".test, localhost",
        "site.test",
        "te.test",
        "test",
        "site.test:80",
        "LOCALHOST",
        "",
    ] {
        let environment = [
            ("http_proxy", proxy.clone()),
            ("https_proxy", proxy.clone()),
            ("no_proxy", list.to_owned()),
        ];
        compare(&environment, &scenes(json!({})));
    }
    let environment = [
        ("http_proxy", refused.clone()),
        ("NO_PROXY", "localhost".to_owned()),
    ];
    compare(&environment, &scenes(json!({"no_proxy": "127.0.0.1"})));
    // As in Python, the environment variables override the session's proxies.
    let session = json!({"session": {"proxies": {"http": refused}}, "steps": [{"url": "http://site.test/echo"}]});
    compare(
        &[("http_proxy", proxy.clone())],
        std::slice::from_ref(&session),
    );
    let mut distrusting = session;
    distrusting["trust_env"] = json!(false);
    compare(&[("http_proxy", proxy)], &[distrusting]);
}

#[test]
fn requests_are_repeated_as_in_python() {
    let stage = Stage::new();
    let closed = closed_port();
    let mut scenes = Vec::new();
    let mut number = 0;
    let retries = [
        json!(0),
        json!(2),
        json!({"total": 2, "status_forcelist": [503]}),
        json!({"total": 1, "status_forcelist": [503]}),
        json!({"total": 1, "status_forcelist": [503], "raise_on_status": false}),
        json!({"total": 5, "status": 1, "status_forcelist": [503]}),
        json!({"total": 5, "read": 1}),
        json!({"total": 5, "read": 0}),
        json!({"total": 3, "allowed_methods": null, "status_forcelist": [503]}),
        json!({"total": 3, "allowed_methods": ["POST"], "status_forcelist": [503]}),
        json!({"total": 3, "respect_retry_after_header": false}),
        json!({"total": 0, "connect": 5}),
        json!({"total": null, "status": 1, "status_forcelist": [503]}),
        json!({"total": null}),
        json!({"total": 5, "other": 0}),
        json!({"total": 2, "status_forcelist": [503], "backoff_jitter": 0.01}),
    ];
    for retry in retries {
        for action in ["flaky", "later", "closes", "empty", "conflicts"] {
            for method in ["GET", "POST"] {
                number += 1;
                let url = stage.http(&format!("/{action}/n{number}/2"));
                scenes.push(
                    json!({"mount": {"http://": {"max_retries": retry}}, "steps": [
                        {"method": method, "url": url, "options": {"data": "body"}},
                        {"method": method, "url": url},
                    ]}),
                );
            }
        }
        for url in [format!("http://{}/", closed.addr()), stage.https("/echo")] {
            scenes
                .push(json!({"mount": {"http": {"max_retries": retry}}, "steps": [{"url": url}]}));
        }
    }
    compare(&[], &scenes);
}
