//! The Rust lines of programs that use `requests`.

use crate::rust;

#[test]
fn arguments_of_requests_have_the_method_for_their_value() {
    let python = r#"
import requests
from requests.auth import HTTPBasicAuth, HTTPDigestAuth
digest = HTTPDigestAuth("u", "p")
requests.get(url, auth=("u", "p"))
requests.get(url, auth=HTTPBasicAuth(user, password="p"))
requests.get(url, auth=digest, timeout=(3.05, 27))
requests.get(url, auth=None, timeout=None, files=None)
requests.post(url, data={"a": "b"}, timeout=5, hooks={"response": [first, second]})
requests.post(url, data=open("body.bin", "rb"))
requests.post(url, files={"a": open("dir/a.txt", "rb"), "b": (None, "text"), "c": ("c", b"\xff", "text/plain")})
session = requests.Session()
with session.get(url, stream=True) as r:
    r.status_code
    r.iter_content(chunk_size=8192)
request = requests.Request("GET", url, headers={"A": "b"})
prepared = session.prepare_request(request)
session.send(prepared, timeout=3)
session.mount("https://", requests.adapters.HTTPAdapter(max_retries=requests.adapters.Retry(total=3, status_forcelist=[500, 502], allowed_methods=False)))
"#;
    assert_eq!(
        rust(python),
        [
            r#"let digest = ssl::requests::HttpDigestAuth::new("u", "p");"#,
            r#"ssl::requests::get(url, ssl::requests::RequestOptions::new().auth("u", "p"))?;"#,
            r#"ssl::requests::get(url, ssl::requests::RequestOptions::new().auth(user, "p"))?;"#,
            "ssl::requests::get(url, ssl::requests::RequestOptions::new().digest_auth(&digest).connect_timeout(Duration::from_millis(3050)).read_timeout(Duration::from_secs(27)))?;",
            "ssl::requests::get(url, ())?;",
            r#"ssl::requests::post(url, ssl::requests::RequestOptions::new().form([("a", "b")]).timeout(Duration::from_secs(5)).response_hook(first).response_hook(second))?;"#,
            r#"ssl::requests::post(url, ssl::requests::RequestOptions::new().data_file(std::fs::File::open("body.bin")?))?;"#,
            r#"ssl::requests::post(url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read("dir/a.txt")?).filename("a.txt")), ("b", ssl::requests::FilePart::new(b"text").no_filename()), ("c", ssl::requests::FilePart::new(b"\xff").filename("c").content_type("text/plain"))]))?;"#,
            "let session = ssl::requests::Session::new(());",
            r#"let r = session.stream("GET", url, ())?; // closed at the end of its scope"#,
            "r.status_code();",
            "r.iter_content(8192);",
            r#"let request = ("GET", url, ssl::requests::RequestOptions::new().headers([("A", "b")]));"#,
            "let prepared = { let (method, url, options) = request; session.prepare_request(method, url, options)? };",
            "session.send(prepared, ssl::requests::RequestOptions::new().timeout(Duration::from_secs(3)))?;",
            r#"session.mount("https://", ssl::requests::HttpAdapter::new().max_retries(ssl::requests::Retry::new(3).all_methods().status_forcelist([500, 502])));"#,
        ]
    );
}

/// urllib3 retries all methods with `None`, and some methods without the argument.
#[test]
fn methods_of_a_retry_that_are_none_are_all_methods() {
    let retry = |arguments: &str| {
        rust(&format!(
            "import ssl, urllib3.util\nurllib3.util.Retry({arguments})\n"
        ))
    };
    for argument in ["allowed_methods", "method_whitelist"] {
        for value in ["None", "False"] {
            assert_eq!(
                retry(&format!("3, {argument}={value}")),
                ["ssl::requests::Retry::new(3).all_methods();"]
            );
        }
    }
    assert_eq!(retry("3"), ["ssl::requests::Retry::new(3);"]);
}

#[test]
fn a_file_has_the_last_part_of_its_path_as_its_name() {
    assert_eq!(
        rust("import requests\nrequests.post(u, files={'a': open(path, 'rb')})\n"),
        [
            "ssl::requests::post(u, ssl::requests::RequestOptions::new().files([(\"a\", \
             ssl::requests::FilePart::new(std::fs::read(path)?)\
             .filename(std::path::Path::new(path).file_name().unwrap_or_default().to_string_lossy()))]))?;"
        ]
    );
}

#[test]
fn the_objects_of_a_session_are_changed_by_methods_of_the_session() {
    let python = r#"
import requests
session = requests.Session()
session.headers.update({"X-A": "a", "X-B": None})
session.headers["X-C"] = token
session.auth = ("user", "secret")
session.verify = "ca.pem"
session.cookies.set("c", "1")
session.cookies["d"] = "2"
session.cookies.clear()
response = session.send(prepared, stream=True)
other["X-C"] = token
"#;
    assert_eq!(
        rust(python),
        [
            "let session = ssl::requests::Session::new(());",
            r#"session.update(|options| options.headers([("X-A", "a")]).without_headers(["X-B"]));"#,
            r#"session.update(|options| options.headers([("X-C", token)]));"#,
            r#"session.update(|options| options.auth("user", "secret"));"#,
            r#"session.update(|options| options.verify("ca.pem"));"#,
            r#"session.set_cookie("c", "1");"#,
            r#"session.set_cookie("d", "2");"#,
            "session.clear_cookies();",
            "let response = session.send_stream(prepared, ())?;",
        ]
    );
}

#[test]
fn the_response_of_an_exception_of_requests_is_an_option() {
    let python = "
import ssl, requests
try:
    requests.get(u).raise_for_status()
except requests.HTTPError as e:
    print(e.response)
";
    let lines = rust(python);
    assert!(lines.contains(&"e.response();".to_owned()), "{lines:?}");
}

/// Python leaves out fields that are `None`, and removes such headers and parameters from those of the session.
#[test]
fn values_that_are_none_are_not_sent() {
    let post = |arguments: &str| rust(&format!("import requests\nrequests.post(u, {arguments})\n"));
    let options = |methods: &str| {
        [format!(
            "ssl::requests::post(u, ssl::requests::RequestOptions::new(){methods})?;"
        )]
    };
    assert_eq!(
        post("data={'a': 'b', 'c': None}"),
        options(r#".form([("a", "b")])"#)
    );
    assert_eq!(
        post("headers={'a': None}"),
        options(r#".without_headers(["a"])"#)
    );
    assert_eq!(
        post("params={'a': 'b', 'c': None}"),
        options(r#".params([("a", "b")]).without_params(["c"])"#)
    );
}
