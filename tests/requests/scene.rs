//! Scenes: requests as JSON, which this library and Python's `requests` play.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use pyssl as ssl;
use pyssl::requests::{
    Error, FilePart, HeaderValue, HttpAdapter, HttpDigestAuth, RequestOptions, Response, Retry,
    Session,
};
use pyssl_testing::python::Python;
use pyssl_testing::{python, skipped};
use serde_json::{Value, json};

use crate::peer::no_reads_after_a_failed_write;

/// A Python that has `requests`.
pub(crate) fn python_with_requests() -> Option<Python> {
    let system = Python::at(Path::new("python3"));
    let named = std::env::var_os("PYSSL_REQUESTS_PYTHON");
    let named = named.and_then(|path| Python::at(Path::new(&path)));
    let mut pythons = named.into_iter().chain(python().cloned()).chain(system);
    pythons.find(|python| python.run("import requests", &[""; 0]).status.success())
}

pub(crate) fn class(error: &Error) -> &'static str {
    match error {
        Error::SSLError(_) => "SSLError",
        Error::ConnectionError(_) => "ConnectionError",
        Error::ConnectTimeout => "ConnectTimeout",
        Error::ReadTimeout => "ReadTimeout",
        Error::ChunkedEncodingError(_) => "ChunkedEncodingError",
        Error::TooManyRedirects { .. } => "TooManyRedirects",
        Error::MissingSchema(_) => "MissingSchema",
        Error::InvalidSchema(_) => "InvalidSchema",
        Error::InvalidURL(_) => "InvalidURL",
        Error::InvalidHeader(_) => "InvalidHeader",
        Error::ContentDecodingError(_) => "ContentDecodingError",
        Error::OSError(_) => "OSError",
        Error::ProxyError(_) => "ProxyError",
        Error::InvalidProxyURL(_) => "InvalidProxyURL",
        Error::RetryError(_) => "RetryError",
        Error::InvalidJSONError(_) => "InvalidJSONError",
        Error::ValueError(_) => "ValueError",
        Error::HTTPError { .. } => "HTTPError",
        Error::UnrewindableBodyError(_) => "UnrewindableBodyError",
        other => panic!("{other:?}"),
    }
}

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
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
        _ => Vec::new(),
    }
}

/// The names whose value is `None` in Python.
fn nulls(value: &Value) -> Vec<String> {
    let all = value.as_object().into_iter().flatten();
    let nulls = all.filter(|(_, value)| value.is_null());
    nulls.map(|(name, _)| name.clone()).collect()
}

/// The calls of the hooks in the current step.
static HOOKED: Mutex<Vec<String>> = Mutex::new(Vec::new());

