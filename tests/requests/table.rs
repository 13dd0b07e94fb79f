//! Compares a generated table of requests with Python's `requests`: methods, bodies, redirects, cookies, credentials,
//! certificates, proxies, retries and environment variables.

use std::process::Command;

use pyssl as ssl;
use pyssl::requests::{Error, FilePart, HttpAdapter, RequestOptions, Retry, Session};
use pyssl_testing::{Ca, Files, closed_port, skipped};
use serde_json::{Value, json};

use crate::echo::{proxy, server};
use crate::oracle::{class, python_with_requests};

/// The environment variable with the path of the scenes, for a process that plays them.
const SCENES: &str = "PYSSL_TEST_SCENES";

fn pairs(value: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match value {
        Value::Array(pairs) => pairs
            .iter()
            .map(|pair| (text(&pair[0]), text(&pair[1])))
            .collect(),
        Value::Object(pairs) => pairs
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
        _ => Vec::new(),
    }
}

fn options(arguments: &Value) -> RequestOptions {
    let mut options = RequestOptions::new()
        .headers(pairs(&arguments["headers"]))
        .params(pairs(&arguments["params"]))
        .cookies(pairs(&arguments["cookies"]))
        .proxies(pairs(&arguments["proxies"]));
    options = match &arguments["verify"] {
        Value::Bool(verify) => options.verify(*verify),
        Value::String(path) => options.verify(path),
        _ => options,
    };
    options = match &arguments["cert"] {
        Value::String(cert) => options.cert(cert),
        Value::Array(pair) => options.cert((pair[0].as_str().unwrap(), pair[1].as_str().unwrap())),
        _ => options,
    };
    if let Value::Array(auth) = &arguments["auth"] {
        options = options.auth(auth[0].as_str().unwrap(), auth[1].as_str().unwrap());
    }
    if let Some(follow) = arguments["allow_redirects"].as_bool() {
        options = options.allow_redirects(follow);
    }
    if let Some(data) = arguments["data"].as_str() {
        options = options.data(data);
    }
    if !arguments["form"].is_null() {
        options = options.form(pairs(&arguments["form"]));
    }
    if !arguments["json"].is_null() {
        options = options.json(&arguments["json"]);
    }
    for file in arguments["files"].as_array().into_iter().flatten() {
        let part = &file[1];
        let mut made = FilePart::new(part[1].as_str().unwrap()).filename(part[0].as_str().unwrap());
        if let Some(content_type) = part[2].as_str() {
            made = made.content_type(content_type);
        }
        options = options.files([(file[0].as_str().unwrap(), made)]);
    }
    options
}

fn adapter(settings: &Value) -> HttpAdapter {
    let mut adapter = HttpAdapter::new();
    match &settings["assert_hostname"] {
        Value::Bool(check) => adapter = adapter.assert_hostname(*check),
        Value::String(name) => adapter = adapter.assert_hostname(name.as_str()),
        _ => {}
    }
    if let Some(digest) = settings["assert_fingerprint"].as_str() {
        adapter = adapter.assert_fingerprint(digest);
    }
    if let Value::Object(tls) = &settings["ssl_context"] {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        if let Some(ciphers) = tls.get("ciphers") {
            context.set_ciphers(ciphers.as_str().unwrap()).unwrap();
        }
        if tls.contains_key("maximum_version") {
            context
                .set_maximum_version(ssl::TlsVersion::TLSv1_2)
                .unwrap();
        }
        if let Some(cafile) = tls.get("cafile") {
            context
                .load_verify_locations(cafile.as_str().unwrap())
                .unwrap();
        }
        adapter = adapter.ssl_context(&context);
    }
    let count = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    match &settings["max_retries"] {
        Value::Number(_) => adapter = adapter.max_retries(count(&settings["max_retries"])),
        Value::Object(fields) => {
            let mut retry = Retry::new(10);
            for (name, value) in fields {
                retry = match &**name {
                    "total" => Retry::new(count(value)),
                    _ => retry,
                };
            }
            for (name, value) in fields {
                let list = || value.as_array().into_iter().flatten();
                retry = match &**name {
                    "total" => retry,
                    "connect" => retry.connect(count(value)),
                    "read" => retry.read(count(value)),
                    "status" => retry.status(count(value)),
                    "raise_on_status" => retry.raise_on_status(value.as_bool().unwrap()),
                    "respect_retry_after_header" => {
                        retry.respect_retry_after_header(value.as_bool().unwrap())
                    }
                    "status_forcelist" => retry.status_forcelist(
                        list().map(|status| u16::try_from(count(status)).unwrap()),
                    ),
                    "allowed_methods" if value.is_null() => retry.all_methods(),
                    "allowed_methods" => {
                        retry.allowed_methods(list().map(|method| method.as_str().unwrap()))
                    }
                    other => panic!("{other}"),
                };
            }
            adapter = adapter.max_retries(retry);
        }
        _ => {}
    }
    adapter
}

/// What comes of the scene on this library; `table.py` plays the same one in Python.
fn play(scene: &Value) -> Value {
    let of_session = options(&scene["session"]).headers([("X-Side", "rust")]);
    let mut session =
        Session::new(of_session).trust_env(scene["trust_env"].as_bool().unwrap_or(true));
    for (prefix, settings) in scene["mount"].as_object().into_iter().flatten() {
        session = session.mount(prefix, adapter(settings));
    }
    let steps = scene["steps"].as_array().unwrap();
    let step = |step: &Value| {
        let method = step["method"].as_str().unwrap_or("GET");
        let response = session.request(
            method,
            step["url"].as_str().unwrap(),
            options(&step["options"]),
        )?;
        if !step["raise"].is_null() {
            response.raise_for_status()?;
        }
        let history: Vec<u16> = response
            .history()
            .iter()
            .map(|hop| hop.status_code())
            .collect();
        let mut cookies = session.cookies();
        cookies.sort();
        Ok::<_, Error>(json!([
            response.status_code(),
            response.text(),
            response.url(),
            history,
            cookies
        ]))
    };
    let outcomes = steps
        .iter()
        .map(|one| step(one).unwrap_or_else(|error| json!(class(&error))));
    outcomes.collect()
}

