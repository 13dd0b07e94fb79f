//! An ACME server (RFC 8555) that issues certificates without validation, and can misbehave. It checks the signatures of
//! requests.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::hash::MessageDigest;
use openssl::x509::extension::AuthorityKeyIdentifier;
use openssl::x509::{X509, X509Req};
use serde_json::{Value, json};

use crate::jws::{decode, decode_json, is_binding, is_signed_by};
use crate::pki::Ca;

/// How the server misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Refuses the request, and each repetition of it.
    Refuse,
    /// Answers with status 429 and this number of seconds as `Retry-After`.
    RateLimit(u64),
    /// Answers with status 200 and text that is not JSON.
    Garbage,
    /// Answers with status 200 and a JSON value of another kind.
    OtherJson,
    /// Answers with status 503 and a page of HTML.
    Unavailable,
    /// Closes the connection without an answer.
    HangUp,
    /// Does what is requested, and closes the connection without an answer.
    LoseAnswer,
    /// Closes the connection in the middle of the answer.
    HalfAnswer,
    /// Answers with status 200 and more text than a client can keep.
    Endless,
    /// Answers that an order is in progress, with this number of seconds as `Retry-After`.
    Processing(u64),
}

/// The server, over plain HTTP on the loopback interface. It runs until the process ends.
#[derive(Debug)]
pub struct AcmeServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    ca: Ca,
    base: String,
    state: Mutex<State>,
    /// Notified of each request.
    requested: Condvar,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

#[derive(Default)]
struct State {
    faults: HashMap<String, Fault>,
    /// The kinds of the requests so far.
    requests: Vec<String>,
    /// The public key of each account, in the order of their creation.
    accounts: Vec<Value>,
    orders: Vec<Order>,
    nonces: u64,
    /// The start and the end of the validity, in seconds from the time of issue.
    validity: Option<[i64; 2]>,
    window: Option<[String; 2]>,
    profiles: Value,
    /// The key of external accounts, if a new account must be bound to one.
    eab: Option<Vec<u8>>,
    /// The contact of each account.
    contacts: Vec<Value>,
    /// The nonces that no request has used.
    unused: HashSet<String>,
    /// The external accounts to which an account is bound.
    bound: HashSet<String>,
    /// The number of accounts, from the first one, that the server has forgotten.
    forgotten: usize,
}

struct Order {
    new: Value,
    /// Whether each name was validated.
    authorized: Vec<bool>,
    certificate: Option<String>,
}

impl AcmeServer {
    /// Starts a server with its own CA.
    pub fn start() -> AcmeServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            ca: Ca::new(),
            base: format!("http://{address}"),
            state: Mutex::default(),
            requested: Condvar::new(),
        });
        let server = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&server);
                thread::spawn(move || server.serve(&stream));
            }
        });
        AcmeServer { address, shared }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }

    /// The URL of the directory.
    pub fn directory(&self) -> String {
        format!("http://{}/directory", self.address)
    }

    /// The CA that issues the certificates.
    pub fn ca(&self) -> &Ca {
        &self.shared.ca
    }

    /// Misbehaves at all requests of this kind: `directory`, `nonce`, `account`, `new-order`, `order`,
    /// `authorization`, `challenge`, `finalize`, `certificate` or `renewal`.
    pub fn fail(&self, kind: &str, fault: Fault) {
        self.state().faults.insert(kind.to_owned(), fault);
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// The kinds of the requests since the last call.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state().requests)
    }

    /// Waits until there was a request of this kind since the last [`take_requests`](Self::take_requests).
    pub fn wait_for_request(&self, kind: &str) {
        const PATIENCE: Duration = Duration::from_secs(120);
        let is_missing = |state: &mut State| !state.requests.iter().any(|other| other == kind);
        let requested = &self.shared.requested;
        let waited = requested.wait_timeout_while(self.state(), PATIENCE, is_missing);
        assert!(!waited.unwrap().1.timed_out(), "no request for {kind}");
    }

    /// The number of accounts.
    pub fn accounts(&self) -> usize {
        self.state().accounts.len()
    }

    /// The messages with which orders were requested.
    pub fn orders(&self) -> Vec<Value> {
        self.state()
            .orders
            .iter()
            .map(|order| order.new.clone())
            .collect()
    }

    /// Sets the validity of certificates, in seconds from the time of issue. Default: one hour before to 90 days
    /// after it.
    pub fn validity(&self, from: i64, until: i64) {
        self.state().validity = Some([from, until]);
    }

    /// Suggests this time window for the renewal of all certificates (RFC 9773), as text of RFC 3339.
    pub fn suggest(&self, start: &str, end: &str) {
        self.state().window = Some([start.to_owned(), end.to_owned()]);
    }

    /// Sets the profiles, an object of names and descriptions.
    pub fn profiles(&self, profiles: Value) {
        self.state().profiles = profiles;
    }

    /// Requires that a new account is bound to an external account with this key. Each external account is accepted
    /// once.
    pub fn require_eab(&self, key: &[u8]) {
        self.state().eab = Some(key.to_owned());
    }

    /// The contact of each account.
    pub fn contacts(&self) -> Vec<Value> {
        self.state().contacts.clone()
    }

    /// Forgets all accounts.
    pub fn forget_accounts(&self) {
        let mut state = self.state();
        state.forgotten = state.accounts.len();
    }
}