pub(crate) fn options(arguments: &Value) -> RequestOptions {
    let mut options = RequestOptions::new()
        .headers(pairs(&arguments["headers"]))
        .without_headers(nulls(&arguments["headers"]))
        .params(pairs(&arguments["params"]))
        .without_params(nulls(&arguments["params"]))
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
    if let Value::Array(pair) = &arguments["digest"] {
        let text = |part: &Value| part.as_str().unwrap().to_owned();
        options = options.digest_auth(HttpDigestAuth::new(text(&pair[0]), text(&pair[1])));
    }
    if let Some(token) = arguments["bearer"].as_str() {
        let value = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
        options = options.auth_with(move |request| {
            let headers = request.headers_mut();
            headers.insert("Authorization", value.clone());
        });
    }
    if let Some(count) = arguments["file"].as_u64() {
        let text = "some text".repeat(usize::try_from(count).unwrap());
        let mut file = std::io::Cursor::new(text);
        file.set_position(arguments["at"].as_u64().unwrap_or(0));
        options = options.data_file(file);
    }
    if let Some(count) = arguments["pipe"].as_u64() {
        let text = "some text".repeat(usize::try_from(count).unwrap());
        options = options.data_reader(std::io::Cursor::new(text));
    }
    if let Some(count) = arguments["generator"].as_u64() {
        let text = "some text".repeat(usize::try_from(count).unwrap());
        options = options.data_reader(std::io::Cursor::new(text));
    }
    if let Value::Array(swap) = &arguments["swap"] {
        let (status, url) = (swap[0].as_u64().unwrap(), swap[1].as_str().unwrap());
        let url = url.to_owned();
        options = options.response_hook(move |response| {
            let call = format!("swap {}", response.status_code());
            HOOKED.lock().unwrap().push(call);
            if u64::from(response.status_code()) != status {
                return Ok(response);
            }
            let options = RequestOptions::new()
                .headers([("X-Side", "rust")])
                .allow_redirects(false);
            Session::new(()).get(&url, options)
        });
    }
    if let Some(name) = arguments["hook"].as_str() {
        let name = name.to_owned();
        options = options.response_hook(move |response| {
            let call = format!("{name} {}", response.status_code());
            HOOKED.lock().unwrap().push(call);
            Ok(response)
        });
    }
    if let Value::Array(auth) = &arguments["auth_bytes"] {
        options = options.auth_bytes(auth[0].as_str().unwrap(), auth[1].as_str().unwrap());
    }
    for file in arguments["files"].as_array().into_iter().flatten() {
        let part = &file[1];
        let mut made = FilePart::new(part[1].as_str().unwrap());
        made = match part[0].as_str() {
            Some(name) => made.filename(name),
            None => made.no_filename(),
        };
        made = made.headers(pairs(&part[3]));
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
        if tls.contains_key("minimum_version") {
            context
                .set_minimum_version(ssl::TlsVersion::TLSv1_3)
                .unwrap();
        }
        if let Some(cert) = tls.get("cert") {
            context.load_cert_chain(cert.as_str().unwrap()).unwrap();
        }
        if tls.contains_key("check_hostname") {
            context.set_check_hostname(false).unwrap();
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
                    "total" if value.is_null() => retry.total(None),
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
                    "other" => retry.other(count(value)),
                    "backoff_jitter" => retry.backoff_jitter(value.as_f64().unwrap()),
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

/// The options that Python's `send` has too.
fn options_of_send(arguments: &Value) -> RequestOptions {
    let mut kept = json!({});
    for name in ["verify", "cert", "proxies", "allow_redirects"] {
        if !arguments[name].is_null() {
            kept[name] = arguments[name].clone();
        }
    }
    options(&kept)
}

/// The other attributes of a response.
fn more(response: &Response) -> Value {
    let cookies = response.cookies();
    json!([
        response.reason(),
        response.encoding(),
        [response.is_redirect(), response.is_permanent_redirect()],
        response
            .next()
            .map(|next| json!([next.method(), next.url()])),
        cookies,
        response.links(),
        [response.request().method(), &response.request().url()],
    ])
}

/// The outcome of the scene on this library; `table.py` plays the scene in Python.
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
        let (url, options) = (step["url"].as_str().unwrap(), options(&step["options"]));
        HOOKED.lock().unwrap().clear();
        if let Some(size) = step["stream"].as_u64() {
            let mut response = session.stream(method, url, options)?;
            let mut body = Vec::new();
            for piece in response.iter_content(usize::try_from(size).unwrap()) {
                body.extend(piece?);
            }
            let body: String = body.into_iter().map(char::from).collect();
            return Ok(json!([response.status_code(), body]));
        }
        let mut response = match step["prepared"].as_bool() {
            Some(true) => {
                let mut prepared = session.prepare_request(method, url, options)?;
                let body = prepared.body().unwrap_or_default().len();
                let value = HeaderValue::try_from(format!("{body}")).unwrap();
                prepared.headers_mut().insert("X-Mine", value);
                session.send(prepared, options_of_send(&step["options"]))?
            }
            _ => session.request(method, url, options)?,
        };
        if step["json"].as_bool() == Some(true) {
            return response.json::<Value>();
        }
        if step["lines"].as_bool() == Some(true) {
            let lines = response.iter_lines();
            let lines: Vec<String> = lines
                .map(|line| String::from_utf8_lossy(line).into())
                .collect();
            return Ok(json!(lines));
        }
        if step["follow"].as_bool() == Some(true) {
            while let Some(next) = response.next().cloned() {
                response = session.send(next, RequestOptions::new().allow_redirects(false))?;
            }
        }
        if !step["raise"].is_null() {
            if let Err(error) = response.raise_for_status() {
                return Ok(json!([class(&error), error.to_string()]));
            }
        }
        let history: Vec<u16> = response
            .history()
            .iter()
            .map(|hop| hop.status_code())
            .collect();
        let cookies = session.cookies();
        Ok::<_, Error>(json!([
            response.status_code(),
            response.text(),
            response.url(),
            history,
            cookies,
            more(&response),
            *HOOKED.lock().unwrap(),
        ]))
    };
    let outcomes = steps
        .iter()
        .map(|one| step(one).unwrap_or_else(|error| json!(class(&error))));
    outcomes.collect()
}

/// Runs only in the processes that `compare` starts.
#[test]
fn child_process_plays_the_scenes_of_a_file() {
    if let Some(path) = std::env::var_os(SCENES) {
        let scenes: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let outcomes: Vec<Value> = scenes.iter().map(play).collect();
        println!("OUTCOMES {}", json!(outcomes));
    }
}

/// Whether the outcomes differ because the alert of a server that requires a client's certificate is not
/// read after a failed write. The interpreter has another OpenSSL.
fn is_alert_lost(ours: &Value, theirs: &Value) -> bool {
    no_reads_after_a_failed_write()
        && *ours == json!(["ConnectionError"])
        && *theirs == json!(["SSLError"])
}

/// Plays scenes with both libraries in processes of their own. They have these environment variables, and no others
/// about proxies or certificate bundles.
pub(crate) fn compare(environment: &[(&str, String)], scenes: &[Value]) -> usize {
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
        if environment.iter().any(|(name, _)| *name == "HOME") {
            command.env_remove("NETRC");
        }
    };
    let mut ours = Command::new(std::env::current_exe().unwrap());
    clean(&mut ours);
    ours.args([
        "--exact",
        "scene::child_process_plays_the_scenes_of_a_file",
        "--nocapture",
    ])
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
        .filter(|(_, (ours, theirs))| ours != theirs && !is_alert_lost(ours, theirs))
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

pub(crate) fn one(method: &str, url: &str, options: Value) -> Value {
    json!({"steps": [{"method": method, "url": url, "options": options}]})
}