/// Runs only in the processes that the table starts.
#[test]
fn table_process() {
    if let Some(path) = std::env::var_os(SCENES) {
        let scenes: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let outcomes: Vec<Value> = scenes.iter().map(play).collect();
        println!("OUTCOMES {}", json!(outcomes));
    }
}

/// Plays scenes with both libraries in processes of their own. They have these environment variables, and no others
/// about proxies or certificate bundles.
fn compare(environment: &[(&str, String)], scenes: &[Value]) -> usize {
    let Some(python) = python_with_requests() else {
        skipped("no Python with requests found");
        return 0;
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("scenes.json");
    std::fs::write(&path, json!(scenes).to_string()).unwrap();
    let clean = |command: &mut Command| {
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command
                .env_remove(name)
                .env_remove(name.to_ascii_lowercase());
        }
        command
            .env_remove("REQUESTS_CA_BUNDLE")
            .env_remove("CURL_CA_BUNDLE");
        command
            .env("NETRC", "/nowhere")
            .envs(environment.iter().map(|(name, value)| (name, value)));
    };
    let mut ours = Command::new(std::env::current_exe().unwrap());
    clean(&mut ours);
    ours.args(["--exact", "table::table_process", "--nocapture"])
        .env(SCENES, &path);
    let ours = ours.output().unwrap();
    let text = String::from_utf8(ours.stdout).unwrap();
    let error = String::from_utf8_lossy(&ours.stderr);
    let (_, ours) = text
        .split_once("OUTCOMES ")
        .unwrap_or_else(|| panic!("{text}{error}"));
    let ours: Vec<Value> = serde_json::from_str(ours.lines().next().unwrap()).unwrap();
    let mut theirs = Command::new(python.executable());
    clean(&mut theirs);
    theirs
        .arg("-c")
        .arg(include_str!("table.py"))
        .stdin(std::fs::File::open(&path).unwrap());
    let theirs = theirs.output().unwrap();
    let error = String::from_utf8_lossy(&theirs.stderr);
    assert!(theirs.status.success(), "{error}");
    let theirs: Vec<Value> = serde_json::from_slice(&theirs.stdout).unwrap();
    let rows = scenes.iter().zip(ours.iter().zip(&theirs));
    let different: Vec<String> = rows
        .filter(|(_, (ours, theirs))| ours != theirs)
        .map(|(scene, (ours, theirs))| format!("{scene}\n  ours   {ours}\n  python {theirs}"))
        .collect();
    let (count, all) = (different.len(), scenes.len());
    assert!(
        different.is_empty(),
        "{count} of {all} differ with {environment:?}:\n{}",
        different.join("\n")
    );
    all
}

fn one(method: &str, url: &str, options: Value) -> Value {
    json!({"steps": [{"method": method, "url": url, "options": options}]})
}

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
fn redirects_and_credentials_are_followed_as_in_python() {
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
    scenes.push(json!({"steps": [
        {"url": stage.http("/redirect/302?/echo"), "options": {"cookies": {"own": "1"}}},
        {"url": stage.http("/echo")},
    ]}));
    compare(&[], &scenes);
}

#[test]
fn certificates_and_adapters_count_as_in_python() {
    let stage = Stage::new();
    let ca = json!(&*stage.files.ca);
    let me = stage.ca.issue("me");
    let cert = stage.files.write("me.pem", me.combined_pem());
    let odd = server(Some(&stage.ca.issue("other.example")), None);
    let stranger = server(Some(&Ca::new().issue("localhost")), None);
    let digest = |kind| {
        let der = &stage.der;
        let bytes = openssl::hash::hash(kind, der).unwrap();
        bytes
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<Vec<_>>()
            .join(":")
    };
    let other = Files::new(&Ca::new(), &me);
    let mut scenes = Vec::new();
    let port = |port: u16| format!("https://localhost:{port}/echo");
    for (url, verify) in [
        (stage.https("/echo"), ca.clone()),
        (stage.https("/echo"), json!(false)),
        (stage.https("/echo"), json!("/nowhere.pem")),
        (port(odd), ca.clone()),
        (port(odd), json!(false)),
        (port(stranger), ca.clone()),
    ] {
        for adapter in [
            json!({}),
            json!({"assert_hostname": "other.example"}),
            json!({"assert_hostname": false}),
            json!({"assert_fingerprint": digest(openssl::hash::MessageDigest::sha256())}),
            json!({"assert_fingerprint": digest(openssl::hash::MessageDigest::sha1())}),
            json!({"assert_fingerprint": "00".repeat(32)}),
            json!({"assert_fingerprint": "00"}),
        ] {
            scenes.push(
                json!({"trust_env": false, "mount": {"https://": adapter}, "steps": [
                    {"url": url, "options": {"verify": verify}},
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
    ] {
        for verify in [ca.clone(), json!(true)] {
            scenes.push(json!({"trust_env": false, "mount": {"https://": {"ssl_context": context}}, "steps": [
                {"url": stage.https("/echo"), "options": {"verify": verify}},
                {"url": port(odd), "options": {"verify": verify}},
            ]}));
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
            // Without a proxy, the name cannot be looked up.
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
    ];
    for retry in retries {
        for action in ["flaky", "later", "closes"] {
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