/// An answer: status, further headers, body.
type Answer = (u16, String, Vec<u8>);

fn problem(status: u16, kind: &str, detail: &str) -> Answer {
    let kind = format!("urn:ietf:params:acme:error:{kind}");
    let body = json!({ "type": kind, "detail": detail, "status": status });
    (status, String::new(), body.to_string().into_bytes())
}

/// The number of a name in its order.
fn index(part: Option<&str>) -> usize {
    part.and_then(|text| text.parse().ok()).unwrap_or_default()
}

impl Shared {
    fn serve(&self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let mut line = String::new();
            reader
                .read_line(&mut line)
                .ok()
                .filter(|length| *length > 0)?;
            let mut words = line.split_whitespace().map(str::to_owned);
            let (method, path) = (words.next()?, words.next()?);
            let mut length = 0;
            loop {
                let mut header = String::new();
                reader.read_line(&mut header).ok()?;
                if header.trim().is_empty() {
                    break;
                }
                let (name, value) = header.split_once(':')?;
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.trim().parse().ok()?;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            self.answer(stream, &method, &path, &body)?;
        }
    }

    /// Answers one request. `None` closes the connection.
    fn answer(&self, mut stream: &TcpStream, method: &str, path: &str, body: &[u8]) -> Option<()> {
        let kind = path.trim_start_matches('/').split('/').next()?;
        let mut state = self.state.lock().unwrap();
        state.requests.push(kind.to_owned());
        self.requested.notify_all();
        let fault = state.faults.get(kind).copied();
        state.nonces += 1;
        let nonce = format!("nonce{}", state.nonces);
        state.unused.insert(nonce.clone());
        let (status, headers, body) = match fault {
            None => self.result(&mut state, path, body),
            Some(Fault::Refuse) => problem(403, "unauthorized", "not for you"),
            Some(Fault::RateLimit(seconds)) => {
                let (status, _, body) = problem(429, "rateLimited", "too many requests");
                (status, format!("Retry-After: {seconds}\r\n"), body)
            }
            Some(Fault::Garbage) => (200, String::new(), b"\0\xff{garbage".to_vec()),
            Some(Fault::OtherJson) => (200, String::new(), b"[1, null]".to_vec()),
            Some(Fault::Unavailable) => (503, String::new(), b"<html>later</html>".to_vec()),
            Some(Fault::HangUp) => return None,
            Some(Fault::LoseAnswer) => {
                self.result(&mut state, path, body);
                return None;
            }
            Some(Fault::HalfAnswer) => (200, String::new(), Vec::new()),
            Some(Fault::Endless) => (200, String::new(), vec![b' '; 3 << 20]),
            Some(Fault::Processing(seconds)) => {
                let (status, _, body) = self.result(&mut state, path, body);
                let mut order: Value = serde_json::from_slice(&body).unwrap();
                order["status"] = "processing".into();
                let headers = format!("Retry-After: {seconds}\r\n");
                (status, headers, order.to_string().into_bytes())
            }
        };
        drop(state);
        let length = match fault {
            Some(Fault::HalfAnswer) => 1000,
            _ => body.len(),
        };
        let head = format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nReplay-Nonce: {nonce}\r\n\
             Content-Length: {length}\r\n{headers}\r\n"
        );
        // The answer is sent with one write. A second write could wait for the client's delayed acknowledgement.
        let mut answer = head.into_bytes();
        if method != "HEAD" {
            answer.extend(body);
        }
        stream.write_all(&answer).ok()?;
        (fault != Some(Fault::HalfAnswer)).then_some(())
    }

    fn result(&self, state: &mut State, path: &str, body: &[u8]) -> Answer {
        let jws: Value = serde_json::from_slice(body).unwrap_or_default();
        let header = decode_json(&jws["protected"]);
        let payload = decode_json(&jws["payload"]);
        let ok = |value: Value| (200, String::new(), value.to_string().into_bytes());
        let mut parts = path.trim_start_matches('/').split('/');
        let kind = parts.next().unwrap_or_default();
        let number = parts.next().and_then(|text| text.parse::<usize>().ok());
        if let Some(account) = header["kid"].as_str() {
            let account = account
                .rsplit('/')
                .next()
                .and_then(|text| text.parse().ok());
            if account.is_none_or(|account: usize| account < state.forgotten) {
                return problem(400, "accountDoesNotExist", "no such account");
            }
        }
        if !["directory", "nonce", "renewal"].contains(&kind) {
            if let Err(detail) = self.check(state, path, &jws, &header) {
                return problem(400, "malformed", detail);
            }
        }
        match (kind, number) {
            ("directory", _) => {
                let url = |path: &str| format!("{}/{path}", self.base);
                let mut directory = json!({
                    "newNonce": url("nonce"),
                    "newAccount": url("account"),
                    "newOrder": url("new-order"),
                    "meta": { "profiles": {} },
                });
                if state.profiles.is_object() {
                    directory["meta"]["profiles"] = state.profiles.clone();
                }
                if state.window.is_some() {
                    directory["renewalInfo"] = url("renewal").into();
                }
                ok(directory)
            }
            ("nonce", _) => (200, String::new(), Vec::new()),
            ("account", None) => {
                let key = header["jwk"].clone();
                let mut known = state.accounts.iter().skip(state.forgotten);
                let known = known.position(|other| *other == key);
                let number = match known {
                    Some(number) => number + state.forgotten,
                    None if payload["onlyReturnExisting"] == true => {
                        return problem(400, "accountDoesNotExist", "no such account");
                    }
                    None => {
                        let binding = &payload["externalAccountBinding"];
                        if state.eab.is_some() && binding.is_null() {
                            let detail = "use your customer's key";
                            return problem(403, "externalAccountRequired", detail);
                        }
                        if let Some(secret) = &state.eab {
                            let url = format!("{}{path}", self.base);
                            if !is_binding(binding, secret, &url, &key) {
                                return problem(403, "unauthorized", "a wrong binding");
                            }
                            let bound = String::from_utf8(decode(&binding["protected"])).unwrap();
                            if !state.bound.insert(bound) {
                                let detail = "the customer's key was used";
                                return problem(403, "unauthorized", detail);
                            }
                        }
                        state.accounts.push(key);
                        state.contacts.push(payload["contact"].clone());
                        state.accounts.len() - 1
                    }
                };
                let location = format!("Location: {}/account/{number}\r\n", self.base);
                (201, location, br#"{"status":"valid"}"#.to_vec())
            }
            ("account", Some(number)) => {
                if let Some(contact) = state.contacts.get_mut(number) {
                    if !payload["contact"].is_null() {
                        *contact = payload["contact"].clone();
                    }
                }
                ok(json!({ "status": "valid" }))
            }
            ("new-order", _) => {
                let identifiers = payload["identifiers"].as_array().map_or(0, Vec::len);
                if identifiers == 0 {
                    return problem(400, "malformed", "no identifiers");
                }
                state.orders.push(Order {
                    new: payload,
                    authorized: vec![false; identifiers],
                    certificate: None,
                });
                let number = state.orders.len() - 1;
                let (_, _, body) = ok(self.order(state, number));
                (
                    201,
                    format!("Location: {}/order/{number}\r\n", self.base),
                    body,
                )
            }
            ("order", Some(number)) if number < state.orders.len() => ok(self.order(state, number)),
            ("authorization", Some(number)) if number < state.orders.len() => {
                let index = index(parts.next());
                let order = &state.orders[number];
                let mut identifier = order.new["identifiers"][index].clone();
                let name = identifier["value"].as_str().unwrap_or_default().to_owned();
                let wildcard = name.starts_with("*.");
                identifier["value"] = name.trim_start_matches("*.").into();
                let status = match order.authorized.get(index) {
                    Some(true) => "valid",
                    _ => "pending",
                };
                let challenge = |kind: &str| {
                    json!({
                        "type": kind,
                        "url": format!("{}/challenge/{number}/{index}", self.base),
                        "token": format!("token-{number}-{index}"),
                        "status": status,
                    })
                };
                let kinds: &[&str] = match wildcard {
                    true => &["dns-01"],
                    false => &["http-01", "dns-01", "tls-alpn-01"],
                };
                let challenges: Vec<Value> = kinds.iter().map(|kind| challenge(kind)).collect();
                ok(json!({
                    "identifier": identifier,
                    "status": status,
                    "challenges": challenges,
                    "wildcard": wildcard,
                }))
            }
            ("challenge", Some(number)) if number < state.orders.len() => {
                let index = index(parts.next());
                if let Some(authorized) = state.orders[number].authorized.get_mut(index) {
                    *authorized = true;
                }
                ok(json!({
                    "type": "http-01",
                    "url": format!("{}/challenge/{number}/{index}", self.base),
                    "token": "token",
                    "status": "valid",
                }))
            }
            ("finalize", Some(number)) if number < state.orders.len() => {
                if state.orders[number].authorized.contains(&false) {
                    return problem(403, "orderNotReady", "prove first that the names are yours");
                }
                let request = X509Req::from_der(&decode(&payload["csr"])).unwrap();
                let pem = self.issue(&request, state.validity);
                state.orders[number].certificate = Some(pem);
                ok(self.order(state, number))
            }
            ("certificate", Some(number)) if number < state.orders.len() => {
                let certificate = state.orders[number].certificate.clone();
                (
                    200,
                    String::new(),
                    certificate.unwrap_or_default().into_bytes(),
                )
            }
            ("renewal", _) => {
                let [start, end] = state.window.clone().unwrap_or_default();
                let (_, _, body) = ok(json!({ "suggestedWindow": { "start": start, "end": end } }));
                (200, "Retry-After: 21600\r\n".to_owned(), body)
            }
            _ => problem(404, "malformed", "there is nothing here"),
        }
    }

    /// Checks the signature, the nonce and the URL of a request (RFC 8555, section 6).
    fn check(
        &self,
        state: &mut State,
        path: &str,
        jws: &Value,
        header: &Value,
    ) -> Result<(), &'static str> {
        if header["url"] != format!("{}{path}", self.base) {
            return Err("the signed URL is another one");
        }
        let nonce = header["nonce"].as_str().unwrap_or_default();
        if !state.unused.remove(nonce) {
            return Err("the nonce is not one of the server's, or was used");
        }
        let account = header["kid"].as_str().and_then(|kid| {
            let number = kid.strip_prefix(&format!("{}/account/", self.base))?;
            state.accounts.get(number.parse::<usize>().ok()?)
        });
        let is_new = path == "/account";
        let key = match (is_new, &header["jwk"], account) {
            (true, key, None) => key,
            (false, Value::Null, Some(key)) => key,
            _ => return Err("neither the key of a new account nor the name of an account"),
        };
        match is_signed_by(jws, key) {
            true => Ok(()),
            false => Err("the signature is wrong"),
        }
    }

    fn order(&self, state: &State, number: usize) -> Value {
        let order = &state.orders[number];
        let count = order.new["identifiers"].as_array().map_or(0, Vec::len);
        let authorization = |index| format!("{}/authorization/{number}/{index}", self.base);
        let authorizations: Vec<String> = (0..count).map(authorization).collect();
        let status = match (&order.certificate, order.authorized.contains(&false)) {
            (Some(_), _) => "valid",
            (None, false) => "ready",
            (None, true) => "pending",
        };
        let mut value = json!({
            "status": status,
            "identifiers": order.new["identifiers"],
            "authorizations": authorizations,
            "finalize": format!("{}/finalize/{number}", self.base),
        });
        for member in ["replaces", "profile"] {
            if !order.new[member].is_null() {
                value[member] = order.new[member].clone();
            }
        }
        if order.certificate.is_some() {
            value["certificate"] = format!("{}/certificate/{number}", self.base).into();
        }
        value
    }

    fn issue(&self, request: &X509Req, validity: Option<[i64; 2]>) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_secs()).unwrap();
        let [from, until] = validity.unwrap_or([-60 * 60, 90 * 24 * 60 * 60]);
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let mut serial = BigNum::new().unwrap();
        serial.rand(127, MsbOption::MAYBE_ZERO, false).unwrap();
        let serial = Asn1Integer::from_bn(&serial).unwrap();
        builder.set_serial_number(&serial).unwrap();
        builder
            .set_issuer_name(self.ca.cert().subject_name())
            .unwrap();
        let (from, until) = (
            Asn1Time::from_unix(now + from).unwrap(),
            Asn1Time::from_unix(now + until).unwrap(),
        );
        builder.set_not_before(&from).unwrap();
        builder.set_not_after(&until).unwrap();
        let key = request.public_key().unwrap();
        assert!(request.verify(&key).unwrap());
        builder.set_pubkey(&key).unwrap();
        for extension in request.extensions().unwrap() {
            builder.append_extension(extension).unwrap();
        }
        let issuer = AuthorityKeyIdentifier::new()
            .keyid(true)
            .build(&builder.x509v3_context(Some(self.ca.cert()), None))
            .unwrap();
        builder.append_extension(issuer).unwrap();
        builder
            .sign(self.ca.key(), MessageDigest::sha256())
            .unwrap();
        let leaf = builder.build().to_pem().unwrap();
        String::from_utf8(leaf).unwrap() + &self.ca.cert_pem()
    }
}
